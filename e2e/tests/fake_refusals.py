"""Seeded bad requests: what is changed in a valid one, and what the strict fake must answer.

Each row: `name`, `status`, the beginning of the error `message`, and what differs from the valid request: `set` puts
values at dotted paths of the body (numbers index arrays, a missing array is made), `body` replaces it, `path`, `model`,
`method` and `headers` replace theirs, `at` is the first `fieldViolations` entry's field.
Wordings: Google's where one is on record (`google-api.md` section 4, GitHub issues quoting the API); where the
sources tell only the sense, the fake's own words, marked `sense`.
"""

from dataclasses import dataclass, field
from typing import Any

G3 = "gemini-3-flash-preview"
VERTEX = "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent"
UNKNOWN = "Invalid JSON payload received. Unknown name"
TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta."
NO_DATA = " required oneof field 'data' must have one initialized field"
CALL = {"functionCall": {"name": "f", "args": {}}}
RESPONSE = {"functionResponse": {"name": "f", "response": {"output": "1"}}}
ASK = {"role": "user", "parts": [{"text": "hi"}]}
CALLED = {"role": "model", "parts": [CALL]}
ANSWERED = {"role": "user", "parts": [RESPONSE]}



def blob(mime: str, data: str = "AAAA") -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime, "data": data}}


@dataclass
class Bad:
    name: str
    message: str
    status: int = 400
    set: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    path: str | None = None
    model: str = "gemini-2.5-flash"
    method: str = "POST"
    headers: dict[str, str] | None = None
    at: str | None = None


def deep(levels: int) -> Any:
    """So many arrays, each in the next."""
    return [deep(levels - 1)] if levels else 1


