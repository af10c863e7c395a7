"""Instructions and memory of the filter for each workload, against benches/budget.json: `make bench`.

Both are exact, two runs agree to the instruction: a change in the table is a change of the filter, or of the Rust
compiler. The budget holds for the compiler it names; with another one it is shown and not enforced, memory excepted.
`UPDATE_BUDGET=1 make bench` writes it anew.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from host import Host, Module
from workloads import Workload, pieces, workloads

HERE = Path(__file__).resolve().parent
BUDGET = HERE / "budget.json"
WASM = HERE.parent / "target/wasm32-wasip1/release/gemini_filter.wasm"
CONFIGURATION = '{"auth": {"header_value": "key"}}'
# How far above its budget a figure may be.
MARGIN = 1.03
# The most memory per byte of the larger body, all of it, so with what the idle filter has: a large body is held once
# as it came and once as it goes, and nothing else is large.
MOST_MEMORY = {
    "20 MB image in a request": 2.2,
    "10 MB image in a reply": 2.2,
    "10 MB image in a stream": 2.5,
    # Held once as it goes, which is a third more than it was: base64.
    "25 MB recording uploaded": 1.6,
    # Held once.
    "10 MB image drawn": 1.4,
}
CALLBACKS = ["request headers", "request body", "response headers", "response body", "end"]


def measure(module: Module, workload: Workload) -> dict[str, int]:
    """Instructions per callback, and the peak of memory in bytes."""
    host = Host(module, CONFIGURATION)
    reply = workload.cut(workload.reply)
    request = pieces(workload.request)
    workload.check(host.run(workload.path, workload.sent_type, request, workload.content_type(), reply))
    return {**host.fuel, "memory": host.memory_size()}


def row(name: str, figures: dict[str, int], allowed: dict[str, int], body: int) -> str:
    """A line of the table."""
    spent, memory = figures["instructions"], figures["memory"]
    change = f"{100 * (spent / allowed['instructions'] - 1):+.1f} %" if allowed else "new"
    columns = [f"{figures.get(callback, 0):17,}" for callback in CALLBACKS]
    # Beside a small body there is only the idle filter to see.
    ratio = f"{memory / body:7.2f}" if memory < 10 * body else ""
    return f"{name:26}{spent:15,}{change:>9}{''.join(columns)}{memory:12,}{ratio}"


def over(name: str, figures: dict[str, int], allowed: dict[str, int], keys: list[str]) -> list[str]:
    """What exceeds its budget."""
    return [
        f"{name}: {key} {figures[key]:,}, the budget is {allowed.get(key, 0):,}"
        for key in keys
        if figures[key] > MARGIN * allowed.get(key, 0)
    ]


def compiler() -> str:
    """Which one built the filter."""
    return subprocess.run(["rustc", "--version"], capture_output=True, check=True, text=True).stdout.strip()


def main() -> int:
    """Measures, prints, compares; the process's exit status."""
    module = Module(Path(os.environ.get("GEMINI_FILTER_WASM", WASM)))
    budget = json.loads(BUDGET.read_text()) if BUDGET.exists() else {}
    idle = Host(module, CONFIGURATION)
    measured = {"start": {"instructions": idle.fuel["start"], "memory": idle.memory_size()}}
    failures = []
    titles = "".join(f"{title:>17}" for title in CALLBACKS)
    print(f"{'':26}{'instructions':>15}{'change':>9}{titles}{'memory':>12}{'/body':>7}")
    print(row("start", measured["start"], budget.get("start", {}), 1))
    for workload in workloads():
        figures = measure(module, workload)
        if measure(module, workload) != figures:
            failures.append(f"{workload.name}: two runs differ")
        name, body = workload.name, max(len(workload.request), len(workload.reply))
        figures["instructions"] = sum(figures[callback] for callback in CALLBACKS)
        measured[name] = {key: figures[key] for key in ("instructions", "memory")}
        print(row(name, figures, budget.get(name, {}), body), flush=True)
        if name in MOST_MEMORY and figures["memory"] >= MOST_MEMORY[name] * body:
            failures.append(f"{name}: {figures['memory'] / body:.2f} bytes of memory per byte of the body")
    if os.environ.get("UPDATE_BUDGET"):
        BUDGET.write_text(json.dumps({"compiler": compiler(), **measured}, indent=2) + "\n")
    else:
        keys = ["memory"] + ["instructions"] * (budget.get("compiler") == compiler())
        for name, figures in measured.items():
            failures += over(name, figures, budget.get(name, {}), keys)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
