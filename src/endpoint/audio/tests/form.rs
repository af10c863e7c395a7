use super::super::{transcriptions, translations};
use super::asked;
use crate::endpoint::{Forward, Handler, Next, Operation};
use crate::error::Error;
use crate::form::{Field, File, Form, Value};
use crate::pipe::Sink;
use crate::testing::config;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn file(name: &str, content_type: &str, start: &[u8]) -> Value {
    let (name, content_type) = (name.to_owned(), content_type.to_owned());
    let base64 = b"UklGRg==".to_vec().into();
    Value::File(File { name, content_type, start: start.to_vec(), size: start.len(), base64 })
}

fn forwarded(handler: Handler, backend: &str, fields: Vec<(&str, Value)>) -> Result<Forward, Error> {
    let fields = fields.into_iter().map(|(name, value)| Field { name: name.to_owned(), value }).collect();
    let config = config(&format!(r#"{{"auth":{{"header_value":"k"}}{backend}}}"#));
    match asked(&config, b"", Some(Form { fields }), handler)? {
        Next::Forward(forward) => Ok(forward),
        _ => panic!("not forwarded"),
    }
}

/// A request of a WAV file with these texts besides.
fn texts(handler: Handler, texts: &[(&str, &str)]) -> Result<Forward, Error> {
    let mut fields = vec![("file", file("a.wav", "", b"RIFF"))];
    fields.extend(texts.iter().map(|(name, text)| (*name, Value::Text((*text).to_owned()))));
    forwarded(handler, "", fields)
}

#[test]
fn what_cannot_be_is_named() {
    let model = ("model", "gemini-2.5-flash");
    for (fields, param, code) in [
        (&[][..], "model", "missing_required_parameter"),
        (&[model, ("response_format", "xml")], "response_format", "invalid_value"),
        (&[model, ("temperature", "warm")], "temperature", "invalid_type"),
        (&[model, ("temperature", "1.5")], "temperature", "decimal_above_max_value"),
        (&[model, ("stream", "maybe")], "stream", "invalid_value"),
        (&[model, ("stream", "true"), ("response_format", "vtt")], "stream", "unsupported_value"),
        (&[model, ("timestamp_granularities[]", "line")], "timestamp_granularities", "invalid_value"),
        (&[model, ("timestamp_granularities[]", "word")], "timestamp_granularities", "unsupported_value"),
        (&[model, ("file", "name.wav")], "file", "invalid_value"),
    ] {
        let error = texts(transcriptions, fields).err().unwrap();
        let error: serde_json::Value = serde_json::from_slice(&error.body()).unwrap();
        let found = (error["error"]["param"].as_str(), error["error"]["code"].as_str());
        assert_eq!(found, (Some(param), Some(code)), "{fields:?}");
    }
    let model = || ("model", Value::Text("gemini-2.5-flash".to_owned()));
    for files in [
        vec![],
        vec![("file", file("a.wav", "", b""))],
        vec![("file", file("a.wav", "", b"RIFF")), ("file[]", file("b.wav", "", b"RIFF"))],
        vec![("file", file("a.txt", "", b"text"))],
        vec![("file", file("", "application/octet-stream", b"\x01\x02\x03\x04"))],
    ] {
        let fields = files.into_iter().chain([model()]).collect();
        let error = forwarded(transcriptions, "", fields).err().unwrap();
        let error: serde_json::Value = serde_json::from_slice(&error.body()).unwrap();
        assert_eq!(error["error"]["param"], "file", "{error}");
    }
    let name = vec![("model", file("a.wav", "", b"RIFF"))];
    assert!(forwarded(transcriptions, "", name).is_err());
}

#[test]
fn the_recording_s_type_is_found() {
    for (name, content_type, start, expected) in [
        ("a.mp3", "audio/mpeg", &b"ID3\x04"[..], "audio/mpeg"),
        ("a.mp3", "application/octet-stream", b"ID3\x04", "audio/mp3"),
        ("a.m4a", "", b"\0", "audio/mp4"),
        ("a.mp4", "video/mp4", b"\0", "audio/mp4"),
        ("a.webm", "video/webm", b"\0", "audio/webm"),
        ("a.mpeg", "video/mpeg", b"\0", "audio/mpeg"),
        ("a.mov", "", b"\0", "video/mov"),
        ("blob", "", b"OggS\0\x02", "audio/ogg"),
        ("", "", b"fLaC\0", "audio/flac"),
        ("", "", b"\x1a\x45\xdf\xa3\x01", "audio/webm"),
        ("", "", b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    ] {
        let fields =
            vec![("file", file(name, content_type, start)), ("model", Value::Text("gemini-2.5-pro".into()))];
        let body = forwarded(transcriptions, "", fields).unwrap().body.into_bytes();
        let head = format!(
            r#"{{"contents":[{{"role":"user","parts":[{{"inlineData":{{"mimeType":"{expected}","data":"UklGRg=="}}}},"#
        );
        assert!(body.starts_with(head.as_bytes()), "{name:?} {content_type}");
    }
}

#[test]
fn the_model_is_told_what_the_client_says() {
    for (handler, fields, expected) in [
        (
            transcriptions as Handler,
            &[("language", "de"), ("prompt", "Zürich\0"), ("keywords[]", "a"), ("keywords[]", "b")][..],
            &["word for word", "The spoken language is: de.", "These words may occur: a, b.", "Zürich\""][..],
        ),
        (translations, &[("language", "")], &["into English", "nothing else"]),
        (transcriptions, &[("response_format", "srt")], &["JSON object", "responseJsonSchema"]),
        (transcriptions, &[("response_format", "diarized_json")], &["\\\"speaker\\\": A, B"]),
        (transcriptions, &[("temperature", "0.2")], &[r#""generationConfig":{"temperature":0.2}"#]),
    ] {
        let fields: Vec<_> = fields.iter().copied().chain([("model", "gemini-2.5-flash")]).collect();
        let body = texts(handler, &fields).unwrap().body.into_bytes();
        let body = String::from_utf8(body).unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        for words in expected {
            assert!(body.contains(words), "{words} in {body}");
        }
    }
}

#[test]
fn a_route_of_the_other_format_has_no_transcripts() {
    let openai = r#","upstream_format":"openai""#;
    for handler in [transcriptions as Handler, translations] {
        let fields = vec![("file", file("a.wav", "", b"RIFF"))];
        let error = forwarded(handler, openai, fields).err().unwrap();
        assert_eq!(error.status(), 501);
        assert!(String::from_utf8(error.body()).unwrap().contains("unsupported_endpoint"));
    }
}

#[test]
fn what_has_no_effect_is_told() {
    let (general, transcriber) = (("model", "gemini-3.6-flash"), ("model", "gemini-3.5-transcribe"));
    for (fields, expected) in [
        (&[general, ("user", "x"), ("include[]", "")][..], &[][..]),
        (
            &[
                general,
                ("include[]", "logprobs"),
                ("chunking_strategy[type]", "server_vad"),
                ("include[]", "x"),
            ],
            &["include", "chunking_strategy"],
        ),
        (&[general, ("temperature", "0")], &["temperature"]),
        (&[general, ("known_speaker_references[]", "data:,")], &["known_speaker_references"]),
        (&[general, ("timestamp_granularities[]", "segment")], &["timestamp_granularities"]),
        (&[general, ("response_format", "verbose_json"), ("timestamp_granularities[]", "segment")], &[]),
        (
            &[transcriber, ("prompt", "p"), ("temperature", "0"), ("keywords[]", "k")],
            &["prompt", "temperature"],
        ),
        (&[transcriber, ("keywords[]", "k"), ("response_format", "vtt")], &["keywords"]),
    ] {
        assert_eq!(texts(transcriptions, fields).unwrap().dropped, expected, "{fields:?}");
    }
}

#[test]
fn only_what_was_asked_for_streams_wherever_chats_do() {
    let always = r#","response_streaming":"always""#;
    for (fields, expected) in [
        (&[("response_format", "json")][..], "generateContent"),
        (&[("response_format", "diarized_json"), ("stream", "false")], "generateContent"),
        (&[("response_format", "vtt")], "generateContent"),
        (&[("stream", "true")], "streamGenerateContent"),
    ] {
        let mut all = vec![("file", file("a.wav", "", b"RIFF"))];
        let fields = fields.iter().chain(&[("model", "gemini-2.5-flash")]);
        all.extend(fields.map(|(name, text)| (*name, Value::Text((*text).to_owned()))));
        let operation = forwarded(transcriptions, always, all).unwrap().operation;
        let Operation::Model { method, .. } = operation else { panic!("{operation:?}") };
        assert_eq!(method, expected);
    }
}

#[test]
fn what_is_not_complete_is_an_error() {
    let said = |text: &str, finish: &str| {
        let text = serde_json::to_string(text).unwrap();
        format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":{text}}}]}}{finish}}}]}}"#)
    };
    let (stop, one) = (r#","finishReason":"STOP""#, r#"{"start":0,"end":1,"text":"a"}"#);
    for (format, reply, expected) in [
        ("json", said("half a", stop), None),
        ("json", "{}".to_owned(), Some("ended prematurely.")),
        ("vtt", "{}".to_owned(), Some("ended prematurely.")),
        ("json", said("half a", ""), Some("ended prematurely.")),
        ("json", said("half a", r#","finishReason":"OTHER""#), Some("did not finish (OTHER).")),
        ("text", said("", r#","finishReason":"OTHER""#), Some("did not finish (OTHER).")),
        (
            "json",
            said("half a", r#","finishReason":"MALFORMED_RESPONSE","finishMessage":"why""#),
            Some("did not finish (MALFORMED_RESPONSE): why"),
        ),
        ("json", said("half a", r#","finishReason":"NEW_ONE""#), Some("did not finish (NEW_ONE).")),
        ("srt", said(&format!(r#"{{"segments":[{one}]}}"#), stop), None),
        ("srt", said(r#"{"segments":[{"start":1,"end":2,"text":5}]}"#, stop), Some("no times")),
        ("verbose_json", said(&format!(r#"{{"segments":[{one},{{"start":1}}]}}"#), stop), Some("no times")),
    ] {
        let forward = texts(transcriptions, &[("model", "gemini-2.5-flash"), ("response_format", format)]);
        let (mut pipe, mut out) = (forward.unwrap().reply, Sink::default());
        let told = pipe.push(reply.as_bytes(), &mut out).err();
        assert_eq!(told.as_ref().map(Error::status), expected.map(|_| 502), "{reply}");
        let body = told.map(|error| String::from_utf8(error.body()).unwrap()).unwrap_or_default();
        assert!(body.contains(expected.unwrap_or_default()), "{body} for {reply}");
    }
}

#[test]
fn a_large_file_is_not_copied() {
    let base64 = vec![b'A'; 4 << 20];
    let address = base64.as_ptr();
    let mut held = crate::rope::Rope::default();
    held.push(base64);
    let name = "a.wav".to_owned();
    let file =
        File { name, content_type: String::new(), start: b"RIFF".to_vec(), size: 3 << 20, base64: held };
    let fields = vec![("file", Value::File(file)), ("model", Value::Text("gemini-2.5-flash".to_owned()))];
    let body = forwarded(transcriptions, "", fields).unwrap().body;
    assert!(body.into_pieces().any(|piece| piece.as_ptr() == address));
}

#[test]
fn only_vertex_is_asked_to_mind_the_time() {
    let vertex = r#","model":{"options":{"gemini":{"project_id":"p","location_id":"us-central1"}}}"#;
    for (backend, format, expected) in [("", "srt", false), (vertex, "srt", true), (vertex, "json", false)] {
        let texts = [("model", "gemini-2.5-flash"), ("response_format", format)];
        let mut fields = vec![("file", file("a.wav", "", b"RIFF"))];
        fields.extend(texts.map(|(name, text)| (name, Value::Text(text.to_owned()))));
        let body = forwarded(transcriptions, backend, fields).unwrap().body.into_bytes();
        assert_eq!(String::from_utf8(body).unwrap().contains("audioTimestamp"), expected);
    }
}
