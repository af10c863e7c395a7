//! What Google says *about* a reply, beside its parts: to the client as annotations, and raw under
//! `provider_specific_fields`.
//!
//! | Google | `provider_specific_fields` |
//! |---|---|
//! | `groundingMetadata`, with the search suggestions that must be shown | `grounding_metadata` |
//! | `citationMetadata`, with licences and dates | `citation_metadata` |
//! | `urlContextMetadata` | `url_context_metadata` |
//! | `safetyRatings` | `safety_ratings` |
//! | `avgLogprobs` | `avg_logprobs` |
//!
//! A stream tells it in pieces: "It is the client's responsibility to accumulate the grounding chunks from all
//! responses". OpenAI's clients cannot (they add up numbers, and fail at lists of objects without an `index`), so it is
//! accumulated here and told once. Text may still follow, so that once is at the end.
//! <https://ai.google.dev/api/generate-content#GroundingSupport>

use serde_json::value::RawValue;

use super::annotations;
use super::calls::compact;
use super::text_index::TextIndex;
use crate::wire::gemini::Candidate;
use crate::wire::lenient::Members;

/// What was said about one choice so far, each as compact JSON; empty where nothing was.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    grounding: String,
    citations: String,
    url_context: String,
    safety_ratings: String,
    avg_logprobs: String,
}

impl Metadata {
    /// Takes what `candidate` says: all of it, or one event's share.
    pub(super) fn add(&mut self, candidate: &Candidate<'_>) {
        for (known, said) in [
            (&mut self.grounding, candidate.grounding_metadata),
            (&mut self.citations, candidate.citation_metadata),
            (&mut self.url_context, candidate.url_context_metadata),
            (&mut self.safety_ratings, candidate.safety_ratings),
            (&mut self.avg_logprobs, candidate.avg_logprobs),
        ] {
            if let Some(said) = said.map(|said| compact(said.get())) {
                merge(known, said);
            }
        }
    }

    /// Bytes kept.
    pub(super) fn held(&self) -> usize {
        [&self.grounding, &self.citations, &self.url_context, &self.safety_ratings, &self.avg_logprobs]
            .into_iter()
            .map(String::len)
            .fold(0, usize::saturating_add)
    }

    /// Whether there may be annotations.
    pub(super) fn annotates(&self) -> bool {
        !self.grounding.is_empty() || !self.citations.is_empty()
    }

    /// Appends the elements of `annotations` for the visible text `text`.
    pub(super) fn push_annotations(&self, text: &TextIndex, json: &mut Vec<u8>) {
        if !self.annotates() {
            return;
        }
        // What is of another shape than documented is still told raw.
        let grounding = serde_json::from_str(&self.grounding).unwrap_or_default();
        let citations = serde_json::from_str(&self.citations).unwrap_or_default();
        annotations::push(&grounding, &citations, text, json);
    }

    /// Appends the members of `provider_specific_fields`.
    pub(super) fn push_fields(&self, json: &mut Vec<u8>) {
        let mut comma = false;
        for (name, value) in [
            ("grounding_metadata", &self.grounding),
            ("citation_metadata", &self.citations),
            ("url_context_metadata", &self.url_context),
            ("safety_ratings", &self.safety_ratings),
            ("avg_logprobs", &self.avg_logprobs),
        ] {
            if !value.is_empty() {
                let comma = if std::mem::replace(&mut comma, true) { "," } else { "" };
                json.extend_from_slice(format!("{comma}\"{name}\":{value}").as_bytes());
            }
        }
    }
}

/// Adds `said` to what is `known`: the arrays of an object go on, anything else is replaced.
fn merge(known: &mut String, said: String) {
    if ["null", "{}", "[]"].contains(&said.as_str()) {
        return;
    }
    let members = |json| serde_json::from_str::<Members<'_>>(json).ok();
    let (Some(Members(mut all)), Some(Members(more))) = (members(known), members(&said)) else {
        *known = said;
        return;
    };
    let mut joined = Vec::new();
    for (name, value) in &more {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => match continued(known, value) {
                Some(list) => joined.push((name, list)),
                None => *known = value,
            },
            None => all.push((name.clone(), value)),
        }
    }
    let mut merged = String::from("{");
    for (name, value) in &all {
        if merged.len() > 1 {
            merged.push(',');
        }
        let value = joined.iter().find(|(joined, _)| *joined == name).map_or(value.get(), |(_, list)| list);
        let name = serde_json::to_string(&**name).unwrap_or_default();
        merged.push_str(&format!("{name}:{value}"));
    }
    merged.push('}');
    *known = merged;
}

