//! Token counts of images.
//!
//! <https://platform.openai.com/docs/api-reference/images/object>

use crate::endpoint::chat::usage::Usage;

/// Tokens of one call or several, and how many of them were images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) input: u64,
    pub(super) output: u64,
    input_images: u64,
    output_images: u64,
}

impl Tokens {
    pub(super) fn of(usage: &Usage) -> Self {
        let counted = usage.tokens().unwrap_or_default();
        let (input_images, output_images) = usage.images();
        Self {
            input: counted.prompt,
            output: counted.completion,
            input_images: input_images.min(counted.prompt),
            output_images: output_images.min(counted.completion),
        }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.input = self.input.saturating_add(more.input);
        self.output = self.output.saturating_add(more.output);
        self.input_images = self.input_images.saturating_add(more.input_images);
        self.output_images = self.output_images.saturating_add(more.output_images);
    }

    /// Appends OpenAI's `usage`. What is no image counts as text, thinking too.
    pub(super) fn push(self, json: &mut Vec<u8>) {
        let Self { input, output, input_images, output_images } = self;
        let total = input.saturating_add(output);
        let (input_text, output_text) =
            (input.saturating_sub(input_images), output.saturating_sub(output_images));
        let usage = format!(
            r#"{{"input_tokens":{input},"output_tokens":{output},"total_tokens":{total},"input_tokens_details":{{"text_tokens":{input_text},"image_tokens":{input_images}}},"output_tokens_details":{{"text_tokens":{output_text},"image_tokens":{output_images}}}}}"#
        );
        json.extend_from_slice(usage.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn tokens(metadata: &str) -> Tokens {
        let mut usage = Usage::default();
        usage.add(&serde_json::from_str(metadata).unwrap());
        Tokens::of(&usage)
    }

    fn shown(tokens: Tokens) -> String {
        let mut json = Vec::new();
        tokens.push(&mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn what_is_no_image_is_text() {
        // Recorded: pydantic/pydantic-ai, MIT, gemini-3-pro-image; thinking is part of the output.
        let recorded = tokens(
            r#"{"candidatesTokenCount":1216,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1120}],
                "promptTokenCount":22,"promptTokensDetails":[{"modality":"TEXT","tokenCount":22}],
                "thoughtsTokenCount":179,"totalTokenCount":1417}"#,
        );
        assert_eq!(
            shown(recorded),
            r#"{"input_tokens":22,"output_tokens":1395,"total_tokens":1417,"input_tokens_details":{"text_tokens":22,"image_tokens":0},"output_tokens_details":{"text_tokens":275,"image_tokens":1120}}"#
        );
        let mut both = recorded;
        both.add(tokens(
            r#"{"promptTokenCount":300,"promptTokensDetails":[{"modality":"IMAGE","tokenCount":258}],
                "candidatesTokenCount":10,"totalTokenCount":310}"#,
        ));
        assert_eq!(
            shown(both),
            r#"{"input_tokens":322,"output_tokens":1405,"total_tokens":1727,"input_tokens_details":{"text_tokens":64,"image_tokens":258},"output_tokens_details":{"text_tokens":285,"image_tokens":1120}}"#
        );
    }
}
