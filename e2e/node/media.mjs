// Media with the official Node SDK, unmodified, against the gateway. Reads {baseURL, models, prompts, files} from standard
// input (files in base64), runs every case and prints {name: result}; the test holds the results against what it asked for.

import { createHash } from "node:crypto";
import OpenAI, { toFile } from "openai";

const { baseURL, models, prompts, files } = JSON.parse(await new Response(process.stdin).text());
const client = new OpenAI({ baseURL, apiKey: "sk-any", maxRetries: 0 });

const file = (name, type) => toFile(Buffer.from(files[name], "base64"), name, { type });
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytes = async (response) => Buffer.from(await response.arrayBuffer());
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

const all = async (stream) => {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
};

const caught = async (call) => {
  try {
    await call();
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code, type: error.type, param: error.param };
  }
  return { name: "no error" };
};

const hear = (prompt, more) => async () =>
  client.audio.transcriptions.create({ model: models.hears, prompt, file: await file("speech.wav", "audio/wav"), ...more });

const RUN = {
  image: (prompt) => client.images.generate({ model: models.draws, prompt, size: "1024x1536" }),
  imageStream: async (prompt) =>
    all(await client.images.generate({ model: models.thinks, prompt, stream: true, partial_images: 1 })),
  moderated: (prompt) => caught(() => client.images.generate({ model: models.draws, prompt })),
  imagen: (prompt) => client.images.generate({ model: models.imagen, prompt, n: 2 }),
  edit: async (prompt) =>
    client.images.edit({
      model: models.draws,
      prompt,
      image: [await file("a.png", "image/png"), await file("b.jpg", "image/jpeg")],
    }),
  masked: async (prompt) =>
    caught(async () =>
      client.images.edit({
        model: models.draws,
        prompt,
        image: await file("a.png", "image/png"),
        mask: await file("a.png", "image/png"),
      }),
    ),
  variation: async () =>
    client.images.createVariation({ model: models.draws, image: await file("a.png", "image/png") }),
  speech: async (input) => {
    const got = await client.audio.speech.create({ model: models.speaks, voice: "alloy", input });
    return { type: got.headers.get("content-type"), digest: digest(await bytes(got)) };
  },
  speechPieces: async (input) => {
    const more = { response_format: "pcm", stream_format: "audio" };
    const got = await client.audio.speech.create({ model: models.speaks, voice: "nova", input, ...more });
    return { type: got.headers.get("content-type"), digest: digest(await bytes(got)) };
  },
  mp3: (input) => caught(() => client.audio.speech.create({ model: models.speaks, voice: "alloy", input, response_format: "mp3" })),
  transcription: async (prompt) => hear(prompt, {})(),
  verbose: async (prompt) => hear(prompt, { response_format: "verbose_json" })(),
  srt: async (prompt) => hear(prompt, { response_format: "srt" })(),
  transcriptionStream: async (prompt) => all(await hear(prompt, { stream: true })()),
  translation: async (prompt) =>
    client.audio.translations.create({ model: models.hears, prompt, file: await file("speech.wav", "audio/wav") }),
  video: async (prompt) => {
    const input_reference = await file("a.png", "image/png");
    const created = await client.videos.create({ model: models.films, prompt, seconds: "8", size: "1280x720", input_reference });
    let job = created;
    const seen = [];
    while (job.status === "queued" || job.status === "in_progress") {
      seen.push(job.status);
      await soon();
      job = await client.videos.retrieve(job.id);
    }
    const content = await client.videos.downloadContent(job.id);
    return { created, job, seen, type: content.headers.get("content-type"), digest: digest(await bytes(content)) };
  },
  failed: async (prompt) => {
    const { id } = await client.videos.create({ model: models.films, prompt });
    const job = await client.videos.retrieve(id);
    return { job, download: await caught(() => client.videos.downloadContent(id)) };
  },
  listed: () => caught(() => client.videos.list()),
  deleted: () => caught(() => client.videos.delete("video_abc")),
};

const results = {};
for (const [name, prompt] of Object.entries(prompts)) {
  try {
    results[name] = await RUN[name](prompt);
  } catch (error) {
    results[name] = { unexpected: `${error.constructor.name}: ${error.message}` };
  }
}
console.log(JSON.stringify(results));
