"""LangChain's ChatOpenAI: bind_tools in a loop, with_structured_output, stream, an image."""

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from world import SYSTEM, Trip, book_flight, get_weather, list_airports, main

TOOLS = {made.name: made for made in map(tool, (get_weather, book_flight, list_airports))}


def kinds(base_url: str):
    def chat(case):
        return ChatOpenAI(model=case["model"], base_url=base_url, api_key="sk-langchain", max_retries=0)

    def said(case):
        return [SystemMessage(SYSTEM), HumanMessage(case["prompt"])]

    async def loop(messages, ask):
        while True:
            message = await ask(messages)
            messages.append(message)
            if not message.tool_calls:
                return message.text
            for call in message.tool_calls:
                messages.append(await TOOLS[call["name"]].ainvoke(call))

    def bound(case):
        return chat(case).bind_tools(list(TOOLS.values()))

    def streaming(model):
        async def ask(messages):
            whole = None
            async for chunk in model.astream(messages):
                whole = chunk if whole is None else whole + chunk
            return whole

        return ask

    async def tools(case):
        return {"text": await loop(said(case), bound(case).ainvoke)}

    async def tools_stream(case):
        return {"text": await loop(said(case), streaming(bound(case)))}

    async def turns(case):
        messages = said(case)
        await loop(messages, bound(case).ainvoke)
        messages.append(HumanMessage(case["again"]))
        return {"text": await loop(messages, bound(case).ainvoke)}

    async def structured(case):
        return {"trip": (await chat(case).with_structured_output(Trip).ainvoke(said(case))).model_dump()}

    async def structured_tool(case):
        model = chat(case).with_structured_output(Trip, method="function_calling")
        return {"trip": (await model.ainvoke(said(case))).model_dump()}

    async def stream(case):
        texts = [chunk.text async for chunk in chat(case).astream(said(case))]
        return {"text": "".join(texts), "deltas": sum(map(bool, texts))}

    async def image(case):
        content = [{"type": "text", "text": case["prompt"]}, {"type": "image_url", "image_url": {"url": case["image"]}}]
        return {"text": (await chat(case).ainvoke([HumanMessage(content)])).text}

    kinds = (tools, tools_stream, turns, structured, structured_tool, stream, image)
    return {kind.__name__: kind for kind in kinds}


if __name__ == "__main__":
    main(kinds)
