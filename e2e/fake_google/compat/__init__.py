"""Google's OpenAI-compatible endpoints, with the defects on record (`google-api.md` 1.4, `translation.md` part 5's
tables): errors in an array, calls without index, `stop` after calls, usage in every chunk, ids empty.

Map: `request` (credentials and structure), `native` (what the request means to Gemini, judged by the same rules),
`replies` (Google's own), `garden` (a model of the Model Garden, which is OpenAI's shape as a vLLM container has it).
"""