STRUCTURE = [
    Bad("unknown name at the root", f'{UNKNOWN} "stream": Cannot find field.', set={"stream": True}),
    Bad(
        "unknown name inside",
        f"{UNKNOWN} \"maxTokens\" at 'generation_config': Cannot find field.",
        set={"generationConfig.maxTokens": 5},
        at="generation_config",
    ),
    Bad(
        "unknown name in an array",
        f"{UNKNOWN} \"type\" at 'contents[0].parts[1]': Cannot find field.",
        set={"contents.0.parts.1": {"type": "text"}},
        at="contents[0].parts[1]",
    ),
    Bad(
        "two unknown names",
        f'{UNKNOWN} "a": Cannot find field.\n{UNKNOWN} "b": Cannot find field.',
        set={"a": 1, "b": 1},
    ),
    Bad(
        "OpenAI's strict",
        f"{UNKNOWN} \"strict\" at 'tools[0].function_declarations[0]': Cannot find field.",
        set={"tools.0.functionDeclarations.0": {"name": "f", "strict": True}},
    ),
    Bad(
        "JSON Schema in parameters",
        f"{UNKNOWN} \"additionalProperties\" at 'tools[0].function_declarations[0].parameters': Cannot find field.",
        set={"tools.0.functionDeclarations.0": {"name": "f", "parameters": {"additionalProperties": False}}},
    ),
    Bad(
        "unknown keyword in a property of a schema",
        f"{UNKNOWN} \"exclusiveMinimum\" at 'generation_config.response_schema.properties[1].value':",
        set={"generationConfig.responseSchema": {"properties": {"a": {}, "b": {"exclusiveMinimum": 1}}}},
        at="generation_config.response_schema.properties[1].value",
    ),
    Bad(
        "Vertex's field on the Developer API",
        f"{UNKNOWN} \"audioTimestamp\" at 'generation_config': Cannot find field.",
        set={"generationConfig.audioTimestamp": True},
    ),
    Bad("a field only an SDK knows", f'{UNKNOWN} "labels": Cannot find field.', set={"labels": {"a": "b"}}),
    Bad(
        "the Developer API's field on Vertex",
        f'{UNKNOWN} "store": Cannot find field.',
        path=VERTEX,
        set={"store": True},
    ),
    Bad(
        "a string for a float",
        "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"warm\"",
        set={"generationConfig.temperature": "warm"},
        at="generation_config.temperature",
    ),
    Bad(
        "a fraction for an integer",
        "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 1.5",
        set={"generationConfig.maxOutputTokens": 1.5},
    ),
    Bad(
        "an integer beyond 32 bits",
        "Invalid value at 'generation_config.seed' (TYPE_INT32), 2147483648",
        set={"generationConfig.seed": 1 << 31},
    ),
    Bad(
        "a bool for a number",
        "Invalid value at 'generation_config.top_k' (TYPE_INT32), true",
        set={"generationConfig.topK": True},
    ),
    Bad(
        "a number for a bool",
        "Invalid value at 'generation_config.response_logprobs' (TYPE_BOOL), 1",
        set={"generationConfig.responseLogprobs": 1},
    ),
    Bad(
        "a number for a string",
        "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
        set={"contents.0.parts.0.text": 5},
    ),
    Bad(
        "a string for a message",
        f"Invalid value at 'contents[0].parts[0]' ({TYPE}Part), \"hi\"",
        set={"contents.0.parts.0": "hi"},
    ),
    Bad("a string for contents", f"Invalid value at 'contents' ({TYPE}Content), \"hi\"", set={"contents": "hi"}),
    Bad(
        "a string for an array of strings",
        "Invalid value at 'generation_config.stop_sequences' (TYPE_STRING), \"END\"",
        set={"generationConfig.stopSequences": "END"},
    ),
    Bad(
        "an object for a scalar",
        "Invalid value at 'contents[0].parts[0]' (text), Starting an object on a scalar field",
        set={"contents.0.parts.0.text": {"a": 1}},
    ),
    Bad(
        "an array for a single field",
        f"{UNKNOWN} \"text\" at 'contents[0].parts[0]': Proto field is not repeating, cannot start list.",
        set={"contents.0.parts.0.text": ["a"]},
    ),
    Bad(
        "text for a struct",
        "Invalid value at 'contents[0].parts[0].function_response.response'"
        " (type.googleapis.com/google.protobuf.Struct),",
        set={"contents.0.parts.0": {"functionResponse": {"name": "f", "response": "plain"}}},
    ),
    Bad(
        "a null in an array",
        f"Invalid value at 'contents[0].parts[0]' ({TYPE}Part), null",
        set={"contents.0.parts.0": None},
    ),
    Bad(
        "an unknown enum value",
        f"Invalid value at 'safety_settings[0].category' ({TYPE}HarmCategory), \"HARM_CATEGORY_RUDE\"",
        set={"safetySettings.0.category": "HARM_CATEGORY_RUDE"},
        at="safety_settings[0].category",
    ),
    Bad(
        "an unknown level",
        "Invalid value at 'generation_config.thinking_config.thinking_level'"
        f' ({TYPE}ThinkingConfig.ThinkingLevel), "XHIGH"',
        model=G3,
        set={"generationConfig.thinkingConfig.thinkingLevel": "XHIGH"},
    ),
    Bad(
        "two members of a oneof",
        "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'inlineData'",
        set={"contents.0.parts.0": {"text": "a", "inlineData": {"mimeType": "image/png", "data": "AAAA"}}},
        at="contents[0].parts[0]",
    ),
    Bad(
        "bad base64",
        "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"a*b\"",
        set={"contents.0.parts.0": {"inlineData": {"mimeType": "image/png", "data": "a*b"}}},
    ),
    Bad(
        "base64 one character short",
        "Invalid value at 'contents[0].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for \"abcde\"",
        set={"contents.0.parts.0.thoughtSignature": "abcde"},
    ),
    Bad(
        "mixed base64 alphabets",
        "Invalid value at 'contents[0].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for \"a+b_\"",
        set={"contents.0.parts.0.thoughtSignature": "a+b_"},
    ),
    Bad("no JSON", "Invalid JSON payload received. Unexpected token.", body=b"{contents: []}"),
    Bad("JSON cut short", "Invalid JSON payload received. Unexpected end of string.", body=b'{"contents": ['),
    Bad("NaN", "Invalid JSON payload received. Unexpected token.", body=b'{"generationConfig": {"topP": NaN}}'),
    Bad("bytes that are not UTF-8", "Invalid JSON payload received.", body=b'{"contents": "\xff"}'),
    Bad(
        "nested too deep",
        "Invalid JSON payload received. Message too deep.",
        set={"contents.0.parts.0": {"functionCall": {"name": "f", "args": {"a": deep(100)}}}},
    ),
    Bad("nested far too deep", "Invalid JSON payload received. Message too deep.", body=b"[" * 100_000),
    Bad("an array as the body", f'{UNKNOWN} "": Root element must be a message.', body=b"[]"),
]

