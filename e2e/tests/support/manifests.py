"""The Kubernetes manifests of envoy/istio and envoy/gateway: read, held against the schemas of their kinds with unknown
fields forbidden, taken apart field by field, and misspelt on purpose."""

import copy
import functools
from collections.abc import Iterator
from typing import Any

import jsonschema
import yaml
from envoy import ROOT
from support.corpus import corpus_file

Document = dict[str, Any]
Steps = tuple[str | int, ...]

FOLDER = ROOT / "envoy"
CRDS = (
    "istio.yaml",
    "envoy-gateway-backends.yaml",
    "envoy-gateway-backendtrafficpolicies.yaml",
    "envoy-gateway-clienttrafficpolicies.yaml",
    "envoy-gateway-envoyextensionpolicies.yaml",
    "envoy-gateway-envoypatchpolicies.yaml",
)
# Kinds of which there is no CustomResourceDefinition at hand: Kubernetes' own, the Gateway API's, and EnvoyProxy.
OWN = ROOT / "e2e/tests/data/manifest_kinds.yaml"
METADATA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"},
        "namespace": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "additionalProperties": False,
}


class NotApplied(Exception):
    """A manifest that a cluster would take and that would not do what it says."""


def files() -> list[str]:
    """Every manifest file, relative to envoy/."""
    found = [*FOLDER.glob("istio/*.yaml"), *FOLDER.glob("gateway/*.yaml")]
    return sorted(str(file.relative_to(FOLDER)) for file in found)


def load(*names: str) -> list[Document]:
    """The documents of those files, in order."""
    return [document for name in names for document in yaml.safe_load_all((FOLDER / name).read_text())]


def label(document: Document) -> str:
    """How messages and test ids call a document."""
    return f"{document['kind']}/{document['metadata']['name']}"


@functools.cache
def published() -> dict[tuple[str, str], Document]:
    """The published schemas by (apiVersion, kind), each version of each kind; skips the test where there are none."""
    found = {}
    for name in CRDS:
        for crd in yaml.load_all(corpus_file(f"crds/{name}").read_text(), Loader=yaml.CSafeLoader):
            if crd is None:
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema["properties"] |= {"apiVersion": {}, "kind": {}, "metadata": METADATA}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


@functools.cache
def own() -> dict[tuple[str, str], Document]:
    """Of the kinds without a published schema: the fields that the manifests use, by (apiVersion, kind)."""
    found = {}
    for entry in yaml.safe_load(OWN.read_text())["kinds"]:
        fields = {"apiVersion": {}, "kind": {}, "metadata": METADATA, **entry["fields"]}
        schema = {"type": "object", "required": ["metadata"], "properties": fields}
        found[entry["apiVersion"], entry["kind"]] = strict(schema)
    return found


def strict(schema: Document) -> Document:
    """The schema with unknown fields forbidden wherever fields are listed at all."""
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        closed["additionalProperties"] = strict(schema["additionalProperties"])
    if "items" in schema:
        closed["items"] = strict(schema["items"])
    return closed


def problems(document: Document) -> list[str]:
    """What the schema of the document's kind has against it; nothing is good."""
    key = document.get("apiVersion"), document.get("kind")
    schema = own().get(key) or published().get(key)
    if schema is None:
        return [f"no schema for {key}"]
    errors = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in errors]


def keys(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """The path of every field in a document, outer ones first."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from keys(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from keys(element, (*path, index))


def misspelt(document: Document, path: Steps) -> Document:
    """A copy in which the field's name is spelt wrong."""
    spoiled = copy.deepcopy(document)
    parent = functools.reduce(lambda value, step: value[step], path[:-1], spoiled)
    renamed = {f"{name}x" if name == path[-1] else name: value for name, value in parent.items()}
    parent.clear()
    parent.update(renamed)
    return spoiled


class Fields:
    """A mapping to take apart: `with` it, what nobody took at the end is an error, as it would have no effect."""

    def __init__(self, value: Document, where: str) -> None:
        self.left, self.where = dict(value), where

    def __call__(self, name: str, *default: Any) -> Any:
        """Takes a field's value; one that is missing and has no `default` is an error."""
        if name not in self.left and not default:
            raise NotApplied(f"{self.where}: no {name}")
        return self.left.pop(name, *default)

    def within(self, name: str, *default: Any) -> "Fields":
        """Takes a field that is a mapping itself."""
        return Fields(self(name, *default), f"{self.where}.{name}")

    def expect(self, **values: Any) -> None:
        """Takes fields that can have this value only."""
        for name, value in values.items():
            if (found := self(name)) != value:
                raise NotApplied(f"{self.where}.{name}: {found!r} is not {value!r}")

    def __enter__(self) -> "Fields":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None and self.left:
            raise NotApplied(f"{self.where}: {sorted(self.left)} have no effect")


class Documents:
    """Documents by kind, and what they refer to."""

    def __init__(self, documents: list[Document]) -> None:
        self.all = documents
        self.used: set[int] = set()

    def of(self, *kinds: str) -> list[Document]:
        """Those of these kinds."""
        found = [d for d in self.all if d["kind"] in kinds]
        self.used |= {id(d) for d in found}
        return found

    def one(self, *kinds: str) -> Document:
        """The only one of these kinds."""
        found = self.of(*kinds)
        if len(found) != 1:
            raise NotApplied(f"{len(found)} documents of {kinds}")
        return found[0]

    def named(self, kind: str, name: str, namespace: str | None) -> Document:
        """The one that a reference leads to."""
        for document in self.all:
            metadata = document["metadata"]
            if (document["kind"], metadata["name"], metadata.get("namespace")) == (kind, name, namespace):
                self.used.add(id(document))
                return document
        raise NotApplied(f"there is no {kind} {name} in {namespace}")

    def environment(self, variables: list[Document], namespace: str) -> dict[str, tuple[str, str]]:
        """A container's variables: {name: (Secret's name, key)}. One whose Secret is not there must be optional."""
        found = {}
        for variable in variables:
            with Fields(variable, "env") as fields:
                name = fields("name")
                with fields.within("valueFrom") as source, source.within("secretKeyRef") as reference:
                    secret, key, optional = reference("name"), reference("key"), reference("optional", False)
            try:
                data = self.named("Secret", secret, namespace)["stringData"]
            except NotApplied:
                if not optional:
                    raise
                continue
            if key not in data:
                raise NotApplied(f"the Secret {secret} has no {key}")
            found[name] = secret, key
        return found

    def all_used(self) -> None:
        """An error when some document had no part in it."""
        if idle := [label(d) for d in self.all if id(d) not in self.used]:
            raise NotApplied(f"no part in it have {idle}")
