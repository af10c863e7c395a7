//! Media references: what an image, a recording, a video or a file becomes in a Gemini part.
//!
//! Rule: base64 is never decoded or copied. It stays a slice of the client's body until it is written into Google's,
//! and what is wrong with it (line breaks, the URL-safe alphabet, missing padding) is put right while it is written.
//!
//! | concern | file |
//! |---|---|
//! | base64: checked, repaired, written | `base64` |
//! | data URLs | `data_url` |
//! | references that Google fetches, and where it cannot | `uri` |
//! | MIME types Google takes, file name extensions | `mime` |
//! | the same from the first bytes | `sniff` |
//! | `detail`, `video_metadata` | `options` |
//!
//! <https://ai.google.dev/gemini-api/docs/file-input-methods>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference#blob>

mod base64;
mod data_url;
mod mime;
mod options;
mod sniff;
mod uri;

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

pub use base64::Base64;
pub use options::{MediaResolution, VideoMetadata, media_resolution, video_metadata};

use crate::error::Error;
use crate::wire::literal;
use base64::Fault;
use data_url::DataUrl;

/// What a reference becomes in a Gemini part.
///
/// Serializes as an object with one member, which can be flattened into the part without a copy.
#[derive(Debug)]
pub enum Media<'a> {
    /// `{"inlineData":{"mimeType","data"}}`
    Inline {
        /// `image/png`, …
        mime_type: Cow<'a, str>,
        /// The bytes.
        data: Base64<'a>,
    },
    /// `{"fileData":{"mimeType"?,"fileUri"}}`
    File {
        /// `https:`, or `gs:` on Vertex.
        uri: Cow<'a, str>,
        /// Absent where Google finds it out: its own files, YouTube and unknown extensions on the Developer API.
        mime_type: Option<Cow<'a, str>>,
    },
}

/// Which of Google's two APIs the part is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `generativelanguage.googleapis.com`
    Developer,
    /// `aiplatform.googleapis.com`
    Vertex,
}

/// What the content part is meant to hold. A MIME type that is told or found has precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `image_url`
    Image,
    /// `input_audio`
    Audio,
    /// `video_url`, `input_video`
    Video,
    /// `file`
    File,
}

/// What the content part says besides the reference.
#[derive(Clone, Copy, Debug)]
pub struct Hint<'h> {
    /// What the part is meant to hold.
    pub kind: Kind,
    /// `mime_type`, as LiteLLM's clients send it.
    pub mime_type: Option<&'h str>,
    /// `input_audio.format`, `file.format`: `wav`, or a whole MIME type.
    pub format: Option<&'h str>,
    /// `file.filename`
    pub filename: Option<&'h str>,
}

impl Hint<'_> {
    /// No more than what the part is meant to hold.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self { kind, mime_type: None, format: None, filename: None }
    }
}

/// Why a reference is refused. Always the client's fault, and never quotes the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaError {
    code: &'static str,
    message: &'static str,
}

impl MediaError {
    /// `invalid_type`, `invalid_image_url`, `invalid_url`, `invalid_file_id`, `invalid_base64`, `unsupported_media` or
    /// `invalid_value`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// A sentence for the client.
    #[must_use]
    pub fn message(&self) -> &'static str {
        self.message
    }

    /// The 400, on the member of the request that holds the reference.
    #[must_use]
    pub fn at(self, param: impl Into<String>) -> Error {
        Error::invalid(self.message).param(param).code(self.code)
    }

    const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message }
    }

    const fn url(kind: Kind, message: &'static str) -> Self {
        Self::new(if matches!(kind, Kind::Image) { "invalid_image_url" } else { "invalid_url" }, message)
    }
}

impl From<Fault> for MediaError {
    fn from(fault: Fault) -> Self {
        Self::new("invalid_base64", fault.message())
    }
}

/// Reads `image_url.url`, `video_url.url`, `file_url`: a URL of any kind.
///
/// Bare base64, which some clients put here, is taken where its first bytes tell what it is. `url` is the JSON
/// literal as it stands in the request.
///
/// # Errors
/// Anything that Google would not fetch or take.
pub fn from_url<'a>(url: &'a RawValue, hint: Hint<'_>, backend: Backend) -> Result<Media<'a>, MediaError> {
    let inner = literal::inner(url).ok_or(NOT_A_STRING)?;
    if let Some(media) = reference(inner, hint, backend)? {
        return Ok(media);
    }
    let not_a_url = MediaError::url(hint.kind, "Expected a data URL or an 'https://' URL.");
    let data = Base64::read(inner).map_err(|_| not_a_url)?;
    sniff::magic(&data.first_bytes(), hint.kind).ok_or(not_a_url)?;
    inline(data, None, hint, backend)
}

