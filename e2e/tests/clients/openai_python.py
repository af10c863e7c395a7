"""OpenAI's Python SDK: a tool loop of one's own, the parse and the streaming helpers."""

import openai
from pydantic import BaseModel
from world import SYSTEM, Booking, Trip, main, use


class GetWeather(BaseModel):
    """The weather in a city."""

    city: str


class BookFlight(BaseModel):
    """Books a flight."""

    trip: Booking
    cabin: str


class ListAirports(BaseModel):
    """Every airport."""


TOOLS = [
    openai.pydantic_function_tool(GetWeather, name="get_weather"),
    openai.pydantic_function_tool(BookFlight, name="book_flight"),
    openai.pydantic_function_tool(ListAirports, name="list_airports"),
]


def kinds(base_url: str):
    chat = openai.AsyncOpenAI(base_url=base_url, api_key="sk-openai-python", max_retries=0).chat.completions

    def said(case):
        return [{"role": "developer", "content": SYSTEM}, {"role": "user", "content": case["prompt"]}]

    async def loop(case, messages, ask):
        """Calls tools until the model answers; `messages` grows as SDK users grow it: by the message object itself."""
        while True:
            message = (await ask(case, messages)).choices[0].message
            messages.append(message)
            if not message.tool_calls:
                return message.content
            for call in message.tool_calls:
                result = use(call.function.name, call.function.arguments)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})

    async def whole(case, messages):
        return await chat.parse(model=case["model"], messages=messages, tools=TOOLS)

    async def streamed(case, messages):
        async with chat.stream(model=case["model"], messages=messages, tools=TOOLS) as stream:
            async for _ in stream:
                pass
            return await stream.get_final_completion()

    async def tools(case):
        return {"text": await loop(case, said(case), whole)}

    async def tools_stream(case):
        return {"text": await loop(case, said(case), streamed)}

    async def turns(case):
        messages = said(case)
        await loop(case, messages, whole)
        messages.append({"role": "user", "content": case["again"]})
        return {"text": await loop(case, messages, whole)}

    async def structured(case):
        got = await chat.parse(model=case["model"], messages=said(case), response_format=Trip)
        return {"trip": got.choices[0].message.parsed.model_dump()}

    async def stream(case):
        deltas = []
        async with chat.stream(model=case["model"], messages=said(case)) as events:
            async for event in events:
                if event.type == "content.delta":
                    deltas.append(event.delta)
            final = await events.get_final_completion()
        assert "".join(deltas) == final.choices[0].message.content
        return {"text": final.choices[0].message.content, "deltas": len(deltas)}

    async def image(case):
        content = [
            {"type": "text", "text": case["prompt"]},
            {"type": "image_url", "image_url": {"url": case["image"], "detail": "high"}},
        ]
        got = await chat.create(model=case["model"], messages=[{"role": "user", "content": content}])
        return {"text": got.choices[0].message.content}

    kinds = (tools, tools_stream, turns, structured, stream, image)
    return {kind.__name__: kind for kind in kinds}


if __name__ == "__main__":
    main(kinds)