SURFACE = [
    Bad(
        "an unknown query parameter",
        f"{UNKNOWN} \"beta\": Cannot bind query parameter. Field 'beta' could not be found in request message.",
        path="/v1beta/models/gemini-2.5-flash:generateContent?beta=true",
    ),
    Bad("a model that does not exist", "models/gpt-4o is not found for API version v1beta", 404, model="gpt-4o"),
    Bad(
        "a misspelt model", "models/gemini-3.6-flahs is not found for API version v1beta", 404, model="gemini-3.6-flahs"
    ),
    Bad(
        "a model that Vertex does not have",
        "Publisher Model `projects/p/locations/us-central1/publishers/google/models/does-not-exist` was not found",
        404,
        path=VERTEX.replace("gemini-2.5-pro", "does-not-exist"),
    ),
    Bad(
        "an alias outside of v1beta",
        "models/gemini-flash-latest is not found for API version v1,",
        404,
        path="/v1/models/gemini-flash-latest:generateContent",
    ),
    Bad("no key", "Method doesn't allow unregistered callers", 403, headers={}),
    Bad("a wrong key", "API key not valid. Please pass a valid API key.", headers={"x-goog-api-key": "nope"}),
    Bad("an empty key", "API key not valid. Please pass a valid API key.", headers={"x-goog-api-key": ""}),
    Bad(
        "a client's own bearer beside the key",
        "Request had invalid authentication credentials.",
        401,
        headers={"x-goog-api-key": "test-key", "authorization": "Bearer sk-client"},
    ),
    Bad("no credential on Vertex", "API keys are not supported by this API.", 401, path=VERTEX, headers={}),
]

