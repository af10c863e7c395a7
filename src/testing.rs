//! Test support: configurations, a host that behaves like Envoy, and the goldens of `testdata/`.

mod golden;
mod host;
mod memory;

use std::rc::Rc;

use crate::config::Config;
use crate::credentials::{Source, Token, Tokens};

pub(crate) use golden::{Case, cases};
pub(crate) use host::{Host, Message, NOW};
pub(crate) use memory::Remembered;

/// Where no configuration asks for a token.
pub(crate) struct NoTokens;

impl Tokens for NoTokens {
    fn get(&self, _: &Rc<Source>) -> Token {
        Token::Wait
    }

    fn reject(&self, _: &Rc<Source>, _: &str) {}
}

/// A configuration from its JSON.
pub(crate) fn config(json: &str) -> Rc<Config> {
    Rc::new(Config::load(json.as_bytes(), &|_| None).unwrap())
}
