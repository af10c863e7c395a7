// The official Node SDK, unmodified, against the gateway. Reads {baseURL, model, cases: {name: messages}} from
// standard input, runs every case and prints {name: result}; the test holds the results against what it asked for.

import OpenAI from "openai";

const { baseURL, model, cases } = JSON.parse(await new Response(process.stdin).text());
const client = new OpenAI({ baseURL, apiKey: "sk-any", maxRetries: 0 });

const collect = async (stream) => {
  let text = "";
  let finish = null;
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  return { text, finish, usage };
};

const RUN = {
  whole: async (messages) => {
    const got = await client.chat.completions.create({ model, messages });
    return { text: got.choices[0].message.content, finish: got.choices[0].finish_reason, usage: got.usage };
  },
  stream: async (messages) =>
    collect(await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })),
  helper: async (messages) => {
    const stream = client.chat.completions.stream({ model, messages });
    let deltas = "";
    stream.on("content", (delta) => {
      deltas += delta;
    });
    const final = await stream.finalChatCompletion();
    return { text: final.choices[0].message.content, finish: final.choices[0].finish_reason, deltas };
  },
  error: async (messages) => {
    try {
      await client.chat.completions.create({ model, messages });
    } catch (error) {
      return { name: error.constructor.name, status: error.status, code: error.code, type: error.type };
    }
    return { name: "no error" };
  },
  streamError: async (messages) => {
    try {
      await collect(await client.chat.completions.create({ model, messages, stream: true }));
    } catch (error) {
      return { name: error.constructor.name, code: error.code };
    }
    return { name: "no error" };
  },
  brokenStream: async (messages) => {
    try {
      return await collect(await client.chat.completions.create({ model, messages, stream: true }));
    } catch {
      return { name: "failed" };
    }
  },
  retry: async (messages) => {
    const got = await client.chat.completions.create({ model, messages }, { maxRetries: 2 });
    return { text: got.choices[0].message.content };
  },
  abort: async (messages) => {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta?.content) break;
    }
    return { left: true };
  },
};

const results = {};
for (const [name, messages] of Object.entries(cases)) {
  results[name] = await RUN[name](messages);
}
console.log(JSON.stringify(results));
