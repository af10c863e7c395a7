//! One error, in OpenAI's shape.
//!
//! <https://platform.openai.com/docs/guides/error-codes>

pub mod upstream;

use std::fmt;

use serde::Serialize;

use crate::wire::json::{Problem, ProblemKind};

/// What the client is told, one word wide.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
    retry_after_ms: Option<u64>,
}

/// `{"error": …}` with all four members, as the SDKs expect.
#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    message: &'a str,
    r#type: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

impl Error {
    /// The client sent something wrong: 400 `invalid_request_error`.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    /// The client left something out.
    #[must_use]
    pub fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        let message = format!("Missing required parameter: '{param}'.");
        Self::invalid(message).param(param).code("missing_required_parameter")
    }

    /// The fault is on this side or beyond it.
    #[must_use]
    pub fn server(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, "server_error", message)
    }

    /// The upstream stream ended before it was complete.
    #[must_use]
    pub fn stream_cut() -> Self {
        Self::server(502, "The model's stream ended prematurely.").code("stream_ended_prematurely")
    }

    /// The upstream stream is not what it should be.
    #[must_use]
    pub fn stream_unreadable() -> Self {
        Self::server(502, "The model's stream could not be read.").code("invalid_upstream_response")
    }

    /// The upstream reply is not what it should be.
    #[must_use]
    pub fn reply_unreadable() -> Self {
        Self::server(502, "The model's reply could not be read.").code("invalid_upstream_response")
    }

    /// A file in the upstream reply is no base64.
    #[must_use]
    pub fn file_unreadable() -> Self {
        Self::server(502, "The model's reply holds a file that could not be read.")
            .code("invalid_upstream_response")
    }

    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            status,
            kind,
            code: None,
            param: None,
            message: message.into(),
            retry_after_ms: None,
        }))
    }

    /// Names the error for programs.
    #[must_use]
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    /// Names the member of the request that is at fault.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    pub(crate) fn retry_after_ms(mut self, milliseconds: Option<u64>) -> Self {
        self.0.retry_after_ms = milliseconds;
        self
    }

    /// The same error without `secrets`, key-like words and project identifiers in its message.
    #[must_use]
    pub fn redacted(mut self, secrets: &[String]) -> Self {
        self.0.message = upstream::redact(&self.0.message, secrets);
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The message.
    #[cfg(test)]
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// When the client should try again: `retry-after` in whole seconds and `retry-after-ms`.
    #[must_use]
    pub fn retry_headers(&self) -> Vec<(&'static str, String)> {
        let Some(milliseconds) = self.0.retry_after_ms else {
            return Vec::new();
        };
        vec![
            ("retry-after", milliseconds.div_ceil(1000).to_string()),
            ("retry-after-ms", milliseconds.to_string()),
        ]
    }

    /// The JSON body, `{"error":{"message","type","param","code"}}`.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let body = Body {
            error: Detail {
                message: &self.0.message,
                r#type: self.0.kind,
                param: self.0.param.as_deref(),
                code: self.0.code,
            },
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// The same as the last event of a stream; nothing may follow it.
    #[must_use]
    pub fn event(&self) -> Vec<u8> {
        [b"data: ".as_slice(), &self.body(), b"\n\n"].concat()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let path = problem.path;
        let subject = if path.is_empty() { "the request body".to_owned() } else { format!("'{path}'") };
        let named = |field: &str| match path.as_str() {
            "" => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        let error = match problem.kind {
            ProblemKind::Syntax { message, line, column } => {
                return Self::invalid(format!(
                    "We could not parse the JSON body of your request: {message} at line {line} column {column}."
                ));
            }
            ProblemKind::Type { expected, found } => Self::invalid(format!(
                "Invalid type for {subject}: expected {expected}, but got {found} instead."
            ))
            .code("invalid_type"),
            ProblemKind::Missing { field } => {
                let param = named(&field);
                return Self::invalid(format!("Missing required parameter: '{param}'."))
                    .param(param)
                    .code("missing_required_parameter");
            }
            ProblemKind::Unknown { field, expected } => {
                let param = named(&field);
                return Self::invalid(format!("Unknown parameter: '{param}'. Expected {expected}."))
                    .param(param)
                    .code("unknown_parameter");
            }
            ProblemKind::Value { expected } => {
                Self::invalid(format!("Invalid value for {subject}: expected {expected}."))
                    .code("invalid_value")
            }
            ProblemKind::Custom(message) => {
                Self::invalid(format!("Invalid value for {subject}: {message}.")).code("invalid_value")
            }
        };
        if path.is_empty() { error } else { error.param(path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn all_four_members_are_always_there() {
        let error = Error::invalid("no \"x\"");
        assert_eq!(
            String::from_utf8(error.body()).unwrap(),
            r#"{"error":{"message":"no \"x\"","type":"invalid_request_error","param":null,"code":null}}"#
        );
        assert!(error.event().starts_with(b"data: {") && error.event().ends_with(b"}\n\n"));
    }

    #[test]
    fn a_fractional_delay_is_rounded_up_to_seconds() {
        let error = Error::server(503, "").retry_after_ms(Some(45_838));
        let expected = [("retry-after", "46".to_owned()), ("retry-after-ms", "45838".to_owned())];
        assert_eq!(error.retry_headers(), expected);
    }
}
