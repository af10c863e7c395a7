//! Tokens for Google: whose they are, how they are fetched, and who fetches them.
//!
//! 1. [`Source`]: one principal, chosen when the configuration is read and never another later.
//! 2. [`fetch`]: from a principal to a token, one HTTP call after the other, without I/O.
//! 3. [`keeper`]: one fetch at a time for all workers. The token and the lease of who may fetch it are in the data that
//!    workers share; each keeps a copy, so that most requests ask nobody.
//!
//! No message, log line or `Debug` output holds a token, a key or an assertion.
//! <https://cloud.google.com/docs/authentication/token-types>

mod calls;
pub mod fetch;
mod file;
mod jwt;
pub mod keeper;
mod record;
mod replies;
pub mod sign;
mod source;

use std::rc::Rc;

use crate::error::Error;

pub use calls::Call;
pub use file::{Fault, read as read_key_file};
pub use record::{LEASES, NO_LEASE, lease_name};
pub use replies::Reply;
pub use source::{Clusters, Endpoint, Impersonation, Principal, Source, Subject};

/// What Google's APIs ask for, <https://developers.google.com/identity/protocols/oauth2/scopes>.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// What there is of a token.
#[derive(Debug)]
pub enum Token {
    /// The token, for `Authorization: Bearer …`.
    Ready(String),
    /// It is being fetched: ask again when resumed.
    Wait,
    /// There is none in time; the client is told this.
    Failed(Error),
}

/// Where an exchange gets its token.
pub trait Tokens {
    /// The token of `source`, good now.
    fn get(&self, source: &Rc<Source>) -> Token;

    /// Google answered 401 to a request that went with this token of `source`.
    fn reject(&self, source: &Rc<Source>, token: &str);
}

/// Why there is no token, for the log. It holds nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Asking again will not help before somebody changes something.
    pub permanent: bool,
    /// What went wrong.
    pub reason: String,
}

impl Failure {
    fn permanent(reason: impl Into<String>) -> Self {
        Self { permanent: true, reason: reason.into() }
    }

    fn passing(reason: impl Into<String>) -> Self {
        Self { permanent: false, reason: reason.into() }
    }
}

/// What the client is told when there is no token; it may try again after so many milliseconds.
fn unavailable(retry_after_ms: u64) -> Error {
    Error::server(503, "The gateway has no credential for the model service right now. Please try again.")
        .code("credentials_unavailable")
        .retry_after_ms(Some(retry_after_ms))
}
