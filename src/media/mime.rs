//! MIME types as Google takes them.
//!
//! A type that is none (missing, `application/octet-stream`, `image/*`) counts as unknown, and the bytes decide.
//! <https://ai.google.dev/gemini-api/docs/file-input-methods>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/document-understanding>

use std::borrow::Cow;

use super::{Backend, Hint, Kind};

/// Text that Google has a type for. Every other kind of text is refused, and read just as well as `text/plain`.
const TEXT: [&str; 7] =
    ["text/plain", "text/html", "text/css", "text/csv", "text/xml", "text/rtf", "text/javascript"];

/// Types that are text though they do not say so.
const TEXTUAL: [&str; 13] = [
    "application/json",
    "application/jsonl",
    "application/ndjson",
    "application/x-ndjson",
    "application/toml",
    "application/yaml",
    "application/x-yaml",
    "application/sql",
    "application/x-sh",
    "application/x-python",
    "application/x-python-code",
    "application/x-typescript",
    "application/typescript",
];

/// The type as Google takes it; `None` where `given` does not tell one.
pub(super) fn normalise(given: &str, kind: Kind, backend: Backend) -> Option<Cow<'static, str>> {
    let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
    let essence = essence.trim().to_ascii_lowercase();
    let Some((family, subtype)) = essence.split_once('/') else {
        return by_extension(&essence, kind).map(|known| for_backend(known, backend));
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= 127
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let tells_nothing = matches!(
        essence.as_str(),
        "application/octet-stream"
            | "binary/octet-stream"
            | "application/binary"
            | "application/x-binary"
            | "application/unknown"
            | "application/force-download"
            | "image/generic"
    );
    if !is_name(family) || !is_name(subtype) || tells_nothing {
        return None;
    }
    let known = match essence.as_str() {
        "image/jpg" | "image/pjpeg" | "image/jfif" => "image/jpeg",
        "image/x-png" => "image/png",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" | "audio/x-pn-wav" => "audio/wav",
        "audio/x-mp3" => "audio/mp3",
        "audio/x-mpeg" => "audio/mpeg",
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "audio/x-flac" => "audio/flac",
        "audio/x-aac" | "audio/aacp" => "audio/aac",
        "audio/x-aiff" | "audio/aif" => "audio/aiff",
        "audio/opus" | "audio/x-ogg" | "application/ogg" => "audio/ogg",
        "audio/pcm" | "audio/l16" => return Some(raw_audio(&essence, parameters)),
        "video/x-msvideo" | "video/msvideo" | "video/vnd.avi" => "video/avi",
        "video/x-ms-wmv" => "video/wmv",
        "video/flv" => "video/x-flv",
        "video/3gp" => "video/3gpp",
        "application/x-pdf" | "text/pdf" => "application/pdf",
        "application/xml" => "text/xml",
        "application/rtf" => "text/rtf",
        "application/javascript" | "application/x-javascript" => "text/javascript",
        other => match TEXT.iter().find(|known| **known == other) {
            Some(known) => known,
            None if family == "text" || TEXTUAL.contains(&other) => "text/plain",
            None => return Some(Cow::Owned(essence)),
        },
    };
    Some(for_backend(known, backend))
}

/// The first type that the part tells: `mime_type`, `format`, the extension of `filename`.
pub(super) fn hinted(hint: Hint<'_>, backend: Backend) -> Option<Cow<'static, str>> {
    let named = |given: &str| normalise(given, hint.kind, backend);
    let by_name = || of_path(hint.filename?, hint.kind, backend);
    hint.mime_type.and_then(named).or_else(|| hint.format.and_then(named)).or_else(by_name)
}

/// The type by the extension of a path or file name.
pub(super) fn of_path(path: &str, kind: Kind, backend: Backend) -> Option<Cow<'static, str>> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (_, extension) = name.rsplit_once('.')?;
    by_extension(&extension.trim().to_ascii_lowercase(), kind).map(|known| for_backend(known, backend))
}

/// The extensions LiteLLM knows, OpenAI's audio formats, and what else is text. `extension` is in lower case.
fn by_extension(extension: &str, kind: Kind) -> Option<&'static str> {
    let audio = kind == Kind::Audio;
    Some(match extension {
        "jpg" | "jpeg" | "jpe" | "jfif" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "gif" => "image/gif",
        "mp4" | "webm" | "mpeg" if audio => match extension {
            "mp4" => "audio/mp4",
            "webm" => "audio/webm",
            _ => "audio/mpeg",
        },
        "mp4" | "m4v" => "video/mp4",
        "mov" | "qt" => "video/mov",
        "mpeg" => "video/mpeg",
        "mpg" => "video/mpg",
        "avi" => "video/avi",
        "wmv" => "video/wmv",
        "flv" => "video/x-flv",
        "webm" => "video/webm",
        "3gp" | "3gpp" => "video/3gpp",
        "mp3" => "audio/mp3",
        "mpga" => "audio/mpeg",
        "wav" | "wave" => "audio/wav",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "flac" => "audio/flac",
        "aac" => "audio/aac",
        "m4a" => "audio/mp4",
        "aiff" | "aif" => "audio/aiff",
        "pcm" | "pcm16" => "audio/pcm",
        "pdf" => "application/pdf",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "csv" => "text/csv",
        "xml" => "text/xml",
        "rtf" => "text/rtf",
        "js" | "mjs" => "text/javascript",
        "txt" | "text" | "log" | "md" | "markdown" | "rst" | "tex" | "tsv" | "json" | "jsonl" | "ndjson"
        | "yaml" | "yml" | "toml" | "ini" | "cfg" | "conf" | "diff" | "patch" | "sql" | "sh" | "py"
        | "ts" | "tsx" | "jsx" | "java" | "kt" | "c" | "h" | "cc" | "cpp" | "hpp" | "cs" | "go" | "rs"
        | "rb" | "php" | "swift" | "lua" | "r" | "srt" | "vtt" => "text/plain",
        _ => return None,
    })
}

