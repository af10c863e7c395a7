// The Vercel AI SDK with its OpenAI-compatible provider: `node vercel_ai.mjs PROVIDER_NAME`. The name decides
// whether thought signatures come back: the SDK files them under that name and looks for them under "google".

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { main, SYSTEM, TOOLS, Trip } from "./world.mjs";

const tools = Object.fromEntries(
  Object.entries(TOOLS).map(([name, { description, schema, run }]) => [
    name,
    tool({ description, inputSchema: schema, execute: async (given) => run(given) }),
  ]),
);
const stopWhen = stepCountIs(10);

await main((baseURL) => {
  const provider = createOpenAICompatible({
    name: process.argv[2],
    baseURL,
    apiKey: "sk-vercel-ai",
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  const common = ({ model, prompt }) => ({ model: provider(model), system: SYSTEM, prompt, maxRetries: 0 });
  const streamed = async (options) => {
    let failure;
    const result = streamText({
      ...options,
      onError: ({ error }) => {
        failure = error;
      },
    });
    let deltas = 0;
    for await (const _ of result.textStream) deltas += 1;
    if (failure) throw failure;
    return { text: await result.text, deltas };
  };

  return {
    tools: async (given) => ({ text: (await generateText({ ...common(given), tools, stopWhen })).text }),
    tools_stream: async (given) => streamed({ ...common(given), tools, stopWhen }),
    turns: async (given) => {
      const first = await generateText({ ...common(given), tools, stopWhen });
      const messages = [
        { role: "user", content: given.prompt },
        ...first.response.messages,
        { role: "user", content: given.again },
      ];
      const { prompt, ...options } = common(given);
      return { text: (await generateText({ ...options, messages, tools, stopWhen })).text };
    },
    structured: async (given) => ({ trip: (await generateObject({ ...common(given), schema: Trip })).object }),
    stream: async (given) => streamed(common(given)),
    image: async (given) => {
      const content = [
        { type: "text", text: given.prompt },
        { type: "image", image: given.image },
      ];
      const { prompt, ...options } = common(given);
      return { text: (await generateText({ ...options, messages: [{ role: "user", content }] })).text };
    },
  };
});
