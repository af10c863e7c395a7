"""The module loads into every supported Envoy, and a configuration that is wrong is refused with its reason."""

import certificates
import httpx
import imports
import pytest
import wasmtime
from envoy import PINNED, Envoy, default_wasm, validate
from fake_google.launch import Fake
from support.lab import CHAT, chat

VERSIONS = ["1.36.2", "1.37.0", "1.39.3", PINNED]
REFUSED = {
    "unknown field": ({"nope": 1}, "nope"),
    "unknown nested field": ({"auth": {"hedaer_value": "x"}}, "hedaer_value"),
    "wrong type": ({"auth": {"header_value": "k"}, "max_request_body_size": "big"}, "max_request_body_size"),
    "out of range": ({"auth": {"header_value": "k"}, "model": {"options": {"temperature": 2.5}}}, "temperature"),
    "not supported": ({"auth": {"param_name": "key", "param_value": "k", "param_location": "body"}}, "param_location"),
    "not JSON": ("{", "JSON"),
}


def test_imports_only_what_the_oldest_envoy_has():
    assert imports.forbidden(default_wasm()) == []


def test_import_check_sees_a_forbidden_import(tmp_path):
    module = tmp_path / "files.wasm"
    text = '(module (import "wasi_snapshot_preview1" "fd_filestat_get" (func (param i32 i32) (result i32))))'
    module.write_bytes(wasmtime.wat2wasm(text))
    assert imports.forbidden(module) == ["wasi_snapshot_preview1.fd_filestat_get"]


@pytest.mark.parametrize("version", VERSIONS)
def test_shipped_configuration_chats(version, secure_fake, issued):
    with Envoy(version=version, upstream=secure_fake.port, ca=issued.ca) as envoy:
        reply = httpx.post(envoy.url + CHAT, json=chat("hello"), timeout=30)
        assert reply.status_code == 200, reply.text
        assert reply.json()["choices"][0]["message"]["content"]
        assert "[warning]" not in envoy.log()


def test_certificate_of_another_host_is_refused(tmp_path):
    issued = certificates.issue(tmp_path, "other.example")
    with Fake(cert=issued.cert, key=issued.key) as fake, Envoy(upstream=fake.port, ca=issued.ca) as envoy:
        reply = httpx.post(envoy.url + CHAT, json=chat("hello"), timeout=30)
        assert reply.status_code == 503
        assert envoy.stats("cluster.gemini.ssl.fail_verify_san")["cluster.gemini.ssl.fail_verify_san"] > 0
        assert fake.requests() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_shipped_configuration_validates(version):
    status, output = validate(version=version)
    assert status == 0, output


@pytest.mark.parametrize(("config", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_configuration_is_refused_by_name(config, named):
    status, output = validate(config=config)
    assert status != 0
    assert named in output


def test_missing_variable_is_refused_by_name():
    status, output = validate(env={"GEMINI_API_KEY": None})
    assert status != 0
    assert "GEMINI_API_KEY" in output