RULES = [
    Bad("no contents", "* GenerateContentRequest.contents: contents is not specified", body={}),
    Bad(
        "no contents on Vertex",
        "Unable to submit request because at least one contents field is required.",
        path=VERTEX,
        body={},
    ),
    Bad("an empty body", "* GenerateContentRequest.contents: contents is not specified", body=b""),
    Bad("OpenAI's role", "Please use a valid role: user, model.", set={"contents.0.role": "assistant"}),
    Bad("no role on Vertex", "Please use a valid role: user, model.", path=VERTEX, set={"contents.0.role": None}),
    Bad("NUL in a text (sense)", "Request contains an invalid argument.", set={"contents.0.parts.0.text": "a\0b"}),
    Bad(
        "an unpaired surrogate (sense)",
        "Request contains an invalid argument.",
        body=b'{"contents": [{"parts": [{"text": "\\ud83d"}]}]}',
    ),
    Bad(
        "temperature above 2",
        "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].",
        set={"generationConfig.temperature": 2.1},
    ),
    Bad(
        "temperature above 2 on Vertex",
        "Unable to submit request because it has a temperature value of 1000 but the supported range is from 0"
        " (inclusive) to 2.0001 (exclusive). Update the value and try again.",
        path=VERTEX,
        set={"generationConfig.temperature": 1000},
    ),
    Bad("topP above 1", "* GenerateContentRequest.generation_config.top_p:", set={"generationConfig.topP": 1.5}),
    Bad(
        "no candidate",
        "* GenerateContentRequest.generation_config.candidate_count:",
        set={"generationConfig.candidateCount": 0},
    ),
    Bad(
        "nine candidates",
        "* GenerateContentRequest.generation_config.candidate_count:",
        set={"generationConfig.candidateCount": 9},
    ),
    Bad(
        "no tokens",
        "* GenerateContentRequest.generation_config.max_output_tokens:",
        set={"generationConfig.maxOutputTokens": 0},
    ),
    Bad(
        "six stops",
        "* GenerateContentRequest.generation_config.stop_sequences:",
        set={"generationConfig.stopSequences": list("abcdef")},
    ),
    Bad("a penalty on 2.5", "Penalty is not enabled for this model", set={"generationConfig.presencePenalty": 0.5}),
    Bad(
        "a penalty of 3",
        "* GenerateContentRequest.generation_config.frequency_penalty:",
        model="gemini-2.0-flash",
        set={"generationConfig.frequencyPenalty": 3},
    ),
    Bad(
        "logprobs alone (sense)",
        "* GenerateContentRequest.generation_config.logprobs:",
        set={"generationConfig.logprobs": 3},
    ),
    Bad(
        "21 logprobs (sense)",
        "* GenerateContentRequest.generation_config.logprobs:",
        set={"generationConfig.logprobs": 21, "generationConfig.responseLogprobs": True},
    ),
    Bad(
        "thinking on 2.0",
        "Thinking is not supported for this model.",
        model="gemini-2.0-flash",
        set={"generationConfig.thinkingConfig.thinkingBudget": 100},
    ),
    Bad(
        "a level on 2.5",
        "Thinking level is not supported for this model.",
        set={"generationConfig.thinkingConfig.thinkingLevel": "LOW"},
    ),
    Bad(
        "level and budget",
        "You can only set only one of thinking budget and thinking level.",
        model=G3,
        set={"generationConfig.thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 100}},
    ),
    Bad(
        "no thinking on 2.5 Pro",
        "Budget 0 is invalid. This model only works in thinking mode.",
        model="gemini-2.5-pro",
        set={"generationConfig.thinkingConfig.thinkingBudget": 0},
    ),
    Bad(
        "a budget too great",
        "The thinking budget 52428 is invalid.",
        set={"generationConfig.thinkingConfig.thinkingBudget": 52428},
    ),
    Bad(
        "a function name with a slash",
        "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name.",
        set={"tools.0.functionDeclarations.0.name": "a/b"},
    ),
    Bad("an empty tool", "* GenerateContentRequest.tools[0].tool_type: required one_of", set={"tools.0": {}}),
    Bad(
        "an unknown function forced (sense)",
        "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names:",
        set={
            "tools.0.functionDeclarations.0.name": "f",
            "toolConfig.functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["g"]},
        },
    ),
    Bad(
        "names with AUTO (sense)",
        "* GenerateContentRequest.tool_config.function_calling_config:",
        set={
            "tools.0.functionDeclarations.0.name": "f",
            "toolConfig.functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["f"]},
        },
    ),
    Bad(
        "two tools in one",
        "* GenerateContentRequest.tools[0].tool_type: one_of 'tool_type' has more than one initialized field",
        set={"tools.0": {"googleSearch": {}, "codeExecution": {}}},
    ),
    Bad(
        "a built-in tool beside functions on 2.5",
        "Tool use with function calling is unsupported",
        set={"tools": [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}]},
    ),
    Bad(
        "a built-in tool beside functions on Gemini 3",
        "Please enable tool_config.include_server_side_tool_invocations",
        model=G3,
        set={"tools": [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}]},
    ),
    Bad(
        "a system instruction for Gemma",
        "Developer instruction is not enabled for models/gemma-3-27b-it",
        model="gemma-3-27b-it",
        set={"systemInstruction.parts.0.text": "be brief"},
    ),
    Bad(
        "a file in a bucket",
        "Referencing Google Cloud Storage files directly is not supported.",
        set={"contents.0.parts.1": {"fileData": {"fileUri": "gs://b/o.png", "mimeType": "image/png"}}},
    ),
    Bad(
        "JSON mode with functions on 2.5",
        "Function calling with a response mime type: 'application/json' is unsupported",
        set={"tools.0.functionDeclarations.0.name": "f", "generationConfig.responseMimeType": "application/json"},
    ),
    Bad(
        "JSON mode with a built-in tool on 2.5",
        "Tool use with a response mime type: 'application/json' is unsupported",
        set={"tools": [{"googleSearch": {}}], "generationConfig.responseMimeType": "application/json"},
    ),
    Bad(
        "both kinds of parameters",
        "* GenerateContentRequest.tools[0].function_declarations[0]: only one of parameters and parameters_json_schema",
        set={"tools.0.functionDeclarations.0": {"name": "f", "parameters": {"type": "OBJECT"}, "parametersJsonSchema": {}}},
    ),
    Bad(
        "both kinds of schema",
        "* GenerateContentRequest.generation_config: only one of response_schema and response_json_schema can be set.",
        set={
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseSchema": {"type": "OBJECT"},
                "responseJsonSchema": {"type": "object"},
            }
        },
    ),
    Bad(
        "a schema without JSON mode",
        "* GenerateContentRequest.generation_config.response_schema: only allowed when mime type is application/json.",
        set={"generationConfig.responseJsonSchema": {"type": "object"}},
    ),
    Bad(
        "a function twice",
        "Duplicate function declaration found: f",
        set={"tools.0.functionDeclarations": [{"name": "f"}, {"name": "f"}]},
    ),
    Bad(
        "calling without tools",
        "Function calling config is set without function_declarations.",
        set={"toolConfig.functionCallingConfig.mode": "ANY"},
    ),
    Bad(
        "circulation of calls on 2.5",
        "Tool call context circulation is not enabled for this model.",
        set={"tools.0.functionDeclarations.0.name": "f", "toolConfig.includeServerSideToolInvocations": True},
    ),
    Bad(
        "the flag on Vertex, which does not know it",
        f"{UNKNOWN} \"includeServerSideToolInvocations\" at 'tool_config': Cannot find field.",
        path=VERTEX,
        set={"toolConfig.includeServerSideToolInvocations": True},
    ),
    Bad(
        "the least thinking on a Pro model (sense)",
        "Thinking level MINIMAL is not supported for this model.",
        model="gemini-3-pro-preview",
        set={"generationConfig.thinkingConfig.thinkingLevel": "MINIMAL"},
    ),
    Bad(
        "thinking on an image model",
        "Thinking is not supported for this model.",
        model="gemini-2.5-flash-image",
        set={"generationConfig.thinkingConfig.thinkingBudget": 0},
    ),
    Bad(
        "speech from a model that writes",
        "The requested combination of response modalities (AUDIO, TEXT) is not supported by the model.",
        set={"generationConfig.responseModalities": ["TEXT", "AUDIO"]},
    ),
    Bad(
        "a voice for a model that writes (sense)",
        "The requested combination of response modalities (AUDIO) is not supported by the model.",
        set={"generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName": "Kore"},
    ),
    Bad(
        "pictures from a model that writes",
        "The requested combination of response modalities (IMAGE, TEXT) is not supported by the model.",
        model=G3,
        set={"generationConfig.responseModalities": ["TEXT", "IMAGE"]},
    ),
    Bad("a misnomer of JPEG", "Unsupported MIME type: image/jpg", set={"contents.0.parts.1": blob("image/jpg")}),
    Bad(
        "a type that says nothing",
        "Unsupported MIME type: application/octet-stream",
        set={"contents.0.parts.1": blob("application/octet-stream")},
    ),
    Bad("an extension for a type", "Unsupported MIME type: png", set={"contents.0.parts.1": blob("png")}),
    Bad("no type", "Unsupported MIME type: ", set={"contents.0.parts.1": {"inlineData": {"data": "AAAA"}}}),
    Bad(
        "no type on Vertex",
        "Unable to submit request because it must have a mimeType parameter.",
        path=VERTEX,
        set={"contents.0.parts.1": {"fileData": {"fileUri": "https://example.org/x"}}},
    ),
    Bad("no data (sense)", "Unable to process input image.", set={"contents.0.parts.1": blob("image/png", "")}),
    Bad(
        "plain HTTP",
        "Invalid or unsupported file uri: http://example.org/a.png",
        set={"contents.0.parts.1": {"fileData": {"fileUri": "http://example.org/a.png", "mimeType": "image/png"}}},
    ),
    Bad(
        "a file of OpenAI's",
        "Invalid or unsupported file uri: file-7qh8Ajz",
        set={"contents.0.parts.1": {"fileData": {"fileUri": "file-7qh8Ajz"}}},
    ),
    Bad(
        "a file of the Developer API on Vertex",
        "Invalid file URI: https://generativelanguage.googleapis.com/v1beta/files/x",
        path=VERTEX,
        set={
            "contents.0.parts.1": {
                "fileData": {
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x",
                    "mimeType": "image/png",
                }
            }
        },
    ),
    Bad(
        "a resolution of its own on 2.5 (sense)",
        "Media resolution per part is not supported for this model.",
        set={"contents.0.parts.1": {**blob("image/png"), "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"}}},
    ),
    Bad(
        "a picture in a result on 2.5 (sense)",
        "Multimodal function responses are not supported for this model.",
        set={
            "contents": [
                ASK,
                CALLED,
                {"role": "user", "parts": [{"functionResponse": {**RESPONSE["functionResponse"], "parts": [blob("image/png")]}}]},
            ]
        },
    ),
    Bad(
        "a cache with tools",
        "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.",
        set={"cachedContent": "cachedContents/x", "tools": [{"googleSearch": {}}]},
    ),
    Bad(
        "a cache with a system instruction",
        "CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.",
        set={"cachedContent": "cachedContents/x", "systemInstruction.parts.0.text": "be brief"},
    ),
]