/// The array `known` and after it `more`. Where one begins with the other, it repeats what was said, and the longer is
/// meant. `None` where one is no array.
fn continued(known: &RawValue, more: &RawValue) -> Option<String> {
    let elements = |json: &RawValue| Some(json.get().strip_prefix('[')?.strip_suffix(']')?.to_owned());
    let (known, more) = (elements(known)?, elements(more)?);
    let begins = |list: &str, start: &str| {
        let rest = list.strip_prefix(start);
        start.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
    };
    Some(if begins(&more, &known) {
        format!("[{more}]")
    } else if begins(&known, &more) {
        format!("[{known}]")
    } else {
        format!("[{known},{more}]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::gemini::CandidatePart;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn metadata(candidates: &[&str]) -> Metadata {
        let mut metadata = Metadata::default();
        for candidate in candidates {
            metadata.add(&serde_json::from_str(candidate).unwrap());
        }
        metadata
    }

    fn fields(candidates: &[&str]) -> String {
        let mut json = Vec::new();
        metadata(candidates).push_fields(&mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn everything_is_carried_as_it_was_said() {
        let candidate = r#"{
            "avgLogprobs": -1.50,
            "safetyRatings": [ {"category": 8, "probability": 1} ],
            "urlContextMetadata": {"urlMetadata": [{"retrievedUrl": "https://a"}]},
            "citationMetadata": {"citationSources": [{"uri": "https://b", "license": "mit"}]},
            "groundingMetadata": {"webSearchQueries": ["a b"], "searchEntryPoint": {"renderedContent": "<p>\n\u00e9</p>"}}
        }"#;
        let expected = [
            r#""grounding_metadata":{"webSearchQueries":["a b"],"searchEntryPoint":{"renderedContent":"<p>\n\u00e9</p>"}}"#,
            r#""citation_metadata":{"citationSources":[{"uri":"https://b","license":"mit"}]}"#,
            r#""url_context_metadata":{"urlMetadata":[{"retrievedUrl":"https://a"}]}"#,
            r#""safety_ratings":[{"category":8,"probability":1}]"#,
            r#""avg_logprobs":-1.50"#,
        ];
        assert_eq!(fields(&[candidate]), expected.join(","));
        for nothing in ["{}", r#"{"groundingMetadata":{},"safetyRatings":[],"citationMetadata":null}"#] {
            assert_eq!(fields(&[nothing]), "");
        }
    }

    #[test]
    fn what_a_stream_tells_in_pieces_is_joined() {
        for (events, expected) in [
            (&["{}", r#"{"groundingChunks":[1]}"#, "{}"][..], r#"{"groundingChunks":[1]}"#),
            (
                &[r#"{"a":[1],"b":"x","c":1}"#, r#"{"a":[{"d":[2]},3],"b":"y","e":[4]}"#],
                r#"{"a":[1,{"d":[2]},3],"b":"y","c":1,"e":[4]}"#,
            ),
            // Said again, with more or less of it.
            (&[r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, r#"{"a":[]}"#], r#"{"a":[1,2]}"#),
            (&[r#"{"a":[1]}"#, r#"{"a":[12]}"#], r#"{"a":[1,12]}"#),
            (&[r#"{"a":[]}"#, r#"{"a":[2]}"#], r#"{"a":[2]}"#),
            (&[r#"{"a":[1]}"#, r#"{"a":{"b":1}}"#], r#"{"a":{"b":1}}"#),
            (&[r#"{"a\"":[1]}"#, "7"], "7"),
            (&[r#"{"a\"":[1]}"#, r#"{"a\"":[2]}"#], r#"{"a\"":[1,2]}"#),
        ] {
            let candidates: Vec<_> =
                events.iter().map(|event| format!("{{\"groundingMetadata\":{event}}}")).collect();
            let candidates: Vec<_> = candidates.iter().map(String::as_str).collect();
            assert_eq!(fields(&candidates), format!("\"grounding_metadata\":{expected}"), "{events:?}");
        }
        let rated = [r#"{"safetyRatings":[1]}"#, r#"{"safetyRatings":[2]}"#];
        assert_eq!(fields(&rated), "\"safety_ratings\":[2]", "ratings are the latest");
    }

    #[test]
    fn chunks_are_counted_over_all_events() {
        let metadata = metadata(&[
            r#"{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a"}}]}}"#,
            r#"{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://b"}}],"groundingSupports":[{"segment":{"endIndex":1},"groundingChunkIndices":[1]}]}}"#,
        ]);
        let mut text = TextIndex::default();
        text.push(&serde_json::from_str::<[CandidatePart<'_>; 1]>(r#"[{"text":"x"}]"#).unwrap());
        let mut json = Vec::new();
        metadata.push_annotations(&text, &mut json);
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"type":"url_citation","url_citation":{"url":"https://b","title":"https://b","start_index":0,"end_index":1}}"#
        );
    }

    #[test]
    fn another_shape_gives_no_annotations() {
        for odd in ["7", "[1]", r#"{"groundingSupports":{"a":1}}"#, r#"{"groundingChunks":"x"}"#] {
            let mut json = Vec::new();
            let metadata = metadata(&[&format!("{{\"groundingMetadata\":{odd}}}")]);
            metadata.push_annotations(&TextIndex::default(), &mut json);
            assert!(json.is_empty());
            metadata.push_fields(&mut json);
            assert_eq!(String::from_utf8(json).unwrap(), format!("\"grounding_metadata\":{odd}"));
        }
    }
}
