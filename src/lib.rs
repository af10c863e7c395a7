//! `gemini-filter`: an HTTP filter for stock Envoy that lets OpenAI clients speak to Google's Gemini models.
//!
//! A client's request comes in, one Google request goes out, and the reply is translated back while it streams.
//! Everything is a pure state machine; Envoy is only at its edge.
//!
//! Read in this order:
//!
//! 1. [`exchange`]: one request and its reply. Callbacks in, [`exchange::Act`] out; no I/O.
//! 2. [`endpoint`]: the table of what we serve. A handler turns a [`endpoint::Request`] into an [`endpoint::Next`],
//!    and **a handler returns the reader of its own reply**: a [`pipe::Pipe`] that captured what it needs by value.
//! 3. [`endpoint::chat`]: the translation of chat completions, one concern per file. ([`endpoint::compat`] is for Google's
//!    own endpoint of OpenAI's dialect.)
//! 4. `testdata/chat/*`: golden folders, each one exchange from the client's bytes to the client's bytes.
//!
//! Beside them:
//!
//! * [`config`]: the filter JSON, strict, resolved once at load; what depends on a route or a request, once for each.
//! * [`credentials`]: tokens for Google, fetched once for all workers.
//! * [`wire`]: typed JSON of each side; [`pipe`]: byte transforms; [`error`]: errors in OpenAI's shape.
//! * [`memory`]: thought signatures for clients that drop them; [`held`]: bytes held across callbacks.
//! * [`form`]: uploads, read as they arrive; [`rope`]: bodies in pieces, of which large ones are moved and never copied.
//! * [`upstream`]: where Google is, which headers may go there and which may come back; [`model`]: what a model can do.
//! * [`media`]: what a reference to an image, a recording or a file becomes.
//! * `shell`: the only code that knows proxy-wasm, compiled for `target_os = "wasi"` alone.
//!
//! Rules: time, randomness and configuration are inputs. Nothing panics: one panic takes every stream of a worker.

mod clock;
pub mod config;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod exchange;
pub mod form;
pub mod headers;
pub mod held;
pub mod media;
pub mod memory;
pub mod model;
pub mod pipe;
pub mod rope;
pub mod schema;
pub mod upstream;
pub mod wire;

#[cfg(target_os = "wasi")]
mod shell;

#[cfg(test)]
mod testing;
