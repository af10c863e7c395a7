use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn found(body: &str) -> Result<String, Error> {
    found_beside(body, &[])
}

fn found_beside(body: &str, forced: &[&str]) -> Result<String, Error> {
    let Object(chat): Object<ChatRequest<'_>> = json::from_slice(body.as_bytes())?;
    let ours = GenerationConfig { max_output_tokens: Some(5), ..GenerationConfig::default() };
    let options = options(&chat, Backend::Vertex, forced)?;
    let found = [
        options.over(&ours)?.map(|merged| merged.get().to_owned()),
        options.safety.map(|safety| format!("safety {}", safety.get())),
        options.cached_content.as_ref().map(|name| format!("cache {}", &**name)),
        options.labels.map(|labels| format!("labels {}", labels.get())),
        options.tools.first().map(|(path, tool)| format!("{path} {}", tool.get())),
    ];
    Ok(found.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// Every place where an option may stand.
const PLACES: [&str; 6] = [
    "{OPTION}",
    r#"{"google":{OPTION}}"#,
    r#"{"extra_body":{OPTION}}"#,
    r#"{"extra_body":{"google":{OPTION}}}"#,
    r#"{"extra_body":{"extra_body":{OPTION}}}"#,
    r#"{"extra_body":{"extra_body":{"google":{OPTION}}}}"#,
];

/// The same as errors name them.
const PATHS: [&str; 6] = [
    "",
    "google.",
    "extra_body.",
    "extra_body.google.",
    "extra_body.extra_body.",
    "extra_body.extra_body.google.",
];

#[test]
fn options_are_read_wherever_they_stand_and_however_they_are_spelt() {
    let ours = r#"{"maxOutputTokens":5"#;
    for (snake, camel, value, expected) in [
        ("generation_config", "generationConfig", r#"{"topK":3}"#, format!(r#"{ours},"topK":3}}"#)),
        ("generation_config", "generationConfig", r#"{"top_k":3}"#, format!(r#"{ours},"topK":3}}"#)),
        (
            "thinking_config",
            "thinkingConfig",
            r#"{"thinking_budget":7}"#,
            format!(r#"{ours},"thinkingConfig":{{"thinking_budget":7}}}}"#),
        ),
        (
            "media_resolution",
            "mediaResolution",
            r#""low""#,
            format!(r#"{ours},"mediaResolution":"MEDIA_RESOLUTION_LOW"}}"#),
        ),
        (
            "media_resolution",
            "mediaResolution",
            r#""MEDIA_RESOLUTION_HIGH""#,
            format!(r#"{ours},"mediaResolution":"MEDIA_RESOLUTION_HIGH"}}"#),
        ),
        ("safety_settings", "safetySettings", "[{}]", format!("{ours}}} safety [{{}}]")),
        (
            "cached_content",
            "cachedContent",
            r#""cachedContents/x""#,
            format!("{ours}}} cache cachedContents/x"),
        ),
        ("cached_content", "cachedContent", r#""""#, format!("{ours}}}")),
        ("labels", "labels", r#"{"a":"b"}"#, format!(r#"{ours}}} labels {{"a":"b"}}"#)),
    ] {
        for place in PLACES {
            for name in [snake, camel] {
                let body = place.replace("{OPTION}", &format!(r#"{{"{name}":{value}}}"#));
                assert_eq!(found(&body).unwrap(), expected, "{body}");
                let body = place.replace("{OPTION}", &format!(r#"{{"{name}":null}}"#));
                assert_eq!(found(&body).unwrap(), format!("{ours}}}"), "{body}");
            }
        }
    }
    for (place, path) in PLACES.iter().zip(PATHS).skip(1) {
        let body = place.replace("{OPTION}", r#"{"tools":[{"googleSearch":{}}]}"#);
        let expected = format!(r#"{ours}}} {path}tools[0] {{"googleSearch":{{}}}}"#);
        assert_eq!(found(&body).unwrap(), expected, "{body}");
    }
}

#[test]
fn what_is_malformed_is_named_where_it_stands() {
    for (option, wrong) in [
        ("generation_config", "[]"),
        ("generation_config", "7"),
        ("thinking_config", r#""high""#),
        ("media_resolution", "1"),
        ("safety_settings", "{}"),
        ("safety_settings", r#""none""#),
        ("cached_content", "{}"),
    ] {
        for (place, path) in PLACES.into_iter().zip(PATHS) {
            let body = place.replace("{OPTION}", &format!(r#"{{"{option}":{wrong}}}"#));
            let error = String::from_utf8(found(&body).unwrap_err().body()).unwrap();
            let expected = format!(r#""param":"{path}{option}","code":"invalid_type""#);
            assert!(error.contains(&expected), "{body}\n{error}");
        }
    }
    for (body, param) in [
        (r#"{"google":[]}"#, "google"),
        (r#"{"extra_body":"x"}"#, "extra_body"),
        (r#"{"extra_body":{"google":1}}"#, "extra_body.google"),
        (r#"{"extra_body":{"google":{"tools":{}}}}"#, "extra_body.google.tools"),
    ] {
        let error = String::from_utf8(found(body).unwrap_err().body()).unwrap();
        assert!(error.contains(&format!(r#""param":"{param}","code":"invalid_type""#)), "{error}");
    }
    let many: Vec<_> = (0..300).map(|index| format!(r#""x{index}":1"#)).collect();
    assert!(found(&format!(r#"{{"generationConfig":{{{}}}}}"#, many.join(","))).is_err());
}

#[test]
fn the_clients_own_win_member_by_member() {
    for (body, expected) in [
        (r#"{"generationConfig":{"max_output_tokens":9}}"#, r#"{"maxOutputTokens":9}"#),
        (r#"{"generationConfig":{"maxOutputTokens":null}}"#, r#"{"maxOutputTokens":5}"#),
        (
            r#"{"generationConfig":{"newOption":{"a_b":1.50},"_responseJsonSchema":true}}"#,
            r#"{"maxOutputTokens":5,"newOption":{"a_b":1.50},"_responseJsonSchema":true}"#,
        ),
        (
            r#"{"extra_body":{"google":{"thinking_config":{"thinking_budget":7,"include_thoughts":true}}}}"#,
            r#"{"maxOutputTokens":5,"thinkingConfig":{"thinking_budget":7,"include_thoughts":true}}"#,
        ),
        (
            r#"{"google":{"generation_config":{"image_config":{"aspect_ratio":"1:1"}}},"generationConfig":{"imageConfig":{"imageSize":"1K"}}}"#,
            r#"{"maxOutputTokens":5,"imageConfig":{"imageSize":"1K","aspectRatio":"1:1"}}"#,
        ),
        (
            r#"{"generationConfig":{"a":{"b":{"c":{"d":{"e":{"f":1,"g":2}}}}}},"google":{"generationConfig":{"a":{"b":{"c":{"d":{"e":{"f":3}}}}}}}}"#,
            r#"{"maxOutputTokens":5,"a":{"b":{"c":{"d":{"e":{"f":3}}}}}}"#,
        ),
        // Half of one and half of the other would be a third thing.
        (
            r#"{"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW"}},"google":{"thinking_config":{"thinking_budget":0}}}"#,
            r#"{"maxOutputTokens":5,"thinkingConfig":{"thinking_budget":0}}"#,
        ),
        (
            r#"{"generationConfig":{"responseSchema":{"type":"STRING"}},"google":{"generationConfig":{"responseSchema":{"enum":["a"]}}}}"#,
            r#"{"maxOutputTokens":5,"responseSchema":{"enum":["a"]}}"#,
        ),
    ] {
        assert_eq!(found(body).unwrap(), expected, "{body}");
    }
}

#[test]
fn what_is_forced_stays_ours() {
    let all = r#""temperature":2,"topP":1,"stopSequences":["x"]"#;
    for name in ["maxOutputTokens", "max_output_tokens", "max_outputTokens", "maxOutput\\u0054okens"] {
        for config in ["generation_config", "generationConfig"] {
            for place in PLACES {
                let option = format!(r#"{{"{config}":{{"{name}":9,{all}}}}}"#);
                let body = place.replace("{OPTION}", &option);
                let forced = found_beside(&body, &["maxOutputTokens", "temperature"]).unwrap();
                assert_eq!(forced, r#"{"maxOutputTokens":5,"topP":1,"stopSequences":["x"]}"#, "{body}");
                let free = found_beside(&body, &[]).unwrap();
                assert!(free.starts_with(r#"{"maxOutputTokens":9,"temperature":2,"#), "{free}");
            }
        }
    }
}

#[test]
fn arguments_come_in_pieces_from_vertex_alone_and_where_asked() {
    for (body, expected) in [
        (r#"{"extra_body":{"google":{"stream_function_call_arguments":true}}}"#, true),
        (r#"{"extra_body":{"streamFunctionCallArguments":true}}"#, true),
        (r#"{"google":{"stream_function_call_arguments":true}}"#, true),
        (r#"{"extra_body":{"extra_body":{"google":{"stream_function_call_arguments":true}}}}"#, true),
        (
            r#"{"extra_body":{"stream_function_call_arguments":true,"google":{"stream_function_call_arguments":false}}}"#,
            false,
        ),
        (r#"{"google":{"stream_function_call_arguments":null}}"#, false),
        ("{}", false),
    ] {
        let chat: ChatRequest<'_> = json::from_slice(body.as_bytes()).unwrap();
        let options = options(&chat, Backend::Vertex, &[]).unwrap();
        assert_eq!(options.stream_arguments(Backend::Vertex), expected, "{body}");
        assert!(!options.stream_arguments(Backend::Developer));
    }
}

#[test]
fn nothing_to_say_is_left_out() {
    let chat: ChatRequest<'_> = json::from_slice(b"{}").unwrap();
    assert!(
        options(&chat, Backend::Vertex, &[]).unwrap().over(&GenerationConfig::default()).unwrap().is_none()
    );
}

#[test]
fn sizes_of_images_are_put_right() {
    for (body, expected) in [
        (
            r#"{"generationConfig":{"imageConfig":{"aspectRatio":"4:3","imageSize":"1k"}}}"#,
            r#"{"imageConfig":{"aspectRatio":"4:3","imageSize":"1K"}}"#,
        ),
        (
            r#"{"generation_config":{"image_config":{"image_size":"2k"}},"google":{"generation_config":{"imageConfig":{"aspect_ratio":"1:1"}}}}"#,
            r#"{"imageConfig":{"imageSize":"2K","aspectRatio":"1:1"}}"#,
        ),
        (
            r#"{"generationConfig":{"imageConfig":{"imageSize":"4k"}}}"#,
            r#"{"imageConfig":{"imageSize":"4K"}}"#,
        ),
        (
            r#"{"generationConfig":{"imageConfig":{"imageSize":"512"}}}"#,
            r#"{"imageConfig":{"imageSize":"512"}}"#,
        ),
        (r#"{"generationConfig":{"imageConfig":"1k"}}"#, r#"{"imageConfig":"1k"}"#),
    ] {
        let options = of_body(body.as_bytes(), Backend::Developer, &[]).unwrap();
        let over = options.over(&GenerationConfig::default()).unwrap();
        assert_eq!(over.map(|over| over.get().to_owned()).as_deref(), Some(expected), "{body}");
        assert!(options.sets("imageConfig") && !options.sets("imageSize"));
    }
}
