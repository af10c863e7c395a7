//! What the replies of token endpoints say.
//!
//! Google's endpoints answer `{"access_token","expires_in"}` (<https://www.rfc-editor.org/rfc/rfc6749#section-5>), IAM
//! credentials `{"accessToken","expireTime"}`; errors are `{"error":"…","error_description":"…"}` or Google's usual
//! `{"error":{"status","message"}}`.

use serde_json::Value;

use super::Failure;
use crate::clock;
use crate::wire::json;

/// A reply, Envoy's own included: 503 when nobody can be reached and 504 when nobody answers in time.
pub struct Reply {
    /// The status; 0 when there is none.
    pub status: u16,
    /// The header `date`.
    pub date: Option<String>,
    /// The body, perhaps cut off.
    pub body: Vec<u8>,
}

/// A token as it comes.
#[derive(PartialEq, Eq)]
pub(super) struct Issued {
    pub(super) token: String,
    /// Seconds from now.
    pub(super) lifetime: u64,
}

/// Longest token that is taken, in bytes; Google's have up to 2 KB.
const LONGEST: usize = 16 << 10;

/// Longest life of a token that is believed, in seconds.
const LONGEST_LIFE: u64 = 12 * 60 * 60;

/// Reads the principal's token.
pub(super) fn issued(reply: &Reply, who: &str) -> Result<Issued, Failure> {
    let object = object(reply, who)?;
    let lifetime = match object.get("expires_in") {
        Some(Value::Number(seconds)) => seconds.as_u64(),
        Some(Value::String(seconds)) => seconds.parse().ok(),
        _ => None,
    };
    finished(object.get("access_token"), lifetime, who)
}

/// Reads the token of an impersonated account; `now` in seconds since 1970.
pub(super) fn impersonated(reply: &Reply, now: u64, who: &str) -> Result<Issued, Failure> {
    let object = object(reply, who)?;
    let expiry = object.get("expireTime").and_then(Value::as_str).and_then(clock::timestamp);
    // The expiry is a time of Google's clock, which may not be ours.
    let now = reply.server_time().unwrap_or(now);
    finished(object.get("accessToken"), expiry.and_then(|expiry| expiry.checked_sub(now)), who)
}

