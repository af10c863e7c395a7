//! Calls to Google that decide what becomes of a request.
//!
//! They go to the cluster of the request's route, or to `upstream_cluster`, and the request waits for all of them.

use super::{Act, Asked, Exchange, State, too_much_held};
use crate::endpoint::{Answer, Call, Fetch, Then};
use crate::error::Error;
use crate::upstream::Head;

/// A call for the host to make.
#[derive(Debug)]
pub struct SideCall {
    /// The cluster; `None` for that of the request's route.
    pub cluster: Option<String>,
    /// The header map, serialized.
    pub headers: Vec<u8>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

/// What became of a call.
#[derive(Debug)]
pub enum Called {
    /// It was answered.
    Reply {
        /// HTTP status; Envoy's own where Google could not be asked.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// The host knows no such cluster.
    NoCluster,
    /// The host could not make it, or gave up on a reply that is too large.
    Failed,
}

/// Calls under way.
pub(super) struct Calling {
    asked: Asked,
    replies: Vec<Option<Vec<u8>>>,
    then: Then,
}

impl Exchange {
    /// Makes calls.
    pub(super) fn call(&mut self, fetch: Fetch, asked: Asked) -> Act {
        let Fetch { calls, model, then } = fetch;
        self.record.model = model;
        let side_calls: Vec<SideCall> = calls.into_iter().map(|call| self.side_call(call, &asked)).collect();
        if side_calls.is_empty() {
            return self.proceed(then(Vec::new()).map_err(|error| Answer::from(&error)), asked);
        }
        let replies = side_calls.iter().map(|_| None).collect();
        self.state = State::Calling(Calling { asked, replies, then });
        Act::Call(side_calls)
    }

    fn side_call(&self, Call { operation, body }: Call, asked: &Asked) -> SideCall {
        let head = Head {
            config: &self.config,
            operation: &operation,
            headers: &[],
            length: None,
            client: &asked.client,
            token: self.token.as_deref(),
        };
        let (cluster, headers) = (self.config.cluster.name.clone(), head.write_for_call());
        SideCall { cluster, headers, body: body.unwrap_or_default() }
    }

    /// Call number `index` of those that were asked for came to an end. [`Act::Wait`] as long as others are under way.
    pub fn on_called(&mut self, index: usize, called: Called) -> Act {
        let State::Calling(Calling { replies, .. }) = &mut self.state else {
            return Act::Pass;
        };
        let body = match called {
            Called::Reply { status: 200, body } => body,
            Called::Reply { status, body } => {
                if status == 401 {
                    self.reject_token();
                }
                return self.fail(&self.refused(status, &body));
            }
            Called::NoCluster => return self.fail(&no_cluster()),
            Called::Failed => {
                let message = "The model service could not be asked, or its reply is too large.";
                return self.fail(&Error::server(502, message).code("upstream_unavailable"));
            }
        };
        if let Some(reply) = replies.get_mut(index) {
            *reply = Some(body);
        }
        let held = replies.iter().flatten().map(Vec::len).fold(0, usize::saturating_add);
        let complete = replies.iter().all(Option::is_some);
        if self.held.set(held) > self.config.max_held_bytes {
            return self.fail(&too_much_held());
        }
        if !complete {
            return Act::Wait;
        }
        let State::Calling(Calling { asked, replies, then }) =
            std::mem::replace(&mut self.state, State::Pass)
        else {
            return Act::Pass;
        };
        let next = then(replies.into_iter().flatten().collect());
        self.held.set(0);
        self.proceed(next.map_err(|error| Answer::from(&error)), asked)
    }
}

fn no_cluster() -> Error {
    let message = "Envoy does not know the cluster that the gateway's own calls go to: that of the request's route, or \
                   `upstream_cluster`.";
    Error::server(503, message).code("gateway_misconfigured")
}
