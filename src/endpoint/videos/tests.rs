mod jobs;

use serde_json::Value;

use crate::testing::{Host, Message, cases, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const DEVELOPER: &str = r#"{"auth":{"header_value":"k"}}"#;
const VERTEX: &str = r#"{"auth":{"header_name":"authorization","header_value":"Bearer t"},"model":{"options":{"gemini":{"project_id":"p","location_id":"us-central1"}}}}"#;

#[test]
fn goldens() {
    for case in cases("videos") {
        case.check();
    }
}

/// What Google gets of the client's `body`, or else the client's error: its status, `param` and message.
fn sent(json: &str, body: &str) -> Result<Value, String> {
    let head = [(":method", "POST"), (":scheme", "http"), (":path", "/v1/videos")];
    asked(json, &Message::new(&head, body.as_bytes()))
}

fn asked(json: &str, request: &Message) -> Result<Value, String> {
    let mut host = Host::new(&config(json));
    host.request(request);
    if let Some(upstream) = host.upstream {
        return Ok(serde_json::from_slice(&upstream.body).unwrap());
    }
    let error: Value = serde_json::from_slice(&host.client.body).unwrap();
    let text = |member: &str| error["error"][member].as_str().unwrap_or_default().to_owned();
    Err(format!("{} {}: {}", host.client.header(":status").unwrap(), text("param"), text("message")))
}

#[test]
fn options_come_from_every_place() {
    for options in [
        r#""negative_prompt":"x","personGeneration":"allow_all","seed":7,"generate_audio":false,"fps":24"#,
        r#""google":{"negativePrompt":"x","person_generation":"allow_all","seed":"7","generateAudio":"false","frame_rate":24}"#,
        r#""extra_body":{"google":{"negative_prompt":"x","person_generation":"allow_all","seed":7,"generate_audio":false},"fps":"24"}"#,
        r#""seed":1,"negative_prompt":"y","fps":null,"extra_body":{"seed":2,"extra_body":{"google":{"negative_prompt":"x","person_generation":"allow_all","seed":7,"generate_audio":false,"fps":24,"unknown":[]}}}"#,
    ] {
        let body =
            format!(r#"{{"model":"veo-3.1-generate-001","prompt":"A cat","metadata":{{}},{options}}}"#);
        let expected = serde_json::json!({
            "sampleCount": 1, "negativePrompt": "x", "personGeneration": "allow_all", "seed": 7, "generateAudio": false, "fps": 24
        });
        assert_eq!(sent(VERTEX, &body).unwrap()["parameters"], expected, "{options}");
    }
}

#[test]
fn googles_words_win_over_openais() {
    for (options, parameters) in [
        ("", Value::Null),
        (r#","size":"auto""#, Value::Null),
        (
            r#","size":"1792x1024","seconds":"8""#,
            serde_json::json!({"aspectRatio": "16:9", "resolution": "1080p", "durationSeconds": 8}),
        ),
        (
            r#","size":"1280x720","google":{"aspect_ratio":"9:16"}"#,
            serde_json::json!({"aspectRatio": "9:16", "resolution": "720p"}),
        ),
        (r#","seconds":4,"google":{"duration_seconds":6}"#, serde_json::json!({"durationSeconds": 6})),
        (r#","resolution":"4k","sample_count":1"#, serde_json::json!({"resolution": "4k"})),
    ] {
        let body = format!(r#"{{"model":"veo-3.1-generate-preview","prompt":"A cat"{options}}}"#);
        assert_eq!(sent(DEVELOPER, &body).unwrap()["parameters"], parameters, "{options}");
    }
    let old =
        sent(DEVELOPER, r#"{"model":"veo-2.0-generate-001","prompt":"A cat","size":"720x1280","seconds":5}"#);
    let expected = serde_json::json!({"aspectRatio": "9:16", "durationSeconds": 5});
    assert_eq!(old.unwrap()["parameters"], expected);
}

#[test]
fn pictures_in_every_form() {
    let developer = serde_json::json!({"mimeType": "image/png", "bytesBase64Encoded": "iVBORw0KGgo="});
    for picture in [
        r#""data:image/png;base64,iVBORw0KGgo=""#,
        r#""iVBORw0KGgo""#,
        r#"{"image_url":"data:image/png;base64,iVBORw0KGgo="}"#,
        r#"{"image_url":{"url":"data:;base64,iVBORw0KGgo="}}"#,
        r#"{"bytesBase64Encoded":"iVBORw0KGgo=","mimeType":"image/png"}"#,
        r#"{"bytes_base64_encoded":"iVBORw0KGgo","mime_type":"image/png"}"#,
        r#"{"inlineData":{"data":"iVBORw0KGgo=","mimeType":"image/png"}}"#,
    ] {
        for member in ["input_reference", "image"] {
            let body = format!(r#"{{"model":"veo-3.1","prompt":"A cat","{member}":{picture}}}"#);
            assert_eq!(sent(DEVELOPER, &body).unwrap()["instances"][0]["image"], developer, "{picture}");
        }
    }
    let body = r#"{"model":"veo-3.1","prompt":"A cat","google":{"last_frame":"iVBORw0KGgo=","reference_images":["iVBORw0KGgo=",{"image":{"image_url":"data:image/png;base64,iVBORw0KGgo="},"reference_type":"style"}]}}"#;
    let instance = &sent(DEVELOPER, body).unwrap()["instances"][0];
    assert_eq!(instance["lastFrame"], developer);
    let references = serde_json::json!([
        {"image": developer, "referenceType": "asset"},
        {"image": developer, "referenceType": "style"},
    ]);
    assert_eq!(instance["referenceImages"], references);
    for picture in [
        r#""gs://b/cat.png""#,
        r#"{"image_url":"gs://b/cat.png"}"#,
        r#"{"gcsUri":"gs://b/cat.png","mimeType":"image/png"}"#,
    ] {
        let body = format!(r#"{{"model":"veo-3.1","prompt":"A cat","input_reference":{picture}}}"#);
        let vertex = serde_json::json!({"mimeType": "image/png", "gcsUri": "gs://b/cat.png"});
        assert_eq!(sent(VERTEX, &body).unwrap()["instances"][0]["image"], vertex, "{picture}");
        assert!(sent(DEVELOPER, &body).unwrap_err().starts_with("400 input_reference"), "{picture}");
    }
}

#[test]
fn what_cannot_be_had_is_refused_by_name() {
    for (members, expected) in [
        (r#""prompt":"""#, "400 prompt: Missing required parameter: 'prompt'."),
        (r#""size":"1280x720""#, "400 prompt: Missing required parameter: 'prompt'."),
        (r#""prompt":7"#, "400 prompt: Invalid type for 'prompt'"),
        (r#""prompt":"x","size":"1024x1024""#, "400 size: Invalid value for 'size'."),
        (
            r#""prompt":"x","seconds":"12""#,
            "400 seconds: Invalid value for 'seconds'. This model supports so many seconds: '4', '6', '8'.",
        ),
        (r#""prompt":"x","google":{"durationSeconds":7}"#, "400 google.durationSeconds: "),
        (
            r#""prompt":"x","size":"1792x1024","seconds":"4""#,
            "400 seconds: Invalid value for 'seconds'. This model supports so many seconds in 1080p and 4k",
        ),
        (r#""prompt":"x","resolution":"4k","google":{"durationSeconds":6}"#, "400 google.durationSeconds: "),
        (r#""prompt":"x","seconds":6,"last_frame":"iVBORw0KGgo=""#, "400 seconds: "),
        (r#""prompt":"x","seconds":6,"reference_images":["iVBORw0KGgo="]"#, "400 seconds: "),
        (r#""prompt":"x","seed":1"#, "400 seed: Only Vertex AI has this option."),
        (
            r#""prompt":"x","extra_body":{"google":{"generate_audio":true}}"#,
            "400 extra_body.google.generate_audio: Only",
        ),
        (r#""prompt":"x","negative_prompt":["y"]"#, "400 negative_prompt: Invalid type"),
        (r#""prompt":"x","enhance_prompt":"yes""#, "400 enhance_prompt: Invalid type"),
        (r#""prompt":"x","resolution":720"#, "400 resolution: Invalid type"),
        (r#""prompt":"x","google":7"#, "400 google: Invalid type"),
        (r#""prompt":"x","sample_count":2"#, "400 sample_count: A job of OpenAI's API makes one video."),
        (r#""prompt":"x","storage_uri":"gs://b""#, "400 storage_uri: Where videos are stored"),
        (
            r#""prompt":"x","google":{"extend_video_id":"v"}"#,
            "400 google.extend_video_id: Videos cannot be edited",
        ),
        (
            r#""prompt":"x","input_reference":"https://example.com/cat.png""#,
            "400 input_reference: This model fetches no pictures.",
        ),
        (
            r#""prompt":"x","input_reference":{"file_id":"files/abc"}"#,
            "400 input_reference: This model fetches no pictures.",
        ),
        (
            r#""prompt":"x","input_reference":{"file_id":"file-abc"}"#,
            "400 input_reference: The file is not known here",
        ),
        (r#""prompt":"x","input_reference":{}"#, "400 input_reference.image_url: Missing"),
        (r#""prompt":"x","input_reference":7"#, "400 input_reference: Invalid type"),
        (
            r#""prompt":"x","input_reference":"data:application/pdf;base64,JVBERi0=""#,
            "400 input_reference: Only images",
        ),
        (r#""prompt":"x","reference_images":{}"#, "400 reference_images: Invalid type"),
    ] {
        let body = format!(r#"{{"model":"veo-3.1-generate-preview",{members}}}"#);
        let error = sent(DEVELOPER, &body).unwrap_err();
        assert!(error.starts_with(expected), "{body}: {error}");
    }
    let tuned = r#"{"model":"tunedModels/t","prompt":"A cat"}"#;
    assert!(sent(DEVELOPER, tuned).unwrap_err().starts_with("400 model: A tuned model"));
    let error = sent(DEVELOPER, r#"{"prompt":"A cat"}"#).unwrap_err();
    assert!(error.starts_with("400 model"), "{error}");
}

#[test]
fn forms_are_what_they_stand_for() {
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = |name: &str, kind: &str, bytes: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"cat\"\r\nContent-Type: {kind}\r\n\r\n{bytes}\r\n"
        )
    };
    let form = |parts: &[String]| {
        let body = format!("{}--b--\r\n", parts.concat());
        let head = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/v1/videos"),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        asked(VERTEX, &Message::new(&head, body.as_bytes()))
    };
    let (model, prompt) = (part("model", "veo-3.1-generate-001"), part("prompt", "{\"scene\": 1}"));
    let expected = serde_json::json!({
        "instances": [{
            "prompt": "{\"scene\": 1}",
            "image": {"mimeType": "image/webp", "bytesBase64Encoded": "UklGRgAAAABXRUJQVlA4IA=="},
            "referenceImages": [{"image": {"mimeType": "image/png", "bytesBase64Encoded": "eA=="}, "referenceType": "asset"}],
        }],
        "parameters": {"sampleCount": 1, "durationSeconds": 8, "seed": 7, "generateAudio": true},
    });
    let picture = file("input_reference", "application/octet-stream", "RIFF\0\0\0\0WEBPVP8 ");
    let parts = [
        picture.clone(),
        part("seconds", "8"),
        model.clone(),
        file("reference_images[]", "image/png", "x"),
        part("extra_body[google][seed]", "7"),
        part("generate_audio", "true"),
        file("unknown", "image/png", "x"),
        prompt.clone(),
    ];
    assert_eq!(form(&parts).unwrap(), expected);
    for (part, expected) in [
        (file("input_reference", "application/pdf", "%PDF-1.7"), "400 input_reference: Only images"),
        (file("input_reference", "image/png", ""), "400 input_reference: The file is empty."),
        (file("video", "video/mp4", "x"), "400 video: Videos cannot be edited"),
        (part("seconds", "12"), "400 seconds: Invalid value for 'seconds'"),
        (part("extra_body", "{\"google\":{\"seed\":\"x\"}}"), "400 extra_body.google.seed: Invalid type"),
    ] {
        let error = form(&[model.clone(), prompt.clone(), part]).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(form(&[model]).unwrap_err().starts_with("400 prompt: Missing"));
}

#[test]
fn an_upload_is_moved_into_the_body() {
    let png = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 1 << 20]].concat();
    let mut body =
        b"--b\r\nContent-Disposition: form-data; name=\"input_reference\"; filename=\"a\"\r\n\r\n".to_vec();
    body.extend_from_slice(&png);
    body.extend_from_slice(
        b"\r\n--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nA cat\r\n--b--\r\n",
    );
    let head = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/openai/v1/videos/generations"),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    let config = config(r#"{"auth":{"header_value":"k"},"model":{"name":"veo-3.1-generate-preview"}}"#);
    let mut host = Host::new(&config);
    host.request_in(&Message::new(&head, &[]), body.chunks(10_000), false);
    let sent: Value = serde_json::from_slice(&host.upstream.unwrap().body).unwrap();
    let image = &sent["instances"][0]["image"];
    assert_eq!(image["mimeType"], "image/png");
    assert_eq!(image["bytesBase64Encoded"].as_str().unwrap().len(), png.len().div_ceil(3) * 4);
}
