//! What Google is sent, by method and back end.
//!
//! | method | body |
//! |---|---|
//! | `batchEmbedContents` | `{"requests":[{"model","content","taskType","title","outputDimensionality"}]}`; on Vertex AI, and beside `autoTruncate`, the last three in `embedContentConfig` |
//! | `embedContent` | `{"content","embedContentConfig"}` |
//! | `predict` | `{"instances":[{"content","task_type","title"}],"parameters":{"outputDimensionality","autoTruncate"}}` |
//! | `predict` of `multimodalembedding` | `{"instances":[{"text"} or {"image"} or {"video"}],"parameters":{"dimension"}}` |
//!
//! A content of several parts would become one vector: every input is a content of its own.
//! <https://ai.google.dev/api/embeddings>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>

use serde::Serialize;

use super::inputs::{Input, What};
use crate::config::Embedding;
use crate::media::{Backend, Media};

/// How Google is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Batch,
    Content,
    Predict,
}

impl Method {
    /// Its name in the path.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Batch => "batchEmbedContents",
            Self::Content => "embedContent",
            Self::Predict => "predict",
        }
    }
}

/// What all inputs of a request have in common.
pub(super) struct Body<'m> {
    pub(super) method: Method,
    pub(super) backend: Backend,
    /// The model's resource, where the body names it.
    pub(super) resource: &'m str,
    pub(super) embedding: Embedding,
    pub(super) dimensions: Option<u32>,
    pub(super) auto_truncate: Option<bool>,
}

impl Body<'_> {
    /// The body for `inputs`; of [`Method::Content`] for one.
    pub(super) fn write(&self, inputs: &[Input<'_>]) -> Vec<u8> {
        let (open, close) = match self.method {
            Method::Batch => ("{\"requests\":[", "]}"),
            Method::Content => ("", ""),
            Method::Predict => ("{\"instances\":[", "]"),
        };
        let mut json = open.as_bytes().to_vec();
        for (position, input) in inputs.iter().enumerate() {
            if position > 0 {
                json.push(b',');
            }
            match self.method {
                Method::Predict => self.push_instance(input, &mut json),
                Method::Batch | Method::Content => self.push_request(input, &mut json),
            }
        }
        json.extend_from_slice(close.as_bytes());
        if self.method == Method::Predict {
            self.push_parameters(&mut json);
            json.push(b'}');
        }
        json
    }

    fn push_request(&self, input: &Input<'_>, json: &mut Vec<u8>) {
        json.push(b'{');
        if self.method == Method::Batch {
            push(json, "\"model\":", self.resource);
            json.push(b',');
        }
        json.extend_from_slice(b"\"content\":{\"parts\":[");
        match &input.what {
            What::Text(text) => {
                let task = input.task.filter(|_| self.embedding == Embedding::Content);
                let title = input.title.as_ref().map(|title| title.inner());
                let prefix = task.map(|task| task.prefix(title)).unwrap_or_default();
                json.extend_from_slice(format!("{{\"text\":\"{prefix}").as_bytes());
                json.extend_from_slice(text.inner().as_bytes());
                json.extend_from_slice(b"\"}");
            }
            What::Media(media) => push(json, "", media),
        }
        json.extend_from_slice(b"]}");
        let mut members = Members::default();
        if self.embedding == Embedding::Text {
            members.push_task(input, "taskType");
        }
        members.push_number("outputDimensionality", self.dimensions);
        members.push_flag("autoTruncate", self.auto_truncate);
        if !members.0.is_empty() {
            // The place on the level of the request is the older one, which every version of every model knows.
            let nested = self.backend == Backend::Vertex || self.auto_truncate.is_some();
            json.extend_from_slice(if nested { b",\"embedContentConfig\":{" } else { b"," });
            json.extend_from_slice(&members.0);
            if nested {
                json.push(b'}');
            }
        }
        json.push(b'}');
    }

    fn push_instance(&self, input: &Input<'_>, json: &mut Vec<u8>) {
        let text = if self.embedding == Embedding::Multimodal { "{\"text\":" } else { "{\"content\":" };
        match &input.what {
            What::Text(text_of) => push(json, text, text_of),
            What::Media(media) => push_seen(media, json),
        }
        let mut members = Members::default();
        members.push_task(input, "task_type");
        if !members.0.is_empty() {
            json.push(b',');
            json.extend_from_slice(&members.0);
        }
        json.push(b'}');
    }

    fn push_parameters(&self, json: &mut Vec<u8>) {
        let mut members = Members::default();
        match self.embedding {
            Embedding::Multimodal => members.push_number("dimension", self.dimensions),
            _ => {
                members.push_number("outputDimensionality", self.dimensions);
                members.push_flag("autoTruncate", self.auto_truncate);
            }
        }
        if !members.0.is_empty() {
            json.extend_from_slice(b",\"parameters\":{");
            json.extend_from_slice(&members.0);
            json.push(b'}');
        }
    }
}

/// An image or a video as `multimodalembedding` takes it. A video's first two minutes, all it looks at by default, are one
/// segment, since an input is one vector.
fn push_seen(media: &Media<'_>, json: &mut Vec<u8>) {
    let (mime_type, is_video) = match media {
        Media::Inline { mime_type, .. } => (Some(mime_type), mime_type.starts_with("video/")),
        Media::File { mime_type, .. } => {
            (mime_type.as_ref(), mime_type.as_ref().is_some_and(|given| given.starts_with("video/")))
        }
    };
    json.extend_from_slice(if is_video { b"{\"video\":{" } else { b"{\"image\":{" });
    match media {
        Media::Inline { data, .. } => push(json, "\"bytesBase64Encoded\":", data),
        Media::File { uri, .. } => push(json, "\"gcsUri\":", uri),
    }
    if is_video {
        json.extend_from_slice(b",\"videoSegmentConfig\":{\"intervalSec\":120}");
    } else if let Some(mime_type) = mime_type.filter(|mime_type| !mime_type.ends_with('*')) {
        push(json, ",\"mimeType\":", mime_type);
    }
    json.push(b'}');
}

/// Members of an object, to be put between its braces.
#[derive(Default)]
struct Members(Vec<u8>);

impl Members {
    fn push_task(&mut self, input: &Input<'_>, name: &str) {
        if let Some(task) = input.task {
            self.push(name, task.name);
        }
        if let Some(title) = &input.title {
            self.push("title", title);
        }
    }

    fn push_number(&mut self, name: &str, number: Option<u32>) {
        if let Some(number) = number {
            self.push(name, number);
        }
    }

    fn push_flag(&mut self, name: &str, flag: Option<bool>) {
        if let Some(flag) = flag {
            self.push(name, flag);
        }
    }

    fn push(&mut self, name: &str, value: impl Serialize) {
        let comma = if self.0.is_empty() { "" } else { "," };
        push(&mut self.0, &format!("{comma}\"{name}\":"), value);
    }
}

/// Appends `before` and a JSON value.
fn push(json: &mut Vec<u8>, before: &str, value: impl Serialize) {
    json.extend_from_slice(before.as_bytes());
    // Nothing can fail: there is no map with odd keys, and memory has no errors.
    let _ = serde_json::to_writer(json, &value);
}
