//! Host calls whose SDK wrappers would panic on a status, as plain functions that return it.
//!
//! ABI: <https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1>
#![expect(unsafe_code, reason = "the host's functions are foreign; this is the only file that calls them")]

use std::ptr;

use crate::headers;
use crate::rope::Rope;

/// A status other than `Ok`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused(pub(super) u32);

/// Which body, and which header map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Reply,
    /// The reply to a call of ours.
    Call,
}

const PLUGIN_CONFIGURATION: u32 = 7;

impl Side {
    fn buffer(self) -> u32 {
        match self {
            Self::Request => 0,
            Self::Reply => 1,
            Self::Call => 4,
        }
    }

    fn map(self) -> u32 {
        match self {
            Self::Request => 0,
            Self::Reply => 2,
            Self::Call => 6,
        }
    }

    fn trailers(self) -> u32 {
        match self {
            Self::Request => 1,
            Self::Reply => 3,
            Self::Call => 7,
        }
    }
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_header_map_pairs(map: u32, data: *const u8, size: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        most: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(buffer: u32, start: usize, length: usize, data: *const u8, size: usize) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        argument: *const u8,
        argument_size: usize,
        result: *mut *mut u8,
        result_size: *mut usize,
    ) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        version: *mut u32,
    ) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, metric: *mut u32) -> u32;
    fn proxy_increment_metric(metric: u32, offset: i64) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        data: *const u8,
        size: usize,
        version: u32,
    ) -> u32;
}

fn check(status: u32) -> Result<(), Refused> {
    if status == 0 { Ok(()) } else { Err(Refused(status)) }
}

/// What the host allocated for us through the SDK's exported allocator.
fn taken(status: u32, data: *mut u8, size: usize) -> Result<Vec<u8>, Refused> {
    check(status)?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the host got `data` from the SDK's `proxy_on_memory_allocate`, which gives away a Vec<u8> of exactly
    // `size` bytes, and filled all of it.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// All headers, serialized.
pub(super) fn headers(side: Side) -> Result<Vec<u8>, Refused> {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    // SAFETY: both pointers are to live variables.
    let status = unsafe { proxy_get_header_map_pairs(side.map(), &raw mut data, &raw mut size) };
    taken(status, data, size)
}

/// Replaces all headers.
pub(super) fn set_headers(side: Side, map: &[u8]) -> Result<(), Refused> {
    // SAFETY: the host only reads `map`.
    check(unsafe { proxy_set_header_map_pairs(side.map(), map.as_ptr(), map.len()) })
}

/// Removes all trailers.
pub(super) fn clear_trailers(side: Side) -> Result<(), Refused> {
    let map = headers::encode(&[]);
    // SAFETY: the host only reads `map`.
    check(unsafe { proxy_set_header_map_pairs(side.trailers(), map.as_ptr(), map.len()) })
}

/// What the host holds of the body.
pub(super) fn body(side: Side) -> Result<Vec<u8>, Refused> {
    body_up_to(side, usize::MAX)
}

/// The beginning of it.
pub(super) fn body_up_to(side: Side, most: usize) -> Result<Vec<u8>, Refused> {
    buffer(side.buffer(), most)
}

/// The filter JSON.
pub(super) fn configuration() -> Result<Vec<u8>, Refused> {
    buffer(PLUGIN_CONFIGURATION, usize::MAX)
}

fn buffer(buffer: u32, most: usize) -> Result<Vec<u8>, Refused> {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    // SAFETY: both pointers are to live variables.
    let status = unsafe { proxy_get_buffer_bytes(buffer, 0, most, &raw mut data, &raw mut size) };
    taken(status, data, size)
}

/// Replaces what the host holds of the body.
pub(super) fn set_body(side: Side, body: Rope) -> Result<(), Refused> {
    let mut start = 0;
    for piece in body.into_pieces() {
        // SAFETY: the host only reads `piece`.
        check(unsafe {
            proxy_set_buffer_bytes(side.buffer(), start, usize::MAX, piece.as_ptr(), piece.len())
        })?;
        // What begins behind the end is appended.
        start = usize::MAX;
    }
    Ok(())
}

/// Answers the client; after the reply's headers have gone, this cuts its connection.
pub(super) fn answer(status: u16, headers: &[u8], body: &[u8]) -> Result<(), Refused> {
    const DETAILS: &[u8] = b"gemini_filter";
    // SAFETY: the host only reads the three slices.
    check(unsafe {
        proxy_send_local_response(
            u32::from(status),
            DETAILS.as_ptr(),
            DETAILS.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            -1,
        )
    })
}

/// Makes the calls that follow act on another context.
pub(super) fn act_on(context: u32) -> Result<(), Refused> {
    // SAFETY: takes no pointers.
    check(unsafe { proxy_set_effective_context(context) })
}

/// Lets the request of the current context go on.
pub(super) fn resume() -> Result<(), Refused> {
    const REQUEST: u32 = 0;
    // SAFETY: takes no pointers.
    check(unsafe { proxy_continue_stream(REQUEST) })
}

/// Calls a function of the host's that is not part of the ABI.
pub(super) fn call_function(name: &str, argument: &[u8]) -> Result<Vec<u8>, Refused> {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the host reads `name` and `argument`; the other pointers are to live variables.
    let status = unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            argument.as_ptr(),
            argument.len(),
            &raw mut data,
            &raw mut size,
        )
    };
    taken(status, data, size)
}

