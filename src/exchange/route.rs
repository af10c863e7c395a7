//! What a request is taken for.

use super::{Act, Edit, Exchange};
use crate::config::Unmatched;
use crate::endpoint::{Answer, Endpoint, Found};
use crate::error::Error;
use crate::form::Intake;
use crate::headers::Headers;
use crate::upstream::passing;

impl Exchange {
    /// The endpoint a request is for and what stands for `{id}` in its path, or what becomes of one that is for none.
    pub(super) fn route(&mut self, headers: &Headers) -> Result<(&'static Endpoint, String), Act> {
        let path = headers.text(":path").unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let method = headers.text(":method").unwrap_or_default();
        match Endpoint::find(self.config.route_type, method, path) {
            Found::Endpoint(endpoint, captured) => {
                self.begin(headers, endpoint.path);
                self.missing = endpoint.missing;
                Ok((endpoint, captured))
            }
            Found::Allowed(methods) => {
                self.begin(headers, "");
                let methods = methods.join(", ");
                let message = format!("Only {methods} is allowed here.");
                let error = Error::new(405, "invalid_request_error", message).code("method_not_supported");
                let mut answer = Answer::from(&error);
                answer.headers.push(("allow", methods));
                Err(self.answer(answer))
            }
            Found::Nothing => Err(match self.config.unmatched {
                Unmatched::Pass => self.pass(headers),
                Unmatched::Error => {
                    self.begin(headers, "");
                    let message = "Unknown request URL. Please check it for typos.";
                    self.fail(&Error::new(404, "invalid_request_error", message).code("unknown_url"))
                }
            }),
        }
    }

    /// Lets a request pass that is not ours, but never with a choice of cluster.
    fn pass(&self, headers: &Headers) -> Act {
        let cluster = self.config.cluster.header.as_str();
        let state = passing(&self.config, headers);
        let headers = headers.get(cluster).is_some().then(|| headers.without(cluster));
        if headers.is_none() && state.is_empty() {
            return Act::Pass;
        }
        Act::Edit(Edit { headers, state, ..Edit::default() })
    }
}

/// What reads the body of a request, where that is a form and its endpoint takes forms.
pub(super) fn intake(endpoint: &Endpoint, headers: &Headers) -> Result<Option<Intake>, Error> {
    if !endpoint.form {
        return Ok(None);
    }
    Intake::of(headers.text("content-type").unwrap_or_default())
}
