//! From a principal to a token: a few calls, one after the other, without I/O.

use std::rc::Rc;

use super::replies::{self, Issued, Reply};
use super::sign::Unsigned;
use super::source::{Principal, Subject};
use super::{Call, Failure, Source, calls, jwt};

/// Seconds by which clocks may differ before an assertion is written anew with the other one's time.
const TOLERATED: u64 = 30;

/// One attempt to get a token.
pub struct Fetch {
    source: Rc<Source>,
    leg: Leg,
    /// The other side's time was used already.
    corrected: bool,
}

/// What is being waited for.
enum Leg {
    /// The subject token.
    Subject,
    /// The principal's own token.
    Grant,
    /// The token of the account that it impersonates.
    Impersonation,
}

/// What comes next.
pub enum Step {
    /// Make this call and come back with the reply.
    Call(Call),
    /// Here is the token.
    Done {
        /// The token; printable ASCII.
        token: String,
        /// Seconds it is valid from now.
        lifetime: u64,
    },
    /// There is none.
    Failed(Failure),
}

/// Signs a text with a private key in PEM.
pub type Sign<'a> = &'a dyn Fn(&str, &str) -> Result<Vec<u8>, Unsigned>;

impl Fetch {
    /// Begins; `now` in seconds since 1970.
    #[must_use]
    pub fn start(source: &Rc<Source>, now: u64, sign: Sign<'_>) -> (Self, Step) {
        let mut fetch = Self { source: Rc::clone(source), leg: Leg::Grant, corrected: false };
        let step = match (calls::subject_of(source), source.principal()) {
            (Some(call), _) => {
                fetch.leg = Leg::Subject;
                Step::Call(call)
            }
            (None, Principal::External { subject: Subject::Env(token), .. }) => {
                Step::Call(calls::grant(source, token))
            }
            _ => fetch.grant(now, sign),
        };
        (fetch, step)
    }

    /// Goes on with the reply to the last call.
    pub fn next(&mut self, reply: &Reply, now: u64, sign: Sign<'_>) -> Step {
        let outcome = match self.leg {
            Leg::Subject => self.subject(reply),
            Leg::Grant if self.clock_is_wrong(reply, now) => {
                self.corrected = true;
                return self.grant(reply.server_time().unwrap_or(now), sign);
            }
            Leg::Grant => replies::issued(reply, self.asked()).map(|issued| self.granted(issued)),
            Leg::Impersonation => {
                replies::impersonated(reply, now, "the IAM credentials API").map(Step::from)
            }
        };
        outcome.unwrap_or_else(Step::Failed)
    }

    /// The name of the cluster whose reply is awaited.
    #[must_use]
    pub fn asked(&self) -> &'static str {
        match (&self.leg, self.source.principal()) {
            (Leg::Subject, _) => "the URL of the subject token",
            (Leg::Impersonation, _) => "the IAM credentials API",
            (Leg::Grant, Principal::ServiceAccount { .. }) => "the token endpoint",
            (Leg::Grant, Principal::Metadata(_)) => "the metadata server",
            (Leg::Grant, Principal::External { .. }) => "the Security Token Service",
        }
    }

    fn subject(&mut self, reply: &Reply) -> Result<Step, Failure> {
        let member = match self.source.principal() {
            Principal::External { subject: Subject::Url { member, .. }, .. } => member.as_deref(),
            _ => None,
        };
        let token = replies::subject(reply, member, self.asked())?;
        self.leg = Leg::Grant;
        Ok(Step::Call(calls::grant(&self.source, &token)))
    }

    /// Asks for the token of a principal that proves itself, or needs no proof.
    fn grant(&self, now: u64, sign: Sign<'_>) -> Step {
        let proof = match self.source.principal() {
            Principal::ServiceAccount { email, private_key, key_id, token } => {
                let unsigned = jwt::unsigned(email, key_id.as_deref(), &token.url, now);
                match sign(private_key, &unsigned) {
                    Ok(signature) => jwt::signed(&unsigned, &signature),
                    Err(why) => return Step::Failed(Failure::permanent(why.message())),
                }
            }
            Principal::Metadata(_) | Principal::External { .. } => String::new(),
        };
        Step::Call(calls::grant(&self.source, &proof))
    }

    fn granted(&mut self, issued: Issued) -> Step {
        match self.source.impersonation() {
            Some(target) => {
                self.leg = Leg::Impersonation;
                Step::Call(calls::impersonate(self.source.clusters(), target, &issued.token))
            }
            None => issued.into(),
        }
    }

    /// Whether an assertion was refused by somebody whose clock shows another time.
    fn clock_is_wrong(&self, reply: &Reply, now: u64) -> bool {
        let differs = |time: u64| time.abs_diff(now) > TOLERATED;
        matches!(self.source.principal(), Principal::ServiceAccount { .. })
            && !self.corrected
            && reply.refuses_grant()
            && reply.server_time().is_some_and(differs)
    }
}

impl From<Issued> for Step {
    fn from(Issued { token, lifetime }: Issued) -> Self {
        Self::Done { token, lifetime }
    }
}

#[cfg(test)]
mod tests;
