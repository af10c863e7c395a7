//! Token counts.
//!
//! OpenAI's invariant holds always: `total_tokens` = `prompt_tokens` + `completion_tokens`. Google's prompt count
//! includes cached tokens but not those of its own tools; its candidate count leaves thinking out, except on some
//! older replies, where the total tells. <https://ai.google.dev/api/generate-content#UsageMetadata>

use serde::Serialize;

use crate::pipe;
use crate::wire::gemini::{ModalityTokenCount, UsageMetadata};

/// Counts so far. In a stream every event repeats them, and some may vanish from a later one.
#[derive(Clone, Debug, Default)]
pub(in crate::endpoint) struct Usage {
    prompt: u64,
    candidates: u64,
    thoughts: u64,
    tool_use: u64,
    cached: u64,
    total: u64,
    prompt_details: Details,
    candidates_details: Details,
    told: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Details {
    audio: u64,
    image: u64,
    text: u64,
}

/// OpenAI's `usage`.
#[derive(Debug, Serialize)]
struct Completion {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Debug, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    audio_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    text_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    image_tokens: u64,
}

#[derive(Debug, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    text_tokens: u64,
    #[serde(skip_serializing_if = "is_zero")]
    image_tokens: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// Takes the counts of one event, or of a whole reply.
    pub(in crate::endpoint) fn add(&mut self, metadata: &UsageMetadata<'_>) {
        self.told = true;
        for (ours, told) in [
            (&mut self.prompt, metadata.prompt_token_count),
            (&mut self.candidates, metadata.candidates_token_count),
            (&mut self.thoughts, metadata.thoughts_token_count),
            (&mut self.tool_use, metadata.tool_use_prompt_token_count),
            (&mut self.cached, metadata.cached_content_token_count),
            (&mut self.total, metadata.total_token_count),
        ] {
            *ours = (*ours).max(told.0);
        }
        self.prompt_details.add(&metadata.prompt_tokens_details);
        self.candidates_details.add(&metadata.candidates_tokens_details);
    }

    /// Prompt and completion tokens; nothing where Google told nothing.
    pub(in crate::endpoint) fn tokens(&self) -> Option<pipe::Usage> {
        let prompt = self.prompt.saturating_add(self.tool_use);
        let counted = prompt.saturating_add(self.candidates);
        let completion = match self.total {
            0 => self.candidates.saturating_add(self.thoughts),
            total if total == counted => self.candidates,
            total => total.checked_sub(prompt).unwrap_or(self.candidates.saturating_add(self.thoughts)),
        };
        self.told.then_some(pipe::Usage { prompt, completion })
    }

    /// Tokens of sound in the request.
    pub(in crate::endpoint) fn heard(&self) -> u64 {
        self.prompt_details.audio
    }

    /// Image tokens of the prompt and of the reply, as far as Google tells them.
    pub(in crate::endpoint) fn images(&self) -> (u64, u64) {
        (self.prompt_details.image, self.candidates_details.image)
    }

    /// OpenAI's `usage` object.
    pub(in crate::endpoint) fn json(&self) -> Vec<u8> {
        let pipe::Usage { prompt, completion } = self.tokens().unwrap_or_default();
        let completion = Completion {
            prompt_tokens: prompt,
            completion_tokens: completion,
            total_tokens: prompt.saturating_add(completion),
            prompt_tokens_details: PromptDetails {
                cached_tokens: self.cached,
                audio_tokens: self.prompt_details.audio,
                text_tokens: self.prompt_details.text,
                image_tokens: self.prompt_details.image,
            },
            completion_tokens_details: CompletionDetails {
                reasoning_tokens: self.thoughts,
                audio_tokens: self.candidates_details.audio,
                accepted_prediction_tokens: 0,
                rejected_prediction_tokens: 0,
                text_tokens: self.candidates_details.text,
                image_tokens: self.candidates_details.image,
            },
        };
        serde_json::to_vec(&completion).unwrap_or_default()
    }
}

