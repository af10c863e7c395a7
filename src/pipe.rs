//! Byte transforms: a reply comes in as the network cut it, the translated reply goes out.
//!
//! A pipe's output must not depend on the cuts. Pipes are composed from the constructors here, never written per
//! endpoint from scratch.

mod carry;
pub mod events;
mod files;

use crate::error::Error;
use crate::headers::Headers;
use crate::rope::Rope;

pub use files::{Files, decoded, lifted};

/// The only output of a pipe.
#[derive(Debug, Default)]
pub struct Sink {
    /// What goes to the client now.
    pub bytes: Vec<u8>,
    /// What follows them, where a reply is told in one piece.
    pub body: Rope,
    /// Token counts, once the reply has told them.
    pub usage: Option<Usage>,
    /// Whether this output may be the last.
    pub hold: Hold,
}

/// Whether an output may be the last. Such a one is kept back until more arrives or the reply ends, because Envoy lets
/// nothing be appended to a body at its trailers unless some of it is still held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// More will come.
    #[default]
    No,
    /// An end was told that had been told before, which is no sign that this is it.
    Again,
    /// An end was told.
    Ended,
}

/// Tokens of one exchange, as told to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the request.
    pub prompt: u64,
    /// Tokens of the reply, thinking included.
    pub completion: u64,
}

/// Bytes in, bytes and numbers out.
pub trait Pipe {
    /// Whether the reply only makes sense in one piece: it is then pushed once, and its errors can still set a status.
    fn whole(&self) -> bool {
        false
    }

    /// Whether nothing can be told yet of a reply that is pushed as it comes: its errors can still set a status. All is
    /// told once it is not so any more, or at the end.
    fn folds(&self) -> bool {
        false
    }

    /// What the type of a reply must begin with that goes through as it is, its type and length too; `None` for one that
    /// is read.
    fn raw(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// The type of what the client gets.
    fn content_type(&self) -> &'static str;

    /// Takes the reply's headers, before anything else.
    fn head(&mut self, headers: &Headers);

    /// Takes the next piece of the reply.
    ///
    /// # Errors
    /// What the client must be told instead of the rest of the reply.
    fn push(&mut self, chunk: &[u8], out: &mut Sink) -> Result<(), Error>;

    /// The reply has ended.
    ///
    /// # Errors
    /// What the client must be told where the reply was incomplete.
    fn end(&mut self, out: &mut Sink) -> Result<(), Error>;

    /// Bytes kept in memory for the next call.
    fn held(&self) -> usize {
        0
    }
}

/// What a reply is turned into, one JSON value after another.
pub trait Reader {
    /// Whether nothing can be told yet.
    fn folds(&self) -> bool {
        false
    }

    /// The type of what the client gets, where that is not the usual one.
    fn content_type(&self) -> Option<&'static str> {
        None
    }

    /// Takes the reply's headers, before anything else.
    fn head(&mut self, _: &Headers) {}

    /// Takes one complete JSON value: the reply, or one event of a stream.
    ///
    /// # Errors
    /// What the client must be told instead of the rest of the reply.
    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error>;

    /// The stream itself said that it is complete, `[DONE]`; its end is still to come.
    fn done(&mut self) {}

    /// The reply has ended.
    ///
    /// # Errors
    /// What the client must be told where the reply was incomplete.
    fn end(&mut self, out: &mut Sink) -> Result<(), Error>;

    /// Bytes kept in memory for the next event.
    fn held(&self) -> usize {
        0
    }
}

/// The type of whole replies.
pub(crate) const JSON: &str = "application/json";

/// The type of streams of events.
pub(crate) const EVENTS: &str = "text/event-stream; charset=utf-8";

/// A pipe for a reply that goes through as it is, if its type begins with one of `types`.
#[must_use]
pub fn raw(types: &'static [&'static str]) -> Box<dyn Pipe> {
    Box::new(Raw(types))
}

struct Raw(&'static [&'static str]);

impl Pipe for Raw {
    fn raw(&self) -> Option<&'static [&'static str]> {
        Some(self.0)
    }

    fn content_type(&self) -> &'static str {
        "application/octet-stream"
    }

    fn head(&mut self, _: &Headers) {}

    fn push(&mut self, chunk: &[u8], out: &mut Sink) -> Result<(), Error> {
        out.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// A pipe that gives `reader` the reply in one piece.
#[must_use]
pub fn whole<R: Reader + 'static>(reader: R) -> Box<dyn Pipe> {
    Box::new(Whole(reader))
}

struct Whole<R>(R);

impl<R: Reader> Pipe for Whole<R> {
    fn whole(&self) -> bool {
        true
    }

    fn content_type(&self) -> &'static str {
        self.0.content_type().unwrap_or(JSON)
    }

    fn head(&mut self, headers: &Headers) {
        self.0.head(headers);
    }

    fn push(&mut self, chunk: &[u8], out: &mut Sink) -> Result<(), Error> {
        self.0.event(chunk, out)
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        self.0.end(out)
    }
}

/// A pipe that cuts a stream into JSON values and gives each to `reader`.
#[must_use]
pub fn events<R: Reader + 'static>(reader: R) -> Box<dyn Pipe> {
    Box::new(Events { splitter: events::Splitter::default(), reader })
}

struct Events<R> {
    splitter: events::Splitter,
    reader: R,
}

impl<R: Reader> Pipe for Events<R> {
    fn folds(&self) -> bool {
        self.reader.folds()
    }

    fn content_type(&self) -> &'static str {
        let usual = if self.reader.folds() { JSON } else { EVENTS };
        self.reader.content_type().unwrap_or(usual)
    }

    fn head(&mut self, headers: &Headers) {
        self.reader.head(headers);
    }

    fn push(&mut self, chunk: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reader = &mut self.reader;
        self.splitter.push(chunk, &mut |json| reader.event(json, out))
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        self.splitter.end()?;
        if self.splitter.is_done() {
            self.reader.done();
        }
        self.reader.end(out)
    }

    fn held(&self) -> usize {
        self.splitter.held().saturating_add(self.reader.held())
    }
}
