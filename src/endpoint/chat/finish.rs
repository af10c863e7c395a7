//! Why a choice ended. Reasons come as names, or as numbers, which both back ends agree on up to 5.
//!
//! <https://ai.google.dev/api/generate-content#FinishReason>

use super::envelope::{Envelope, push_string};
use crate::error::Error;

/// What the client is told, given Google's reason, whether anything usable came, and what calls in it
/// make of a stop.
///
/// # Errors
/// 502 where the model failed and left nothing: such failures are chance, and clients retry a 5xx.
pub(in crate::endpoint) fn reason(
    google: Option<&str>,
    message: Option<&str>,
    usable: bool,
    called: Option<&'static str>,
) -> Result<&'static str, Error> {
    let stop = called.unwrap_or("stop");
    match google {
        Some("STOP" | "1") | None => Ok(stop),
        Some("MAX_TOKENS" | "2" | "CONTINUATION") => Ok("length"),
        Some(filtered) if is_filtered(filtered) => Ok("content_filter"),
        Some(failed) if FAILED.contains(&failed) && !usable => {
            let message = message.filter(|message| !message.is_empty());
            let message = message.unwrap_or("The model produced a malformed reply.");
            Err(Error::server(502, message).code("malformed_function_call"))
        }
        Some(failed) if FAILED.contains(&failed) => Ok(stop),
        Some(_) => Ok(if usable { stop } else { "content_filter" }),
    }
}

/// Whether something was kept back as harmful.
pub(in crate::endpoint) fn is_filtered(google: &str) -> bool {
    FILTERED.contains(&google)
}

/// What becomes of a call whose end was not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It was complete all the same.
    Whole,
    /// It breaks off, which clients see from its arguments.
    Cut,
    /// It is none.
    Lost,
}

/// The same, given Google's reason; a choice of a stream may have none.
pub(super) fn rest(google: Option<&str>) -> Rest {
    match google {
        Some("STOP" | "1") => Rest::Whole,
        Some("MAX_TOKENS" | "2" | "CONTINUATION") | None => Rest::Cut,
        Some(_) => Rest::Lost,
    }
}

/// Appends the members of a choice that say why it ended, in OpenAI's words and in Google's.
pub(super) fn push(json: &mut Vec<u8>, finish: &str, native: Option<&str>, message: Option<&str>) {
    json.extend_from_slice(b"\"finish_reason\":");
    push_string(json, finish);
    json.extend_from_slice(b",\"native_finish_reason\":");
    match native {
        Some(native) => push_string(json, native),
        None => json.extend_from_slice(b"null"),
    }
    if let Some(message) = message.filter(|message| !message.is_empty()) {
        json.extend_from_slice(b",\"native_finish_message\":");
        push_string(json, message);
    }
}

/// What a stream told of why a choice ended.
pub(in crate::endpoint) struct Told {
    /// Google's: of the candidate, or why the prompt was blocked.
    pub(in crate::endpoint) reason: String,
    pub(in crate::endpoint) message: Option<String>,
    pub(in crate::endpoint) blocked: bool,
}

/// Appends the same members for a choice of a stream that has ended, in which anything `usable` came.
///
/// # Errors
/// As [`reason`].
pub(in crate::endpoint) fn push_told(
    told: Option<&Told>,
    usable: bool,
    called: Option<&'static str>,
    envelope: &Envelope,
    json: &mut Vec<u8>,
) -> Result<(), Error> {
    // Cut while others finished: not a stop.
    let Some(Told { reason: native, message, blocked }) = told else {
        push(json, "length", None, None);
        return Ok(());
    };
    let message = message.as_deref();
    let finish = match blocked {
        true => "content_filter",
        false => reason(Some(native), message, usable, called).map_err(|error| envelope.redacted(error))?,
    };
    push(json, finish, Some(native), message);
    Ok(())
}

const FILTERED: [&str; 13] = [
    "SAFETY",
    "3",
    "RECITATION",
    "4",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "ESCALATION",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
];

const FAILED: [&str; 5] = [
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
];

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_reason_has_its_openai_form() {
        // What came: text, calls, nothing.
        let stop = [Some("stop"), Some("tool_calls"), Some("stop")];
        let length = [Some("length"); 3];
        let filtered = [Some("content_filter"); 3];
        let unknown = [Some("stop"), Some("tool_calls"), Some("content_filter")];
        let failed = [Some("stop"), Some("tool_calls"), None];
        for (reasons, expected) in [
            (&["", "STOP", "1"][..], stop),
            (&["MAX_TOKENS", "2", "CONTINUATION"], length),
            (
                &[
                    "SAFETY",
                    "3",
                    "RECITATION",
                    "4",
                    "LANGUAGE",
                    "BLOCKLIST",
                    "PROHIBITED_CONTENT",
                    "SPII",
                    "MODEL_ARMOR",
                    "ESCALATION",
                    "IMAGE_SAFETY",
                    "IMAGE_PROHIBITED_CONTENT",
                    "IMAGE_RECITATION",
                ],
                filtered,
            ),
            (
                &["OTHER", "5", "0", "IMAGE_OTHER", "NO_IMAGE", "FINISH_REASON_UNSPECIFIED", "SOMETHING_NEW"],
                unknown,
            ),
            (
                &[
                    "MALFORMED_FUNCTION_CALL",
                    "UNEXPECTED_TOOL_CALL",
                    "TOO_MANY_TOOL_CALLS",
                    "MALFORMED_RESPONSE",
                    "MISSING_THOUGHT_SIGNATURE",
                ],
                failed,
            ),
        ] {
            for google in reasons {
                let google = Some(*google).filter(|google| !google.is_empty());
                let told = |usable, called| reason(google, None, usable, called).ok();
                let found = [told(true, None), told(true, Some("tool_calls")), told(false, None)];
                assert_eq!(found, expected, "{google:?}");
            }
        }
        assert_eq!(reason(Some("STOP"), None, true, Some("function_call")).ok(), Some("function_call"));
        for (message, expected) in [
            (Some("bad call"), "bad call"),
            (Some(""), "The model produced a malformed reply."),
            (None, "The model produced a malformed reply."),
        ] {
            let error = reason(Some("MALFORMED_FUNCTION_CALL"), message, false, None).unwrap_err();
            assert_eq!((error.status(), error.message()), (502, expected));
        }
    }
}
