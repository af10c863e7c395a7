//! Google's errors, and everyone else's on the way, as OpenAI errors.
//!
//! Bodies seen in the wild: `{"error":…}`, the same in an array, pretty-printed, with another error as JSON inside its
//! message, an HTML page, plain text, nothing. <https://cloud.google.com/apis/design/errors>

pub(crate) use redact::redact;

mod redact;
mod retry;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Error;
use crate::wire::json::{self, Object};
use crate::wire::lenient::{Maybe, Objects, Word};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    error: Maybe<Status<'a>>,
}

/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    message: Option<Word<'a>>,
    status: Option<Word<'a>>,
    details: Objects<Detail<'a>>,
}

/// The members of every detail type that is of use, by their names.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail<'a> {
    #[serde(borrow)]
    reason: Option<Word<'a>>,
    retry_delay: Option<Word<'a>>,
    field_violations: Objects<FieldViolation<'a>>,
    violations: Objects<QuotaViolation<'a>>,
    metadata: Maybe<Metadata<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FieldViolation<'a> {
    #[serde(borrow)]
    field: Option<Word<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct QuotaViolation<'a> {
    #[serde(borrow)]
    quota_id: Option<Word<'a>>,
    quota_metric: Option<Word<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata<'a> {
    #[serde(borrow)]
    quota_reset_delay: Option<Word<'a>>,
}

/// The error for a reply with status `http` and `body`; `secrets` are never repeated.
#[must_use]
pub fn read(http: u16, body: &[u8], secrets: &[String]) -> Error {
    match parse(body) {
        Some(status) => status.into_error(http, secrets),
        None => anonymous(http),
    }
}

/// The error that the `error` member of a reply holds.
#[must_use]
pub fn read_member(error: &RawValue, secrets: &[String]) -> Error {
    match serde_json::from_str::<Object<Status<'_>>>(error.get()) {
        Ok(Object(status)) => status.into_error(500, secrets),
        Err(_) => anonymous(500),
    }
}

fn parse(body: &[u8]) -> Option<Status<'_>> {
    let body = body.trim_ascii_start();
    if body.starts_with(b"[") {
        let Objects(list) = json::read::<Objects<Envelope<'_>>>(body)?;
        return list.into_iter().next()?.error.0;
    }
    let Object(envelope) = json::read::<Object<Envelope<'_>>>(body)?;
    envelope.error.0
}

