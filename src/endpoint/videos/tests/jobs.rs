//! Jobs of all kinds, and the bytes that came of them, as a client finds them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::job;
use super::*;

/// An exchange about the job `of`, of which Google says `operation`, and then the `bytes`.
struct Told {
    config: String,
    method: &'static str,
    of: &'static str,
    path: &'static str,
    /// Whether the route adds a body.
    body: bool,
    /// JSON.
    operation: &'static str,
    /// Headers and body.
    bytes: Option<Message>,
}

impl Told {
    fn developer() -> Self {
        Self {
            config: DEVELOPER.to_owned(),
            method: "GET",
            of: "models/veo-3.1/operations/o",
            path: "/content",
            body: false,
            operation: r#"{"done":true,"response":{"generatedSamples":[{"video":{"uri":"https://generativelanguage.googleapis.com/v1beta/files/a:download?alt=media"}}]}}"#,
            bytes: None,
        }
    }

    fn vertex(operation: &'static str) -> Self {
        let of = "publishers/google/models/veo-3.1/operations/o";
        Self { config: VERTEX.to_owned(), of, operation, ..Self::developer() }
    }

    /// What the client gets: status, code and message of an error, status and type of a video.
    fn client(self) -> String {
        let id = crate::wire::base64::url_safe(format!("1 1280x720 8 {}", self.of).as_bytes());
        let path = format!("/v1/videos/video_{id}{}", self.path);
        let head = [(":method", self.method), (":scheme", "http"), (":path", &path)];
        let mut host = Host::new(&config(&self.config));
        host.call_replies = vec![Message::reply("200", "application/json", self.operation)];
        host.request(&Message::new(&head, if self.body { b"{}" } else { b"" }));
        let inline = self.body.then(|| Message::reply("200", "application/json", self.operation));
        if let Some(bytes) = self.bytes.or(inline) {
            assert!(host.upstream.is_some());
            if bytes.body.is_empty() && bytes.header("content-length").is_none() {
                host.headers(&bytes, true);
            } else {
                host.reply(&bytes, [&bytes.body[..]], false);
            }
        }
        let status = host.client.header(":status").unwrap();
        match serde_json::from_slice::<Value>(&host.client.body) {
            Ok(error) => {
                let text = |member: &str| error["error"][member].as_str().unwrap_or_default().to_owned();
                format!("{status} {}: {}", text("code"), text("message"))
            }
            Err(_) => format!("{status} {}", host.client.header("content-type").unwrap()),
        }
    }
}

const UNREADABLE: &str = "502 invalid_upstream_response: The model's reply could not be read.";

