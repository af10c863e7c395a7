//! Tokens of Google Cloud.

use std::rc::Rc;

use crate::error::Error;

/// A token, or why there is none.
pub enum Token {
    /// One that is good now.
    Ready(String),
    /// It is on its way: ask again.
    Wait,
    /// There will be none.
    Failed(Error),
}

/// Where tokens come from.
pub trait Tokens {
    /// The token of `source`, good now.
    fn get(&self, source: &Rc<Source>) -> Token;
}

/// One principal, and how its tokens are fetched.
#[derive(Debug)]
pub struct Source;