impl Status<'_> {
    fn into_error(self, http: u16, secrets: &[String]) -> Error {
        if let Some(inner) = self.message.as_deref().and_then(|message| parse(message.as_bytes())) {
            return inner.flat_error(http, secrets);
        }
        self.flat_error(http, secrets)
    }

    fn flat_error(self, http: u16, secrets: &[String]) -> Error {
        let code = self.code.and_then(|code| code.get().parse().ok());
        let code = code.or_else(|| self.status_code());
        let http = code.filter(|code| (400..600).contains(code)).unwrap_or(http);
        let Some(message) = self.message.as_deref().filter(|message| !message.trim().is_empty()) else {
            return anonymous(http);
        };
        let (status, kind, code) = self.classify(http, message);
        let mut error = Error::new(status, kind, redact(message, secrets));
        if let Some(code) = code {
            error = error.code(code);
        }
        let too_long = code == Some("context_length_exceeded");
        if let Some(param) = self.param().or(too_long.then_some("messages")) {
            error = error.param(param);
        }
        if status == 429 || status >= 500 {
            error = error.retry_after_ms(self.retry_after_ms());
        }
        error
    }

    /// The HTTP status that goes with Google's name of it.
    fn status_code(&self) -> Option<u16> {
        Some(match self.status.as_deref()? {
            "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" => 400,
            "UNAUTHENTICATED" => 401,
            "PERMISSION_DENIED" => 403,
            "NOT_FOUND" => 404,
            "ABORTED" | "ALREADY_EXISTS" => 409,
            "RESOURCE_EXHAUSTED" => 429,
            "CANCELLED" => 499,
            "UNIMPLEMENTED" => 501,
            "UNAVAILABLE" => 503,
            "DEADLINE_EXCEEDED" => 504,
            _ => return None,
        })
    }

    /// Status, type and code for the client; `translation.md` §2.7.
    fn classify(&self, http: u16, message: &str) -> (u16, &'static str, Option<&'static str>) {
        const INVALID: &str = "invalid_request_error";
        let reason =
            |wanted: &str| self.details.iter().any(|detail| detail.reason.as_deref() == Some(wanted));
        let lower = message.to_ascii_lowercase();
        match (http, self.status.as_deref().unwrap_or_default()) {
            (400, _) if reason("API_KEY_INVALID") || lower.contains("api key not valid") => {
                (401, INVALID, Some("invalid_api_key"))
            }
            (400, "FAILED_PRECONDITION") if lower.contains("location is not supported") => {
                (403, INVALID, Some("unsupported_country_region_territory"))
            }
            (400, "FAILED_PRECONDITION") if lower.contains("billing") => {
                (429, "insufficient_quota", Some("insufficient_quota"))
            }
            (400, _) => (400, INVALID, invalid_argument(&lower)),
            (401, _) => (401, INVALID, Some("invalid_api_key")),
            (403, _) => (403, INVALID, Some("permission_denied")),
            (404, _) => (404, INVALID, Some("model_not_found")),
            (409, _) => (409, "conflict_error", None),
            (413, _) => (413, INVALID, Some("request_too_large")),
            (429, _) if self.quota(|quota| quota.contains("perday")) => {
                (429, "insufficient_quota", Some("insufficient_quota"))
            }
            (429, _) if self.quota(|quota| quota.contains("token")) => {
                (429, "tokens", Some("rate_limit_exceeded"))
            }
            (429, _) => (429, "requests", Some("rate_limit_exceeded")),
            (502 | 503, _) => (503, "server_error", Some("overloaded")),
            (504, _) => (504, "server_error", Some("timeout")),
            // Meant for the gateway, not for its client.
            (407, _) => (502, "server_error", Some("invalid_upstream_response")),
            (499.., _) => (http, "server_error", None),
            (400.., _) => (http, INVALID, None),
            _ => (502, "server_error", Some("invalid_upstream_response")),
        }
    }

    fn quota(&self, test: impl Fn(&str) -> bool) -> bool {
        self.details.iter().flat_map(|detail| detail.violations.iter()).any(|violation| {
            [&violation.quota_id, &violation.quota_metric]
                .into_iter()
                .flatten()
                .any(|name| test(&name.to_ascii_lowercase()))
        })
    }

    /// The client's name for the member Google objects to.
    fn param(&self) -> Option<&'static str> {
        let mut violations = self.details.iter().flat_map(|detail| detail.field_violations.iter());
        let field = violations.find_map(|violation| violation.field.as_deref())?;
        let last = field.rsplit('.').next().unwrap_or_default();
        if field.starts_with("contents") || field.starts_with("system_instruction") {
            return Some("messages");
        }
        PARAMS.iter().find(|(google, _)| *google == last).map(|(_, openai)| *openai)
    }

    fn retry_after_ms(&self) -> Option<u64> {
        let stated = self.details.iter().find_map(|detail| {
            let reset = detail.metadata.0.as_ref().and_then(|metadata| metadata.quota_reset_delay.as_deref());
            retry::duration_ms(detail.retry_delay.as_deref().or(reset)?)
        });
        stated.or_else(|| retry::in_message(self.message.as_deref()?))
    }
}

/// Google's names of members and OpenAI's.
const PARAMS: [(&str, &str); 9] = [
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("top_k", "top_k"),
    ("max_output_tokens", "max_completion_tokens"),
    ("candidate_count", "n"),
    ("stop_sequences", "stop"),
    ("seed", "seed"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
];

fn invalid_argument(message: &str) -> Option<&'static str> {
    let too_long =
        message.contains("exceeds the maximum number of tokens") || message.contains("input token count");
    too_long.then_some("context_length_exceeded")
}

/// An error without a readable body: Envoy's own, a load balancer's page, an empty reply.
fn anonymous(http: u16) -> Error {
    let invalid = |message: &str| Error::new(http, "invalid_request_error", message);
    match http {
        401 => invalid("The model service did not accept the gateway's credential.").code("invalid_api_key"),
        403 => invalid("The request was not permitted.").code("permission_denied"),
        404 => invalid("The model was not found.").code("model_not_found"),
        407 => Error::reply_unreadable(),
        408 => invalid("The request took too long to arrive.").code("timeout"),
        413 => invalid("The request is too large.").code("request_too_large"),
        429 => Error::new(429, "requests", "Too many requests.").code("rate_limit_exceeded"),
        400..=498 => invalid("The request was refused."),
        502 | 503 => Error::server(503, "The model service is unavailable.").code("overloaded"),
        504 => Error::server(504, "The model service did not answer in time.").code("timeout"),
        499..=599 => Error::server(http, "The model service failed."),
        _ => Error::reply_unreadable(),
    }
}

#[cfg(test)]
mod tests;