TURNS = [
    Bad(
        "no parts",
        "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.",
        set={"contents.0.parts": []},
    ),
    Bad(
        "no parts on Vertex",
        "Unable to submit request because it must include at least one parts field",
        path=VERTEX,
        set={"contents.0.parts": []},
    ),
    Bad(
        "an empty part",
        "* GenerateContentRequest.contents[0].parts[1].data:" + NO_DATA,
        set={"contents.0.parts.1": {}},
    ),
    Bad(
        "nothing but empty text",
        "* GenerateContentRequest.contents[0].parts[0].data:" + NO_DATA,
        set={"contents.0.parts.0.text": ""},
    ),
    Bad(
        "an empty system instruction",
        "* GenerateContentRequest.system_instruction.parts: contents.parts must not be empty.",
        set={"systemInstruction.parts": []},
    ),
    Bad(
        "the model begins",
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
        set={"contents": [CALLED, ANSWERED]},
    ),
    Bad(
        "a response without a call",
        "Please ensure that function response turn comes immediately after a function call turn.",
        set={"contents": [ASK, ANSWERED]},
    ),
    Bad(
        "a response after other words",
        "Please ensure that function response turn comes immediately after a function call turn.",
        set={"contents": [ASK, CALLED, ASK, ANSWERED]},
    ),
    Bad(
        "a response to another id",
        "Please ensure that function response turn comes immediately after a function call turn.",
        set={
            "contents": [
                ASK,
                CALLED,
                {"role": "user", "parts": [{"functionResponse": {"id": "x", "name": "f", "response": {}}}]},
            ]
        },
    ),
    Bad(
        "one response for two calls",
        "Please ensure that the number of function response parts is equal to the number of function call parts",
        set={"contents": [ASK, {"role": "model", "parts": [CALL, CALL]}, ANSWERED]},
    ),
    Bad(
        "a call without a response",
        "Please ensure that the number of function response parts is equal to the number of function call parts",
        set={"contents": [ASK, CALLED, ASK]},
    ),
    Bad(
        "a prefill on Gemini 3",
        "Please ensure that multiturn requests ends with a user role or a function response.",
        model=G3,
        set={"contents": [ASK, {"role": "model", "parts": [{"text": "Sure, "}]}]},
    ),
]

