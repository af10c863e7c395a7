"""Calls whose arguments Google streams in pieces, put together here independently of the filter."""

import re

KEY = re.compile(r"""\.([^.\[]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
VALUES = ("stringValue", "numberValue", "boolValue")


def keys(path: str) -> list:
    """`$.a[0]['b']` is `["a", 0, "b"]`."""
    return [int(number) if number else re.sub(r"\\(.)", r"\1", a or b or c) for a, number, b, c in KEY.findall(path)]


def put(args: dict, piece: dict) -> None:
    """Sets one piece of the arguments at its path, or appends it to the text that is there; lists grow with nulls."""
    value = next((piece[name] for name in VALUES if piece.get(name) is not None), None)
    path, at = keys(piece["jsonPath"]), args
    for key, following in zip(path, [*path[1:], None], strict=True):
        if isinstance(at, list):
            at.extend([None] * (key + 1 - len(at)))
        known = at[key] if isinstance(at, list) else at.get(key)
        if following is None:
            at[key] = known + value if isinstance(known, str) and isinstance(value, str) else value
        elif known is None:
            at[key] = [] if isinstance(following, int) else {}
        at = at[key]