/// Samples without a header mean nothing without their rate.
fn raw_audio(essence: &str, parameters: &str) -> Cow<'static, str> {
    let name = if essence == "audio/l16" { "audio/L16" } else { "audio/pcm" };
    let rate = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim();
        let is_rate = name.trim().eq_ignore_ascii_case("rate") && value.len() <= 7;
        (is_rate && value.bytes().all(|byte| byte.is_ascii_digit())).then_some(value)
    });
    rate.map_or(Cow::Borrowed(name), |rate| Cow::Owned(format!("{name};rate={rate}")))
}

/// Vertex knows only one kind of text.
fn for_backend(known: &'static str, backend: Backend) -> Cow<'static, str> {
    let plain = backend == Backend::Vertex && known.starts_with("text/");
    Cow::Borrowed(if plain { "text/plain" } else { known })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(target_arch = "wasm32"))]
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_that_google_refuses_become_names_that_it_takes() {
        for (given, expected) in [
            ("image/png", Some("image/png")),
            (" IMAGE/PNG ; charset=utf-8", Some("image/png")),
            ("image/jpg", Some("image/jpeg")),
            ("image/pjpeg", Some("image/jpeg")),
            ("image/svg+xml", Some("image/svg+xml")),
            ("png", Some("image/png")),
            ("JPG", Some("image/jpeg")),
            ("pdf", Some("application/pdf")),
            ("audio/mpeg", Some("audio/mpeg")),
            ("audio/mp3", Some("audio/mp3")),
            ("audio/x-wav", Some("audio/wav")),
            ("audio/x-m4a", Some("audio/mp4")),
            ("audio/pcm;rate=24000", Some("audio/pcm;rate=24000")),
            ("audio/L16;codec=pcm; rate=16000", Some("audio/L16;rate=16000")),
            ("audio/pcm;rate=fast", Some("audio/pcm")),
            ("video/quicktime", Some("video/quicktime")),
            ("video/webm;codecs=vp9", Some("video/webm")),
            ("text/plain;charset=utf-8", Some("text/plain")),
            ("text/html", Some("text/html")),
            ("text/markdown", Some("text/plain")),
            ("application/json", Some("text/plain")),
            ("application/xml", Some("text/xml")),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ),
            ("application/octet-stream", None),
            ("Application/Octet-Stream;x=y", None),
            ("image/*", None),
            ("*/*", None),
            ("image/generic", None),
            ("image/", None),
            ("/png", None),
            ("image/png/x", None),
            ("image/\"png", None),
            ("", None),
            (";charset=utf-8", None),
            ("nonsense", None),
        ] {
            assert_eq!(normalise(given, Kind::File, Backend::Developer).as_deref(), expected, "{given:?}");
        }
    }

    #[test]
    fn vertex_takes_text_as_plain_text_only() {
        for (given, expected) in [
            ("text/csv", "text/plain"),
            ("text/html", "text/plain"),
            ("html", "text/plain"),
            ("application/json", "text/plain"),
            ("application/pdf", "application/pdf"),
            ("image/png", "image/png"),
        ] {
            assert_eq!(normalise(given, Kind::File, Backend::Vertex).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn extensions() {
        use Kind::{Audio, File, Video};
        for (path, kind, expected) in [
            ("a.JPG", File, Some("image/jpeg")),
            ("a.tar.png", File, Some("image/png")),
            ("a.mp4", Video, Some("video/mp4")),
            ("a.mp4", Audio, Some("audio/mp4")),
            ("a.webm", Audio, Some("audio/webm")),
            ("a.webm", File, Some("video/webm")),
            ("a.mov", Video, Some("video/mov")),
            ("a.opus", Audio, Some("audio/ogg")),
            ("notes.md", File, Some("text/plain")),
            ("table.csv", File, Some("text/csv")),
            ("C:\\files.pdf\\README", File, None),
            ("v1.2/file", File, None),
            ("memo.docx", File, None),
            ("png", File, None),
            ("a.", File, None),
            ("", File, None),
        ] {
            assert_eq!(of_path(path, kind, Backend::Developer).as_deref(), expected, "{path} as {kind:?}");
        }
    }

    #[test]
    fn the_part_s_own_words_have_precedence_over_the_file_s_name() {
        let hint = |mime_type, format, filename| Hint { kind: Kind::File, mime_type, format, filename };
        for (hint, expected) in [
            (hint(Some("image/jpg"), Some("png"), Some("a.gif")), Some("image/jpeg")),
            (hint(Some("image/*"), Some("png"), Some("a.gif")), Some("image/png")),
            (hint(None, Some("audio/x-wav"), None), Some("audio/wav")),
            (hint(None, Some("odd"), Some("a.gif")), Some("image/gif")),
            (hint(None, None, Some("a")), None),
        ] {
            assert_eq!(hinted(hint, Backend::Developer).as_deref(), expected, "{hint:?}");
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest! {
        #[test]
        fn what_google_takes_stays_so(given in ".*|[a-z]{1,6}/[-a-z0-9.+]{1,8}(;[a-z]+=[0-9]+)?", vertex: bool) {
            let backend = if vertex { Backend::Vertex } else { Backend::Developer };
            if let Some(once) = normalise(&given, Kind::File, backend) {
                prop_assert_eq!(normalise(&once, Kind::File, backend), Some(once));
            }
        }
    }
}
