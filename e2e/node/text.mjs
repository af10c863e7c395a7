// The official Node SDK, unmodified, at the endpoints of texts. Reads {baseURL, cases: {name: [method, parameters]}} from
// standard input, runs every case and prints {name: result}; an error is its class, status and body.

import OpenAI from "openai";

const { baseURL, cases } = JSON.parse(await new Response(process.stdin).text());
const client = new OpenAI({ baseURL, apiKey: "sk-any", maxRetries: 0 });

const collect = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

const RUN = {
  completion: (parameters) => client.completions.create(parameters),
  completionStream: async (parameters) => collect(await client.completions.create({ ...parameters, stream: true })),
  embedding: (parameters) => client.embeddings.create(parameters),
  models: async () => collect(await client.models.list()),
  model: ({ id }) => client.models.retrieve(id),
  count: (parameters) => client.responses.inputTokens.count(parameters),
  moderation: (parameters) => client.moderations.create(parameters),
};

const results = {};
for (const [name, [method, parameters]] of Object.entries(cases)) {
  try {
    results[name] = await RUN[method](parameters);
  } catch (error) {
    results[name] = { failed: error.constructor.name, status: error.status, ...error.error };
  }
}
console.log(JSON.stringify(results));
