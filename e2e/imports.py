"""What a wasm module asks of its host, and what every supported Envoy offers: `python imports.py MODULE`.

Envoy refuses to load a module that imports anything it lacks. The oldest one supported is 1.36; its WASI surface is
far from whole (no `fd_filestat_get`, say, which `std::fs` imports). Source: proxy-wasm-cpp-host `exports.h` as built
into Envoy 1.36, and proxy-wasm ABI 0.2.1.
"""

import sys
from pathlib import Path

from wasmtime import Engine, Module

PROXY = """
    add_header_map_value call_foreign_function close_stream continue_stream define_metric dequeue_shared_queue done
    enqueue_shared_queue get_buffer_bytes get_buffer_status get_configuration get_current_time_nanoseconds
    get_header_map_pairs get_header_map_size get_header_map_value get_log_level get_metric get_property get_shared_data
    get_status grpc_call grpc_cancel grpc_close grpc_send grpc_stream http_call increment_metric log record_metric
    register_shared_queue remove_header_map_value replace_header_map_value resolve_shared_queue send_local_response
    set_buffer_bytes set_effective_context set_header_map_pairs set_property set_shared_data
    set_tick_period_milliseconds
""".split()
WASI = "clock_time_get environ_get environ_sizes_get fd_write proc_exit random_get".split()
ALLOWED = {f"env.proxy_{name}" for name in PROXY} | {f"wasi_snapshot_preview1.{name}" for name in WASI}


def imports(path: Path) -> set[str]:
    """Everything the module imports, as `module.name`."""
    module = Module.from_file(Engine(), str(path))
    return {f"{item.module}.{item.name}" for item in module.imports}


def forbidden(path: Path) -> list[str]:
    """The imports which some supported Envoy lacks, sorted; empty when the module loads everywhere."""
    return sorted(imports(path) - ALLOWED)


if __name__ == "__main__":
    if missing := forbidden(Path(sys.argv[1])):
        sys.exit(f"Envoy 1.36 does not have: {', '.join(missing)}")