impl Details {
    fn add(&mut self, counts: &[ModalityTokenCount<'_>]) {
        let sum = |names: &[&str]| {
            let of_kind =
                counts.iter().filter(|count| count.modality.as_deref().is_some_and(|m| names.contains(&m)));
            of_kind.fold(0_u64, |sum, count| sum.saturating_add(count.token_count.0))
        };
        self.audio = self.audio.max(sum(&["AUDIO", "4"]));
        self.image = self.image.max(sum(&["IMAGE", "2", "VIDEO", "3"]));
        self.text = self.text.max(sum(&["TEXT", "1", "DOCUMENT", "5"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn usage(events: &[&str]) -> serde_json::Value {
        let mut usage = Usage::default();
        for event in events {
            usage.add(&serde_json::from_str(event).unwrap());
        }
        serde_json::from_slice(&usage.json()).unwrap()
    }

    /// Prompt, completion, total, reasoning and cached tokens.
    fn counts(events: &[&str]) -> [u64; 5] {
        let usage = usage(events);
        [
            usage["prompt_tokens"].as_u64().unwrap(),
            usage["completion_tokens"].as_u64().unwrap(),
            usage["total_tokens"].as_u64().unwrap(),
            usage["completion_tokens_details"]["reasoning_tokens"].as_u64().unwrap(),
            usage["prompt_tokens_details"]["cached_tokens"].as_u64().unwrap(),
        ]
    }

    #[test]
    fn the_total_is_always_the_sum() {
        for (events, expected) in [
            (&["{}"][..], [0, 0, 0, 0, 0]),
            (&[r#"{"promptTokenCount":7,"candidatesTokenCount":3,"totalTokenCount":10}"#], [7, 3, 10, 0, 0]),
            // Thinking is outside the candidate count.
            (
                &[
                    r#"{"promptTokenCount":7,"candidatesTokenCount":3,"thoughtsTokenCount":5,"totalTokenCount":15}"#,
                ],
                [7, 8, 15, 5, 0],
            ),
            // Older replies counted it inside.
            (
                &[
                    r#"{"promptTokenCount":7,"candidatesTokenCount":8,"thoughtsTokenCount":5,"totalTokenCount":15}"#,
                ],
                [7, 8, 15, 5, 0],
            ),
            // Code execution, as recorded: P=21 T=243 C=126 R=95 N=485.
            (
                &[
                    r#"{"promptTokenCount":21,"toolUsePromptTokenCount":243,"candidatesTokenCount":126,"thoughtsTokenCount":95,"totalTokenCount":485}"#,
                ],
                [264, 221, 485, 95, 0],
            ),
            (&[r#"{"promptTokenCount":10,"totalTokenCount":10}"#], [10, 0, 10, 0, 0]),
            (
                &[r#"{"promptTokenCount":10,"thoughtsTokenCount":90,"totalTokenCount":100}"#],
                [10, 90, 100, 90, 0],
            ),
            (&[r#"{"promptTokenCount":10,"candidatesTokenCount":4,"totalTokenCount":3}"#], [10, 4, 14, 0, 0]),
            (
                &[
                    r#"{"promptTokenCount":10,"cachedContentTokenCount":6,"candidatesTokenCount":1,"totalTokenCount":11}"#,
                ],
                [10, 1, 11, 0, 6],
            ),
            // A later event may leave counts out.
            (
                &[
                    r#"{"promptTokenCount":7,"candidatesTokenCount":1,"totalTokenCount":8}"#,
                    r#"{"candidatesTokenCount":3,"totalTokenCount":10}"#,
                ],
                [7, 3, 10, 0, 0],
            ),
        ] {
            assert_eq!(counts(events), expected, "{events:?}");
        }
    }

    #[test]
    fn modalities_have_their_own_counts() {
        let usage = usage(&[
            r#"{"promptTokensDetails":[{"modality":"TEXT","tokenCount":2},{"modality":"AUDIO","tokenCount":3},
                {"modality":5,"tokenCount":4},{"modality":"IMAGE"}],"candidatesTokensDetails":null}"#,
        ]);
        let details = &usage["prompt_tokens_details"];
        assert_eq!((&details["audio_tokens"], &details["text_tokens"]), (&3.into(), &6.into()));
        assert!(details.get("image_tokens").is_none());
    }

    #[test]
    fn nothing_told_is_nothing_known() {
        assert_eq!(Usage::default().tokens(), None);
    }
}
