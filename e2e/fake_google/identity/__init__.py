"""Google's token services: what turns a key, a machine or a foreign token into an access token (`google-api.md` 3).

Map: `services` (which path is which service, and their answers), `assertion` (the JWT of RFC 7523), `form` (bodies
that may be forms or JSON), `issuer` (who exists, and the tokens that are out), `behaviour` (faults a test asked for),
`control` (what tests ask through `/_fake/`), `keys` (key files, for tests).
"""
