"""OpenAI's Agents SDK in chat-completions mode."""

import openai
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from openai.types.responses import ResponseTextDeltaEvent
from world import SYSTEM, Trip, book_flight, get_weather, list_airports, main

TOOLS = [function_tool(made) for made in (get_weather, book_flight, list_airports)]


def kinds(base_url: str):
    set_tracing_disabled(True)
    client = openai.AsyncOpenAI(base_url=base_url, api_key="sk-openai-agents", max_retries=0)

    def agent(case, **fields):
        model = OpenAIChatCompletionsModel(model=case["model"], openai_client=client)
        return Agent(name="traveller", instructions=SYSTEM, model=model, **fields)

    async def tools(case):
        return {"text": (await Runner.run(agent(case, tools=TOOLS), case["prompt"])).final_output}

    async def streamed(one, prompt):
        run, deltas = Runner.run_streamed(one, prompt), 0
        async for event in run.stream_events():
            deltas += event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent)
        return {"text": run.final_output, "deltas": deltas}

    async def tools_stream(case):
        return await streamed(agent(case, tools=TOOLS), case["prompt"])

    async def turns(case):
        one = agent(case, tools=TOOLS)
        first = await Runner.run(one, case["prompt"])
        second = await Runner.run(one, [*first.to_input_list(), {"role": "user", "content": case["again"]}])
        return {"text": second.final_output}

    async def structured(case):
        return {"trip": (await Runner.run(agent(case, output_type=Trip), case["prompt"])).final_output.model_dump()}

    async def stream(case):
        return await streamed(agent(case), case["prompt"])

    async def image(case):
        content = [
            {"type": "input_text", "text": case["prompt"]},
            {"type": "input_image", "image_url": case["image"], "detail": "auto"},
        ]
        return {"text": (await Runner.run(agent(case), [{"role": "user", "content": content}])).final_output}

    kinds = (tools, tools_stream, turns, structured, stream, image)
    return {kind.__name__: kind for kind in kinds}


if __name__ == "__main__":
    main(kinds)