SIGNATURES = [
    Bad(
        "an unsigned call on Gemini 3",
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work"
        " correctly, and missing thought_signature may lead to degraded model performance. Additional data, function"
        " call `default_api:f` , position 2.",
        model=G3,
        set={"contents": [ASK, CALLED, ANSWERED]},
    ),
    Bad(
        "an unsigned call in the second step",
        "Function call is missing a thought_signature",
        model=G3,
        set={
            "contents": [
                ASK,
                {"role": "model", "parts": [{**CALL, "thoughtSignature": "c2ln"}]},
                ANSWERED,
                CALLED,
                ANSWERED,
            ]
        },
    ),
    Bad(
        "only the second parallel call signed",
        "Function call is missing a thought_signature",
        model=G3,
        set={
            "contents": [
                ASK,
                {"role": "model", "parts": [CALL, {**CALL, "thoughtSignature": "c2ln"}]},
                {"role": "user", "parts": [RESPONSE, RESPONSE]},
            ]
        },
    ),
    Bad(
        "an unsigned call on Vertex",
        "Unable to submit request because function call `default_api:f` in the 2. content block is missing a"
        " `thought_signature`.",
        path=VERTEX.replace("gemini-2.5-pro", G3),
        set={"contents": [ASK, CALLED, ANSWERED]},
    ),
]



