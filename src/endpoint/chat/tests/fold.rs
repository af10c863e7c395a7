//! A folded stream is what the stream itself says, and what the same reply in one piece would be.

use serde_json::{Map, Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::chunks;
use crate::endpoint::{Next, Request};
use crate::error::Error;
use crate::headers::{self, Headers};
use crate::memory::Signatures;
use crate::pipe::{Pipe, Sink, Usage};
use crate::testing::{Case, Message, NOW, Remembered, cases, config};

/// How the client wants the reply, and how Google is asked for it.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Whole,
    Folded,
    Stream,
}

/// The reader of the reply to `request`.
fn reader(settings: &Value, request: &Value, wanted: As) -> Box<dyn Pipe> {
    let (mut settings, mut request) = (settings.clone(), request.clone());
    let model = request["model"].clone();
    let settings = settings.as_object_mut().unwrap();
    settings.remove("response_streaming");
    if wanted == As::Folded {
        let configured = settings.entry("model").or_insert_with(|| json!({}));
        configured.as_object_mut().unwrap().entry("name").or_insert(model);
        settings.insert("request_mode".to_owned(), "headers".into());
    }
    let config = config(&Value::Object(settings.clone()).to_string());
    let members = request.as_object_mut().unwrap();
    members.insert("stream".to_owned(), (wanted == As::Stream).into());
    members.insert("stream_options".to_owned(), json!({"include_usage": true}));
    let body = request.to_string();
    let memory = std::rc::Rc::new(Remembered::default());
    let caller = Headers::decode(headers::encode(&[]));
    let signatures = Signatures::of(memory, &caller, None, config.fingerprint, NOW, 60);
    let form = std::cell::Cell::new(None);
    let request = Request {
        config: &config,
        body: body.as_bytes(),
        form: &form,
        captured: "",
        query: "",
        has_body: true,
        signatures: &signatures,
        now: NOW,
        id: 1,
    };
    let Ok(Next::Forward(forward)) = crate::endpoint::chat::chat(&request) else {
        panic!("{body} is not forwarded");
    };
    forward.reply
}

/// What comes of a reply in `pieces`, and the tokens counted: all of them, whatever came of it.
fn read<'a>(
    mut reader: Box<dyn Pipe>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Result<Vec<u8>, Error>, Option<Usage>) {
    let mut out = Sink::default();
    for piece in pieces {
        if let Err(error) = reader.push(piece, &mut out) {
            return (Err(error), out.usage);
        }
    }
    let ended = reader.end(&mut out);
    (ended.map(|()| out.bytes), out.usage)
}

fn events<'v>(events: impl IntoIterator<Item = &'v Value>) -> Vec<u8> {
    events.into_iter().flat_map(|event| format!("data: {event}\n\n").into_bytes()).collect()
}

/// The golden's configuration and request, where Google replied with `kind`.
fn replied(case: &Case, kind: &str) -> Option<(Value, Value, Message)> {
    let reply = case.message("upstream_reply.http").filter(|reply| {
        reply.header(":status") == Some("200")
            && reply.header("content-type").is_some_and(|told| told.starts_with(kind))
    })?;
    let request = serde_json::from_slice(&case.message("request.http")?.body).ok()?;
    Some((serde_json::from_str(case.config()).unwrap(), request, reply))
}

