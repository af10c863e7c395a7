"""Pydantic AI with its OpenAI chat model."""

import base64

from pydantic_ai import Agent, BinaryContent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from world import SYSTEM, Trip, book_flight, get_weather, list_airports, main

TOOLS = [get_weather, book_flight, list_airports]


def kinds(base_url: str):
    provider = OpenAIProvider(base_url=base_url, api_key="sk-pydantic-ai")

    def agent(case, **fields):
        return Agent(OpenAIChatModel(case["model"], provider=provider), instructions=SYSTEM, **fields)

    async def tools(case):
        return {"text": (await agent(case, tools=TOOLS).run(case["prompt"])).output}

    async def streamed(one, prompt):
        async with one.run_stream(prompt) as run:
            texts = [text async for text in run.stream_text(delta=True, debounce_by=None)]
        return {"text": "".join(texts), "deltas": sum(map(bool, texts))}

    async def tools_stream(case):
        """`iter` runs the graph to its end; `run_stream` would take words before a call for the answer."""
        async with agent(case, tools=TOOLS).iter(case["prompt"]) as run:
            async for node in run:
                if Agent.is_model_request_node(node):
                    async with node.stream(run.ctx) as events:
                        async for _ in events:
                            pass
        return {"text": run.result.output}

    async def turns(case):
        one = agent(case, tools=TOOLS)
        first = await one.run(case["prompt"])
        return {"text": (await one.run(case["again"], message_history=first.all_messages())).output}

    async def structured(case):
        return {"trip": (await agent(case, output_type=NativeOutput(Trip)).run(case["prompt"])).output.model_dump()}

    async def structured_tool(case):
        return {"trip": (await agent(case, output_type=Trip).run(case["prompt"])).output.model_dump()}

    async def stream(case):
        return await streamed(agent(case), case["prompt"])

    async def image(case):
        kind, _, data = case["image"].removeprefix("data:").partition(";base64,")
        shown = BinaryContent(data=base64.b64decode(data), media_type=kind)
        return {"text": (await agent(case).run([case["prompt"], shown])).output}

    kinds = (tools, tools_stream, turns, structured, structured_tool, stream, image)
    return {kind.__name__: kind for kind in kinds}


if __name__ == "__main__":
    main(kinds)
