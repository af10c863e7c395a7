//! Arguments of a call that come in pieces.
//!
//! Vertex streams them where it is asked to: each piece sets the value at one path, or continues the string there. The
//! model writes arguments from front to back, so their JSON is written as the pieces come: a path tells which objects
//! and arrays end and which begin. What has no value is in no path: elements of an array that were passed over become
//! `null`. A piece that does not fit is an error, because a call without all of its arguments is another call.
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/Content#PartialArg>,
//! paths: <https://www.rfc-editor.org/rfc/rfc9535#name-normalized-paths>

use std::borrow::Cow;

use super::calls::compact;
use super::finish::Rest;
use crate::error::Error;
use crate::wire::gemini::PartialArg;
use crate::wire::literal::unescape;
use crate::wire::text::Text;

/// Deeper arguments could not come back in a history.
const DEEPEST: usize = 100;

/// Names in one object, which are compared with each new one.
const MOST_NAMES: usize = 10_000;

/// Elements that one piece may pass over, so that a few bytes do not become many.
const WIDEST_GAP: usize = 64;

/// What has come of one call's arguments.
#[derive(Debug, Default)]
pub(super) struct PartialArgs {
    /// JSON up to the last value, whose containers are still open.
    json: String,
    /// These containers, the outermost first, each at the place where the last value is.
    open: Vec<Container>,
    /// The last value is a string, which may go on.
    in_string: bool,
}

#[derive(Debug)]
enum Container {
    /// All names so far, sorted, and which is the last.
    Object { names: Vec<String>, last: usize },
    /// The last index.
    Array { last: usize },
}

enum Key<'p> {
    Name(Cow<'p, str>),
    Index(usize),
}

impl PartialArgs {
    /// Takes the next piece.
    ///
    /// # Errors
    /// 502 where it fits nowhere.
    pub(super) fn push(&mut self, piece: &PartialArg<'_>) -> Result<(), Error> {
        self.take(piece).ok_or_else(unreadable)
    }

    /// The arguments, complete or as far as they came.
    pub(super) fn finish(mut self, rest: Rest) -> String {
        match rest {
            Rest::Whole if self.open.is_empty() => return "{}".to_owned(),
            Rest::Whole => self.leave(0),
            Rest::Cut | Rest::Lost => {}
        }
        self.json
    }

    /// Bytes kept, about: names are kept twice while their object is open.
    pub(super) fn held(&self) -> usize {
        self.json.len().saturating_mul(2)
    }

    fn take(&mut self, piece: &PartialArg<'_>) -> Option<()> {
        let path = keys(piece.json_path.as_deref()?)?;
        let text = piece.string_value.and_then(Text::verbatim);
        let other = piece.number_value.or(piece.bool_value);
        let same = path.iter().zip(&self.open).take_while(|(key, open)| open.is_at(key)).count();
        if same == path.len() && same == self.open.len() {
            match (text, other) {
                (Some(text), _) if self.in_string => self.json.push_str(text.inner()),
                (None, None) => {}
                _ => return None,
            }
            return Some(());
        }
        // A value and a container cannot be in one place.
        if same == path.len() || (same == self.open.len() && same > 0) {
            return None;
        }
        self.leave(same.saturating_add(1));
        let mut room = WIDEST_GAP;
        for (depth, key) in path.iter().enumerate().skip(same) {
            let gap = if depth < self.open.len() { self.advance(key)? } else { self.enter(key)? };
            room = room.checked_sub(gap)?;
            self.json.extend(std::iter::repeat_n("null,", gap));
            if let Key::Name(name) = key {
                self.json.push_str(&serde_json::to_string(name).ok()?);
                self.json.push(':');
            }
        }
        match (text, other) {
            (Some(text), _) => self.begin_string(text.inner()),
            (None, Some(other)) => self.json.push_str(&compact(other.get())),
            (None, None) if piece.continues() => self.begin_string(""),
            (None, None) => self.json.push_str("null"),
        }
        Some(())
    }

    /// Goes on to `key` in the innermost container. Returns how many elements that passes over.
    fn advance(&mut self, key: &Key<'_>) -> Option<usize> {
        self.json.push(',');
        match (self.open.last_mut()?, key) {
            (Container::Object { names, last }, Key::Name(name)) if names.len() < MOST_NAMES => {
                *last = names.binary_search_by(|known| known.as_str().cmp(name)).err()?;
                names.insert(*last, name.to_string());
                Some(0)
            }
            (Container::Array { last }, Key::Index(index)) => {
                let gap = index.checked_sub(*last)?.checked_sub(1)?;
                *last = *index;
                Some(gap)
            }
            _ => None,
        }
    }

    /// Begins the container that `key` is in. Arguments are an object.
    fn enter(&mut self, key: &Key<'_>) -> Option<usize> {
        let (bracket, container, gap) = match key {
            Key::Name(name) => ('{', Container::Object { names: vec![name.to_string()], last: 0 }, 0),
            Key::Index(_) if self.open.is_empty() => return None,
            Key::Index(index) => ('[', Container::Array { last: *index }, *index),
        };
        self.json.push(bracket);
        self.open.push(container);
        Some(gap)
    }

    /// Ends the last value, and containers until `depth` are left.
    fn leave(&mut self, depth: usize) {
        if std::mem::take(&mut self.in_string) {
            self.json.push('"');
        }
        while self.open.len() > depth {
            self.json.push(if matches!(self.open.pop(), Some(Container::Array { .. })) { ']' } else { '}' });
        }
    }

    fn begin_string(&mut self, inner: &str) {
        self.json.push('"');
        self.json.push_str(inner);
        self.in_string = true;
    }
}

impl Container {
    fn is_at(&self, key: &Key<'_>) -> bool {
        match (self, key) {
            (Self::Object { names, last }, Key::Name(name)) => names.get(*last).is_some_and(|at| at == name),
            (Self::Array { last }, Key::Index(index)) => last == index,
            _ => false,
        }
    }
}

/// What the client is told of a call that makes no sense.
pub(super) fn unreadable() -> Error {
    Error::server(502, "The arguments of the model's function call could not be read.")
        .code("invalid_upstream_response")
}

/// The keys of `$.a[0]['b c']`; at least one.
fn keys(path: &str) -> Option<Vec<Key<'_>>> {
    let mut rest = path.strip_prefix('$')?;
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let (key, after) = next(rest)?;
        keys.push(key);
        rest = after;
        (keys.len() <= DEEPEST).then_some(())?;
    }
    (!keys.is_empty()).then_some(keys)
}

/// The first key of a path, and the rest.
fn next(path: &str) -> Option<(Key<'_>, &str)> {
    if let Some(path) = path.strip_prefix('.') {
        let (name, rest) = path.split_at_checked(path.find(['.', '[']).unwrap_or(path.len()))?;
        return (!name.is_empty()).then_some((Key::Name(Cow::Borrowed(name)), rest));
    }
    let path = path.strip_prefix('[')?;
    let Some(quote) = path.chars().next().filter(|first| matches!(first, '\'' | '"')) else {
        let (index, rest) = path.split_once(']')?;
        return Some((Key::Index(index.parse().ok()?), rest));
    };
    let path = path.strip_prefix(quote)?;
    let mut escaped = false;
    let end = path.find(|character| {
        let ends = character == quote && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    })?;
    let (name, rest) = path.split_at_checked(end)?;
    Some((Key::Name(unescape(name)), rest.strip_prefix(quote)?.strip_prefix(']')?))
}

#[cfg(test)]
mod tests;