/// The `chat.completion` that the chunks of a stream add up to, as a client adds them.
fn added(stream: &[u8]) -> Value {
    let (chunks, done) = chunks(std::str::from_utf8(stream).unwrap());
    assert!(done);
    let mut whole = json!({"choices": []});
    for chunk in &chunks {
        for member in ["id", "created", "model", "service_tier", "usage"] {
            if let Some(value) = chunk.get(member).filter(|value| !value.is_null()) {
                whole[member] = value.clone();
            }
        }
        for told in chunk["choices"].as_array().unwrap() {
            let choices = whole["choices"].as_array_mut().unwrap();
            let known = choices.iter().position(|choice| choice["index"] == told["index"]);
            let place = known.unwrap_or(choices.len());
            if known.is_none() {
                choices.push(json!({"index": told["index"], "message": {}, "logprobs": null}));
            }
            let choice = choices[place].as_object_mut().unwrap();
            for (name, value) in told.as_object().unwrap() {
                match name.as_str() {
                    "delta" => add(&mut choice["message"], value),
                    "logprobs" if !value.is_null() && !choice["logprobs"].is_null() => {
                        let more = value["content"].as_array().unwrap().clone();
                        choice["logprobs"]["content"].as_array_mut().unwrap().extend(more);
                    }
                    "logprobs" if value.is_null() => {}
                    _ => drop(choice.insert(name.clone(), value.clone())),
                }
            }
        }
    }
    whole["choices"].as_array_mut().unwrap().sort_by_key(|choice| choice["index"].as_u64());
    whole
}

