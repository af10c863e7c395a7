"""What tests ask of the token services through `/_fake/`: accounts, pools, tokens, the clock, behaviours, counts."""

from dataclasses import dataclass, field
from typing import Any

from .behaviour import NAMES, BadBehaviour, Behaviour, Service
from .issuer import CLOUD_PLATFORM, LIFETIME, Issuer


@dataclass
class Identity:
    """The issuer and its services by name."""

    issuer: Issuer = field(default_factory=Issuer)
    services: dict[str, Service] = field(default_factory=lambda: {name: Service() for name in NAMES})

    def counts(self) -> dict[str, dict[str, int]]:
        return {name: service.counts() for name, service in self.services.items()}

    def clear(self) -> None:
        """Counts from zero and default behaviours; held requests go. Accounts, pools and tokens stay."""
        for service in self.services.values():
            service.release()
        self.services = {name: Service() for name in NAMES}


def answer(identity: Identity, method: str, what: str, id: str, value: Any) -> Any:
    """The JSON reply; None when there is no such control. Raises `ValueError` on misuse."""
    match method, what:
        case "PUT", "accounts" if id:
            identity.issuer.register(id, value)
            return {"account": id}
        case "PUT", "pools":
            identity.issuer.register_pool(value)
            return {"pool": value["audience"]}
        case "POST", "tokens":
            return {"access_token": issue(identity.issuer, value)}
        case "DELETE", "tokens":
            identity.issuer.revoke()
            return {}
        case "PUT", "clock":
            identity.issuer.skew = float(value["skew"])
            return {"skew": identity.issuer.skew}
        case "GET", "services":
            return identity.counts()
        case "DELETE", "services":
            identity.clear()
            return {}
        case "PUT", "services":
            service(identity, id).behave([Behaviour.parse(one) for one in value])
            return {}
        case "POST", "services":
            service(identity, id).release()
            return {}
    return None


def service(identity: Identity, name: str) -> Service:
    if name not in identity.services:
        raise BadBehaviour(f"services are {', '.join(NAMES)}")
    return identity.services[name]


def issue(issuer: Issuer, value: Any) -> str:
    """A token on a test's word: `{principal?, scopes?, expires_in?}`."""
    if not isinstance(value, dict) or not value.keys() <= {"principal", "scopes", "expires_in"}:
        raise BadBehaviour("a token is {principal, scopes, expires_in}")
    scopes = value.get("scopes", [CLOUD_PLATFORM])
    return issuer.issue(value.get("principal", "tester"), scopes, value.get("expires_in", LIFETIME))
