//! Images and other files of a reply.
//!
//! Pictures go to `images`, which OpenAI's chat completions lack and OpenRouter and LiteLLM have; what is neither picture
//! nor sound goes to `files`, as `file` parts are written in requests. Sound is in `audio_out`. Drafts of a thinking
//! model are not shown. Base64 is copied as it came.
//! <https://ai.google.dev/gemini-api/docs/image-generation>, <https://openrouter.ai/docs/features/multimodal/image-generation>

use super::envelope::{push_signature, push_string};
use crate::wire::gemini::CandidatePart;
use crate::wire::text::Text;

/// The files of one choice, which numbers them.
#[derive(Debug, Default)]
pub(super) struct Files {
    images: usize,
    files: usize,
}

/// The list that the file of `part` belongs to; `None` where it shows none.
pub(super) fn list(part: &CandidatePart<'_>) -> Option<&'static str> {
    File::of(part).map(|file| file.list())
}

impl Files {
    /// Appends the file of `part` to `json` as an element of its list.
    pub(super) fn push(&mut self, part: &CandidatePart<'_>, json: &mut Vec<u8>) {
        let Some(file) = File::of(part) else {
            return;
        };
        let image = file.list() == IMAGES;
        let count = if image { &mut self.images } else { &mut self.files };
        if image {
            json.extend_from_slice(b"{\"type\":\"image_url\",\"image_url\":{\"url\":");
            file.push_url(json);
        } else {
            // The names are those of a request, so that a client can send it back.
            json.extend_from_slice(b"{\"type\":\"file\",\"file\":{\"");
            json.extend_from_slice(if file.data.is_ok() { b"file_data\":" } else { b"file_id\":" });
            file.push_url(json);
            if file.data.is_err() && !file.kind.is_empty() {
                json.extend_from_slice(b",\"format\":");
                push_string(json, file.kind);
            }
        }
        json.extend_from_slice(format!("}},\"index\":{count}").as_bytes());
        *count = count.saturating_add(1);
        if let Some(signature) = part.signature() {
            json.push(b',');
            push_signature(json, signature);
        }
        json.push(b'}');
    }
}

struct File<'p> {
    /// The MIME type; may be empty.
    kind: &'p str,
    /// Base64, or else the address.
    data: Result<Text<'p>, &'p str>,
}

impl<'p> File<'p> {
    fn of(part: &'p CandidatePart<'_>) -> Option<Self> {
        if part.is_thought() || super::audio_out::is_sound(part) {
            return None;
        }
        if let Some(inline) = &part.inline_data.0 {
            let data = inline.data.and_then(Text::verbatim).filter(|data| !data.is_empty())?;
            return Some(Self { kind: inline.mime_type.as_deref().unwrap_or_default(), data: Ok(data) });
        }
        let file = part.file_data.0.as_ref()?;
        let uri = file.file_uri.as_deref().filter(|uri| !uri.is_empty())?;
        Some(Self { kind: file.mime_type.as_deref().unwrap_or_default(), data: Err(uri) })
    }

    fn list(&self) -> &'static str {
        let family = self.kind.get(..6).unwrap_or_default();
        if family.eq_ignore_ascii_case("image/") { IMAGES } else { "files" }
    }

    fn push_url(&self, json: &mut Vec<u8>) {
        match &self.data {
            Err(uri) => push_string(json, uri),
            Ok(data) => {
                let kind = if self.kind.is_empty() { "application/octet-stream" } else { self.kind };
                json.reserve(data.inner().len().saturating_add(1024));
                push_string(json, &format!("data:{kind};base64,"));
                json.pop();
                json.extend_from_slice(data.inner().as_bytes());
                json.push(b'"');
            }
        }
    }
}

const IMAGES: &str = "images";

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn files_are_shown_by_kind() {
        let mut files = Files::default();
        for (part, expected_list, expected) in [
            (
                r#"{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}"#,
                "images",
                r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="},"index":0}"#,
            ),
            (
                r#"{"thoughtSignature":"c2ln","inlineData":{"mimeType":"Image/jpeg","data":"\/9j\/Zg\u003d\u003d"}}"#,
                "images",
                r#"{"type":"image_url","image_url":{"url":"data:Image/jpeg;base64,\/9j\/Zg\u003d\u003d"},"index":1,"extra_content":{"google":{"thought_signature":"c2ln"}}}"#,
            ),
            (
                r#"{"fileData":{"mimeType":"image/webp","fileUri":"gs://b/\"c\""}}"#,
                "images",
                r#"{"type":"image_url","image_url":{"url":"gs://b/\"c\""},"index":2}"#,
            ),
            (
                r#"{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}}"#,
                "files",
                r#"{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0="},"index":0}"#,
            ),
            (
                r#"{"inlineData":{"data":"JVBERi0="}}"#,
                "files",
                r#"{"type":"file","file":{"file_data":"data:application/octet-stream;base64,JVBERi0="},"index":1}"#,
            ),
            (
                r#"{"fileData":{"mimeType":"video/mp4","fileUri":"https://v"}}"#,
                "files",
                r#"{"type":"file","file":{"file_id":"https://v","format":"video/mp4"},"index":2}"#,
            ),
            (
                r#"{"fileData":{"fileUri":"files/x"}}"#,
                "files",
                r#"{"type":"file","file":{"file_id":"files/x"},"index":3}"#,
            ),
        ] {
            let mut json = Vec::new();
            let part = serde_json::from_str(part).unwrap();
            assert_eq!(list(&part), Some(expected_list));
            files.push(&part, &mut json);
            assert_eq!(String::from_utf8(json).unwrap(), expected);
        }
    }

    #[test]
    fn other_parts_show_nothing() {
        for part in [
            "{}",
            r#"{"text":"x"}"#,
            r#"{"thought":true,"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}"#,
            r#"{"inlineData":{"mimeType":"image/png"}}"#,
            r#"{"inlineData":{"mimeType":"image/png","data":""}}"#,
            r#"{"inlineData":{"mimeType":"image/png","data":7}}"#,
            r#"{"inlineData":null}"#,
            r#"{"inlineData":{"mimeType":"audio/wav","data":"UklGRg=="}}"#,
            r#"{"fileData":{"mimeType":"image/png"}}"#,
        ] {
            let mut json = Vec::new();
            let part = serde_json::from_str(part).unwrap();
            Files::default().push(&part, &mut json);
            assert!(list(&part).is_none() && json.is_empty());
        }
    }
}
