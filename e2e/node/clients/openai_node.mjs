// OpenAI's Node SDK: a loop of one's own, the runTools helper, the parse and the streaming helpers.

import OpenAI from "openai";
import { zodFunction, zodResponseFormat } from "openai/helpers/zod";
import { main, SYSTEM, TOOLS, Trip } from "./world.mjs";

const tools = Object.entries(TOOLS).map(([name, { description, schema, run }]) =>
  zodFunction({ name, description, parameters: schema, function: async (given) => run(given) }),
);
const declared = tools.map(({ type, function: declaration }) => ({ type, function: declaration }));

await main((baseURL) => {
  const chat = new OpenAI({ baseURL, apiKey: "sk-openai-node", maxRetries: 0 }).chat.completions;
  const said = ({ prompt }) => [
    { role: "system", content: SYSTEM },
    { role: "user", content: prompt },
  ];

  // The loop that the documentation shows: the reply's message goes back as it came.
  const loop = async (model, messages) => {
    for (;;) {
      const { message } = (await chat.create({ model, messages, tools: declared })).choices[0];
      messages.push(message);
      if (!message.tool_calls?.length) return message.content;
      for (const call of message.tool_calls) {
        const result = TOOLS[call.function.name].run(JSON.parse(call.function.arguments));
        const content = typeof result === "string" ? result : JSON.stringify(result);
        messages.push({ role: "tool", tool_call_id: call.id, content });
      }
    }
  };

  return {
    tools: async (given) => {
      const runner = chat.runTools({ model: given.model, messages: said(given), tools });
      return { text: await runner.finalContent() };
    },
    tools_stream: async (given) => {
      const runner = chat.runTools({ model: given.model, messages: said(given), tools, stream: true });
      let deltas = 0;
      runner.on("content", () => {
        deltas += 1;
      });
      return { text: await runner.finalContent(), deltas };
    },
    turns: async (given) => {
      const messages = said(given);
      await loop(given.model, messages);
      messages.push({ role: "user", content: given.again });
      return { text: await loop(given.model, messages) };
    },
    structured: async (given) => {
      const response_format = zodResponseFormat(Trip, "trip");
      const got = await chat.parse({ model: given.model, messages: said(given), response_format });
      return { trip: got.choices[0].message.parsed };
    },
    stream: async (given) => {
      const stream = chat.stream({ model: given.model, messages: said(given) });
      let deltas = 0;
      stream.on("content", () => {
        deltas += 1;
      });
      return { text: await stream.finalContent(), deltas };
    },
    image: async ({ model, prompt, image }) => {
      const content = [
        { type: "text", text: prompt },
        { type: "image_url", image_url: { url: image } },
      ];
      const got = await chat.create({ model, messages: [{ role: "user", content }] });
      return { text: got.choices[0].message.content };
    },
  };
});
