//! What has become of a job, as Google tells it. Both back ends' shapes are read wherever they come from:
//!
//! * `response.generateVideoResponse.generatedSamples[].video.uri` of the Developer API,
//! * `response.videos[]`, each with `bytesBase64Encoded` or `gcsUri`, of Vertex AI.
//!
//! <https://ai.google.dev/gemini-api/docs/video>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation>

use serde_json::value::RawValue;

use crate::error::{Error, upstream};
use crate::wire::json;
use crate::wire::lenient::{Members, Word};

/// What has become of a job.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is not finished.
    Running,
    /// There is a video.
    Done(Place),
    /// There is none, and never will be.
    Failed {
        /// For programs.
        code: &'static str,
        /// Without secrets.
        message: String,
    },
}

/// Where a video is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind a URI of the Files API.
    File(String),
    /// In Cloud Storage: `gs://…`
    Object(String),
    /// In the reply itself.
    Here,
}

/// Reads an operation; `secrets` are never repeated.
///
/// # Errors
/// 502 where it is not JSON of the right shape.
pub(super) fn read(json: &[u8], secrets: &[String]) -> Result<Outcome, Error> {
    let heavy = json::is_too_heavy(json);
    let operation = json::read::<Members<'_>>(json).filter(|_| !heavy).ok_or_else(Error::reply_unreadable)?;
    if let Some(error) = operation.get("error") {
        return Ok(failed(error, secrets));
    }
    if operation.get("done").is_none_or(|done| done.get() != "true") {
        return Ok(Outcome::Running);
    }
    let response = operation.get("response").and_then(members).unwrap_or(Members(Vec::new()));
    let response = response.get("generateVideoResponse").and_then(members).unwrap_or(response);
    let samples = ["generatedSamples", "videos"].iter().find_map(|name| response.get(name));
    if let Some(place) = list(samples).into_iter().find_map(place) {
        return Ok(Outcome::Done(place));
    }
    let reasons = list(response.get("raiMediaFilteredReasons"));
    let reasons: Vec<String> = reasons.into_iter().map(word).filter(|reason| !reason.is_empty()).collect();
    let message = if reasons.is_empty() {
        "Google's safety filters left no video.".to_owned()
    } else {
        upstream::redact(&reasons.join(" "), secrets)
    };
    Ok(Outcome::Failed { code: BLOCKED, message })
}

const BLOCKED: &str = "moderation_blocked";

/// What an operation's `error` says, a `google.rpc.Status`.
fn failed(error: &RawValue, secrets: &[String]) -> Outcome {
    let status = members(error).unwrap_or(Members(Vec::new()));
    let message = status.get("message").map(word).unwrap_or_default();
    let lower = message.to_ascii_lowercase();
    let blocked = ["responsible ai", "usage guidelines", "safety", "violat"];
    let code = match status.get("code").map(word).as_deref() {
        _ if blocked.iter().any(|mark| lower.contains(mark)) => BLOCKED,
        // <https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto>
        Some("3" | "9" | "11") => "invalid_request",
        Some("8") => "rate_limit_exceeded",
        _ => "server_error",
    };
    let message = if message.is_empty() { "The video could not be made." } else { &message };
    Outcome::Failed { code, message: upstream::redact(message, secrets) }
}

/// Where the video of a sample is.
fn place(sample: &RawValue) -> Option<Place> {
    let sample = members(sample)?;
    let video = sample.get("video").and_then(members).unwrap_or(sample);
    let text = |name: &str| video.get(name).map(word).filter(|text| !text.is_empty());
    text("uri")
        .map(Place::File)
        .or_else(|| text("gcsUri").map(Place::Object))
        // Without its bytes, which were not asked for, there is still its type.
        .or_else(|| {
            (video.get("bytesBase64Encoded").is_some() || text("mimeType").is_some()).then_some(Place::Here)
        })
}

fn members(raw: &RawValue) -> Option<Members<'_>> {
    Members::of(raw.get())
}

fn list(raw: Option<&RawValue>) -> Vec<&RawValue> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn word(raw: &RawValue) -> String {
    serde_json::from_str::<Word<'_>>(raw.get()).map(|word| (*word).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn failed(code: &'static str, message: &str) -> Outcome {
        Outcome::Failed { code, message: message.to_owned() }
    }

    #[test]
    fn outcomes() {
        let file = |uri: &str| Outcome::Done(Place::File(uri.to_owned()));
        let none = || failed(BLOCKED, "Google's safety filters left no video.");
        for (operation, expected) in [
            (r#"{"name":"models/veo/operations/o"}"#, Outcome::Running),
            (r#"{"name":"models/veo/operations/o","done":false,"metadata":{"@type":"x"}}"#, Outcome::Running),
            (
                r#"{"done":true,"response":{"@type":"x","generateVideoResponse":{"generatedSamples":[{"video":{"uri":"https://h/1"}},{"video":{"uri":"https://h/2"}}]}}}"#,
                file("https://h/1"),
            ),
            (r#"{"done":true,"response":{"generatedSamples":[{},{"video":{"uri":"u"}}]}}"#, file("u")),
            (
                r#"{"done":true,"response":{"raiMediaFilteredCount":0,"videos":[{"gcsUri":"gs://b/o.mp4","mimeType":"video/mp4"}]}}"#,
                Outcome::Done(Place::Object("gs://b/o.mp4".to_owned())),
            ),
            (
                r#"{"done":true,"response":{"videos":[{"bytesBase64Encoded":"0","mimeType":"video/mp4"}]}}"#,
                Outcome::Done(Place::Here),
            ),
            (r#"{"done":true,"response":{"videos":[{"mimeType":"video/mp4"}]}}"#, Outcome::Done(Place::Here)),
            (
                r#"{"done":true,"response":{"videos":[{"bytesBase64Encoded":""}]}}"#,
                Outcome::Done(Place::Here),
            ),
            (
                r#"{"done":true,"response":{"generateVideoResponse":{"raiMediaFilteredCount":2,"raiMediaFilteredReasons":["It shows a child.","58061214"]}}}"#,
                failed(BLOCKED, "It shows a child. 58061214"),
            ),
            (r#"{"done":true,"response":{"raiMediaFilteredCount":1}}"#, none()),
            (r#"{"done":true,"response":{"videos":[{}]}}"#, none()),
            (r#"{"done":true,"response":{"videos":{},"generatedSamples":7}}"#, none()),
            (r#"{"done":true}"#, none()),
            (
                r#"{"done":true,"error":{"code":3,"message":"Unsupported output video duration 5 seconds."}}"#,
                failed("invalid_request", "Unsupported output video duration 5 seconds."),
            ),
            (
                r#"{"done":true,"error":{"code":3,"message":"The prompt violates Google's Responsible AI practices."}}"#,
                failed(BLOCKED, "The prompt violates Google's Responsible AI practices."),
            ),
            (r#"{"error":{"code":8,"message":"Quota."}}"#, failed("rate_limit_exceeded", "Quota.")),
            (
                r#"{"error":{"code":13,"message":"Key s3cret-value failed."}}"#,
                failed("server_error", "Key *** failed."),
            ),
            (r#"{"error":{}}"#, failed("server_error", "The video could not be made.")),
            (r#"{"error":"no"}"#, failed("server_error", "The video could not be made.")),
        ] {
            let found = read(operation.as_bytes(), &["s3cret-value".to_owned()]).unwrap();
            assert_eq!(found, expected, "{operation}");
        }
        for reply in ["", "[]", "<html>", "{"] {
            assert_eq!(read(reply.as_bytes(), &[]).unwrap_err().status(), 502, "{reply}");
        }
    }
}