/// Reads a subject token: the reply's `member`, or all of it.
pub(super) fn subject(reply: &Reply, member: Option<&str>, who: &str) -> Result<String, Failure> {
    let token = match member {
        Some(member) => {
            object(reply, who)?.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        None => {
            accepted(reply, who)?;
            std::str::from_utf8(&reply.body).unwrap_or_default().trim().to_owned()
        }
    };
    if is_token(&token) { Ok(token) } else { Err(Failure::passing(format!("{who} gave no token"))) }
}

impl Reply {
    /// What time it is at the other side, in seconds since 1970.
    pub(super) fn server_time(&self) -> Option<u64> {
        self.date.as_deref().and_then(clock::http_date)
    }

    /// Whether the assertion was refused, which a wrong clock may be the reason of.
    pub(super) fn refuses_grant(&self) -> bool {
        let object: Option<Value> = json::read(&self.body);
        matches!(self.status, 400 | 401)
            && object.is_some_and(|object| object.get("error").is_some_and(|error| error == "invalid_grant"))
    }
}

fn finished(token: Option<&Value>, lifetime: Option<u64>, who: &str) -> Result<Issued, Failure> {
    let token = token.and_then(Value::as_str).filter(|token| is_token(token));
    match (token, lifetime) {
        (Some(token), Some(lifetime)) if lifetime > 0 => {
            Ok(Issued { token: token.to_owned(), lifetime: lifetime.min(LONGEST_LIFE) })
        }
        (None, _) => Err(Failure::passing(format!("{who} gave no token"))),
        (_, Some(_)) => Err(Failure::passing(format!("{who} gave a token that has expired"))),
        (_, None) => Err(Failure::passing(format!("{who} did not say when its token expires"))),
    }
}

/// Whether `token` can stand in a header.
fn is_token(token: &str) -> bool {
    !token.is_empty() && token.len() <= LONGEST && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn object(reply: &Reply, who: &str) -> Result<Value, Failure> {
    accepted(reply, who)?;
    json::read::<Value>(&reply.body)
        .filter(Value::is_object)
        .ok_or_else(|| Failure::passing(format!("{who} did not answer with a JSON object")))
}

fn accepted(reply: &Reply, who: &str) -> Result<(), Failure> {
    let reason = match reply.status {
        200 => return Ok(()),
        0 => format!("{who} gave no usable answer"),
        503 => format!("{who} answered 503, or cannot be reached"),
        504 => format!("{who} answered 504, or did not answer in time"),
        status => format!("{who} answered {status}{}", explanation(&reply.body)),
    };
    // Not found is what a machine without a service account gets.
    let permanent = matches!(reply.status, 400 | 401 | 403 | 404);
    Err(Failure { permanent, reason })
}

/// What the body of an error tells, without anything that could be a secret.
fn explanation(body: &[u8]) -> String {
    let Some(object) = json::read::<Value>(body) else {
        return String::new();
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(harmless);
    let error = object.get("error");
    let code = text(error).or_else(|| text(error?.get("status")));
    let message = text(object.get("error_description")).or_else(|| text(error?.get("message")));
    [code, message].into_iter().flatten().map(|text| format!(": {text}")).collect()
}

/// Words that are too long for prose are taken out: tokens, keys and assertions are such words.
fn harmless(text: &str) -> String {
    let prose = |word: &str| word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_graphic());
    let words = text.split_whitespace().take(40);
    words.map(|word| if prose(word) { word } else { "***" }).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, date: None, body: body.as_bytes().to_vec() }
    }

    fn outcome(result: Result<Issued, Failure>) -> String {
        match result {
            Ok(Issued { token, lifetime }) => format!("{token} {lifetime}"),
            Err(Failure { permanent: true, reason }) => format!("permanent: {reason}"),
            Err(Failure { reason, .. }) => reason,
        }
    }

    #[test]
    fn tokens_of_principals() {
        for (status, body, expected) in [
            (200, r#"{"access_token":"t.1","expires_in":3599,"token_type":"Bearer"}"#, "t.1 3599"),
            (200, r#"{"access_token":"t","expires_in":"60"}"#, "t 60"),
            (200, r#"{"access_token":"t","expires_in":999999999999}"#, "t 43200"),
            (200, r#"{"access_token":"t","expires_in":0}"#, "x gave a token that has expired"),
            (200, r#"{"access_token":"t","expires_in":-5}"#, "x did not say when its token expires"),
            (200, r#"{"access_token":"t"}"#, "x did not say when its token expires"),
            (200, r#"{"access_token":"","expires_in":60}"#, "x gave no token"),
            (200, r#"{"access_token":"a\r\nb: c","expires_in":60}"#, "x gave no token"),
            (200, r#"{"access_token":["t"],"expires_in":60}"#, "x gave no token"),
            (200, r#"{"id_token":"t","expires_in":60}"#, "x gave no token"),
            (200, "{", "x did not answer with a JSON object"),
            (200, "[]", "x did not answer with a JSON object"),
            (200, "", "x did not answer with a JSON object"),
            (0, "", "x gave no usable answer"),
            (503, "upstream connect error", "x answered 503, or cannot be reached"),
            (504, "upstream request timeout", "x answered 504, or did not answer in time"),
            (500, "<html>", "x answered 500"),
            (429, r#"{"error":"slow_down"}"#, "x answered 429: slow_down"),
            (404, "not found", "permanent: x answered 404"),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
                "permanent: x answered 400: invalid_grant: Invalid JWT Signature.",
            ),
            (
                403,
                r#"{"error":{"code":403,"status":"PERMISSION_DENIED","message":"Permission 'iam' denied"}}"#,
                "permanent: x answered 403: PERMISSION_DENIED: Permission 'iam' denied",
            ),
            (
                401,
                r#"{"error":"e","error_description":"was eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.x\nü"}"#,
                "permanent: x answered 401: e: was *** ***",
            ),
        ] {
            assert_eq!(outcome(issued(&reply(status, body), "x")), expected, "{body}");
        }
    }

    #[test]
    fn tokens_of_impersonated_accounts() {
        let read = |expiry: &str, date: Option<&str>| {
            let body = format!(r#"{{"accessToken":"t","expireTime":"{expiry}"}}"#);
            let reply = Reply { date: date.map(str::to_owned), ..reply(200, &body) };
            outcome(impersonated(&reply, 1_795_326_342, "x"))
        };
        assert_eq!(read("2026-11-22T06:45:42Z", None), "t 3600");
        assert_eq!(read("2026-11-22T06:45:42Z", Some("Sun, 22 Nov 2026 05:46:42 GMT")), "t 3540");
        assert_eq!(read("2026-11-22T05:45:42Z", None), "x gave a token that has expired");
        assert_eq!(read("soon", None), "x did not say when its token expires");
    }

    #[test]
    fn subject_tokens() {
        for (status, body, member, expected) in [
            (200, "a.b.c\n", None, Ok("a.b.c")),
            (200, r#"{"value":"a.b"}"#, Some("value"), Ok("a.b")),
            (200, r#"{"value":7}"#, Some("value"), Err("x gave no token")),
            (200, "a b", None, Err("x gave no token")),
            (200, "", None, Err("x gave no token")),
            (200, "a.b", Some("value"), Err("x did not answer with a JSON object")),
            (500, "a.b", None, Err("x answered 500")),
        ] {
            let read = subject(&reply(status, body), member, "x").map_err(|failure| failure.reason);
            assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{body}");
        }
    }
}