#[test]
fn nothing_but_a_video_is_downloaded() {
    for (status, content_type, body, expected) in [
        ("200", "video/mp4", "ftyp", "200 video/mp4"),
        ("200", "Video/WebM; codecs=vp9", "ftyp", "200 Video/WebM; codecs=vp9"),
        ("200", "application/octet-stream", "ftyp", "200 application/octet-stream"),
        ("200", "text/html", "<html>", UNREADABLE),
        ("200", "application/json", r#"{"error":{"code":500}}"#, UNREADABLE),
        ("200", "", "ftyp", UNREADABLE),
        ("200", "video/mp4", "", UNREADABLE),
        ("404", "text/html", "No such object", LOST),
    ] {
        let told = Told { bytes: Some(Message::reply(status, content_type, body)), ..Told::developer() };
        assert_eq!(told.client(), expected, "{status} {content_type} {body}");
    }
    let empty = [(":status", "200"), ("content-type", "video/mp4"), ("content-length", "0")];
    let told = Told { bytes: Some(Message::new(&empty, b"")), ..Told::developer() };
    assert_eq!(told.client(), UNREADABLE);
}

const LOST: &str = "404 video_not_found: Google knows no video of this id, or does not keep it any more.";

#[test]
fn what_cannot_be_read_is_told_without_its_address() {
    const STORED: &str = r#"{"auth":{"header_name":"authorization","header_value":"Bearer t"},"video_storage_uri":"gs://b/f","model":{"options":{"gemini":{"project_id":"p","location_id":"us-central1"}}}}"#;
    const INLINE: &str = r#"{"done":true,"response":{"videos":[{"mimeType":"video/mp4"}]}}"#;
    const ELSEWHERE: &str =
        "502 invalid_upstream_response: The video is at an address that this gateway does not read.";
    let stored =
        |operation, body| Told { config: STORED.to_owned(), body, bytes: None, ..Told::vertex(operation) };
    let inline = |operation| Told { body: true, ..Told::vertex(operation) };
    let in_bucket = r#"{"done":true,"response":{"videos":[{"gcsUri":"gs://secret/x.mp4"}]}}"#;
    let on_host = Told {
        operation: r#"{"done":true,"response":{"generatedSamples":[{"video":{"uri":"https://secret.example/v1/files/a"}}]}}"#,
        ..Told::developer()
    };
    for (told, expected) in [
        (on_host, ELSEWHERE),
        (stored(in_bucket, false), ELSEWHERE),
        (inline(in_bucket), ELSEWHERE),
        (stored(INLINE, false), UNREADABLE),
        (Told { operation: INLINE, ..Told::developer() }, UNREADABLE),
        (inline(r#"{"done":true,"response":{"videos":[{"bytesBase64Encoded":""}]}}"#), UNREADABLE),
        (
            inline(
                r#"{"done":true,"response":{"videos":[{"bytesBase64Encoded":"","mimeType":"video/mp4"}]}}"#,
            ),
            UNREADABLE,
        ),
        (inline(r#"{"done":true,"response":{"videos":[{"bytesBase64Encoded":5}]}}"#), UNREADABLE),
        (
            inline(r#"{"done":true,"response":{"videos":[{"bytesBase64Encoded":"ZnR5cA=="}]}}"#),
            "200 video/mp4",
        ),
    ] {
        let shown = format!("{} {}", told.config, told.operation);
        assert_eq!(told.client(), expected, "{shown}");
    }
    let bare = Told::vertex(INLINE).client();
    assert!(bare.starts_with("500 gateway_misconfigured: ") && bare.contains("envoy/vertex.yaml"), "{bare}");
}

#[test]
fn ids_of_other_models_are_none() {
    const NONE: &str = "404 video_not_found: There is no video with this id.";
    for (name, of, is_known) in [
        ("veo-3.1", "models/veo-3.1/operations/o", true),
        ("google/veo-3.1", "models/veo-3.1/operations/o", true),
        ("veo-3.0", "models/veo-3.1/operations/o", false),
        ("veo-3.1", "tunedModels/veo-3.1/operations/o", false),
        ("", "models/veo-3.0/operations/o", true),
        ("", "tunedModels/t/operations/o", false),
    ] {
        let name = if name.is_empty() { String::new() } else { format!(r#","model":{{"name":"{name}"}}"#) };
        for path in ["", "/content"] {
            let config = format!(r#"{{"auth":{{"header_value":"k"}}{name}}}"#);
            let bytes = is_known.then(|| Message::reply("404", "text/plain", "?"));
            let told = Told { config, of, path, bytes, ..Told::developer() };
            assert_eq!(told.client(), if is_known { LOST } else { NONE }, "{of} {name} {path}");
        }
    }
}

#[test]
fn no_variant_but_the_video() {
    for (path, expected) in [
        ("/content?variant=video", "200 video/mp4"),
        ("/content?variant=&x=%", "200 video/mp4"),
        ("/content?variant=vide%6F&variants=thumbnail", "200 video/mp4"),
        ("/content?variant=thumbnail", "400"),
        ("/content?v%61riant=thumbnail", "400"),
        ("/content?variant=video&variant=spritesheet", "400"),
        ("/content?variant=spritesheet&variant=video", "400"),
        ("/content?variant=%FF", "400"),
    ] {
        let is_video = expected.starts_with("200");
        let bytes = is_video.then(|| Message::reply("200", "video/mp4", "ftyp"));
        let got = Told { path, bytes, ..Told::developer() }.client();
        assert!(got.starts_with(expected), "{path}: {got}");
    }
}

#[test]
fn googles_endpoint_for_openais_clients_has_no_videos() {
    let config = r#"{"auth":{"header_value":"k"},"upstream_format":"openai"}"#;
    for path in ["", "/content"] {
        let got = Told { config: config.to_owned(), path, ..Told::developer() }.client();
        assert!(got.starts_with("501 unsupported_endpoint: "), "{path}: {got}");
    }
    let error = sent(config, r#"{"model":"veo-3.1","prompt":"A cat"}"#).unwrap_err();
    assert!(error.starts_with("501 : This route's `upstream_format`"), "{error}");
}

#[test]
fn what_becomes_of_videos_is_told_of_each_back_end() {
    let stored = VERTEX.replacen('{', r#"{"video_storage_uri":"gs://b/f","#, 1);
    for (config, expected) in
        [(DEVELOPER, "after two days"), (VERTEX, "part of the job"), (&stored, "gateway's bucket")]
    {
        let told = Told { config: config.to_owned(), method: "DELETE", path: "", ..Told::developer() };
        let got = told.client();
        assert!(got.starts_with("501 unsupported_endpoint: ") && got.contains(expected), "{got}");
    }
}

#[test]
fn what_is_configured_is_served() {
    const OTHER: &str = r#"{"model":{"name":"models/veo-3.1"}}"#;
    const PINNED: &str = r#"{"model":{"name":"veo-3.1"},"model_policy":"pin"}"#;
    const TUNED: &str = r#"{"model":{"name":"tunedModels/t"}}"#;
    const ENDPOINT: &str =
        r#"{"model":{"name":"77","options":{"gemini":{"project_id":"p","location_id":"l"}}}}"#;
    const GARDEN: &str = r#"{"upstream_format":"gemini","model":{"options":{"gemini":{"project_id":"p","location_id":"l","endpoint_id":"77"}}}}"#;
    for (resource, json, expected) in [
        ("models/veo-3.1", DEVELOPER, true),
        ("tunedModels/t", DEVELOPER, false),
        ("publishers/google/models/veo-3.1", VERTEX, true),
        ("endpoints/77", VERTEX, false),
        ("models/veo-3.1", OTHER, true),
        ("models/veo-3.0", OTHER, false),
        ("models/veo-3.1-fast", PINNED, false),
        ("models/veo-3.1", PINNED, true),
        ("tunedModels/t", TUNED, true),
        ("models/t", TUNED, false),
        ("endpoints/77", ENDPOINT, true),
        ("endpoints/78", ENDPOINT, false),
        ("endpoints/77", GARDEN, true),
        ("endpoints/78", GARDEN, false),
    ] {
        assert_eq!(job::is_served(resource, &config(json)), expected, "{resource} {json}");
    }
}
