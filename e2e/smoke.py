"""Chats once, plainly and streaming, through a running gateway: `python smoke.py URL [MODEL]`.

Exits 0 when both answers are whole and say the same kind of thing: text, a finish reason, usage.
"""

import sys
import time

import openai

PATIENCE = 30  # seconds for the gateway to come up


def wait(client: openai.OpenAI, model: str) -> openai.types.chat.ChatCompletion:
    """The first answer, asking again while the gateway is not up yet."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return plain(client, model)
        except (openai.APIConnectionError, openai.InternalServerError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def plain(client: openai.OpenAI, model: str) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Say hello."}])


def main(url: str, model: str = "gemini-2.5-flash") -> None:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0)
    whole = wait(client, model)
    choice = whole.choices[0]
    assert choice.message.content and choice.finish_reason == "stop", whole
    assert whole.usage and whole.usage.total_tokens > 0, whole
    print(f"plain:     {choice.message.content!r} ({whole.usage.total_tokens} tokens)")

    chunks = list(client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Say hello."}], stream=True,
        stream_options={"include_usage": True},
    ))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text and [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop", chunks
    assert chunks[-1].usage and chunks[-1].usage.total_tokens > 0, chunks
    print(f"streaming: {text!r} in {len(chunks)} chunks")
    print("smoke test passed")


if __name__ == "__main__":
    main(*sys.argv[1:])
