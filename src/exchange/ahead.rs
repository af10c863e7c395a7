//! Heads that go ahead of their bodies, for an Envoy that was not told to hold headers back
//! (`request_mode: "headers"`).
//!
//! 1. Path and credential are decided from the configuration, which names the model, and Google is always asked for a
//!    stream. The request's head goes as soon as there is a credential.
//! 2. The body is gathered here, each piece replaced by nothing: of a body that Envoy holds, it refuses what is over its
//!    limit, which may be 32 KiB. The translation goes when the JSON is complete, not when the body ends, because nothing
//!    can be added to a body that ends with trailers.
//! 3. The reply's head goes as it came, but for its type. A reply that only makes sense in one piece is told when it is
//!    complete, in place of its last piece. Once its head has gone, an error can only cut the connection of a reply that
//!    began with 200; every other one is an error anyway, which the body explains.

use super::{Act, Arrived, Asked, Collected, Edit, Exchange, State, too_much_held};
use crate::endpoint::{Next, Operation};
use crate::error::Error;
use crate::headers::Headers;
use crate::pipe::{Hold, Sink};
use crate::rope::Rope;
use crate::upstream::{self, Head, Rewritten};
use crate::wire::nesting::Nesting;

/// Up to so many bytes, less than any limit of Envoy's, a reply may be held back by the host, so that trailers can end it.
const SMALL: usize = 16 << 10;

/// A request whose body is being gathered.
pub(super) struct Gathering {
    asked: Asked,
    /// What its head asks.
    operation: Operation,
    pieces: Vec<Vec<u8>>,
    size: usize,
    nesting: Nesting,
}

/// A reply whose head has gone.
pub(super) struct Behind {
    reader: Collected,
    /// What has come, where that is not in the reader.
    body: Vec<u8>,
    nesting: Nesting,
    /// The host holds the body back, so that something can be added at trailers.
    held: bool,
}

impl Behind {
    pub(super) fn is_held(&self) -> bool {
        self.held
    }
}

impl Exchange {
    /// Sends the head, once there is a credential to send it with.
    pub(super) fn go_ahead(&mut self, asked: Asked) -> Act {
        let operation = match self.fetch_token() {
            Ok(true) => match asked.endpoint.ahead {
                Some(ahead) => ahead(&self.config),
                None => Err(other_path()),
            },
            Ok(false) => {
                self.state = State::Waiting { asked, body: Arrived::Nothing };
                return Act::AwaitToken;
            }
            Err(error) => Err(error),
        };
        let operation = match operation {
            Ok(operation) => operation,
            Err(error) => return self.fail(&error),
        };
        let head = Head {
            config: &self.config,
            operation: &operation,
            headers: &[],
            length: None,
            client: &asked.client,
            token: self.token.as_deref(),
        };
        let Rewritten { headers, state } = head.write();
        let (pieces, size, nesting) = (Vec::new(), 0, Nesting::default());
        self.state = State::Ahead(Gathering { asked, operation, pieces, size, nesting });
        Act::Edit(Edit { headers: Some(headers), state, ..Edit::default() })
    }

