//! How likely each token was, as legacy completions tell it: lists side by side.
//!
//! <https://platform.openai.com/docs/api-reference/completions/object>, `choices[].logprobs`

use crate::endpoint::chat::logprobs::logprob;
use crate::wire::gemini::Candidate;
use crate::wire::logprobs::{LogprobsResult, TokenLogprob, TopCandidates};
use crate::wire::text::{Run, Text};

/// Appends `{"tokens":[…],"token_logprobs":[…],"top_logprobs":[{…}],"text_offset":[…]}`, or `null` where Google said
/// nothing of it in any of `candidates`: the one of a choice, or those of its stream, each with its own tokens.
/// `offset` is the number of characters of the text before them, and then of the text up to their end.
pub(in crate::endpoint) fn push(candidates: &[&Candidate<'_>], offset: &mut usize, json: &mut Vec<u8>) {
    let [mut tokens, mut logprobs, mut likeliest, mut offsets] = [const { Vec::new() }; 4];
    for result in candidates.iter().filter_map(|candidate| candidate.logprobs_result) {
        let result = serde_json::from_str::<LogprobsResult<'_>>(result.get()).unwrap_or_default();
        for (place, chosen) in result.chosen_candidates.iter().enumerate() {
            let chosen = chosen.as_deref();
            push_token(chosen, &mut tokens);
            logprobs.extend_from_slice(logprob(chosen).as_bytes());
            let others = result.top_candidates.get(place).and_then(Option::as_ref);
            push_likeliest(chosen, others.map(|others| &others.0), &mut likeliest);
            offsets.extend_from_slice(offset.to_string().as_bytes());
            *offset = offset.saturating_add(characters(chosen));
            for list in [&mut tokens, &mut logprobs, &mut likeliest, &mut offsets] {
                list.push(b',');
            }
        }
    }
    if tokens.is_empty() {
        json.extend_from_slice(b"null");
        return;
    }
    for (name, mut list) in [
        ("{\"tokens\":[", tokens),
        ("],\"token_logprobs\":[", logprobs),
        ("],\"top_logprobs\":[", likeliest),
        ("],\"text_offset\":[", offsets),
    ] {
        list.pop();
        json.extend_from_slice(name.as_bytes());
        json.append(&mut list);
    }
    json.extend_from_slice(b"]}");
}

fn text<'a>(token: Option<&TokenLogprob<'a>>) -> Option<Text<'a>> {
    token.and_then(|token| token.token).and_then(Text::verbatim)
}

fn push_token(token: Option<&TokenLogprob<'_>>, json: &mut Vec<u8>) {
    json.push(b'"');
    json.extend_from_slice(text(token).as_ref().map_or("", Text::inner).as_bytes());
    json.push(b'"');
}

/// Appends an object of the likeliest tokens and the chosen one, each text once.
fn push_likeliest(chosen: Option<&TokenLogprob<'_>>, others: Option<&TopCandidates<'_>>, json: &mut Vec<u8>) {
    let others = others.map_or(&[][..], |others| &others.candidates);
    let mut told: Vec<Option<Text<'_>>> = Vec::new();
    json.push(b'{');
    for token in others.iter().map(Option::as_deref).chain([chosen]).take(MOST_TOLD) {
        let name = text(token);
        if told.contains(&name) {
            continue;
        }
        if !told.is_empty() {
            json.push(b',');
        }
        push_token(token, json);
        json.push(b':');
        json.extend_from_slice(logprob(token).as_bytes());
        told.push(name);
    }
    json.push(b'}');
}

/// More than Google tells of one place; each is compared with those before it.
const MOST_TOLD: usize = 64;

/// How many characters (Unicode code points) a token has.
fn characters(token: Option<&TokenLogprob<'_>>) -> usize {
    let text = text(token);
    let runs = text.iter().flat_map(Text::runs);
    let lengths = runs.map(|run| match run {
        Run::Plain(plain) => plain.chars().count(),
        Run::Escaped(_) => 1,
    });
    lengths.fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn pushed(result: &str, offset: &mut usize) -> String {
        let mut json = Vec::new();
        let logprobs_result = serde_json::from_str::<Option<&RawValue>>(result).unwrap();
        push(&[&Candidate { logprobs_result, ..Candidate::default() }], offset, &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn lists_stand_side_by_side() {
        let result = r#"{
            "chosenCandidates": [
                {"token": "Zü", "logProbability": -0.5},
                {"token": "\n\ud83d\ude00", "logProbability": 0},
                {"token": "x"}
            ],
            "topCandidates": [
                {"candidates": [{"token": "你", "logProbability": -0.25}, {"token": "Zü", "logProbability": -0.5}]},
                {"candidates": [{"token": "a", "logProbability": -1}, {"token": "a", "logProbability": -2}, null]}
            ]
        }"#;
        let mut offset = 3;
        let expected = concat!(
            r#"{"tokens":["Zü","\n\ud83d\ude00","x"],"token_logprobs":[-0.5,0,-9999.0],"#,
            r#""top_logprobs":[{"你":-0.25,"Zü":-0.5},{"a":-1,"":-9999.0,"\n\ud83d\ude00":0},{"x":-9999.0}],"#,
            r#""text_offset":[3,5,7]}"#,
        );
        assert_eq!(pushed(result, &mut offset), expected);
        assert_eq!(offset, 8);
    }

    #[test]
    fn nothing_is_null() {
        for result in ["null", "{}", "7", "[]", r#"{"chosenCandidates":null,"topCandidates":[{}]}"#] {
            assert_eq!(pushed(result, &mut 0), "null", "{result}");
        }
    }
}
