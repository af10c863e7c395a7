//! Where the words of a reply are from: `url_citation` annotations out of grounding supports and citations.
//!
//! One for each address and stretch of text. What has no address, such as a document of a file search store, cannot be
//! one; it stays in `provider_specific_fields` (`metadata`).
//! <https://platform.openai.com/docs/guides/tools-web-search?api-mode=chat>,
//! <https://ai.google.dev/gemini-api/docs/google-search>

use serde_json::{Map, Value};

use super::envelope::push_string;
use super::text_index::TextIndex;
use crate::wire::grounding::{CitationMetadata, GroundingChunk, GroundingMetadata};
use crate::wire::lenient::Word;

/// Beyond so many the worker's time is worth more; all of them are in `provider_specific_fields`.
const MOST: usize = 4096;

/// Appends the elements of `annotations` to `json`: nothing where there are none.
pub(super) fn push(
    grounding: &GroundingMetadata<'_>,
    citations: &CitationMetadata<'_>,
    text: &TextIndex,
    json: &mut Vec<u8>,
) {
    let mut told = Map::new();
    let mut annotate = |source: Address<'_>, stretch: Option<(usize, usize)>| {
        let Some((start, end)) = stretch.filter(|_| told.len() < MOST) else {
            return;
        };
        if told.insert(format!("{start} {end} {}", source.url), Value::Null).is_some() {
            return;
        }
        if told.len() > 1 {
            json.push(b',');
        }
        source.push(start, end, json);
    };
    for support in grounding.grounding_supports.iter().take(MOST).flatten() {
        let Some(segment) = &support.segment else {
            continue;
        };
        let stretch = text.locate(segment.part_index.0, segment.start_index.0, segment.end_index.0);
        for place in support.grounding_chunk_indices.iter().take(MOST) {
            let chunk = usize::try_from(place.0).ok().and_then(|place| grounding.grounding_chunks.get(place));
            if let Some(source) = chunk.and_then(Option::as_deref).and_then(Address::of) {
                annotate(source, stretch);
            }
        }
    }
    for citation in citations.citation_sources.iter().chain(&*citations.citations).take(MOST).flatten() {
        if let Some(url) = said(&citation.uri) {
            let stretch = text.locate(0, citation.start_index.0, citation.end_index.0);
            annotate(Address { url, title: said(&citation.title).unwrap_or(url) }, stretch);
        }
    }
}

/// Where a source is, and what it is called.
struct Address<'a> {
    url: &'a str,
    title: &'a str,
}

impl<'a> Address<'a> {
    /// `None` where it has no address, as in `{}`.
    fn of(chunk: &'a GroundingChunk<'_>) -> Option<Self> {
        let kinds = [&chunk.web, &chunk.retrieved_context, &chunk.maps, &chunk.image];
        let source = kinds.into_iter().find_map(Option::as_deref)?;
        let url = [&source.uri, &source.source_uri, &source.image_uri].into_iter().find_map(said)?;
        let title = [&source.title, &source.domain].into_iter().find_map(said).unwrap_or(url);
        Some(Self { url, title })
    }

    fn push(&self, start: usize, end: usize, json: &mut Vec<u8>) {
        json.extend_from_slice(b"{\"type\":\"url_citation\",\"url_citation\":{\"url\":");
        push_string(json, self.url);
        json.extend_from_slice(b",\"title\":");
        push_string(json, self.title);
        json.extend_from_slice(format!(",\"start_index\":{start},\"end_index\":{end}}}}}").as_bytes());
    }
}

