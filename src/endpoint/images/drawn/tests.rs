use super::*;
use crate::testing::config;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The images of replies, or else the error.
fn drawn(replies: &[&str], imagen: bool) -> String {
    let config = config("{\"auth\":{\"header_value\":\"secret-key\"}}");
    let mut drawn = Drawn::default();
    for reply in replies {
        if let Err(error) = drawn.add_whole(reply.as_bytes().to_vec(), imagen, &config) {
            return format!("{} {}", error.status(), error.message());
        }
    }
    if drawn.images.is_empty() {
        let error = drawn.why.error(&config);
        return format!("{} {}", error.status(), error.message());
    }
    let shown = drawn.images.into_iter().map(|Image { data, kind, said, tokens }| {
        let data = String::from_utf8(data.into_bytes()).unwrap();
        format!("{kind} {data} [{said}] {}+{}", tokens.input, tokens.output)
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[test]
fn images_of_gemini() {
    const USAGE: &str =
        r#""usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":5,"totalTokenCount":7}"#;
    let parts = |parts: &str| {
        format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}]}},"finishReason":"STOP"}}],{USAGE}}}"#)
    };
    for (reply, expected) in [
        (parts(r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#), "image/png AAAA [] 2+5"),
        (parts(r#"{"inlineData":{"data":"A\/\u003d\u003d"}}"#), r"image/png A\/\u003d\u003d [] 2+5"),
        (
            parts(
                r#"{"text":"a\n"},{"text":"b"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"text":"c"},
                {"inlineData":{"mimeType":"image/jpeg","data":"BBBB"}},{"text":"d"}"#,
            ),
            r"image/png AAAA [a\nb] 0+0, image/jpeg BBBB [c] 2+5",
        ),
        (
            parts(
                r#"{"text":"hm","thought":true},{"thought":true,"inlineData":{"mimeType":"image/png","data":"AAAA"}},
                {"inlineData":{"mimeType":"image/png","data":"BBBB"},"thoughtSignature":"c2ln"}"#,
            ),
            "image/png BBBB [] 2+5",
        ),
        (
            parts(r#"{"inlineData":{"mimeType":"audio/wav","data":"AAAA"}},{"text":"La."}"#),
            "502 The model answered without an image (STOP): La.",
        ),
        (
            parts(r#"{"inlineData":{"mimeType":"image/png","data":7}}"#),
            "502 The model answered without an image (STOP).",
        ),
        (
            parts(r#"{"text":"Key AIzaSyA1234567890123456789012345678901234 or secret-key"}"#),
            "502 The model answered without an image (STOP): Key *** or ***",
        ),
        (
            r#"{"candidates":[{"finishReason":"IMAGE_OTHER"}]}"#.to_owned(),
            "502 The model answered without an image (IMAGE_OTHER).",
        ),
        (
            r#"{"candidates":[{"finishReason":"IMAGE_RECITATION"},{"finishReason":"STOP"}]}"#.to_owned(),
            "400 The request was rejected by Google's safety system (IMAGE_RECITATION).",
        ),
        (
            r#"{"promptFeedback":{"blockReason":"OTHER","blockReasonMessage":"No."}}"#.to_owned(),
            "400 The request was rejected by Google's safety system (OTHER): No.",
        ),
        ("{}".to_owned(), "502 The model answered without an image."),
        ("[]".to_owned(), "502 The model's reply could not be read."),
        (
            r#"{"candidates":[{"content":{"parts":[{"inlineData":{"data":"AA"#.to_owned(),
            "502 The model's reply could not be read.",
        ),
        (
            r#"{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED"}}"#.to_owned(),
            "429 Slow down.",
        ),
    ] {
        assert_eq!(drawn(&[&reply], false), expected, "{reply}");
    }
    let one = parts(r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#);
    assert_eq!(drawn(&[&one, "{}", &one], false), "image/png AAAA [] 2+5, image/png AAAA [] 2+5");
}

#[test]
fn images_of_imagen() {
    for (reply, expected) in [
        (
            r#"{"predictions":[{"bytesBase64Encoded":"AAAA","mimeType":"image/png"}]}"#,
            "image/png AAAA [] 0+0",
        ),
        (
            r#"{"predictions":[{"mimeType":"image\/jpeg","bytesBase64Encoded":"BBBB","prompt":"a \"b\""},{"raiFilteredReason":"No."},7,{}]}"#,
            r#"image/jpeg BBBB [a \"b\"] 0+0"#,
        ),
        (
            r#"{"predictions":[{"raiFilteredReason":"Not shown. Support codes: 17301594"}]}"#,
            "400 The request was rejected by Google's safety system: Not shown. Support codes: 17301594",
        ),
        ("{}", "502 The model answered without an image."),
        (r#"{"predictions":null}"#, "502 The model answered without an image."),
        (r#"{"predictions":"#, "502 The model's reply could not be read."),
        (r#"{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED"}}"#, "429 Slow down."),
    ] {
        assert_eq!(drawn(&[reply], true), expected, "{reply}");
    }
}

/// Large pieces of a file are moved, and small ones are all that is copied.
#[test]
fn a_large_image_is_held_once() {
    let data = "A".repeat(1 << 20);
    let json =
        br#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"0"}}]}}]}"#;
    let file = data.clone().into_bytes();
    let address = file.as_ptr();
    let mut rope = Rope::default();
    rope.push(file);
    let mut drawn = Drawn::default();
    drawn.add(json, vec![rope], false, &config("{\"auth\":{\"header_value\":\"k\"}}")).unwrap();
    let image = drawn.images.pop().unwrap();
    let mut body = Rope::default();
    body.extend(b"{\"b64_json\":\"");
    body.append(image.data);
    assert_eq!(body.into_pieces().nth(1).map(|piece| piece.as_ptr()), Some(address));
}
