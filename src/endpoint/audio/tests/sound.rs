use super::super::speech;
use super::asked;
use crate::endpoint::{Forward, Next};
use crate::error::Error;
use crate::pipe::Sink;
use crate::testing::{Host, Message, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CONFIG: &str = r#"{"auth":{"header_value":"k"}}"#;

fn forwarded(config_json: &str, body: &str) -> Result<Forward, Error> {
    match asked(&config(config_json), body.as_bytes(), None, speech)? {
        Next::Forward(forward) => Ok(forward),
        _ => panic!("not forwarded"),
    }
}

#[test]
fn what_cannot_be_is_named() {
    for (body, param, code) in [
        (r#"{"voice":"alloy"}"#, "input", "missing_required_parameter"),
        (r#"{"input":"","voice":"alloy"}"#, "input", "missing_required_parameter"),
        (r#"{"input":1}"#, "input", "invalid_type"),
        (r#"{"input":"a","instructions":{}}"#, "instructions", "invalid_type"),
        (r#"{"input":"a","voice":7}"#, "voice", "invalid_type"),
        (r#"{"input":"a","voice":{"id":"x"}}"#, "voice", "invalid_value"),
        (r#"{"input":"a","response_format":"opus"}"#, "response_format", "invalid_value"),
        (r#"{"input":"a","response_format":"aac"}"#, "response_format", "invalid_value"),
        (r#"{"input":"a","response_format":"flac"}"#, "response_format", "invalid_value"),
        (r#"{"input":"a","speed":4.5}"#, "speed", "decimal_above_max_value"),
        (r#"{"input":"a","speed":0}"#, "speed", "integer_below_min_value"),
        (r#"{"input":"a","speed":"fast"}"#, "speed", "invalid_type"),
        (r#"{"input":"a","stream_format":"mp3"}"#, "stream_format", "invalid_value"),
    ] {
        let body = body.replacen('{', r#"{"model":"gemini-2.5-pro-preview-tts","#, 1);
        let error = forwarded(CONFIG, &body).err().unwrap();
        let error: serde_json::Value = serde_json::from_slice(&error.body()).unwrap();
        let found = (error["error"]["param"].as_str(), error["error"]["code"].as_str());
        assert_eq!(found, (Some(param), Some(code)), "{body}");
    }
    assert!(forwarded(CONFIG, r#"{"input":"a"}"#).is_err());
}

#[test]
fn a_route_of_the_other_format_does_not_speak() {
    let openai = r#"{"auth":{"header_value":"k"},"upstream_format":"openai"}"#;
    let body = r#"{"model":"gemini-2.5-pro-preview-tts","input":"a"}"#;
    let error = forwarded(openai, body).err().unwrap();
    let ahead = crate::endpoint::chat::ahead(&config(openai)).err().unwrap();
    for error in [error, ahead] {
        assert_eq!(error.status(), 501);
        assert!(String::from_utf8(error.body()).unwrap().contains("unsupported_endpoint"));
    }
}

#[test]
fn the_request_says_what_the_client_does() {
    let options = r#"{"auth":{"header_value":"k"},"model":{"options":{"temperature":0.5,"max_tokens":100}}}"#;
    let said = r#"{"contents":[{"role":"user","parts":[{"text":"TEXT"}]}],"generationConfig":"#;
    for (config, members, text, generation, dropped) in [
        (
            CONFIG,
            "",
            "a",
            r#"{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}}"#,
            &[][..],
        ),
        (
            CONFIG,
            r#","instructions":"Whisper","speed":1.0,"voice":null"#,
            "Whisper: a",
            r#"{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}}"#,
            &[],
        ),
        (
            CONFIG,
            r#","instructions":"","speed":2,"language_code":"fr-FR""#,
            "a",
            r#"{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}},"languageCode":"fr-FR"}}}"#,
            &["speed"],
        ),
        (
            options,
            "",
            "a",
            r#"{"temperature":0.5,"maxOutputTokens":100,"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}}"#,
            &[],
        ),
    ] {
        let body = format!(r#"{{"model":"gemini-2.5-flash-preview-tts","input":"a"{members}}}"#);
        let forward = forwarded(config, &body).unwrap();
        let expected = format!("{}{generation}", said.replace("TEXT", text));
        assert_eq!(String::from_utf8(forward.body.into_bytes()).unwrap(), expected, "{body}");
        assert_eq!(forward.dropped, dropped);
    }
}

fn reply(parts: &str, finish: &str) -> String {
    format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}]}}{finish}}}]}}"#)
}

#[test]
fn sound_of_many_parts_is_one() {
    let part =
        |data: &str| format!(r#"{{"inlineData":{{"mimeType":"audio/L16;rate=24000","data":"{data}"}}}}"#);
    let thought = r#"{"thought":true,"inlineData":{"mimeType":"audio/L16","data":"/////w=="}},{"text":"Hm"}"#;
    let parts = [part("AQA="), thought.to_owned(), part(r"AgAD\/w=="), part("BAA=")].join(",");
    let (mut whole, mut streamed) = (Sink::default(), Sink::default());
    let body = r#"{"model":"gemini-2.5-flash-preview-tts","input":"a"}"#;
    let mut pipe = forwarded(CONFIG, body).unwrap().reply;
    pipe.push(reply(&parts, r#","finishReason":"STOP""#).as_bytes(), &mut whole).unwrap();
    pipe.end(&mut whole).unwrap();
    let whole = [whole.bytes, whole.body.into_bytes()].concat();
    let body = body.replace("}", r#","stream_format":"audio"}"#);
    let mut pipe = forwarded(CONFIG, &body).unwrap().reply;
    assert!(pipe.folds());
    pipe.push(reply(&parts, r#","finishReason":"STOP""#).as_bytes(), &mut streamed).unwrap();
    assert!(!pipe.folds());
    pipe.end(&mut streamed).unwrap();
    let samples = [1, 0, 2, 0, 3, 255, 4, 0];
    assert_eq!((&whole[44..], &streamed.bytes[44..]), (&samples[..], &samples[..]));
    assert_eq!((&whole[4..8], &whole[40..44]), (&[44, 0, 0, 0][..], &[8, 0, 0, 0][..]));
    assert_eq!((&streamed.bytes[4..8], &streamed.bytes[40..44]), (&[255; 4][..], &[255; 4][..]));
}

#[test]
fn sound_that_cannot_be_read_is_an_error() {
    for data in ["A", "A!A-_", "AA==AAAA", "AAAA!!!!"] {
        let part = format!(r#"{{"inlineData":{{"mimeType":"audio/pcm","data":"{data}"}}}}"#);
        let reply = reply(&part, r#","finishReason":"STOP""#);
        for (format, text) in [
            ("", reply.clone()),
            ("audio", format!("data: {reply}\n\n")),
            ("sse", format!("data: {reply}\n\n")),
        ] {
            let format =
                if format.is_empty() { String::new() } else { format!(r#","stream_format":"{format}""#) };
            let body = format!(r#"{{"model":"gemini-2.5-flash-preview-tts","input":"a"{format}}}"#);
            let (mut pipe, mut out) = (forwarded(CONFIG, &body).unwrap().reply, Sink::default());
            let pushed = pipe.push(text.as_bytes(), &mut out);
            let error = pushed.and_then(|()| pipe.end(&mut out)).unwrap_err();
            assert!(String::from_utf8(error.body()).unwrap().contains("invalid_upstream_response"), "{data}");
        }
    }
}

#[test]
fn a_stream_of_bytes_that_fails_is_cut_off() {
    let request = Message::new(
        &[(":method", "POST"), (":path", "/v1/audio/speech")],
        br#"{"model":"gemini-2.5-flash-preview-tts","input":"a","stream_format":"audio"}"#,
    );
    let sound = reply(r#"{"inlineData":{"mimeType":"audio/pcm","data":"AQA="}}"#, "");
    let broken =
        reply(r#"{"inlineData":{"mimeType":"audio/pcm","data":"A!A-_"}}"#, r#","finishReason":"STOP""#);
    for (events, cut, status) in [
        (vec![sound.clone(), broken.clone()], true, "200"),
        (vec![broken], false, "502"),
        (vec![sound.clone(), reply("", r#","finishReason":"STOP""#)], false, "200"),
        (vec![sound.clone()], true, "200"),
        (vec![sound.clone(), reply("", r#","finishReason":"SAFETY""#)], true, "200"),
        (vec![sound, r#"{"error":{"code":503,"message":"x"}}"#.to_owned()], true, "200"),
        (vec![reply("", r#","finishReason":"SAFETY""#)], false, "400"),
        (vec![r#"{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}"#.to_owned()], false, "503"),
    ] {
        let mut host = Host::new(&config(CONFIG));
        host.request(&request);
        let pieces: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        host.reply(
            &Message::reply("200", "text/event-stream", ""),
            pieces.iter().map(String::as_bytes),
            false,
        );
        assert_eq!((host.cut, host.client.header(":status")), (cut, Some(status)), "{events:?}");
    }
}
