//! Why a reply ended, and what the client is told where it has no place for a reason.
//!
//! Neither sound nor a transcript can say that it is not complete, so a reply that is not is an error.

use std::rc::Rc;

use crate::config::Config;
use crate::endpoint::chat::finish;
use crate::error::Error;
use crate::wire::gemini::{Candidate, GenerateContentResponse};

/// What a reply has told so far. Of its candidates only the first counts: no more are asked for.
pub(super) struct Ending {
    config: Rc<Config>,
    reason: Option<String>,
    message: Option<String>,
    blocked: bool,
}

impl Ending {
    pub(super) fn new(config: &Rc<Config>) -> Self {
        Self { config: Rc::clone(config), reason: None, message: None, blocked: false }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Takes a reply, or an event of one; true where it tells an end.
    pub(super) fn see(&mut self, reply: &GenerateContentResponse<'_>) -> bool {
        let told = match reply.candidates.first() {
            Some(Candidate { finish_reason: Some(reason), finish_message, .. }) => {
                Some((reason, finish_message, false))
            }
            Some(_) => None,
            None => reply.prompt_feedback.0.as_ref().and_then(|feedback| {
                Some((feedback.block_reason.as_ref()?, &feedback.block_reason_message, true))
            }),
        };
        let Some((reason, message, blocked)) = told else {
            return false;
        };
        self.reason = Some(reason.to_string());
        self.message = message.as_deref().filter(|message| !message.is_empty()).map(str::to_owned);
        self.blocked = blocked;
        true
    }

    /// Whether an end was told.
    pub(super) fn is_told(&self) -> bool {
        self.reason.is_some()
    }

    /// The reply has ended.
    ///
    /// # Errors
    /// It is not complete: refused, too long, cut, or the model failed, which is chance.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.blocked {
            return Err(self.refused("The request was blocked"));
        }
        let reason = self.reason.as_deref();
        match (reason, finish::reason(reason, None, true, None)?) {
            (None, _) => {
                Err(Error::server(502, "The model's reply ended prematurely.")
                    .code("stream_ended_prematurely"))
            }
            (Some("STOP" | "1"), _) => Ok(()),
            (_, "content_filter") => Err(self.refused("The reply was blocked")),
            (_, "length") => Err(Error::invalid(
                "The model's reply reached its limit of tokens before it was complete. Send less at a time.",
            )
            .code("context_length_exceeded")),
            _ => Err(self.failed("The model did not finish")),
        }
    }

    /// The model failed to do `what` it was asked to.
    pub(super) fn failed(&self, what: &str) -> Error {
        let error = Error::server(502, self.because(what)).code("invalid_upstream_response");
        error.redacted(&self.config.auth.secrets())
    }

    fn refused(&self, what: &str) -> Error {
        let error = Error::invalid(self.because(what)).code("content_filter");
        error.redacted(&self.config.auth.secrets())
    }

    fn because(&self, what: &str) -> String {
        let reason = self.reason.as_deref().filter(|reason| *reason != "STOP");
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let message = self.message.as_deref().map(|message| format!(": {message}"));
        format!("{what}{reason}{}", message.as_deref().unwrap_or("."))
    }
}