/// Adds a delta to a message: strings and lists go on, objects are added member by member.
fn add(message: &mut Value, delta: &Value) {
    match (&mut *message, delta) {
        (Value::String(known), Value::String(more)) => known.push_str(more),
        (Value::Array(known), Value::Array(more)) => known.extend(more.iter().cloned()),
        (Value::Object(known), Value::Object(more)) => {
            for (name, value) in more {
                add(known.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Null, more) => *message = more.clone(),
        (known, more) => assert!(more.is_null(), "{known} and {more}"),
    }
}

/// Levels what a stream and one reply say differently though it is the same: a list's `index`, text that is `""` or
/// `null`, and the length in a WAV header.
fn level(completion: &mut Value) {
    completion.as_object_mut().unwrap().remove("object");
    for choice in completion["choices"].as_array_mut().unwrap() {
        let message = choice["message"].as_object_mut().unwrap();
        if message["content"].is_null() {
            message["content"] = "".into();
        }
        let mut lists: Vec<&mut Value> = Vec::new();
        let mut audio = None;
        for (name, member) in message.iter_mut() {
            match name.as_str() {
                "tool_calls" => lists.push(member),
                "provider_specific_fields" => lists.extend(member.as_object_mut().unwrap().values_mut()),
                "audio" => audio = Some(member),
                _ => {}
            }
        }
        for element in lists.into_iter().filter_map(Value::as_array_mut).flatten() {
            if let Value::Object(element) = element {
                element.remove("index");
            }
        }
        if let Some(data) = audio.map(|audio| &mut audio["data"]) {
            *data = data.as_str().unwrap().trim_end_matches('=').into();
            if data.as_str().unwrap().starts_with("UklGR") {
                // `RIFF`, its length, …, the data's length at byte 40; in base64 these are digits 4 to 11 and 52 to 59.
                let lengths = |place: &usize| (4..12).contains(place) || (52..60).contains(place);
                let digits = data.as_str().unwrap().chars().enumerate();
                let kept = digits.filter(|(place, _)| !lengths(place)).map(|(_, digit)| digit);
                *data = kept.collect::<String>().into();
            }
        }
    }
}

/// Compares a folded stream with what the stream reader makes of it. Returns what was folded.
fn check(name: &str, settings: &Value, request: &Value, stream: &[u8]) -> Option<Vec<u8>> {
    let (streamed, tokens) = read(reader(settings, request, As::Stream), [stream]);
    let (folded, counted) = read(reader(settings, request, As::Folded), [stream]);
    match (streamed, folded) {
        (Err(_), Err(_)) => {
            // What makes no sense together is only seen when all is there, and counted.
            let least = tokens.unwrap_or_default();
            let counted = counted.unwrap_or_default();
            assert!(counted.prompt >= least.prompt && counted.completion >= least.completion, "{name}");
            None
        }
        (Ok(streamed), Ok(folded)) => {
            assert_eq!(counted, tokens, "{name}");
            let mut expected = added(&streamed);
            let mut found: Value = serde_json::from_slice(&folded).unwrap();
            assert_eq!(found["object"], "chat.completion", "{name}");
            level(&mut expected);
            level(&mut found);
            if expected.get("service_tier").is_none() {
                // Too late for a stream, whose first chunk tells it.
                found.as_object_mut().unwrap().remove("service_tier");
            }
            let told =
                |index: &Value| found["choices"].as_array().unwrap().iter().any(|c| c["index"] == *index);
            // A stream begins choices that never come; one reply does not have them.
            expected["choices"].as_array_mut().unwrap().retain(|choice| {
                told(&choice["index"])
                    || choice["message"]["content"] != ""
                    || choice["finish_reason"] != "length"
            });
            assert_eq!(found, expected, "{name}");
            Some(folded)
        }
        (streamed, folded) => panic!("{name}: {streamed:?} but {folded:?}"),
    }
}

#[test]
fn a_folded_stream_is_what_the_stream_adds_up_to() {
    let (mut folded, mut refused) = (0, 0);
    for case in cases("chat") {
        if let Some((settings, request, reply)) = replied(&case, "text/event-stream") {
            match check(case.name(), &settings, &request, &reply.body) {
                Some(_) => folded += 1,
                None => refused += 1,
            }
        }
    }
    assert!(folded > 20 && refused > 5, "{folded} folded, {refused} refused");
}

#[test]
fn a_folded_stream_does_not_depend_on_where_it_is_cut() {
    for case in cases("chat") {
        let Some((settings, request, reply)) = replied(&case, "text/event-stream") else {
            continue;
        };
        let result = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            let (folded, usage) = read(reader(&settings, &request, As::Folded), pieces);
            (folded.map_err(|error| (error.status(), error.body())), usage)
        };
        let expected = result(&mut [&reply.body[..]].into_iter());
        let text = reply.text().replace("\r\n", "\n");
        for newline in ["\r\n", "\n", "\r"] {
            let stream = text.replace('\n', newline).into_bytes();
            assert_eq!(result(&mut stream.chunks(1)), expected, "{} {newline:?}", case.name());
        }
        for cut in 1..reply.body.len() {
            let (head, tail) = reply.body.split_at(cut);
            let found = result(&mut [head, tail].into_iter());
            assert_eq!(found, expected, "{} cut at {cut}", case.name());
        }
    }
}

/// The stream that says what `reply` says: one event for each part of its candidates, then one for the rest. Texts side
/// by side stay together: in a stream the next event's would be more of the same part.
fn as_stream(reply: &Value) -> Vec<u8> {
    let candidates = reply["candidates"].as_array().cloned().unwrap_or_default();
    let unnumbered = candidates.iter().filter(|candidate| candidate.get("index").is_none()).count();
    // Zeroes are left out.
    let index = |position: usize| Value::from(if unnumbered == 1 { 0 } else { position });
    let parts = |candidate: &Value| {
        let all = candidate["content"]["parts"].as_array().map_or(&[][..], Vec::as_slice);
        let text = |part: &Value| part["text"].is_string().then(|| part["thought"] == true);
        let together = all.chunk_by(|one, next| text(one).is_some() && text(one) == text(next));
        together.map(|parts| json!(parts)).collect::<Vec<_>>()
    };
    let longest = candidates.iter().map(|candidate| parts(candidate).len()).max().unwrap_or_default();
    let mut stream = Vec::new();
    for place in 0..longest {
        let said = candidates.iter().enumerate().filter_map(|(position, candidate)| {
            let index = candidate.get("index").cloned().unwrap_or_else(|| index(position));
            Some(json!({"index": index, "content": {"parts": parts(candidate).get(place)?}}))
        });
        stream.push(json!({"candidates": said.collect::<Vec<_>>()}));
    }
    let mut last = reply.clone();
    for (position, candidate) in last["candidates"].as_array_mut().into_iter().flatten().enumerate() {
        let candidate = candidate.as_object_mut().unwrap();
        candidate.remove("content");
        candidate.entry("index").or_insert_with(|| index(position));
    }
    stream.push(last);
    events(&stream)
}

#[test]
fn a_reply_cut_into_events_folds_into_the_same_bytes() {
    let mut folds = 0;
    for case in cases("chat") {
        let Some((settings, request, reply)) = replied(&case, "application/json") else {
            continue;
        };
        let Ok(Value::Object(told)) = serde_json::from_slice::<Value>(&reply.body) else {
            continue;
        };
        let told = Value::Object(told);
        let ended = |candidate: &Value| candidate["finishReason"].is_string();
        let candidates = told["candidates"].as_array().filter(|all| all.iter().all(Value::is_object));
        let complete = candidates.is_some_and(|all| !all.is_empty() && all.iter().all(ended));
        if !complete && !told["promptFeedback"]["blockReason"].is_string() {
            continue;
        }
        let (whole, usage) = read(reader(&settings, &request, As::Whole), [told.to_string().as_bytes()]);
        for stream in [events([&told]), as_stream(&told)] {
            let (folded, counted) = read(reader(&settings, &request, As::Folded), [&stream[..]]);
            let text = |json: &[u8]| String::from_utf8(json.to_vec()).unwrap();
            match (&whole, folded) {
                (Err(whole), Err(folded)) => assert_eq!(folded.body(), whole.body(), "{}", case.name()),
                (Ok(whole), Ok(folded)) => assert_eq!(text(&folded), text(whole), "{}", case.name()),
                (whole, folded) => panic!("{}: {whole:?} but {folded:?}", case.name()),
            }
            assert_eq!(counted, usage, "{}", case.name());
            folds += 1;
        }
    }
    assert!(folds > 40, "only {folds}");
}

/// The choices that a stream folds into, or the error's code.
fn folded(stream: &[u8]) -> Result<Vec<Map<String, Value>>, String> {
    let request = json!({"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "a"}]});
    let settings = json!({"auth": {"header_value": "k"}});
    let (folded, _) = read(reader(&settings, &request, As::Folded), [stream]);
    let folded = folded.map_err(|error| {
        let body: Value = serde_json::from_slice(&error.body()).unwrap();
        format!("{} {}", error.status(), body["error"]["code"].as_str().unwrap_or_default())
    })?;
    let folded: Value = serde_json::from_slice(&folded).unwrap();
    let choices = folded["choices"].as_array().unwrap();
    Ok(choices.iter().map(|choice| choice.as_object().unwrap().clone()).collect())
}

/// Index, content, finish reason, Google's reason and refusal of each choice.
fn choices(stream: &[Value]) -> Result<Vec<String>, String> {
    let shown = |choice: &Map<String, Value>| {
        let message = &choice["message"];
        [
            &choice["index"],
            &message["content"],
            &choice["finish_reason"],
            &choice["native_finish_reason"],
            &message["refusal"],
        ]
        .map(Value::to_string)
        .join(" ")
    };
    Ok(folded(&events(stream))?.iter().map(shown).collect())
}

fn text(index: u64, text: &str) -> Value {
    json!({"index": index, "content": {"parts": [{"text": text}]}})
}

fn ended(mut candidate: Value, reason: &str) -> Value {
    candidate["finishReason"] = reason.into();
    json!({"candidates": [candidate]})
}

#[test]
fn how_a_choice_ended_is_told_last() {
    let event = |candidate| json!({"candidates": [candidate]});
    let blocked = json!({"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No."}});
    for (stream, expected) in [
        (vec![event(text(0, "a")), ended(text(0, "b"), "STOP")], &[r#"0 "ab" "stop" "STOP" null"#][..]),
        // Older models repeat it; the last one counts.
        (
            vec![ended(text(0, "a"), "STOP"), ended(text(0, "b"), "MAX_TOKENS"), event(text(0, "c"))],
            &[r#"0 "abc" "length" "MAX_TOKENS" null"#],
        ),
        // One choice is cut, another is not.
        (
            vec![event(text(1, "b")), ended(text(0, "a"), "STOP")],
            &[r#"0 "a" "stop" "STOP" null"#, r#"1 "b" "length" null null"#],
        ),
        (vec![blocked.clone()], &[r#"0 null "content_filter" "SAFETY" "No.""#]),
        (vec![event(text(0, "a")), blocked], &[r#"0 "a" "content_filter" "SAFETY" "No.""#]),
    ] {
        assert_eq!(choices(&stream).unwrap(), expected, "{stream:?}");
    }
}

#[test]
fn what_is_not_complete_is_an_error() {
    let cut = "502 stream_ended_prematurely";
    let unreadable = "502 invalid_upstream_response";
    let event = json!({"candidates": [text(0, "a")]});
    let end = ended(text(0, "b"), "STOP");
    let many = (0..200).map(|index| ended(text(index, "a"), "STOP")).collect::<Vec<_>>();
    let said = json!({"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}});
    for (stream, expected) in [
        (events(&[]), cut),
        (events([&event]), cut),
        (events(&[json!({"usageMetadata": {"promptTokenCount": 1}})]), cut),
        (events(&[json!({"promptFeedback": {}})]), cut),
        (events(&[event.clone(), said.clone()]), "429 rate_limit_exceeded"),
        // An error after the end is one all the same.
        (events(&[event.clone(), end.clone(), said]), "429 rate_limit_exceeded"),
        (events(&[event, json!([1])]), unreadable),
        ([events([&end]), b"data: {\"candidates\":7}\n\n".to_vec()].concat(), unreadable),
        ([events([&end]), b"data: {\"candidates\"}\n\n".to_vec()].concat(), unreadable),
        ([events([&end]), b"data: {\"candidates\":[".to_vec()].concat(), cut),
        (events(&many), unreadable),
        (events(&[ended(json!({}), "MALFORMED_FUNCTION_CALL")]), "502 malformed_function_call"),
    ] {
        let found = folded(&stream).map_or_else(|error| error, |_| "ok".to_owned());
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(&stream[..stream.len().min(300)]));
    }
}

#[test]
fn likelihoods_go_on_from_event_to_event() {
    let event = |token: &str, reason: Option<&str>| {
        let likely = json!({"token": token, "logProbability": -0.5});
        let top = json!({"candidates": [likely]});
        json!({"candidates": [{
            "content": {"parts": [{"text": token}]},
            "finishReason": reason,
            "logprobsResult": {"chosenCandidates": [likely], "topCandidates": [top]},
        }]})
    };
    let stream = events(&[event("a", None), json!({"candidates": [{}]}), event("b", Some("STOP"))]);
    let tokens = folded(&stream).unwrap()[0]["logprobs"]["content"].as_array().unwrap().clone();
    let shown = tokens.iter().map(|token| format!("{}{}", token["token"], token["top_logprobs"][0]["token"]));
    assert_eq!(shown.collect::<Vec<_>>(), [r#""a""a""#, r#""b""b""#]);
}

#[test]
fn what_is_kept_is_counted_and_bounded() {
    let request = json!({"model": "gemini-2.5-flash", "messages": [{"role": "user", "content": "a"}]});
    let mut reader = reader(&json!({"auth": {"header_value": "k"}}), &request, As::Folded);
    let event = events(&[json!({"candidates": [text(0, &"x".repeat(1000))]})]);
    let mut out = Sink::default();
    for count in 1..=10 {
        reader.push(&event, &mut out).unwrap();
        assert!(reader.held() > count * 1000 && reader.held() < count * 1200);
    }
    assert!(out.bytes.is_empty() && reader.end(&mut out).is_err());
    assert!(out.bytes.is_empty() && reader.held() == 0);

    let heavy = json!({"candidates": [{"content": {"parts": vec![json!({}); 1000]}}]});
    let mut stream = events(&vec![heavy; 600]);
    stream.extend(events(&[ended(text(0, "a"), "STOP")]));
    assert_eq!(folded(&stream).unwrap_err(), "502 invalid_upstream_response");
}
