//! References that Google fetches itself, and where it cannot.
//!
//! | reference | Developer API | Vertex |
//! |---|---|---|
//! | `https:`, YouTube | yes | yes |
//! | its own Files API | yes | no |
//! | `gs:` | no | yes |
//! | `http:`, anything else | no | no |
//!
//! <https://ai.google.dev/gemini-api/docs/file-input-methods>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference#filedata>

use std::borrow::Cow;

use super::{Backend, Hint, Kind, Media, MediaError, mime};
use crate::wire::literal::Characters;

/// Where files that were uploaded to the Developer API are.
const FILES_HOST: &str = "generativelanguage.googleapis.com";

/// Longer than the names of all schemes.
const LONGEST_SCHEME: usize = 24;

/// Longer than any id of a file.
const LONGEST_ID: usize = 128;

/// An id that no one but whoever minted it can resolve.
pub(super) const UNKNOWN_ID: MediaError = MediaError::new(
    "invalid_file_id",
    "The file is not known here: expected a file of the Gemini Files API ('files/…') or a URI. \
     Files uploaded to OpenAI cannot be read.",
);

/// Whether the inside of a literal is a URI or the name of a file, and not base64.
pub(super) fn is_uri(inner: &str) -> bool {
    let start: String =
        Characters(inner.trim_start()).skip_while(char::is_ascii_whitespace).take(LONGEST_SCHEME).collect();
    start.contains(':') || (inner.len() <= LONGEST_ID && is_file_name(&start))
}

/// `files/ID` of Google's, `file-ID` of OpenAI's.
fn is_file_name(start: &str) -> bool {
    ["files/", "file-", "file_"].iter().any(|prefix| start.starts_with(prefix))
}

/// Refers Google to the file.
pub(super) fn file<'a>(uri: Cow<'a, str>, hint: Hint<'_>, backend: Backend) -> Result<Media<'a>, MediaError> {
    let uri = trim(uri);
    let Some((scheme, rest)) = uri.split_once("://") else {
        let id = uri.strip_prefix("files/").ok_or(if is_file_name(&uri) {
            UNKNOWN_ID
        } else {
            not_a_url(hint)
        })?;
        return google_file(Cow::Owned(format!("https://{FILES_HOST}/v1beta/files/{id}")), id, hint, backend);
    };
    let (host, path) = rest.split_once(['/', '?', '#']).unwrap_or((rest, ""));
    if host.is_empty() || uri.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(not_a_url(hint));
    }
    let host = host.to_ascii_lowercase();
    match (scheme.to_ascii_lowercase().as_str(), backend) {
        ("gs", Backend::Developer) => Err(MediaError::url(hint.kind, NO_BUCKETS)),
        ("gs", Backend::Vertex) | ("https", _) => {
            if let Some(id) = files_api_id(&host, path) {
                let id = id.to_owned();
                return google_file(uri, &id, hint, backend);
            }
            let mime_type = if is_youtube(&host) {
                (backend == Backend::Vertex).then_some(Cow::Borrowed("video/mp4"))
            } else {
                web_type(path, hint, backend)?
            };
            Ok(Media::File { uri, mime_type })
        }
        ("http", _) => Err(MediaError::url(hint.kind, NO_HTTP)),
        _ => Err(not_a_url(hint)),
    }
}

/// A file of the Files API. Google knows its type.
fn google_file<'a>(
    uri: Cow<'a, str>,
    id: &str,
    hint: Hint<'_>,
    backend: Backend,
) -> Result<Media<'a>, MediaError> {
    let is_id =
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match backend {
        Backend::Vertex => Err(MediaError::url(hint.kind, NO_FILES)),
        Backend::Developer if !is_id => Err(UNKNOWN_ID),
        Backend::Developer => Ok(Media::File { uri, mime_type: mime::hinted(hint, backend) }),
    }
}

/// The id in `v1beta/files/ID`.
fn files_api_id<'u>(host: &str, path: &'u str) -> Option<&'u str> {
    let (version, file) = path.split_once('/').filter(|_| host == FILES_HOST)?;
    file.strip_prefix("files/").filter(|_| version.starts_with('v'))
}

fn is_youtube(host: &str) -> bool {
    let youtube = |host: &str| matches!(host, "youtube.com" | "youtu.be" | "youtube-nocookie.com");
    youtube(host) || host.split_once('.').is_some_and(|(_, parent)| youtube(parent))
}

/// The type of what is elsewhere: as told, else by the extension, else what the backend makes do with.
fn web_type(path: &str, hint: Hint<'_>, backend: Backend) -> Result<Option<Cow<'static, str>>, MediaError> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let known = mime::hinted(hint, backend).or_else(|| mime::of_path(path, hint.kind, backend));
    match (known, backend, hint.kind) {
        (Some(known), ..) => Ok(Some(known)),
        // Google's own OpenAI endpoint does this.
        (None, Backend::Vertex, Kind::Image) => Ok(Some(Cow::Borrowed("image/*"))),
        (None, Backend::Vertex, _) => Err(NO_TYPE),
        // There is no wildcard here; the Vercel AI SDK does this.
        (None, Backend::Developer, Kind::Image) => Ok(Some(Cow::Borrowed("image/jpeg"))),
        (None, Backend::Developer, _) => Ok(None),
    }
}

fn trim(uri: Cow<'_, str>) -> Cow<'_, str> {
    match uri {
        Cow::Borrowed(uri) => Cow::Borrowed(uri.trim()),
        Cow::Owned(uri) => Cow::Owned(uri.trim().to_owned()),
    }
}

fn not_a_url(hint: Hint<'_>) -> MediaError {
    MediaError::url(hint.kind, "Expected a data URL or an 'https://' URL.")
}

const NO_HTTP: &str = "Media are fetched over 'https://' only, not 'http://'.";

const NO_BUCKETS: &str = "The Gemini Developer API does not read 'gs://' objects. Use a data URL, an 'https://' URL or \
                          the Files API.";

const NO_FILES: &str = "Vertex AI does not read files of the Gemini Files API. Use a data URL, an 'https://' URL or a \
                        'gs://' object.";

const NO_TYPE: MediaError = MediaError::new(
    "unsupported_media",
    "Vertex AI needs the media type of this URL. Name it in 'format', or by the extension of its path.",
);
