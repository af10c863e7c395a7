//! Why there is no image.
//!
//! | Google | client |
//! |---|---|
//! | the prompt or the image was blocked | 400 `moderation_blocked`, which is no use to try again |
//! | anything else | 502 with what the model said instead |
//!
//! <https://ai.google.dev/api/generate-content#FinishReason>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/image/responsible-ai-imagen>

use crate::config::Config;
use crate::endpoint::chat::finish;
use crate::error::Error;
use crate::wire::gemini::GenerateContentResponse;
use crate::wire::literal;
use crate::wire::text::Text;

/// At most so many bytes of what the model says are told.
const MOST_TEXT: usize = 1000;

/// What replies tell of it.
#[derive(Debug, Default)]
pub(super) struct Why {
    /// Whether something was blocked.
    blocked: bool,
    /// Google's reason, and the same in words.
    reason: String,
    message: String,
    /// What the model said instead, as it stands in JSON.
    said: String,
}

impl Why {
    /// Takes what the model says.
    pub(super) fn say(&mut self, text: &Text<'_>) {
        if self.said.len() <= MOST_TEXT {
            self.said.push_str(text.inner());
        }
    }

    /// Takes the reasons of a reply, or of an event of one.
    pub(super) fn note(&mut self, reply: &GenerateContentResponse<'_>) {
        if let Some(feedback) = &reply.prompt_feedback.0
            && let Some(reason) = feedback.block_reason.as_deref()
        {
            self.because(reason, feedback.block_reason_message.as_deref(), true);
        }
        for candidate in &*reply.candidates {
            if let Some(reason) = candidate.finish_reason.as_deref() {
                self.because(reason, candidate.finish_message.as_deref(), finish::is_filtered(reason));
            }
        }
    }

    /// Takes why Imagen keeps an image back, in words.
    pub(super) fn filtered(&mut self, message: &str) {
        self.because("", Some(message), true);
    }

    /// Whether a reason was told.
    pub(super) fn is_told(&self) -> bool {
        !self.reason.is_empty() || !self.message.is_empty()
    }

    fn because(&mut self, reason: &str, message: Option<&str>, blocked: bool) {
        // What was blocked explains more than what was not.
        if blocked || !self.blocked {
            reason.clone_into(&mut self.reason);
            message.unwrap_or_default().clone_into(&mut self.message);
            self.blocked = blocked;
        }
    }

    /// What the client is told in place of an image.
    pub(super) fn error(&self, config: &Config) -> Error {
        let mut message = String::from(match self.blocked {
            true => "The request was rejected by Google's safety system",
            false => "The model answered without an image",
        });
        if !self.reason.is_empty() {
            message.push_str(&format!(" ({})", self.reason));
        }
        let said = literal::unescape(&self.said);
        let said: String = said.trim().chars().take(MOST_TEXT).collect();
        match [self.message.trim(), &said].into_iter().find(|words| !words.is_empty()) {
            Some(words) => message.push_str(&format!(": {words}")),
            None => message.push('.'),
        }
        let error = if self.blocked {
            Error::new(400, "image_generation_user_error", message).code("moderation_blocked")
        } else {
            Error::server(502, message).code("no_image")
        };
        error.redacted(&config.auth.secrets())
    }
}
