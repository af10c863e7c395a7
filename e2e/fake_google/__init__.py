"""A strict fake of Google's Gemini API, the upstream of the end-to-end tests.

It judges a request by Google's own schemas (`../google_schemas`) and documented rules, answers errors in Google's
words, replies like Google does, misbehaves when a test asks for it, and records what it received. It shares no code
and no data with the filter.

Map: `surface` (which path is which method), `places` (which host serves what), `auth` (credentials), `tiers` (traffic
tiers of Vertex), `schema` and `scalars` (structure of a body), `rules` with `tool_rules`, `turns` and `signatures`
(what a well-formed body still must not do), `methods` (check and reply of the methods that do not generate:
`embeddings`, `predictions`, `counting`, `catalogue`, `ranking`), `models` (facts per model generation) with `embedders`
(those that embed) and `vectors` (what they give), `errors` (Google's error bodies), `replies` (the default answers),
`scenario` and `scenarios` (answers a test asked for), `script`, `agent` and `issued` (a conversation with tools that a
test asked for), `media` (methods that make media: `images`, `imagen`, `speech`, `transcripts`, `veo`, with `predict`
for the bodies of predictions, `samples` for the bytes, `videos` for jobs and files, `storage` for buckets), `delivery`
(how the bytes are written), `identity` (token services), `compat` (the OpenAI-compatible endpoints), `control` (what
tests ask through `/_fake/`), `server` (one request from start to end), `launch` (start it from a test).
"""
