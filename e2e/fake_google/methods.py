"""What is checked and answered for each method that makes neither a model's answer nor media (`media`); a later one is
one more row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import catalogue, counting, embeddings, predictions, ranking, rules
from .control import Rules
from .models import Catalogue
from .surface import Call

Body = dict[str, Any]


@dataclass(frozen=True)
class Handler:
    """`check` raises `GoogleError` for a well-formed body that breaks a rule; `reply` makes the answer's JSON."""

    check: Callable[[Call, Body, Rules], None]
    reply: Callable[[Call, Body, Catalogue], Body]


def nothing(call: Call, body: Body, groups: Rules) -> None:
    """There is no body to break a rule with."""


HANDLERS = {
    "countTokens": Handler(counting.check, lambda call, body, _: counting.reply(call, body)),
    "embedContent": Handler(embeddings.check, lambda call, body, _: embeddings.reply(call, body)),
    "batchEmbedContents": Handler(embeddings.check_batch, lambda call, body, _: embeddings.reply_batch(call, body)),
    "predict": Handler(predictions.check, lambda call, body, _: predictions.reply(call, body)),
    "rank": Handler(ranking.check, lambda call, body, _: ranking.reply(call, body)),
    "listModels": Handler(catalogue.check, lambda call, _, held: catalogue.listed(call, held)),
    "getModel": Handler(nothing, lambda call, *_: catalogue.single(call)),
    "listPublisherModels": Handler(catalogue.check, lambda call, _, held: catalogue.listed(call, held)),
    "getPublisherModel": Handler(nothing, lambda call, *_: catalogue.single(call)),
}


def request(call: Call) -> str:
    """The schema of the body; that of `predict` is the model's own."""
    return predictions.request(call) if call.method.name == "predict" else call.method.request


def check(call: Call, body: Body, groups: Rules) -> None:
    """Raises `GoogleError` for the first rule that `body` (canonical form) breaks."""
    handler = HANDLERS.get(call.method.name)
    if handler is not None:
        handler.check(call, body, groups)
    elif call.method.request is not None:
        rules.check(call, body, groups)


def reply(call: Call, body: Body, held: Catalogue) -> Body | None:
    """The answer's JSON; None for those methods that generate. Raises `GoogleError` for a page that is not there."""
    handler = HANDLERS.get(call.method.name)
    return handler.reply(call, body, held) if handler else None