fn said<'a>(word: &'a Option<Word<'_>>) -> Option<&'a str> {
    word.as_deref().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::gemini::CandidatePart;
    use serde_json::json;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const PARTS: &str = r#"[{"text":"hm","thought":true},{"text":"Zürich is big. "},{"text":"Café 😀"}]"#;

    /// `url title start end` of each annotation.
    fn annotations(grounding: &Value, citations: &Value) -> Vec<String> {
        let mut text = TextIndex::default();
        text.push(&serde_json::from_str::<Vec<CandidatePart<'_>>>(PARTS).unwrap());
        let (grounding, citations) = (grounding.to_string(), citations.to_string());
        let mut out = b"[".to_vec();
        push(
            &serde_json::from_str(&grounding).unwrap(),
            &serde_json::from_str(&citations).unwrap(),
            &text,
            &mut out,
        );
        out.push(b']');
        let out: Vec<Value> = serde_json::from_slice(&out).unwrap();
        let shown = out.iter().map(|annotation| {
            assert_eq!(annotation["type"], "url_citation");
            let it = &annotation["url_citation"];
            format!("{} {} {} {}", it["url"], it["title"], it["start_index"], it["end_index"])
        });
        shown.collect()
    }

    #[test]
    fn supports_become_annotations() {
        let chunks = json!([
            {"web": {"uri": "https://a", "title": "A \"a\""}},
            {},
            {"retrievedContext": {"uri": "gs://b/c", "title": "C", "text": "…"}},
            {"maps": {"uri": "https://maps", "title": "Place", "placeId": "x"}},
            {"image": {"sourceUri": "https://page", "imageUri": "https://image", "domain": "page"}},
            {"image": {"imageUri": "https://image"}},
            null,
            {"retrievedContext": {"title": "no address", "fileSearchStore": "fileSearchStores/x"}},
        ]);
        for (support, expected) in [
            (
                json!({"segment": {"endIndex": 7}, "groundingChunkIndices": [0]}),
                &[r#""https://a" "A \"a\"" 0 6"#][..],
            ),
            (
                json!({"segment": {"partIndex": 2, "startIndex": 0, "endIndex": 5}, "groundingChunkIndices": [2, 3]}),
                &[r#""gs://b/c" "C" 15 19"#, r#""https://maps" "Place" 15 19"#],
            ),
            (
                json!({"segment": {"startIndex": 16, "endIndex": 26}, "groundingChunkIndices": [4, 5]}),
                &[r#""https://page" "page" 15 21"#, r#""https://image" "https://image" 15 21"#],
            ),
            // Empty, without address, null, not there.
            (json!({"segment": {"endIndex": 7}, "groundingChunkIndices": [1, 6, 7, 8]}), &[]),
            (json!({"segment": {"endIndex": 7}}), &[]),
            (json!({"groundingChunkIndices": [0]}), &[]),
            (json!({"segment": {}, "groundingChunkIndices": [0]}), &[]),
            (json!({"segment": {"endIndex": 7}, "groundingChunkIndices": null}), &[]),
            (json!(null), &[]),
        ] {
            let grounding = json!({"groundingChunks": chunks, "groundingSupports": [support]});
            assert_eq!(annotations(&grounding, &json!({})), expected, "{support}");
        }
    }

    #[test]
    fn the_same_is_told_once() {
        let grounding = json!({
            "groundingChunks": [{"web": {"uri": "https://a"}}, {"web": {"uri": "https://a"}}, {"web": {"uri": "https://b"}}],
            "groundingSupports": [
                {"segment": {"endIndex": 7}, "groundingChunkIndices": [0, 1, 2]},
                {"segment": {"startIndex": 0, "endIndex": 7}, "groundingChunkIndices": [0]},
                {"segment": {"endIndex": 8}, "groundingChunkIndices": [0]},
            ],
        });
        let cited = json!({"citationSources": [{"uri": "https://b", "endIndex": 7}]});
        let expected = [
            "\"https://a\" \"https://a\" 0 6",
            "\"https://b\" \"https://b\" 0 6",
            "\"https://a\" \"https://a\" 0 7",
        ];
        assert_eq!(annotations(&grounding, &cited), expected);
    }

    #[test]
    fn citations_become_annotations() {
        let cited = json!({
            "citationSources": [{"startIndex": 1, "endIndex": 3, "uri": "https://a", "license": "mit"}, {"endIndex": 3}],
            "citations": [{"endIndex": 3, "uri": "https://b", "title": "B"}, {"uri": "https://c"}, null],
        });
        let expected = ["\"https://a\" \"https://a\" 1 2", "\"https://b\" \"B\" 0 2"];
        assert_eq!(annotations(&json!({}), &cited), expected);
    }

    #[test]
    fn nothing_is_nothing() {
        for grounding in [json!({}), json!({"groundingChunks": null}), json!({"groundingChunks": [{}, {}]})] {
            assert!(annotations(&grounding, &json!({})).is_empty());
        }
    }
}
