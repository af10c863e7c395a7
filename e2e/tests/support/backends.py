"""The two back ends of the endpoints beside chat, each behind a gateway, with the official SDK and raw requests."""

import json
from dataclasses import dataclass
from typing import Any

import openai
from support.contract import contract_problems
from support.lab import Exchange, Gateway

PROJECT = "projects/p1/locations/us-central1"
# The filter's configuration over the default one.
BACKENDS: dict[str, dict[str, Any]] = {
    "developer": {},
    "vertex": {
        "auth": {"header_name": "authorization", "header_value": "Bearer test-token"},
        "model": {"options": {"gemini": {"project_id": "p1", "location_id": "us-central1"}}},
    },
}


@dataclass
class Backend:
    """`name`: one of `BACKENDS`; `client`: the SDK with strict response validation and without retries; `lenient`: the
    same without, for what the SDK's own types do not allow."""

    name: str
    gateway: Gateway
    client: openai.OpenAI
    lenient: openai.OpenAI

    @classmethod
    def of(cls, name: str, gateway: Gateway) -> "Backend":
        options = {"base_url": gateway.url + "/v1", "api_key": "sk-any", "max_retries": 0}
        return cls(name, gateway, openai.OpenAI(**options, _strict_response_validation=True), openai.OpenAI(**options))

    @property
    def fake(self):
        return self.gateway.fake

    @property
    def vertex(self) -> bool:
        return self.name == "vertex"

    def models(self) -> str:
        """What a model's name stands behind in paths and bodies of this API."""
        return f"{PROJECT}/publishers/google/models/" if self.vertex else "models/"

    def post(self, path: str, body: Any, status: int = 200, method: str = "POST") -> Exchange:
        """The reply to a raw request, which has `status`."""
        got = self.gateway.post(body if body is not None else b"", path=path, method=method)
        assert got.status == status, (got.status, got.body[:2000])
        return got

    def sent(self) -> list[dict]:
        """Google's requests since `clear`, each of which was in order."""
        found = self.fake.requests()
        assert all(one["verdict"] == "accepted" for one in found), [one["verdict"] for one in found]
        return found


def kept(name: str, value: Any) -> Any:
    """`value`, which keeps OpenAI's contract of the schema `name`."""
    problems = contract_problems(name, value)
    assert not problems, problems
    return value


def refused(call, kind: type[openai.APIStatusError], *words: str, param: str | None = None) -> openai.APIStatusError:
    """The error of `call()`, of OpenAI's shape and with all `words` in its message."""
    try:
        result = call()
    except kind as error:
        assert set(error.body) == {"message", "type", "param", "code"}, error.body
        for word in words:
            assert word in error.body["message"], error.body
        assert param is None or error.body["param"] == param, error.body
        return error
    raise AssertionError(f"no error: {json.dumps(result, default=str)[:500]}")