/// Reads `input_audio.data`, `file.file_data`: bare base64, or a URL of any kind as Google's own endpoint takes it.
///
/// # Errors
/// Bad base64, an unknown type, and whatever [`from_url`] refuses.
pub fn from_data<'a>(data: &'a RawValue, hint: Hint<'_>, backend: Backend) -> Result<Media<'a>, MediaError> {
    let inner = literal::inner(data).ok_or(NOT_A_STRING)?;
    match reference(inner, hint, backend)? {
        Some(media) => Ok(media),
        None => inline(Base64::read(inner)?, None, hint, backend),
    }
}

/// Reads `file.file_id`: a name or URI of Google's Files API, or another URI.
///
/// # Errors
/// Ids of OpenAI's files, and whatever [`from_url`] refuses.
pub fn from_file_id<'a>(id: &'a RawValue, backend: Backend) -> Result<Media<'a>, MediaError> {
    let inner = literal::inner(id).ok_or(NOT_A_STRING)?;
    reference(inner, Hint::of(Kind::File), backend)?.ok_or(uri::UNKNOWN_ID)
}

/// The type of a file that begins with the bytes `start`: as the hint tells, else as these do.
///
/// # Errors
/// Where neither tells.
pub fn type_of(start: &[u8], hint: Hint<'_>, backend: Backend) -> Result<Cow<'static, str>, MediaError> {
    let sniffed = || mime::normalise(sniff::sniff(start, hint.kind)?, hint.kind, backend);
    mime::hinted(hint, backend).or_else(sniffed).ok_or(UNKNOWN_TYPE)
}

/// A data URL or a URI; `None` for what is neither.
fn reference<'a>(inner: &'a str, hint: Hint<'_>, backend: Backend) -> Result<Option<Media<'a>>, MediaError> {
    match data_url::parse(inner).map_err(|message| MediaError::url(hint.kind, message))? {
        Some(url) => from_data_url(url, hint, backend).map(Some),
        None if uri::is_uri(inner) => uri::file(literal::unescape(inner), hint, backend).map(Some),
        None => Ok(None),
    }
}

fn from_data_url<'a>(url: DataUrl<'a>, hint: Hint<'_>, backend: Backend) -> Result<Media<'a>, MediaError> {
    let declared = url.mime_type.as_deref();
    if url.base64 {
        return inline(Base64::read(url.payload)?, declared, hint, backend);
    }
    // `;base64` forgotten: nothing but base64 whose bytes are media.
    if let Ok(data) = Base64::read(url.payload)
        && sniff::magic(&data.first_bytes(), hint.kind).is_some()
    {
        return inline(data, declared, hint, backend);
    }
    inline(Base64::encode(&data_url::percent_decode(url.payload))?, declared, hint, backend)
}

/// The first of: what is declared, what the part says, the file's name, the first bytes.
fn inline<'a>(
    data: Base64<'a>,
    declared: Option<&str>,
    hint: Hint<'_>,
    backend: Backend,
) -> Result<Media<'a>, MediaError> {
    let mime_type = match declared.and_then(|given| mime::normalise(given, hint.kind, backend)) {
        Some(declared) => declared,
        None => type_of(&data.first_bytes(), hint, backend)?,
    };
    Ok(Media::Inline { mime_type, data })
}

impl Serialize for Media<'_> {
    /// `mimeType` goes first: Vertex has refused the other order.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Blob<'m> {
            mime_type: &'m str,
            data: &'m Base64<'m>,
        }
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct FileData<'m> {
            #[serde(skip_serializing_if = "Option::is_none")]
            mime_type: Option<&'m str>,
            file_uri: &'m str,
        }
        // A map rather than a struct variant, whose fields serde would copy in order to flatten them.
        let mut part = serializer.serialize_map(Some(1))?;
        match self {
            Self::Inline { mime_type, data } => {
                part.serialize_entry("inlineData", &Blob { mime_type, data })?
            }
            Self::File { uri, mime_type } => {
                let mime_type = mime_type.as_deref();
                part.serialize_entry("fileData", &FileData { mime_type, file_uri: uri })?;
            }
        }
        part.end()
    }
}

const NOT_A_STRING: MediaError = MediaError::new("invalid_type", "Expected a string.");

const UNKNOWN_TYPE: MediaError = MediaError::new(
    "unsupported_media",
    "The media type could not be determined. Name it in a data URL ('data:image/png;base64,…'), in 'format' \
     or by the file name's extension.",
);

#[cfg(test)]
mod tests;
