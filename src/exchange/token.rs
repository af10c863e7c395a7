//! The credential of a request, where that is a token: from one of its headers, or fetched.

use std::time::Duration;

use super::{Act, Arrived, Asked, Exchange, State};
use crate::credentials::Token;
use crate::error::Error;

impl Exchange {
    /// How long this request may wait for a token.
    #[must_use]
    pub fn token_wait(&self) -> Duration {
        self.config.auth.token_wait()
    }

    /// A token may have come, or it is `late`; `read` gets what the host holds of the body. After [`Act::AwaitToken`] the
    /// request still waits for a token, after [`Act::Wait`] for its body.
    pub fn on_token(&mut self, late: bool, read: impl FnOnce() -> Vec<u8>) -> Act {
        let state = std::mem::replace(&mut self.state, State::Pass);
        let State::Waiting { asked, body } = state else {
            self.state = state;
            return Act::Pass;
        };
        let act = match body {
            Arrived::All => self.complete(asked, read),
            Arrived::Nothing => self.go_ahead(asked),
            Arrived::Part => self.go_on(asked),
        };
        match act {
            Act::AwaitToken if late => self.fail(&token_late()),
            act => act,
        }
    }

    /// Translates the request, once there is a credential to send it with.
    pub(super) fn complete(&mut self, asked: Asked, read: impl FnOnce() -> Vec<u8>) -> Act {
        match self.fetch_token() {
            Ok(true) => self.translate(asked, read),
            Ok(false) => {
                self.state = State::Waiting { asked, body: Arrived::All };
                Act::AwaitToken
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Google refused the request's credential: a token that was fetched is not to go with the next ones.
    pub(super) fn reject_token(&self) {
        if let (Some(source), Some(token)) = (self.config.auth.source(), &self.token) {
            self.tokens.reject(source, token);
        }
    }

    /// Whether there is a token, or none is needed.
    pub(super) fn fetch_token(&mut self) -> Result<bool, Error> {
        let Some(source) = self.config.auth.source() else {
            return Ok(true);
        };
        match self.tokens.get(source) {
            Token::Ready(token) => {
                self.token = Some(token);
                Ok(true)
            }
            Token::Wait => Ok(false),
            Token::Failed(error) => Err(error),
        }
    }
}

/// The token in a header: bare, or after `Bearer`.
pub(super) fn bearer(value: Option<&str>) -> Option<&str> {
    let value = value?.trim();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None if value.eq_ignore_ascii_case("bearer") => return None,
        None => value,
    };
    let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    (plain && !token.is_empty()).then_some(token)
}

/// The client did not give the token it has to.
pub(super) fn no_token(header: &str) -> Error {
    let message = format!("The header `{header}` must hold an access token.");
    Error::new(401, "authentication_error", message).code("missing_access_token")
}

fn token_late() -> Error {
    Error::server(503, "The gateway got no credential for the model service in time. Please try again.")
        .code("credentials_unavailable")
        .retry_after_ms(Some(1000))
}
