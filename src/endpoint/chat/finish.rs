//! Why a choice ended. Reasons come as names, or as numbers, which both back ends agree on up to 5.
//!
//! <https://ai.google.dev/api/generate-content#FinishReason>

use crate::error::Error;

/// What the client is told, given Google's reason, whether anything usable came, and what calls in it
/// make of a stop.
///
/// # Errors
/// 502 where the model failed and left nothing: such failures are chance, and clients retry a 5xx.
pub(super) fn reason(
    google: Option<&str>,
    message: Option<&str>,
    usable: bool,
    called: Option<&'static str>,
) -> Result<&'static str, Error> {
    let stop = called.unwrap_or("stop");
    match google {
        Some("STOP" | "1") | None => Ok(stop),
        Some("MAX_TOKENS" | "2" | "CONTINUATION") => Ok("length"),
        Some(filtered) if FILTERED.contains(&filtered) => Ok("content_filter"),
        Some(failed) if FAILED.contains(&failed) && !usable => {
            let message = message.filter(|message| !message.is_empty());
            let message = message.unwrap_or("The model produced a malformed reply.");
            Err(Error::server(502, message).code("malformed_function_call"))
        }
        Some(failed) if FAILED.contains(&failed) => Ok(stop),
        Some(_) => Ok(if usable { stop } else { "content_filter" }),
    }
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
        for (google, usable, empty) in [
            (None, "stop", Some("stop")),
            (Some("STOP"), "stop", Some("stop")),
            (Some("MAX_TOKENS"), "length", Some("length")),
            (Some("CONTINUATION"), "length", Some("length")),
            (Some("SAFETY"), "content_filter", Some("content_filter")),
            (Some("RECITATION"), "content_filter", Some("content_filter")),
            (Some("LANGUAGE"), "content_filter", Some("content_filter")),
            (Some("IMAGE_SAFETY"), "content_filter", Some("content_filter")),
            (Some("1"), "stop", Some("stop")),
            (Some("2"), "length", Some("length")),
            (Some("3"), "content_filter", Some("content_filter")),
            (Some("5"), "stop", Some("content_filter")),
            (Some("OTHER"), "stop", Some("content_filter")),
            (Some("FINISH_REASON_UNSPECIFIED"), "stop", Some("content_filter")),
            (Some("SOMETHING_NEW"), "stop", Some("content_filter")),
            (Some("MALFORMED_FUNCTION_CALL"), "stop", None),
            (Some("MISSING_THOUGHT_SIGNATURE"), "stop", None),
        ] {
            assert_eq!(reason(google, None, true, None).ok(), Some(usable), "{google:?}");
            assert_eq!(reason(google, None, false, None).ok(), empty, "{google:?}");
        }
        for (google, expected) in [("STOP", "tool_calls"), ("OTHER", "tool_calls"), ("MAX_TOKENS", "length")]
        {
            assert_eq!(reason(Some(google), None, true, Some("tool_calls")).ok(), Some(expected), "{google}");
        }
        let error = reason(Some("MALFORMED_FUNCTION_CALL"), Some("bad call"), false, None).unwrap_err();
        assert_eq!((error.status(), error.message()), (502, "bad call"));
    }
}
