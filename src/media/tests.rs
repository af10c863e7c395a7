use super::*;
#[cfg(not(target_arch = "wasm32"))]
use proptest::prelude::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use Backend::{Developer, Vertex};
use Kind::{Audio, File, Image, Video};

const PNG: &str = "iVBORw0KGgo=";
const WAV: &str = "UklGRiQAAABXQVZF";

type Read = for<'a, 'h> fn(&'a RawValue, Hint<'h>, Backend) -> Result<Media<'a>, MediaError>;

/// The part that the content of a literal becomes, or the error's code. `text` is escaped as serde_json does.
fn part(read: Read, text: &str, hint: Hint<'_>, backend: Backend) -> Result<String, &'static str> {
    part_of_literal(read, &serde_json::to_string(text).unwrap(), hint, backend)
}

fn part_of_literal(read: Read, json: &str, hint: Hint<'_>, backend: Backend) -> Result<String, &'static str> {
    let raw: &RawValue = serde_json::from_str(json).unwrap();
    let media = read(raw, hint, backend).map_err(|error| error.code())?;
    Ok(serde_json::to_string(&media).unwrap())
}

fn inline_part(mime_type: &str, data: &str) -> String {
    format!(r#"{{"inlineData":{{"mimeType":"{mime_type}","data":"{data}"}}}}"#)
}

fn file_part(mime_type: Option<&str>, uri: &str) -> String {
    let mime_type = mime_type.map(|name| format!(r#""mimeType":"{name}","#)).unwrap_or_default();
    format!(r#"{{"fileData":{{{mime_type}"fileUri":"{uri}"}}}}"#)
}

#[test]
fn data_urls() {
    let png = |data: &str| Ok(inline_part("image/png", data));
    for (url, expected) in [
        (format!("data:image/png;base64,{PNG}"), png(PNG)),
        (format!("data:;base64,{PNG}"), png(PNG)),
        (format!("data:image/png;charset=utf-8;base64,{PNG}"), png(PNG)),
        (format!("DATA:IMAGE/PNG;BASE64,{PNG}"), png(PNG)),
        (format!(" \n data: image/png ; base64 ,{PNG}"), png(PNG)),
        (format!("data:png;base64,{PNG}"), png(PNG)),
        (format!("data:image/*;base64,{PNG}"), png(PNG)),
        (format!("data:image/generic;base64,{PNG}"), png(PNG)),
        (format!("data:application/octet-stream;base64,{PNG}"), png(PNG)),
        (format!("data:base64,{PNG}"), png(PNG)),
        (format!("data:image%2Fpng;base64,{PNG}"), png(PNG)),
        // `;base64` forgotten.
        (format!("data:image/png,{PNG}"), png(PNG)),
        (format!("data:,{PNG}"), png(PNG)),
        // The payload.
        ("data:image/png;base64,iVBO\r\nRw0K\r\nGgo=\n".to_owned(), png(PNG)),
        ("data:image/png;base64,iVBORw0KGgo".to_owned(), png(PNG)),
        ("data:image/png;base64,iVBORw0KGgo%3D".to_owned(), png(PNG)),
        ("data:image/png;base64,_-__".to_owned(), png("/+//")),
        // Told wins over found.
        ("data:image/jpg;base64,/9j/".to_owned(), Ok(inline_part("image/jpeg", "/9j/"))),
        (format!("data:image/webp;base64,{PNG}"), Ok(inline_part("image/webp", PNG))),
        // An image's URL may hold anything.
        ("data:application/pdf;base64,JVBERi0=".to_owned(), Ok(inline_part("application/pdf", "JVBERi0="))),
        (format!("data:audio/x-wav;base64,{WAV}"), Ok(inline_part("audio/wav", WAV))),
        ("data:video/mp4;base64,AAAA".to_owned(), Ok(inline_part("video/mp4", "AAAA"))),
        // Not base64.
        ("data:text/plain,a%20b,%C3%A9%".to_owned(), Ok(inline_part("text/plain", "YSBiLMOpJQ=="))),
        (
            "data:image/svg+xml;utf8,<svg a=\"é\"/>".to_owned(),
            Ok(inline_part("image/svg+xml", "PHN2ZyBhPSLDqSIvPg==")),
        ),
        // Wrong.
        ("data:image/png;base64,".to_owned(), Err("invalid_base64")),
        ("data:image/png,".to_owned(), Err("invalid_base64")),
        ("data:image/png;base64,not base64!".to_owned(), Err("invalid_base64")),
        ("data:image/png;base64,AAAAA".to_owned(), Err("invalid_base64")),
        ("data:;base64,AAAA".to_owned(), Err("unsupported_media")),
        ("data:,hello".to_owned(), Err("unsupported_media")),
        (format!("data:image/png;base64{PNG}"), Err("invalid_image_url")),
        ("data:".to_owned(), Err("invalid_image_url")),
        (format!("data:{},AAAA", "a".repeat(600)), Err("invalid_image_url")),
        ("data".to_owned(), Err("invalid_image_url")),
    ] {
        assert_eq!(part(from_url, &url, Hint::of(Image), Developer), expected, "{url}");
        assert_eq!(part(from_url, &url, Hint::of(Image), Vertex), expected, "{url}");
    }
}

#[test]
fn data_urls_as_php_and_dotnet_escape_them() {
    for (json, expected) in [
        (r#""data:image\/jpeg;base64,\/9j\/""#, inline_part("image/jpeg", "/9j/")),
        (r#""data:image/jpeg;base64,/9j\u002B""#, inline_part("image/jpeg", "/9j+")),
        (r#""\u0064ata\u003aimage/jpeg\u003bbase64\u002c/9j/""#, inline_part("image/jpeg", "/9j/")),
        (r#""https:\/\/a.b\/c.png""#, file_part(Some("image/png"), "https://a.b/c.png")),
    ] {
        assert_eq!(part_of_literal(from_url, json, Hint::of(Image), Developer), Ok(expected), "{json}");
    }
}

#[test]
fn well_formed_base64_is_not_copied() {
    let json = format!(r#""data:image/png;base64,{PNG}""#);
    let raw: &RawValue = serde_json::from_str(&json).unwrap();
    let Media::Inline { data, .. } = from_url(raw, Hint::of(Image), Developer).unwrap() else { panic!() };
    let slice = json.trim_end_matches('"').split_once(',').unwrap().1;
    assert!(data.pieces().count() == 1 && data.pieces().all(|piece| std::ptr::eq(piece, slice)));
}

#[test]
fn uris_by_backend() {
    let file = |mime_type, uri: &str| Ok(file_part(mime_type, uri));
    let full = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";
    let image = "invalid_image_url";
    for (uri, kind, developer, vertex) in [
        ("https://a.b/c.PNG?x=1.gif#y.pdf", Image, Ok(Some("image/png")), Ok(Some("image/png"))),
        ("HTTPS://a.b/c.png", Image, Ok(Some("image/png")), Ok(Some("image/png"))),
        ("https://a.b/800x400", Image, Ok(Some("image/jpeg")), Ok(Some("image/*"))),
        ("https://a.com", Image, Ok(Some("image/jpeg")), Ok(Some("image/*"))),
        ("https://a.b/c.mp3", Audio, Ok(Some("audio/mp3")), Ok(Some("audio/mp3"))),
        ("https://a.b/c.mp4", Audio, Ok(Some("audio/mp4")), Ok(Some("audio/mp4"))),
        ("https://a.b/c.mp4", Video, Ok(Some("video/mp4")), Ok(Some("video/mp4"))),
        ("https://a.b/c.pdf", File, Ok(Some("application/pdf")), Ok(Some("application/pdf"))),
        ("https://a.b/c.csv", File, Ok(Some("text/csv")), Ok(Some("text/plain"))),
        ("https://a.b/c", File, Ok(None), Err("unsupported_media")),
        ("https://a.b/c", Video, Ok(None), Err("unsupported_media")),
        (
            "https://storage.googleapis.com/b/o.pdf",
            File,
            Ok(Some("application/pdf")),
            Ok(Some("application/pdf")),
        ),
        ("https://www.youtube.com/watch?v=x", Video, Ok(None), Ok(Some("video/mp4"))),
        ("https://m.youtube.com/watch?v=x", Image, Ok(None), Ok(Some("video/mp4"))),
        ("https://youtube.com/shorts/x", Video, Ok(None), Ok(Some("video/mp4"))),
        ("https://youtu.be/x.png", Video, Ok(None), Ok(Some("video/mp4"))),
        ("https://notyoutube.com/x.png", Image, Ok(Some("image/png")), Ok(Some("image/png"))),
        ("gs://b/o.png", Image, Err(image), Ok(Some("image/png"))),
        ("gs://b/o", Image, Err(image), Ok(Some("image/*"))),
        ("gs://b/o", File, Err("invalid_url"), Err("unsupported_media")),
        (full, Image, Ok(None), Err(image)),
        (
            "https://generativelanguage.googleapis.com/v1beta/files/",
            File,
            Err("invalid_file_id"),
            Err("invalid_url"),
        ),
        (
            "https://generativelanguage.googleapis.com/v1beta/files/a?alt=media",
            File,
            Err("invalid_file_id"),
            Err("invalid_url"),
        ),
        ("http://a.b/c.png", Image, Err(image), Err(image)),
        ("http://a.b/c.mp3", Audio, Err("invalid_url"), Err("invalid_url")),
        ("http://youtu.be/x", Video, Err("invalid_url"), Err("invalid_url")),
        ("ftp://a.b/c.png", Image, Err(image), Err(image)),
        ("file:///etc/passwd", Image, Err(image), Err(image)),
        ("blob:https://a.b/c", Image, Err(image), Err(image)),
        ("javascript:alert(1)", Image, Err(image), Err(image)),
        ("https://", Image, Err(image), Err(image)),
        ("https:///c.png", Image, Err(image), Err(image)),
        ("https://a b/c.png", Image, Err(image), Err(image)),
        ("https://a.b/c.png\0", Image, Err(image), Err(image)),
        ("a.b/c.png", Image, Err(image), Err(image)),
        ("", Image, Err(image), Err(image)),
    ] {
        for (backend, expected) in [(Developer, developer), (Vertex, vertex)] {
            let expected = expected.and_then(|mime_type| file(mime_type, uri));
            assert_eq!(part(from_url, uri, Hint::of(kind), backend), expected, "{uri:?} {backend:?}");
        }
    }
    assert_eq!(part(from_url, "files/abc-123", Hint::of(Image), Developer), file(None, full));
    assert_eq!(
        part(from_url, " https://a.b/c.png\n", Hint::of(Image), Vertex),
        file(Some("image/png"), "https://a.b/c.png")
    );
}

#[test]
fn hints_name_the_type_of_a_uri() {
    let hint = Hint { format: Some("mp3"), ..Hint::of(File) };
    for (uri, backend, expected) in [
        ("https://a.b/c", Vertex, file_part(Some("audio/mp3"), "https://a.b/c")),
        ("https://a.b/c.png", Developer, file_part(Some("audio/mp3"), "https://a.b/c.png")),
        ("gs://b/o", Vertex, file_part(Some("audio/mp3"), "gs://b/o")),
        (
            "https://generativelanguage.googleapis.com/v1beta/files/a",
            Developer,
            file_part(Some("audio/mp3"), "https://generativelanguage.googleapis.com/v1beta/files/a"),
        ),
    ] {
        assert_eq!(part(from_url, uri, hint, backend), Ok(expected), "{uri}");
    }
}

#[test]
fn input_audio() {
    let audio = |format| Hint { format, ..Hint::of(Audio) };
    for (data, format, expected) in [
        (WAV, Some("wav"), Ok(inline_part("audio/wav", WAV))),
        (WAV, None, Ok(inline_part("audio/wav", WAV))),
        (WAV, Some("nonsense"), Ok(inline_part("audio/wav", WAV))),
        ("AAAA", Some("mp3"), Ok(inline_part("audio/mp3", "AAAA"))),
        ("AAAA", Some("flac"), Ok(inline_part("audio/flac", "AAAA"))),
        ("AAAA", Some("ogg"), Ok(inline_part("audio/ogg", "AAAA"))),
        ("AAAA", Some("opus"), Ok(inline_part("audio/ogg", "AAAA"))),
        ("AAAA", Some("aac"), Ok(inline_part("audio/aac", "AAAA"))),
        ("AAAA", Some("aiff"), Ok(inline_part("audio/aiff", "AAAA"))),
        ("AAAA", Some("m4a"), Ok(inline_part("audio/mp4", "AAAA"))),
        ("AAAA", Some("mp4"), Ok(inline_part("audio/mp4", "AAAA"))),
        ("AAAA", Some("webm"), Ok(inline_part("audio/webm", "AAAA"))),
        ("AAAA", Some("pcm16"), Ok(inline_part("audio/pcm", "AAAA"))),
        ("AAAA", Some("audio/pcm;rate=24000"), Ok(inline_part("audio/pcm;rate=24000", "AAAA"))),
        ("AAAA", Some("application/pdf"), Ok(inline_part("application/pdf", "AAAA"))),
        ("data:audio/mpeg;base64,AAAA", Some("wav"), Ok(inline_part("audio/mpeg", "AAAA"))),
        ("data:;base64,AAAA", Some("wav"), Ok(inline_part("audio/wav", "AAAA"))),
        ("https://a.b/c", Some("wav"), Ok(file_part(Some("audio/wav"), "https://a.b/c"))),
        ("AAAA", None, Err("unsupported_media")),
        ("AA*A", Some("wav"), Err("invalid_base64")),
        ("", Some("wav"), Err("invalid_base64")),
        ("http://a.b/c.wav", Some("wav"), Err("invalid_url")),
    ] {
        assert_eq!(part(from_data, data, audio(format), Developer), expected, "{data} {format:?}");
    }
}

#[test]
fn file_data() {
    let named = |filename| Hint { filename, ..Hint::of(File) };
    for (data, filename, expected) in [
        ("JVBERi0=", None, Ok(inline_part("application/pdf", "JVBERi0="))),
        ("JVBERi0=", Some("a.pdf"), Ok(inline_part("application/pdf", "JVBERi0="))),
        ("JVBERi0", Some("unknown.bin"), Ok(inline_part("application/pdf", "JVBERi0="))),
        ("AAAA", Some("a.mp3"), Ok(inline_part("audio/mp3", "AAAA"))),
        ("aGVsbG8=", None, Ok(inline_part("text/plain", "aGVsbG8="))),
        ("aGVsbG8=", Some("a.md"), Ok(inline_part("text/plain", "aGVsbG8="))),
        ("aGVsbG8=", Some("a.csv"), Ok(inline_part("text/csv", "aGVsbG8="))),
        ("data:application/pdf;base64,AAAA", Some("a.png"), Ok(inline_part("application/pdf", "AAAA"))),
        ("data:application/octet-stream;base64,AAAA", Some("a.png"), Ok(inline_part("image/png", "AAAA"))),
        ("data:;base64,aGVsbG8=", None, Ok(inline_part("text/plain", "aGVsbG8="))),
        ("data:,a%20b", None, Ok(inline_part("text/plain", "YSBi"))),
        ("data:,a%20b", Some("a.html"), Ok(inline_part("text/html", "YSBi"))),
        // A long text in base64 that happens to begin like a name.
        (&"files/AA".repeat(20), Some("a.bin.txt"), Ok(inline_part("text/plain", &"files/AA".repeat(20)))),
        ("UEsDBA==", Some("memo.docx"), Err("unsupported_media")),
        ("AAAA", None, Err("unsupported_media")),
        ("file-7qh8AjzrjyRGiQ7kaFybfG", None, Err("invalid_file_id")),
    ] {
        assert_eq!(part(from_data, data, named(filename), Developer), expected, "{data} {filename:?}");
    }
}

#[test]
fn file_ids() {
    let full = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";
    let read: Read = |raw, _, backend| from_file_id(raw, backend);
    for (id, developer, vertex) in [
        ("files/abc-123", Ok(file_part(None, full)), Err("invalid_url")),
        (full, Ok(file_part(None, full)), Err("invalid_url")),
        ("gs://b/o.pdf", Err("invalid_url"), Ok(file_part(Some("application/pdf"), "gs://b/o.pdf"))),
        (
            "https://youtu.be/x",
            Ok(file_part(None, "https://youtu.be/x")),
            Ok(file_part(Some("video/mp4"), "https://youtu.be/x")),
        ),
        ("file-7qh8AjzrjyRGiQ7kaFybfG", Err("invalid_file_id"), Err("invalid_file_id")),
        ("file_abc", Err("invalid_file_id"), Err("invalid_file_id")),
        ("files/", Err("invalid_file_id"), Err("invalid_url")),
        ("files/../models", Err("invalid_file_id"), Err("invalid_url")),
        ("anything", Err("invalid_file_id"), Err("invalid_file_id")),
        ("", Err("invalid_file_id"), Err("invalid_file_id")),
    ] {
        assert_eq!(part(read, id, Hint::of(File), Developer), developer, "{id}");
        assert_eq!(part(read, id, Hint::of(File), Vertex), vertex, "{id}");
    }
}

#[test]
fn bare_base64_in_place_of_a_url_must_be_media() {
    let hint = Hint { mime_type: Some("image/png"), ..Hint::of(Image) };
    assert_eq!(part(from_url, PNG, Hint::of(Image), Developer), Ok(inline_part("image/png", PNG)));
    assert_eq!(part(from_url, "example", hint, Developer), Err("invalid_image_url"));
}

#[test]
fn only_strings_are_references() {
    for json in ["null", "1", "{}", "[]", "true"] {
        for read in [from_url as Read, from_data, |raw, _, backend| from_file_id(raw, backend)] {
            assert_eq!(
                part_of_literal(read, json, Hint::of(Image), Developer),
                Err("invalid_type"),
                "{json}"
            );
        }
    }
}

#[test]
fn an_error_is_a_400_on_its_member() {
    let raw: &RawValue = serde_json::from_str(r#""http://secret""#).unwrap();
    let error = from_url(raw, Hint::of(Image), Developer).unwrap_err();
    let error = error.at("messages[0].content[1].image_url.url");
    assert_eq!(error.status(), 400);
    assert_eq!(
        String::from_utf8(error.body()).unwrap(),
        r#"{"error":{"message":"Media are fetched over 'https://' only, not 'http://'.","type":"invalid_request_error","param":"messages[0].content[1].image_url.url","code":"invalid_image_url"}}"#
    );
}

#[test]
fn a_part_can_flatten_it() {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Part<'a> {
        #[serde(flatten)]
        media: Media<'a>,
        media_resolution: MediaResolution,
    }
    let json = format!(r#""data:image/png;base64,{PNG}""#);
    let raw: &RawValue = serde_json::from_str(&json).unwrap();
    let media = from_url(raw, Hint::of(Image), Developer).unwrap();
    let part = Part { media, media_resolution: MediaResolution::Low };
    assert_eq!(
        serde_json::to_string(&part).unwrap(),
        r#"{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="},"mediaResolution":"MEDIA_RESOLUTION_LOW"}"#
    );
}

#[cfg(not(target_arch = "wasm32"))]
proptest! {
    /// Whatever comes, nothing panics, and what is accepted is one JSON object.
    #[test]
    fn any_text(
        text in r#"(data:|https?://|gs://|files/|;base64|,|image/png|[A-Za-z0-9+/=_%-]{0,9}|\\|é|.)*"#,
        kind in 0..4_usize,
        vertex: bool,
        hints in proptest::array::uniform3(proptest::option::of("[a-z]{0,5}[/.]?[a-z0-9]{0,5}|.*")),
    ) {
        let [mime_type, format, filename] = &hints;
        let hint = Hint {
            kind: [Image, Audio, Video, File][kind],
            mime_type: mime_type.as_deref(),
            format: format.as_deref(),
            filename: filename.as_deref(),
        };
        let backend = if vertex { Vertex } else { Developer };
        for read in [from_url as Read, from_data, |raw, _, backend| from_file_id(raw, backend)] {
            if let Ok(json) = part(read, &text, hint, backend) {
                let value: serde_json::Value = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(value.as_object().unwrap().len(), 1);
            }
        }
    }
}
