"""Replies against OpenAI's contract, told three ways: the OpenAPI document, the official SDK's types (as its strict
response validation applies them), and the names of what this gateway adds: any other addition is a breach."""

from collections.abc import Iterator

import pydantic
from openai.types import (
    Completion,
    CreateEmbeddingResponse,
    ImageEditCompletedEvent,
    ImageEditPartialImageEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
    ImagesResponse,
    Model,
    Video,
)
from openai.types.audio import (
    Transcription,
    TranscriptionDiarized,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from .openapi import schema_problems

SDK = {
    "CreateChatCompletionResponse": ChatCompletion,
    "CreateChatCompletionStreamResponse": ChatCompletionChunk,
    "CreateCompletionResponse": Completion,
    "CreateEmbeddingResponse": CreateEmbeddingResponse,
    "Model": Model,
    "ImagesResponse": ImagesResponse,
    "ImageGenPartialImageEvent": ImageGenPartialImageEvent,
    "ImageGenCompletedEvent": ImageGenCompletedEvent,
    "ImageEditPartialImageEvent": ImageEditPartialImageEvent,
    "ImageEditCompletedEvent": ImageEditCompletedEvent,
    "CreateTranscriptionResponseJson": Transcription,
    "CreateTranscriptionResponseVerboseJson": TranscriptionVerbose,
    "CreateTranscriptionResponseDiarizedJson": TranscriptionDiarized,
    "TranscriptTextDeltaEvent": TranscriptionTextDeltaEvent,
    "TranscriptTextDoneEvent": TranscriptionTextDoneEvent,
    "CreateTranslationResponseJson": Translation,
    "CreateTranslationResponseVerboseJson": TranslationVerbose,
    "VideoResource": Video,
}
NATIVE = {"native_finish_reason": "Google's word for the end", "native_finish_message": "and its words about it"}
MESSAGE = {
    "reasoning_content": "Gemini's thoughts", "images": "pictures it drew", "files": "other media it made",
    "extra_content": "the text's signature", "provider_specific_fields": "Google's own words",
}  # fmt: skip
# The SDK's type -> what the gateway adds to it, and why.
EXTENSIONS = {
    "ChatCompletion": {},
    "Choice": NATIVE,
    "Completion": {"service_tier": "the tier that served it, as in chat"},
    "CompletionChoice": NATIVE,
    "Model": {
        "display_name": "Google's title", "context_window": "tokens of a prompt", "max_output_tokens": "of a reply",
        "supported_methods": "what Google says it can do",
    },
    "ChatCompletionMessage": MESSAGE,
    # A delta's sound and sources are OpenAI's, but the SDK's type does not have them.
    "ChoiceDelta": MESSAGE | {"audio": "OpenAI's own", "annotations": "OpenAI's own"},
    "ChatCompletionMessageFunctionToolCall": {"extra_content": "the call's signature"},
    "ChoiceDeltaToolCall": {"extra_content": "the call's signature"},
    "PromptTokensDetails": {"text_tokens": "by modality", "image_tokens": "by modality", "video_tokens": "by modality"},
    # OpenAI's own, but the SDK's type does not have it.
    "TranscriptionVerbose": {"task": "what was done"},
    "TranslationVerbose": {"task": "what was done", "usage": "as of transcriptions"},
    "Translation": {"usage": "as of transcriptions"},
    # Of an image in a stream, as of one in a whole reply.
    "Usage": {"output_tokens_details": "text and image"},
    "CompletionTokensDetails": {"text_tokens": "by modality", "image_tokens": "by modality", "video_tokens": "by modality"},
}


def contract_problems(name: str, value) -> list[str]:
    """Breaches of the schema `name`, of the SDK's type for it, and additions without a name here."""
    problems = schema_problems(name, value)
    if name not in SDK:
        return problems
    try:
        made = SDK[name].model_validate(value)
    except pydantic.ValidationError as error:
        return [*problems, f"{SDK[name].__name__}: {error}"]
    return problems + [f"{name}: {where} has the unknown member {key!r}" for where, key in additions(made)]


def additions(value) -> Iterator[tuple[str, str]]:
    """(type, member) of everything that neither the SDK nor `EXTENSIONS` knows."""
    if isinstance(value, list):
        for item in value:
            yield from additions(item)
    elif isinstance(value, pydantic.BaseModel):
        kind = type(value).__name__
        yield from ((kind, key) for key in value.model_extra or {} if key not in EXTENSIONS.get(kind, {}))
        for key in type(value).model_fields:
            yield from additions(getattr(value, key))