    /// There may be a token, and a part of the body that the host holds. So it does hold headers back, and all goes on as
    /// where that was known: what a body callback has passed over does not come again.
    pub(super) fn go_on(&mut self, asked: Asked) -> Act {
        match self.fetch_token() {
            Ok(true) => {
                self.state = State::Reading(asked);
                Act::Wait
            }
            Ok(false) => {
                self.state = State::Waiting { asked, body: Arrived::Part };
                Act::AwaitToken
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Takes a piece of the request's body.
    pub(super) fn gather(&mut self, piece: Vec<u8>, end: bool) -> Act {
        let State::Ahead(gathering) = &mut self.state else {
            return Act::Pass;
        };
        let complete = gathering.nesting.closes(&piece) || end;
        let size = gathering.size.saturating_add(piece.len());
        gathering.size = size;
        gathering.pieces.push(piece);
        if let Some(error) = self.too_large(size) {
            return self.fail(&error);
        }
        if self.held.set(size) > self.config.max_held_bytes {
            return self.fail(&too_much_held());
        }
        if complete { self.gathered() } else { nothing(false) }
    }

    /// Sends the body.
    fn gathered(&mut self) -> Act {
        let State::Ahead(Gathering { asked, operation, pieces, .. }) =
            std::mem::replace(&mut self.state, State::Pass)
        else {
            return Act::Pass;
        };
        self.held.set(0);
        let body = pieces.concat();
        drop(pieces);
        let forward = match self.translated(&asked, &body, None) {
            Ok(Next::Forward(forward)) => forward,
            Ok(Next::Fetch(_)) => return self.fail(&other_path()),
            Ok(Next::Answer(answer)) | Err(answer) => return self.answer(answer),
        };
        if upstream::path(&self.config, &forward.operation) != upstream::path(&self.config, &operation) {
            return self.fail(&other_path());
        }
        let body = self.sent(forward);
        Act::Edit(Edit { body: Some(body), ..Edit::default() })
    }

    /// The request ended with trailers, at which nothing can be added to its body, which is not complete.
    pub(super) fn gathered_too_late(&mut self) -> Act {
        match self.gathered() {
            Act::Edit(_) => self.fail(&Error::invalid("The request body is not complete.")),
            act => act,
        }
    }

    /// What comes of a body after its translation has gone: nothing of it may go on.
    pub(super) fn trailing(&mut self, piece: &[u8]) -> Act {
        let blank = piece.iter().all(u8::is_ascii_whitespace);
        if !blank && matches!(self.state, State::Sent { .. }) {
            return self.fail(&Error::invalid(
                "We could not parse the JSON body of your request: trailing characters.",
            ));
        }
        nothing(false)
    }

    /// Sends the reply's head.
    pub(super) fn go_behind(&mut self, received: &Headers, status: u16, reader: Collected) -> Act {
        self.record.status = status;
        let kind = match &reader {
            Collected::Reply(reply) => reply.content_type(),
            Collected::Error { .. } => "application/json",
        };
        let headers = self.reply_headers(received, status, vec![("content-type", kind.to_owned())]);
        let (body, nesting) = (Vec::new(), Nesting::default());
        self.state = State::Behind(Behind { reader, body, nesting, held: false });
        Act::Edit(Edit { headers: Some(headers), ..Edit::default() })
    }

    /// Takes a piece of the reply's body.
    pub(super) fn follow(&mut self, piece: &[u8], end: bool) -> Act {
        let State::Behind(behind) = &mut self.state else {
            return Act::Pass;
        };
        let (kept, complete) = match &mut behind.reader {
            Collected::Reply(reply) if reply.folds() => {
                let mut out = Sink::default();
                let pushed = reply.push(piece, &mut out);
                self.record.usage = out.usage.or(self.record.usage);
                if let Err(error) = pushed {
                    return self.fail(&error);
                }
                behind.held |= out.hold != Hold::No;
                (reply.held(), end)
            }
            _ => {
                behind.body.extend_from_slice(piece);
                (behind.body.len(), behind.nesting.closes(piece) || end)
            }
        };
        behind.held &= kept <= SMALL;
        let held = behind.held;
        if self.held.set(kept) > self.config.max_held_bytes {
            return self.fail(&too_much_held());
        }
        if complete { self.told() } else { nothing(held) }
    }

    /// Tells the client what came of the reply.
    fn told(&mut self) -> Act {
        let State::Behind(Behind { reader, body, .. }) = std::mem::replace(&mut self.state, State::Told)
        else {
            return Act::Pass;
        };
        self.held.set(0);
        let failed = matches!(reader, Collected::Error { .. });
        let answer = self.collect(reader, &body);
        // The client was told a status already. One that is not this error's cannot stand.
        if answer.status != 200 && !failed {
            return self.answer(answer);
        }
        Act::Edit(Edit { body: Some(answer.body), ..Edit::default() })
    }
}

/// What came does not go on.
fn nothing(hold: bool) -> Act {
    Act::Edit(Edit { body: Some(Rope::default()), hold, ..Edit::default() })
}

fn other_path() -> Error {
    let message = "The gateway cannot serve what this request asks for: it needs another path at Google than requests do \
                   whose path is decided before their body is read.";
    Error::invalid(message).code("unsupported_in_headers_mode")
}
