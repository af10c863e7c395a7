use serde_json::Value;

use crate::testing::{Host, Message, cases, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn goldens() {
    for case in cases("images") {
        case.check();
    }
}

#[test]
fn streams_do_not_depend_on_their_cuts() {
    let replays: usize = cases("images").map(|case| case.check_cuts()).sum();
    assert!(replays > 1000, "{replays}");
}

/// A client's request and what becomes of it.
fn asked(path: &str, body: &str) -> Host {
    let mut host = Host::new(&config(r#"{"auth":{"header_value":"test-key"}}"#));
    let path = format!("/v1/images/{path}");
    let headers = [(":method", "POST"), (":scheme", "http"), (":path", &path), ("x-request-id", "req-1")];
    host.request(&Message::new(&headers, body.as_bytes()));
    host
}

/// A request for a model of Google's with these members more.
fn with(model: &str, members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"model":"{model}","prompt":"Hi"{comma}{members}}}"#)
}

const PRO: &str = "gemini-3-pro-image";
const IMAGE: &str = r#""image":"data:image/png;base64,iVBORw0KGgo=""#;

#[test]
fn what_cannot_be_is_named() {
    let plain = |members: &str| with(PRO, members);
    let imagen = |members: &str| with("imagen-4.0-generate-001", members);
    let many = |count: usize| format!(r#""images":[{}]"#, vec![r#""https://a/b.png""#; count].join(","));
    for (path, body, param, code) in [
        ("generations", "{}".to_owned(), "model", "missing_required_parameter"),
        ("generations", format!(r#"{{"model":"{PRO}"}}"#), "prompt", "missing_required_parameter"),
        ("generations", format!(r#"{{"model":"{PRO}","prompt":""}}"#), "prompt", "invalid_value"),
        ("generations", format!(r#"{{"model":"{PRO}","prompt":["a"]}}"#), "prompt", "invalid_type"),
        ("generations", plain(r#""n":0"#), "n", "integer_below_min_value"),
        ("generations", plain(r#""n":11"#), "n", "integer_above_max_value"),
        ("generations", plain(r#""n":"2""#), "n", "invalid_type"),
        ("generations", imagen(r#""n":5"#), "n", "integer_above_max_value"),
        ("generations", plain(r#""size":"big""#), "size", "invalid_value"),
        ("generations", plain(r#""quality":"ultra""#), "quality", "invalid_value"),
        ("generations", plain(r#""background":"transparent""#), "background", "unsupported_value"),
        ("generations", plain(r#""background":"red""#), "background", "invalid_value"),
        ("generations", plain(r#""output_format":"gif""#), "output_format", "invalid_value"),
        (
            "generations",
            plain(r#""output_compression":101"#),
            "output_compression",
            "integer_above_max_value",
        ),
        ("generations", plain(r#""output_compression":-1"#), "output_compression", "integer_below_min_value"),
        ("generations", plain(r#""response_format":"png""#), "response_format", "invalid_value"),
        ("generations", plain(r#""partial_images":4"#), "partial_images", "integer_above_max_value"),
        ("generations", plain(r#""partial_images":-1"#), "partial_images", "integer_below_min_value"),
        ("generations", plain(r#""stream":"yes""#), "stream", "invalid_type"),
        ("generations", plain(r#""google":{"tools":["google_search"]}"#), "google.tools[0]", "invalid_type"),
        ("generations", plain(r#""generationConfig":1"#), "generation_config", "invalid_type"),
        ("edits", plain(""), "image", "missing_required_parameter"),
        ("edits", plain(r#""images":[]"#), "image", "missing_required_parameter"),
        ("edits", plain(&many(17)), "image", "array_above_max_length"),
        ("edits", plain(r#""images":[{}]"#), "images[0].image_url", "missing_required_parameter"),
        (
            "edits",
            plain(r#""images":[{"image_url":{}}]"#),
            "images[0].image_url.url",
            "missing_required_parameter",
        ),
        ("edits", plain(r#""images":[{"image_url":7}]"#), "images[0].image_url", "invalid_type"),
        ("edits", plain(r#""images":[{"file_id":"file-abc"}]"#), "images[0].file_id", "invalid_file_id"),
        ("edits", plain(r#""images":[7]"#), "images[0]", "invalid_type"),
        ("edits", plain(r#""image":"http://a/b.png""#), "image", "invalid_image_url"),
        ("edits", plain(r#""image":"data:application/pdf;base64,JVBERi0=""#), "image", "unsupported_media"),
        (
            "edits",
            plain(&format!(r#"{IMAGE},"mask":{{"file_id":"files/a"}}"#)),
            "mask",
            "unsupported_parameter",
        ),
        ("edits", plain(&format!(r#"{IMAGE},"markup":"data:,""#)), "markup", "unsupported_parameter"),
        ("edits", imagen(IMAGE), "model", "unsupported_value"),
        ("variations", imagen(IMAGE), "model", "unsupported_value"),
        ("variations", format!(r#"{{"model":"{PRO}"}}"#), "image", "missing_required_parameter"),
    ] {
        let host = asked(path, &body);
        assert!(host.upstream.is_none() && host.called.is_empty(), "{body}");
        assert_eq!(host.client.header(":status"), Some("400"), "{body}");
        let error: Value = serde_json::from_slice(&host.client.body).unwrap();
        let found = (error["error"]["param"].as_str(), error["error"]["code"].as_str());
        assert_eq!(found, (Some(param), Some(code)), "{body}");
    }
}

/// What goes to Google of a request that becomes one call, and what is named as dropped.
fn sent(model: &str, members: &str) -> (Value, String) {
    let mut host = asked("generations", &with(model, members));
    let sent = serde_json::from_slice(&host.upstream.as_ref().unwrap().body).unwrap();
    let reply = r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}],
        "predictions":[{"mimeType":"image/png","bytesBase64Encoded":"AAAA"}]}"#;
    let reply = Message::reply("200", "application/json", reply);
    host.reply(&reply, [&reply.body[..]], false);
    assert_eq!(host.client.header(":status"), Some("200"), "{members}");
    (sent, host.client.header("x-llm-dropped").unwrap_or_default().to_owned())
}

#[test]
fn options_and_what_is_dropped() {
    let (newest, older) = ("gemini-3.1-flash-image", "gemini-2.5-flash-image");
    let (imagen, fast) = ("imagen-4.0-generate-001", "imagen-4.0-fast-generate-001");
    for (model, members, expected, dropped) in [
        (newest, "", r#"{"responseModalities":["IMAGE"]}"#, ""),
        ("gemini-2.0-flash-preview-image-generation", "", r#"{"responseModalities":["TEXT","IMAGE"]}"#, ""),
        (
            newest,
            r#""quality":"high""#,
            r#"{"responseModalities":["IMAGE"],"imageConfig":{"imageSize":"2K"}}"#,
            "",
        ),
        (older, r#""quality":"high""#, r#"{"responseModalities":["IMAGE"]}"#, "quality"),
        (newest, r#""quality":"low""#, r#"{"responseModalities":["IMAGE"]}"#, "quality"),
        (newest, r#""quality":"auto""#, r#"{"responseModalities":["IMAGE"]}"#, ""),
        (
            newest,
            r#""quality":"max","size":"512x512""#,
            r#"{"responseModalities":["IMAGE"],"imageConfig":{"aspectRatio":"1:1","imageSize":"512"}}"#,
            "quality",
        ),
        (
            older,
            r#""size":"256x256""#,
            r#"{"responseModalities":["IMAGE"],"imageConfig":{"aspectRatio":"1:1"}}"#,
            "size",
        ),
        (
            newest,
            r#""aspect_ratio":"4:1","image_size":"1k","size":"1024x1024""#,
            r#"{"responseModalities":["IMAGE"],"imageConfig":{"aspectRatio":"4:1","imageSize":"1K"}}"#,
            "",
        ),
        (
            newest,
            r#""output_format":"jpeg","output_compression":5,"moderation":"auto","partial_images":1"#,
            r#"{"responseModalities":["IMAGE"]}"#,
            "output_format, output_compression, partial_images",
        ),
        (
            newest,
            r#""style":"vivid","moderation":"low","input_fidelity":"high","complexity":"low","cached_content":"x""#,
            r#"{"responseModalities":["IMAGE"]}"#,
            "style, moderation, input_fidelity, complexity, cached_content",
        ),
        (imagen, "", r#"{"sampleCount":1,"includeRaiReason":true}"#, ""),
        (
            imagen,
            r#""n":4,"size":"1536x1024","output_format":"jpeg","output_compression":5"#,
            r#"{"sampleCount":4,"aspectRatio":"4:3","sampleImageSize":"1K","outputOptions":{"mimeType":"image/jpeg","compressionQuality":5},"includeRaiReason":true}"#,
            "",
        ),
        (
            imagen,
            r#""generationConfig":{"imageConfig":{"personGeneration":"ALLOW_NONE","imageSize":"2k"}}"#,
            r#"{"sampleCount":1,"sampleImageSize":"2K","personGeneration":"dont_allow","includeRaiReason":true}"#,
            "",
        ),
        (
            fast,
            r#""output_format":"webp","size":"2048x2048","labels":{},"safety_settings":[]"#,
            r#"{"sampleCount":1,"aspectRatio":"1:1","includeRaiReason":true}"#,
            "output_format, size, labels, safety_settings",
        ),
    ] {
        let (sent, told) = sent(model, members);
        let config = sent.get("generationConfig").or(sent.get("parameters")).unwrap();
        assert_eq!((config.to_string().as_str(), told.as_str()), (expected, dropped), "{model} {members}");
    }
}

#[test]
fn routes_that_forbid_streams_forbid_those_of_images() {
    let deny = r#"{"auth":{"header_value":"k"},"response_streaming":"deny"}"#;
    let always = r#"{"auth":{"header_value":"k"},"response_streaming":"always"}"#;
    for (route, members, status, method) in [
        (deny, r#","stream":true"#, "400", ""),
        (deny, "", "", "generateContent"),
        (always, "", "", "generateContent"),
        (always, r#","stream":true"#, "", "streamGenerateContent?alt=sse"),
    ] {
        let mut host = Host::new(&config(route));
        let headers = [(":method", "POST"), (":scheme", "http"), (":path", "/v1/images/generations")];
        let body = format!(r#"{{"model":"{PRO}","prompt":"Hi"{members}}}"#);
        host.request(&Message::new(&headers, body.as_bytes()));
        let path = host.upstream.as_ref().and_then(|sent| sent.header(":path")).unwrap_or_default();
        assert!(path.ends_with(method), "{path}");
        assert_eq!(host.client.header(":status").unwrap_or_default(), status);
    }
}

/// A form of these files, and of a prompt and a model.
fn form(files: &[(&str, &str, &str, &[u8])]) -> Host {
    let mut body = Vec::new();
    for (name, filename, kind, bytes) in files {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {kind}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    for (name, text) in [("prompt", "Hi"), ("model", PRO)] {
        let field = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    body.extend_from_slice(b"--b--\r\n");
    let mut host = Host::new(&config(r#"{"auth":{"header_value":"test-key"}}"#));
    let kind = ("content-type", "multipart/form-data; boundary=b");
    let headers = [(":method", "POST"), (":scheme", "http"), (":path", "/v1/images/edits"), kind];
    host.request(&Message::new(&headers, &body));
    host
}

#[test]
fn uploaded_images() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    for (files, expected) in [
        (&[("image", "a.png", "image/png", PNG)][..], "image/png"),
        (&[("image", "a.png", "application/octet-stream", b"x")], "image/png"),
        (&[("image", "a", "application/octet-stream", PNG)], "image/png"),
        (
            &[("image[]", "a", "", b"\xff\xd8\xff\xe0"), ("image[1]", "b.webp", "", b"x")],
            "image/jpeg image/webp",
        ),
        (&[("image", "a.png", "image/jpg", PNG)], "image/jpeg"),
        (&[("image", "a", "", b"x")], "image unsupported_media"),
        (&[("image", "a.pdf", "", b"%PDF-")], "image unsupported_media"),
        (&[("image", "a.svg", "image/svg+xml", b"<svg/>")], "image unsupported_media"),
        (&[("image", "a.gif", "", b"GIF89a")], "image unsupported_media"),
        (&[("image", "a.bmp", "image/bmp", b"BM")], "image unsupported_media"),
        (&[("image", "a.heic", "", b"x")], "image/heic"),
        (&[("image", "a.png", "image/png", b"")], "image invalid_value"),
        (&[("image", "a.png", "", PNG), ("mask", "m.png", "", PNG)], "mask unsupported_parameter"),
        (&[("image", "a.png", "", PNG), ("markup", "m.png", "", PNG)], "markup unsupported_parameter"),
        (&[("picture", "a.png", "", PNG)], "picture unknown_parameter"),
        (&[], "image missing_required_parameter"),
        (&[("image[]", "a.png", "", PNG); 17], "image array_above_max_length"),
    ] {
        let host = form(files);
        let found = match &host.upstream {
            Some(sent) => {
                let sent: Value = serde_json::from_slice(&sent.body).unwrap();
                let parts = sent["contents"][0]["parts"].as_array().unwrap();
                assert_eq!(parts.last().unwrap()["text"], "Hi");
                let kinds = parts.iter().filter_map(|part| part["inlineData"]["mimeType"].as_str());
                kinds.collect::<Vec<_>>().join(" ")
            }
            None => {
                let error: Value = serde_json::from_slice(&host.client.body).unwrap();
                ["param", "code"].map(|member| error["error"][member].as_str().unwrap().to_owned()).join(" ")
            }
        };
        assert_eq!(found, expected, "{files:?}");
    }
}

/// Each call has a body of its own.
#[test]
fn images_too_many_and_too_large_at_once_are_refused() {
    let route = r#"{"auth":{"header_value":"k"},"max_held_bytes":1000}"#;
    let ask = |count: usize| {
        let mut host = Host::new(&config(route));
        let headers = [(":method", "POST"), (":scheme", "http"), (":path", "/v1/images/edits")];
        let body = with(PRO, &format!(r#"{IMAGE},"n":{count}"#));
        host.call_replies = vec![Message::reply("200", "application/json", "{}")];
        host.request(&Message::new(&headers, body.as_bytes()));
        host.called.len()
    };
    assert_eq!((ask(4), ask(10)), (4, 0));
}