/// Calls `on_tick` so often; 0 stops it.
pub(super) fn tick_every(milliseconds: u32) -> Result<(), Refused> {
    // SAFETY: takes no pointers.
    check(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
}

/// Nanoseconds since 1970.
pub(super) fn now() -> u64 {
    let mut time = 0;
    // SAFETY: the pointer is to a live variable; on failure that stays 0.
    unsafe { proxy_get_current_time_nanoseconds(&raw mut time) };
    time
}

/// What all workers share under `key`, and its version.
pub(super) fn shared(key: &str) -> Result<(Vec<u8>, u32), Refused> {
    let (mut data, mut size, mut version) = (ptr::null_mut(), 0, 0);
    // SAFETY: the host reads `key`; the other pointers are to live variables.
    let status = unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), &raw mut data, &raw mut size, &raw mut version)
    };
    taken(status, data, size).map(|value| (value, version))
}

/// Sets what all workers share under `key`, if its version is still this one; 0 overwrites whatever is there.
pub(super) fn share(key: &str, value: &[u8], version: u32) -> Result<(), Refused> {
    // SAFETY: the host only reads both slices.
    check(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version) })
}

/// What Envoy knows at `path`, its elements separated by NUL; `None` where that is nothing.
pub(super) fn property(path: &str) -> Option<Vec<u8>> {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the host reads `path`; the other pointers are to live variables.
    let status = unsafe { proxy_get_property(path.as_ptr(), path.len(), &raw mut data, &raw mut size) };
    taken(status, data, size).ok()
}

/// Sets the filter state `wasm.<name>`.
pub(super) fn set_property(name: &str, value: &str) -> Result<(), Refused> {
    // SAFETY: the host only reads both slices.
    check(unsafe { proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// The counter `name`, new or not.
pub(super) fn define_counter(name: &str) -> Result<u32, Refused> {
    const COUNTER: u32 = 0;
    let mut metric = 0;
    // SAFETY: the host reads `name`; the other pointer is to a live variable.
    check(unsafe { proxy_define_metric(COUNTER, name.as_ptr(), name.len(), &raw mut metric) })?;
    Ok(metric)
}

/// Adds one to a counter.
pub(super) fn count(metric: u32) {
    // SAFETY: takes no pointers. A metric that does not exist is not worth more than this.
    unsafe { proxy_increment_metric(metric, 1) };
}

/// Whether the host writes debug lines now.
pub(super) fn logs_debug() -> bool {
    const DEBUG: u32 = 1;
    let mut level = u32::MAX;
    // SAFETY: the pointer is to a live variable.
    unsafe { proxy_get_log_level(&raw mut level) };
    level <= DEBUG
}
