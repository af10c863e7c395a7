//! How likely each token was.
//!
//! <https://platform.openai.com/docs/api-reference/chat/object>, `choices[].logprobs`

use serde_json::value::RawValue;

use crate::wire::gemini::Candidate;
use crate::wire::logprobs::{LogprobsResult, TokenLogprob};
use crate::wire::text::{Run, Text};

/// Appends `{"content":[…],"refusal":null}`, or `null` where Google said nothing of it in any of `candidates`: the one
/// of a choice, or those of its stream, each with its own tokens.
pub(super) fn push(candidates: &[&Candidate<'_>], json: &mut Vec<u8>) {
    let before = json.len();
    json.extend_from_slice(b"{\"content\":[");
    let empty = json.len();
    for result in candidates.iter().filter_map(|candidate| candidate.logprobs_result) {
        push_tokens(result, json);
    }
    if json.len() == empty {
        json.truncate(before);
        json.extend_from_slice(b"null");
    } else {
        json.pop();
        json.extend_from_slice(b"],\"refusal\":null}");
    }
}

/// Appends the tokens of one list, a comma after each.
///
/// The likeliest tokens of a place are those at the same place of Google's other list, which may be shorter or absent.
fn push_tokens(result: &RawValue, json: &mut Vec<u8>) {
    let result = serde_json::from_str::<LogprobsResult<'_>>(result.get()).unwrap_or_default();
    for (place, chosen) in result.chosen_candidates.iter().enumerate() {
        json.push(b'{');
        push_token(chosen.as_deref(), json);
        json.extend_from_slice(b",\"top_logprobs\":[");
        let likeliest = result.top_candidates.get(place).and_then(Option::as_ref);
        let likeliest = likeliest.map_or(&[][..], |likeliest| &likeliest.candidates);
        for (rank, token) in likeliest.iter().enumerate() {
            json.extend_from_slice(if rank > 0 { b",{" } else { b"{" });
            push_token(token.as_deref(), json);
            json.push(b'}');
        }
        json.extend_from_slice(b"]},");
    }
}

/// `"token":…,"logprob":…,"bytes":…`
fn push_token(token: Option<&TokenLogprob<'_>>, json: &mut Vec<u8>) {
    let text = token.and_then(|token| token.token).and_then(Text::verbatim);
    json.extend_from_slice(b"\"token\":\"");
    json.extend_from_slice(text.as_ref().map_or("", Text::inner).as_bytes());
    json.extend_from_slice(b"\",\"logprob\":");
    json.extend_from_slice(logprob(token).as_bytes());
    json.extend_from_slice(b",\"bytes\":[");
    let mut comma = false;
    let mut push_bytes = |bytes: &[u8]| {
        for byte in bytes {
            let comma = if std::mem::replace(&mut comma, true) { "," } else { "" };
            json.extend_from_slice(format!("{comma}{byte}").as_bytes());
        }
    };
    for run in text.iter().flat_map(Text::runs) {
        match run {
            Run::Plain(plain) => push_bytes(plain.as_bytes()),
            Run::Escaped(character) => push_bytes(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    json.push(b']');
}

/// The likelihood of a token, a JSON number.
pub(in crate::endpoint) fn logprob<'a>(token: Option<&TokenLogprob<'a>>) -> &'a str {
    let logprob = token.and_then(|token| token.log_probability).map(RawValue::get).filter(|number| {
        // Infinities are strings; a number too large for a float is one too.
        number.parse().is_ok_and(f64::is_finite)
    });
    logprob.unwrap_or(UNLIKELY)
}

/// OpenAI's number for a token that is "very unlikely".
const UNLIKELY: &str = "-9999.0";

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn pushed(result: &str) -> String {
        let mut json = Vec::new();
        let logprobs_result = serde_json::from_str::<Option<&RawValue>>(result).unwrap();
        push(&[&Candidate { logprobs_result, ..Candidate::default() }], &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn tokens_have_bytes_and_alternatives() {
        let result = r#"{
            "chosenCandidates": [
                {"token": "Zü", "tokenId": 7, "logProbability": -6.7947026e-06},
                {"token": "\n\ud83d\ude00\"", "logProbability": 0},
                {"token": "x"}
            ],
            "topCandidates": [
                {"candidates": [{"token": "Zü", "logProbability": -6.7947026e-06}, {"token": "你", "logProbability": -12.5}]},
                {}
            ]
        }"#;
        let expected = concat!(
            r#"{"content":[{"token":"Zü","logprob":-6.7947026e-06,"bytes":[90,195,188],"top_logprobs":["#,
            r#"{"token":"Zü","logprob":-6.7947026e-06,"bytes":[90,195,188]},"#,
            r#"{"token":"你","logprob":-12.5,"bytes":[228,189,160]}]},"#,
            r#"{"token":"\n\ud83d\ude00\"","logprob":0,"bytes":[10,240,159,152,128,34],"top_logprobs":[]},"#,
            r#"{"token":"x","logprob":-9999.0,"bytes":[120],"top_logprobs":[]}],"refusal":null}"#,
        );
        assert_eq!(pushed(result), expected);
    }

    #[test]
    fn the_lists_may_differ_in_length() {
        for (result, lengths) in [
            (r#"{"chosenCandidates":[{"token":"a"},{"token":"b"}]}"#, &[0, 0][..]),
            (
                r#"{"chosenCandidates":[{"token":"a"}],"topCandidates":[{"candidates":[{"token":"a"}]},{"candidates":[{"token":"b"}]}]}"#,
                &[1],
            ),
            (
                r#"{"chosenCandidates":[{"token":"a"},null],"topCandidates":[null,{"candidates":[{"token":"b"},null]}]}"#,
                &[0, 2],
            ),
        ] {
            let value: serde_json::Value = serde_json::from_str(&pushed(result)).unwrap();
            let tops = value["content"]
                .as_array()
                .unwrap()
                .iter()
                .map(|token| token["top_logprobs"].as_array().unwrap().len());
            assert_eq!(tops.collect::<Vec<_>>(), lengths, "{result}");
        }
    }

    #[test]
    fn what_is_no_number_is_very_unlikely() {
        for (number, expected) in [
            ("-1.5", "-1.5"),
            ("-0.0", "-0.0"),
            ("\"-Infinity\"", "-9999.0"),
            ("\"NaN\"", "-9999.0"),
            ("null", "-9999.0"),
            ("-1e999", "-9999.0"),
            ("[]", "-9999.0"),
        ] {
            let json = pushed(&format!(r#"{{"chosenCandidates":[{{"logProbability":{number}}}]}}"#));
            let expected = format!(
                r#"{{"content":[{{"token":"","logprob":{expected},"bytes":[],"top_logprobs":[]}}],"refusal":null}}"#
            );
            assert_eq!(json, expected);
        }
    }

    #[test]
    fn nothing_is_null() {
        for result in ["null", "{}", "7", "[]", r#"{"chosenCandidates":null,"topCandidates":[{}]}"#] {
            assert_eq!(pushed(result), "null", "{result}");
        }
    }
}
