"""Vertex's traffic tiers, chosen by request headers (`google-api.md` section 2); the Developer API has a body field."""

from .errors import invalid
from .surface import VERTEX, Call

SHARED = "x-vertex-ai-llm-shared-request-type"
KIND = "x-vertex-ai-llm-request-type"
# Header -> its values and the traffic type that the usage then names.
TRAFFIC = {
    SHARED: {"flex": "ON_DEMAND_FLEX", "priority": "ON_DEMAND_PRIORITY"},
    KIND: {"shared": "ON_DEMAND", "dedicated": "PROVISIONED_THROUGHPUT"},
}


def check(call: Call, headers: dict[str, str]) -> None:
    """Raises a 400 (the sense; Google's words are not on record) for a value that no header has, and for both tiers."""
    if call.api != VERTEX:
        return
    for name, values in TRAFFIC.items():
        if headers.get(name, next(iter(values))) not in values:
            raise invalid(f"Invalid value for header {name}: {headers[name]}.")
    if headers.get(KIND) == "dedicated" and SHARED in headers:
        raise invalid("A dedicated request has no shared tier.")


def traffic(headers: dict[str, str]) -> str:
    """`usageMetadata.trafficType` of the reply."""
    kinds = [values[headers[name]] for name, values in TRAFFIC.items() if headers.get(name) in values]
    return kinds[0] if kinds else "ON_DEMAND"