def declared(schema: Any) -> dict[str, Any]:
    return {"tools.0.functionDeclarations.0": {"name": "f", "parametersJsonSchema": schema}}


def answered(schema: Any) -> dict[str, Any]:
    return {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema}}


PARAMETERS = "* GenerateContentRequest.tools[0].function_declarations[0].parameters_json_schema"
ANSWER = "* GenerateContentRequest.generation_config.response_json_schema"
# The fake's own words: Google takes some of these (`data/fake_corpus_exceptions.json`).
DOCUMENTED = [
    Bad(
        "two tools of functions",
        "Only at most one tool is supported.",
        set={"tools": [{"functionDeclarations": [{"name": "f"}]}, {"functionDeclarations": [{"name": "g"}]}]},
    ),
    Bad("const", f"{PARAMETERS}.properties.a: unknown keyword 'const'.", set=declared({"properties": {"a": {"const": 1}}})),
    Bad("allOf", f"{PARAMETERS}: unknown keyword 'allOf'.", set=declared({"allOf": [{"type": "object"}]})),
    Bad("$schema", f"{ANSWER}: unknown keyword '$schema'.", set=answered({"$schema": "x", "type": "object"})),
    Bad("pattern in a branch", f"{ANSWER}.anyOf[1]: unknown keyword 'pattern'.", set=answered({"anyOf": [{}, {"pattern": "x"}]})),
    Bad("default in items", f"{ANSWER}.items: unknown keyword 'default'.", set=answered({"type": "array", "items": {"default": 1}})),
    Bad(
        "an extension below additionalProperties",
        f"{PARAMETERS}.additionalProperties: unknown keyword 'x-y'.",
        set=declared({"type": "object", "additionalProperties": {"x-y": 1}}),
    ),
    Bad(
        "definitions under their old name",
        f"{PARAMETERS}: unknown keyword 'definitions'.",
        set=declared({"definitions": {"A": {}}, "type": "object"}),
    ),
    Bad("a description beside $ref", f"{PARAMETERS}.properties.a: 'description' beside $ref.", set=declared(
        {"$defs": {"A": {}}, "properties": {"a": {"$ref": "#/$defs/A", "description": "x"}}})),
    Bad(
        "a reference to nothing",
        f"{ANSWER}.items: reference to undefined schema '#/$defs/B'.",
        set=answered({"$defs": {"A": {}}, "type": "array", "items": {"$ref": "#/$defs/B"}}),
    ),
    Bad("a schema that is a bool", f"{PARAMETERS}.properties.a: a schema must be an object.", set=declared({"properties": {"a": True}})),
    Bad("a boolean in an enum", f"{ANSWER}.enum: enum values are strings or numbers.", set=answered({"enum": ["a", True]})),
    Bad("an empty enum", f"{ANSWER}.enum: enum values are strings or numbers.", set=answered({"enum": []})),
    Bad("a type in capitals", f"{ANSWER}.type: unknown type 'STRING'.", set=answered({"type": "STRING"})),
    Bad("a list for arguments", f"{PARAMETERS}: parameters schema should be of type OBJECT.", set=declared({"type": "array", "items": {}})),
    Bad(
        "responses out of order",
        "Function responses ['g', 'f'] do not follow their calls ['f', 'g'].",
        set={
            "contents": [
                ASK,
                {"role": "model", "parts": [CALL, {"functionCall": {"name": "g", "args": {}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "g", "response": {}}}, RESPONSE]},
            ]
        },
    ),
]  # fmt: skip

ALL = [*STRUCTURE, *SURFACE, *RULES, *TURNS, *SIGNATURES, *DOCUMENTED]
