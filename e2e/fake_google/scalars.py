"""Scalar values of ProtoJSON: what each type takes, and its name in Google's messages.

Leniency is what protobuf.dev's JSON mapping documents or recorded 200s proved (`google-api.md` section 4): numbers as
strings, enums in any case or by number, base64 in either alphabet with or without padding.
"""

import base64
import binascii
import re
from typing import Any

LIMITS = {"int32": 31, "int64": 63, "uint32": 32, "uint64": 64}
FLOAT_MAX = 3.4028234663852886e38
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9_-]*={0,2}")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
DURATION = re.compile(r"-?\d{1,12}(\.\d{1,9})?s")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
WELL_KNOWN = {
    "google-duration": ("type.googleapis.com/google.protobuf.Duration", DURATION),
    "google-datetime": ("type.googleapis.com/google.protobuf.Timestamp", TIMESTAMP),
    "google-fieldmask": ("type.googleapis.com/google.protobuf.FieldMask", re.compile(r"[A-Za-z0-9_.,]*")),
}


def type_name(prop: dict[str, Any]) -> str:
    """The type as it stands in parentheses in Google's messages."""
    form = prop.get("fmt")
    if form in WELL_KNOWN:
        return WELL_KNOWN[form][0]
    if form == "byte":
        return "TYPE_BYTES"
    if form:
        return f"TYPE_{form.upper()}"
    return {"string": "TYPE_STRING", "boolean": "TYPE_BOOL", "integer": "TYPE_INT32", "number": "TYPE_DOUBLE"}[
        prop["t"]
    ]


def fits(prop: dict[str, Any], value: Any) -> bool:
    """Whether `value` (no object, no array, no null) is one of the property's type; enums and bytes aside."""
    form = prop.get("fmt")
    if prop["t"] == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if form in LIMITS or prop["t"] == "integer":
        return integer(form or "int32", value)
    if prop["t"] == "number":
        return number(form, value)
    if not isinstance(value, str):
        return False
    return form not in WELL_KNOWN or WELL_KNOWN[form][1].fullmatch(value) is not None


def integer(form: str, value: Any) -> bool:
    if isinstance(value, str):
        if not NUMBER.fullmatch(value):
            return False
        value = float(value) if re.search(r"[.eE]", value) else int(value)
    if value != value or value in (float("inf"), float("-inf")) or value != int(value):
        return False
    top = 1 << LIMITS[form]
    return (0 if form.startswith("u") else -top) <= value < top


def number(form: str | None, value: Any) -> bool:
    if isinstance(value, str):
        if value in ("NaN", "Infinity", "-Infinity"):
            return True
        if not NUMBER.fullmatch(value):
            return False
        value = float(value)
    return form != "float" or abs(value) <= FLOAT_MAX


def base64_fits(value: str) -> bool:
    """Whether `value` is base64, standard or URL-safe, padded or not."""
    if not BASE64.fullmatch(value):
        return False
    body = value.rstrip("=")
    if body != value and len(value) % 4:
        return False
    try:
        base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_" if "-" in body or "_" in body else None)
    except binascii.Error:
        return False
    return True


def enum_value(prop: dict[str, Any], value: Any) -> str | int | None:
    """The enum value in Google's spelling, a number as it is, or None when there is no such value."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return None
    return next((name for name in prop["enum"] if name.upper() == value.upper()), None)
