"""Kong's cases of configurations, taken or refused: `00-config_spec.lua`, and what its other tests configure."""

from dataclasses import dataclass


@dataclass
class Load:
    """`kong` and `ours`: what the refusal says, empty where the configuration is taken."""

    name: str
    config: dict
    kong: str = ""
    differs: str = ""
    ours: str = ""


def config(auth: dict | None, options: dict | None = None, **fields) -> dict:
    """A configuration of Kong's with those credentials; `fields` replace members."""
    model = {"name": "gemini-1.5-pro", "provider": "gemini", "options": {"max_tokens": 256, "temperature": 1.0, **(options or {})}}
    return {"route_type": "llm/v1/chat", **({} if auth is None else {"auth": auth}), "model": model, **fields}


HEADER = {"header_name": "Authorization", "header_value": "Bearer gemini-key"}
PARAM = {"param_name": "key", "param_value": "gemini-query-key", "param_location": "query"}
HEADERS = "all or none of these fields must be set: 'auth.header_name', 'auth.header_value'"
PARAMS = "all or none of these fields must be set: 'auth.param_name', 'auth.param_value', 'auth.param_location'"
PLACE = {"api_endpoint": "gemini.local", "project_id": "test-project", "location_id": "us-central1"}
PLACES = "all or none of these fields must be set: 'api_endpoint', 'project_id', 'location_id'"
NOT_YET = "what is not built yet is refused by name"
SERVED = [
    "llm/v1/completions", "llm/v1/embeddings", "image/v1/images/generations", "image/v1/images/edits", "video/v1/videos/generations",
]
LATER = ["llm/v1/responses", "preserve"]

LOADS = [
    Load("config:169 a header's name without its value", config({"header_name": "Authorization"}), HEADERS),
    Load(
        "config:192 a header's value without its name", config({"header_value": "gemini-key"}), HEADERS,
        "a value alone goes into Google's own header", "",
    ),
    Load("config:216 a parameter without its value", config({"param_name": "key", "param_location": "query"}), PARAMS),
    Load("config:240 a parameter without its place", config({"param_name": "key", "param_value": "k"}), PARAMS),
    Load("config:265 a header and a parameter", config({**HEADER, **{**PARAM, "param_name": "apikey"}})),
    Load(
        "config:265 a header and a key in a parameter", config({**HEADER, **PARAM}), "",
        "the key would be a second header of Google's: which is meant cannot be told", "together",
    ),
    Load(
        "config:320 a client's own credential", config({**HEADER, "allow_override": True}),
        "bedrock and gemini only support auth.allow_override = false",
    ),
    Load("config:320 no credential of a client's", config({**HEADER, "allow_override": False})),
    Load(
        "§1.2 no auth at all", config(None), "bedrock and gemini only support auth.allow_override = false",
        "Kong's message is misleading; a credential may come otherwise, and a warning says that there is none", "",
    ),
    Load(
        "config:348 the native format on another route type", config(HEADER, llm_format="gemini", route_type="llm/v1/completions"),
        "native provider options in llm_format can only be used with the 'llm/v1/chat' route_type", NOT_YET,
        "llm_format: gemini is not supported yet",
    ),
    Load(
        "config:459 the native format of gemini", config(HEADER, llm_format="gemini"), "", "native clients come with issue 6",
        "llm_format: gemini is not supported yet",
    ),
    Load(
        "11-gemini good request, as Kong's test has it",
        config(HEADER, {"input_cost": 15.0, "output_cost": 15.0, "upstream_url": "http://127.0.0.1:1/v1/chat/completions"}), "",
        NOT_YET, "model.options.input_cost: not supported yet",
    ),
    Load(
        "11-gemini logging, as Kong's test has it", config(HEADER, logging={"log_payloads": True, "log_statistics": True}), "",
        NOT_YET, "logging.log_statistics: not supported yet",
    ),
    Load(
        "393:446 an upstream_url without port", config(HEADER, {"upstream_url": "http://gemini.local/v1/chat/completions"}), "",
        "Google is spoken to over TLS only; without a port it is 443", "plain http is not supported",
    ),
    Load(
        "393:501 ai-proxy-advanced", {"name": "ai-proxy-advanced", "config": {"targets": [config(PARAM)]}}, "", NOT_YET,
        "name: expected Kong's plugin `ai-proxy`",
    ),
    Load("393:731 vertex mode, three fields", config(HEADER, {"gemini": PLACE})),
    *(
        Load(f"393:731 vertex mode, without {name}", config(HEADER, {"gemini": {k: v for k, v in PLACE.items() if k != name}}), PLACES)
        for name in ("project_id", "location_id")
    ),
    Load(
        "393:731 vertex mode, without api_endpoint", config(HEADER, {"gemini": {k: v for k, v in PLACE.items() if k != "api_endpoint"}}),
        PLACES, "the host is derived from the location", "",
    ),
    *(
        Load(f"§1.2 {name} {value}", config(HEADER, {name: value}), "expected ")
        for name, value in [("temperature", 5.1), ("top_p", 1.1), ("top_k", 501)]
    ),
    Load(
        "§1.2 temperature 4", config(HEADER, {"temperature": 4}), "", "Google's models take none above 2",
        "model.options.temperature: expected a number from 0 to 2",
    ),
    *(Load(f"§2.2 {kind}", config(HEADER, route_type=kind)) for kind in SERVED),
    *(Load(f"§2.2 {kind}", config(HEADER, route_type=kind), "", NOT_YET, f"route_type: {kind} is not supported yet") for kind in LATER),
    Load(
        "§1.3 an expression without a source", config(HEADER, {"upstream_url": "https://gemini.local/$(model)"}, allowed_hosts=["gemini.local"]),
        "cannot parse expression for field",
    ),
    Load(
        "§1.3 an expression of an unknown source",
        config(HEADER, {"upstream_url": "https://gemini.local/$(bodies.model)"}, allowed_hosts=["gemini.local"]),
        "source 'bodies' is not supported",
    ),
]
