//! What goes beside media in a part: how closely an image is looked at, and which stretch of a video.
//!
//! <https://ai.google.dev/gemini-api/docs/media-resolution>, <https://ai.google.dev/api/caching#VideoMetadata>

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Number;
use serde_json::value::RawValue;

use super::MediaError;
use crate::wire::literal;

/// `mediaResolution.level` of a part. Ordered: where a request has only one, the highest wanted is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[expect(missing_docs, reason = "the names are Google's")]
pub enum MediaResolution {
    #[serde(rename = "MEDIA_RESOLUTION_LOW")]
    Low,
    #[serde(rename = "MEDIA_RESOLUTION_MEDIUM")]
    Medium,
    #[serde(rename = "MEDIA_RESOLUTION_HIGH")]
    High,
    #[serde(rename = "MEDIA_RESOLUTION_ULTRA_HIGH")]
    UltraHigh,
}

impl MediaResolution {
    /// The level for `generationConfig.mediaResolution`, of models before Gemini 3: parts alone know `ULTRA_HIGH`.
    #[must_use]
    pub fn of_request(self) -> Self {
        self.min(Self::High)
    }
}

/// Reads `image_url.detail`; `auto` is Google's default. `original` is OpenAI's newest, `medium` and `ultra_high`
/// Google's additions.
///
/// # Errors
/// Any other word.
pub fn media_resolution(detail: &str) -> Result<Option<MediaResolution>, MediaError> {
    Ok(Some(match detail {
        "auto" | "" => return Ok(None),
        "low" => MediaResolution::Low,
        "medium" => MediaResolution::Medium,
        "high" => MediaResolution::High,
        "ultra_high" | "original" => MediaResolution::UltraHigh,
        _ => return Err(BAD_DETAIL),
    }))
}

/// `videoMetadata` of a part.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VideoMetadata {
    /// Frames per second, above 0 and up to 24.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<Number>,
    /// Where to begin, in seconds: `1.5s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_offset: Option<String>,
    /// Where to end, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_offset: Option<String>,
}

/// Reads the members of LiteLLM's `video_metadata`: each a number, or a string such as `"90"` or `"1.5s"`.
///
/// # Errors
/// Frames per second outside Google's range, and offsets that are not seconds.
pub fn video_metadata(
    fps: Option<&RawValue>,
    start_offset: Option<&RawValue>,
    end_offset: Option<&RawValue>,
) -> Result<Option<VideoMetadata>, MediaError> {
    let fps = given(fps)
        .map(|text| {
            let in_range = text.parse::<f64>().is_ok_and(|fps| fps > 0.0 && fps <= 24.0);
            serde_json::from_str::<Number>(&text).ok().filter(|_| in_range).ok_or(BAD_FPS)
        })
        .transpose()?;
    let offset = |raw| given(raw).map(|text| seconds(&text).ok_or(BAD_OFFSET)).transpose();
    let metadata =
        VideoMetadata { fps, start_offset: offset(start_offset)?, end_offset: offset(end_offset)? };
    let is_empty = metadata.fps.is_none() && metadata.start_offset.is_none() && metadata.end_offset.is_none();
    Ok((!is_empty).then_some(metadata))
}

/// The text of a string or number.
fn given(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let raw = raw.filter(|raw| raw.get() != "null")?;
    Some(literal::inner(raw).map_or(Cow::Borrowed(raw.get()), literal::unescape))
}

/// A duration as protobuf's JSON has it.
fn seconds(text: &str) -> Option<String> {
    let text = text.trim();
    let number = text.strip_suffix('s').unwrap_or(text);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (digits(whole, 9) && digits(fraction, 9)).then(|| format!("{number}s"))
}

const BAD_DETAIL: MediaError = MediaError::new(
    "invalid_value",
    "Invalid value. Supported values are: 'auto', 'low', 'medium', 'high', 'ultra_high' and 'original'.",
);

const BAD_FPS: MediaError =
    MediaError::new("invalid_value", "Frames per second must be above 0 and at most 24.");

const BAD_OFFSET: MediaError =
    MediaError::new("invalid_value", "An offset must be a number of seconds, such as '90s' or 1.5.");

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn detail_is_a_level() {
        use MediaResolution::{High, Low, Medium, UltraHigh};
        for (detail, expected) in [
            ("auto", Some(None)),
            ("", Some(None)),
            ("low", Some(Some(Low))),
            ("medium", Some(Some(Medium))),
            ("high", Some(Some(High))),
            ("ultra_high", Some(Some(UltraHigh))),
            ("original", Some(Some(UltraHigh))),
            ("HIGH", None),
            ("odd", None),
        ] {
            assert_eq!(media_resolution(detail).ok(), expected, "{detail}");
        }
    }

    #[test]
    fn a_request_takes_the_highest_level_it_knows() {
        use MediaResolution::{High, Low, Medium, UltraHigh};
        for (wanted, expected) in [
            (vec![Low, Medium], r#""MEDIA_RESOLUTION_MEDIUM""#),
            (vec![High, Low], r#""MEDIA_RESOLUTION_HIGH""#),
            (vec![UltraHigh, Low], r#""MEDIA_RESOLUTION_HIGH""#),
            (vec![Low], r#""MEDIA_RESOLUTION_LOW""#),
        ] {
            let level = wanted.into_iter().max().unwrap().of_request();
            assert_eq!(serde_json::to_string(&level).unwrap(), expected);
        }
    }

    #[test]
    fn video_metadata_in_numbers_and_strings() {
        let raw = |json: &'static str| Some(serde_json::from_str::<&RawValue>(json).unwrap());
        for (fps, start, end, expected) in [
            (raw("1"), None, None, Ok(r#"{"fps":1}"#)),
            (raw("0.2"), raw("5"), raw("\"10s\""), Ok(r#"{"fps":0.2,"startOffset":"5s","endOffset":"10s"}"#)),
            (raw("\"24\""), raw("1.5"), None, Ok(r#"{"fps":24,"startOffset":"1.5s"}"#)),
            (None, raw("\"90\""), raw("\" 0.25s \""), Ok(r#"{"startOffset":"90s","endOffset":"0.25s"}"#)),
            (raw("null"), raw("null"), raw("0"), Ok(r#"{"endOffset":"0s"}"#)),
            (raw("null"), None, None, Ok("null")),
            (None, None, None, Ok("null")),
            (raw("0"), None, None, Err(BAD_FPS)),
            (raw("-1"), None, None, Err(BAD_FPS)),
            (raw("25"), None, None, Err(BAD_FPS)),
            (raw("\"NaN\""), None, None, Err(BAD_FPS)),
            (raw("\"inf\""), None, None, Err(BAD_FPS)),
            (raw("true"), None, None, Err(BAD_FPS)),
            (None, raw("-1"), None, Err(BAD_OFFSET)),
            (None, raw("\"1:30\""), None, Err(BAD_OFFSET)),
            (None, raw("\"s\""), None, Err(BAD_OFFSET)),
            (None, raw("\"1.s\""), None, Err(BAD_OFFSET)),
            (None, None, raw("1e3"), Err(BAD_OFFSET)),
            (None, None, raw("{}"), Err(BAD_OFFSET)),
            (None, None, raw("\"1.0123456789s\""), Err(BAD_OFFSET)),
        ] {
            let found =
                video_metadata(fps, start, end).map(|metadata| serde_json::to_string(&metadata).unwrap());
            assert_eq!(found.as_deref().map_err(|error| *error), expected);
        }
    }
}
