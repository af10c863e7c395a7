"""`python -m fake_google --port P [--tls-cert F --tls-key F] [--api-key KEY] [--token TOKEN]`."""

import argparse
import asyncio
import contextlib
import ssl
import sys

from aiohttp import web

from . import server
from .control import State

# A credential that leaked into a header, or a long query, must be recorded rather than refused by the HTTP layer.
MAX_HEADER_BYTES = 1 << 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fake_google", description="A strict fake of Google's Gemini API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--tls-cert", help="PEM file; with --tls-key the server speaks TLS only")
    parser.add_argument("--tls-key")
    parser.add_argument("--api-key", default="test-key", help="the API key that is valid")
    parser.add_argument("--token", default="test-token", help="the OAuth access token that is valid")
    parser.add_argument("--tied", action="store_true", help="end when standard input does, as when its owner dies")
    parsed = parser.parse_args()
    if bool(parsed.tls_cert) != bool(parsed.tls_key):
        parser.error("--tls-cert and --tls-key go together")
    return parsed


def tls_context(cert: str | None, key: str | None) -> ssl.SSLContext | None:
    if cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


async def serve(options: argparse.Namespace) -> None:
    state = State(api_key=options.api_key, token=options.token)
    handler = web.Server(
        server.handler(state),
        handler_cancellation=True,
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
        access_log=None,
    )
    runner = web.ServerRunner(handler)
    await runner.setup()
    context = tls_context(options.tls_cert, options.tls_key)
    site = web.TCPSite(runner, options.host, options.port, ssl_context=context, shutdown_timeout=0.5)
    await site.start()
    print(f"listening on {runner.addresses[0][1]}", flush=True)
    ended = asyncio.Event()
    if options.tied:
        asyncio.get_running_loop().add_reader(sys.stdin, ended.set)
    try:
        await ended.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments()))
