//! Reads JSON and says *where* it is wrong: `messages[0].content`, not `line 7 column 12`.
//!
//! Rule: an error names the place and what would be accepted, never the value that is there (it may be a
//! secret, or 8 MB long). serde's own messages quote the value, so they are taken apart and said again.
//! A good document costs nothing extra: the place is searched for only after serde has refused.
//!
//! Checks of our own belong inside a visitor method (`visit_str`, `visit_map`, …): serde_json then records the
//! position of that very value. An error made after the value was read (`try_from`, `deserialize_with` and then
//! a check) is reported for the enclosing object when the value is its last member.

use std::fmt;

use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;

mod locate;
mod object;
mod weight;
mod words;

pub use object::{Object, object};
pub use weight::{are_too_heavy, has_more_values, is_too_heavy};

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `messages[0].content`, `["odd key"].x`; empty for the document itself and for bad syntax.
    pub path: String,
    /// What.
    pub kind: ProblemKind,
}

/// The ways in which a document can be wrong. No variant carries a value of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not JSON: also bytes after the end, an end too early, invalid UTF-8, nesting deeper than 127.
    Syntax {
        /// What the parser missed, such as ``expected `,` or `]` ``.
        message: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1; 0 when a line ends before its first character.
        column: usize,
    },
    /// A value of another JSON type than the one expected.
    Type {
        /// What would be accepted: `a string`, `an integer`, `a number`, `an array`, `an object`, …
        expected: String,
        /// What is there: `a string`, `an integer`, `a decimal`, `a boolean`, `null`, `an array`, `an object`;
        /// `a number` where only words are accepted.
        found: &'static str,
    },
    /// The object at `path` lacks a member.
    Missing {
        /// Its name.
        field: String,
    },
    /// The object at `path` has a member nobody asked for.
    Unknown {
        /// Its name.
        field: String,
        /// The names that are accepted.
        expected: String,
    },
    /// The right type but not an accepted value: a word outside the list, a number outside its range.
    Value {
        /// What would be accepted.
        expected: String,
    },
    /// What one of our own checks said.
    Custom(String),
}

impl Problem {
    /// The same problem of a document that stands at `prefix` in a larger one.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{prefix}{dot}{}", self.path);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        self.kind.fmt(f)
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { message, line, column } => {
                write!(f, "invalid JSON: {message} at line {line} column {column}")
            }
            Self::Type { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::Missing { field } => write!(f, "missing field `{field}`"),
            Self::Unknown { field, expected } => write!(f, "unknown field `{field}`, expected {expected}"),
            Self::Value { expected } => write!(f, "expected {expected}"),
            Self::Custom(message) => f.write_str(message),
        }
    }
}

/// Parses a whole document; strings and raw values borrow from it.
///
/// # Errors
/// The first problem in the document, with its place.
pub fn from_slice<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|e| invalid_utf8(bytes, e.valid_up_to()))?;
    from_str(text)
}

fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| explain(text.as_bytes(), &error))
}

/// Parses a value that stands at `path` in a larger document.
///
/// # Errors
/// The first problem in the value, with its place in the document.
pub fn from_raw<'a, T: Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T, Problem> {
    from_str(raw.get()).map_err(|problem| problem.under(path))
}

/// [`from_slice`] where it does not matter what is wrong. The parser is `from_str`'s as everywhere: another reader would be
/// another copy of all that is derived.
#[must_use]
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// Appends a member's name to a path, as the paths of this module are written.
pub fn push_member(path: &mut String, name: &str) {
    locate::push_member(path, name);
}

/// Appends an element's index to a path.
pub fn push_element(path: &mut String, index: usize) {
    path.push_str(&format!("[{index}]"));
}

#[cold]
fn invalid_utf8(bytes: &[u8], valid: usize) -> Problem {
    let message = "invalid UTF-8".to_owned();
    let (line, column) = locate::line_and_column(bytes, valid.saturating_add(1));
    Problem { path: String::new(), kind: ProblemKind::Syntax { message, line, column } }
}

#[cold]
fn explain(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let offset = locate::offset(bytes, error.line(), error.column());
    let mut message = error.to_string();
    if error.line() > 0 {
        let position = format!(" at line {} column {}", error.line(), error.column());
        message.truncate(message.len().saturating_sub(position.len()));
    }
    if error.classify() == Category::Data {
        let kind = words::kind(message);
        let found = match &kind {
            ProblemKind::Type { found, .. } => found,
            _ => "",
        };
        return Problem { path: locate::data(bytes, offset, found), kind };
    }
    if message == OUT_OF_RANGE {
        let kind = ProblemKind::Value { expected: "a number in the range of a 64-bit float".to_owned() };
        return Problem { path: locate::data(bytes, offset, ""), kind };
    }
    if message == NOT_A_VALUE
        && let Some((path, found)) = locate::refused_by_enum(bytes, offset)
    {
        return Problem { path, kind: ProblemKind::Type { expected: "a string".to_owned(), found } };
    }
    let (line, column) = locate::line_and_column(bytes, offset);
    Problem { path: String::new(), kind: ProblemKind::Syntax { message, line, column } }
}

/// serde_json's wording for a number such as `1e999`, which it counts as bad syntax.
const OUT_OF_RANGE: &str = "number out of range";

/// serde_json's wording for a byte that starts no value, and for any value but a string where an enum is expected.
const NOT_A_VALUE: &str = "expected value";

#[cfg(test)]
mod tests;
