//! The way back: Google's reply, or an error in its place, to the client.

use super::{Act, Collected, Edit, Exchange, State, is_identity, too_much_held};
use crate::config::RequestMode;
use crate::endpoint::Answer;
use crate::error::{Error, upstream as google};
use crate::headers::Headers;
use crate::pipe::{EVENTS, Hold, Pipe, Sink};
use crate::rope::Rope;
use crate::upstream;

impl Exchange {
    /// The reply's headers came, Google's or a local reply's; `end` if there is no body.
    pub fn on_reply_headers(&mut self, received: Headers, end: bool) -> Act {
        let status = received.text(":status").and_then(|status| status.parse().ok()).unwrap_or(502);
        let state = std::mem::replace(&mut self.state, State::Pass);
        let reader = match state {
            State::Sent { mut reply } if status == 200 => {
                reply.head(&received);
                if received.get("content-encoding").is_some_and(|encoding| !is_identity(encoding)) {
                    let message = "The model's reply is compressed although no compression was asked for.";
                    return self.fail(&Error::server(502, message).code("invalid_upstream_response"));
                }
                if let Some(types) = reply.raw() {
                    return self.pass_reply(&received, types, end);
                }
                let buffered = self.config.request_mode != RequestMode::Headers;
                if reply.folds() && buffered && !end {
                    self.state = State::Digesting { received, reply };
                    return Act::Wait;
                }
                if !reply.whole() && !reply.folds() {
                    return self.stream(&received, reply, end);
                }
                Collected::Reply(reply)
            }
            State::Sent { .. } => {
                if status == 401 {
                    self.reject_token();
                }
                Collected::Error { status }
            }
            // Google has the head, and answered before it had the body.
            State::Ahead(_) => Collected::Error { status },
            // Another filter, or Envoy itself, refused the request before it was complete.
            State::Reading(_) | State::Waiting { .. } if status >= 400 => Collected::Error { status },
            other => {
                self.state = other;
                return Act::Pass;
            }
        };
        if self.config.request_mode == RequestMode::Headers && !end {
            // The status stays where the body can explain it; an error under any other would be taken for something else.
            let stands = (400..600).contains(&status) && status != 407;
            if stands || matches!(reader, Collected::Reply(_)) {
                return self.go_behind(&received, status, reader);
            }
            self.state = State::Collecting { received, reader };
            return self.replaced();
        }
        self.state = State::Collecting { received, reader };
        if end { self.replaced() } else { Act::Wait }
    }

    /// A piece of the reply's body came; `read` gets what the host holds.
    pub fn on_reply_body(&mut self, end: bool, read: impl FnOnce() -> Vec<u8>) -> Act {
        match &mut self.state {
            State::Collecting { .. } if !end => Act::Wait,
            State::Collecting { .. } => self.collected(&read()),
            State::Digesting { .. } => self.digest(&read(), end),
            State::Streaming { .. } => self.streamed(&read(), end),
            State::Behind(_) => self.follow(&read(), end),
            State::Told => Act::Edit(Edit { body: Some(Rope::default()), ..Edit::default() }),
            _ => Act::Pass,
        }
    }

    /// The reply ended with trailers; `read` gets what the host still holds of the body. Trailers do not go on where
    /// anything is replaced.
    pub fn on_reply_trailers(&mut self, read: impl FnOnce() -> Vec<u8>) -> Act {
        match &mut self.state {
            State::Collecting { .. } => {
                let body = read();
                if body.is_empty() { self.replaced() } else { self.collected(&body) }
            }
            State::Digesting { .. } => self.digest(&read(), true),
            State::Told => Act::Edit(Edit::default()),
            State::Streaming { kept: Some(_), .. } => self.streamed(&read(), true),
            State::Behind(behind) if behind.is_held() => self.follow(&read(), true),
            State::Streaming { .. } | State::Behind(_) => {
                // Nothing can be appended any more. An answer after headers cuts the connection, which tells the
                // client that the reply was not complete.
                self.fail(&Error::stream_cut())
            }
            _ => Act::Pass,
        }
    }

    fn stream(&mut self, received: &Headers, mut reply: Box<dyn Pipe>, end: bool) -> Act {
        if end {
            let error = reply.end(&mut Sink::default()).err().unwrap_or_else(Error::stream_cut);
            return self.fail(&error);
        }
        let headers = self.stream_headers(received, &*reply);
        self.state = State::Streaming { reply, kept: None };
        Act::Edit(Edit { headers: Some(headers), ..Edit::default() })
    }

    fn stream_headers(&mut self, received: &Headers, reply: &dyn Pipe) -> Vec<u8> {
        self.record.status = 200;
        self.reply_headers(received, 200, type_headers(reply))
    }

    /// The reply goes through as it is, unless its headers tell that it is nothing of the kind.
    fn pass_reply(&mut self, received: &Headers, types: &[&str], end: bool) -> Act {
        let kind = received.text("content-type").unwrap_or_default();
        let empty = end || received.text("content-length") == Some("0");
        if empty || !types.iter().any(|known| kind.to_ascii_lowercase().starts_with(known)) {
            return self.fail(&Error::reply_unreadable());
        }
        self.record.status = 200;
        let mut headers = vec![("content-type", kind.to_owned())];
        if let Some(length) = received.text("content-length") {
            headers.push(("content-length", length.to_owned()));
        }
        let headers = self.reply_headers(received, 200, headers);
        Act::Edit(Edit { headers: Some(headers), ..Edit::default() })
    }

    /// Takes a piece of a reply whose headers are held back. It is not left with the host: what is kept of it is
    /// translated already.
    fn digest(&mut self, piece: &[u8], end: bool) -> Act {
        let State::Digesting { received, mut reply } = std::mem::replace(&mut self.state, State::Pass) else {
            return Act::Pass;
        };
        let mut out = Sink::default();
        let pushed =
            reply.push(piece, &mut out).and_then(|()| if end { reply.end(&mut out) } else { Ok(()) });
        self.record.usage = out.usage.or(self.record.usage);
        let held = self.held.set(reply.held());
        let over = (held > self.config.max_held_bytes).then(too_much_held);
        if let Some(error) = pushed.err().or(over) {
            return self.fail(&error);
        }
        if end {
            return self.tell(&received, 200, whole(&*reply, out));
        }
        if reply.folds() {
            self.state = State::Digesting { received, reply };
            return Act::Edit(Edit { body: Some(Rope::default()), hold: true, ..Edit::default() });
        }
        let headers = self.stream_headers(&received, &*reply);
        let hold = out.hold != Hold::No;
        self.state = State::Streaming { reply, kept: hold.then_some(out.bytes.len()) };
        let body = Some(Rope::from(out.bytes));
        Act::Edit(Edit { headers: Some(headers), body, hold, ..Edit::default() })
    }

    fn streamed(&mut self, buffer: &[u8], end: bool) -> Act {
        let State::Streaming { reply, kept } = &mut self.state else {
            return Act::Pass;
        };
        let (ours, new) = buffer.split_at_checked(kept.unwrap_or(0)).unwrap_or((&[], buffer));
        let mut out = Sink::default();
        let pushed = reply.push(new, &mut out).and_then(|()| if end { reply.end(&mut out) } else { Ok(()) });
        let total = self.held.set(reply.held());
        let over = total > self.config.max_held_bytes;
        let failure = pushed.err().or_else(|| over.then(too_much_held));
        self.record.usage = out.usage.or(self.record.usage);
        if let Some(error) = failure {
            if reply.content_type() != EVENTS {
                return self.fail(&error);
            }
            out.bytes.extend(error.event());
            self.record.status = error.status();
            self.held.set(0);
            self.state = State::Told;
            let body = [ours, &out.bytes].concat();
            return Act::Edit(Edit { body: Some(body.into()), ..Edit::default() });
        }
        // What was held back is let go with the next text, unless that ends something too.
        let hold = !end
            && match kept {
                Some(_) => out.bytes.is_empty() || out.hold == Hold::Ended,
                None => out.hold != Hold::No,
            };
        let body = if ours.is_empty() { out.bytes } else { [ours, &out.bytes].concat() };
        *kept = hold.then_some(body.len());
        Act::Edit(Edit { body: Some(body.into()), hold, ..Edit::default() })
    }

    fn collected(&mut self, body: &[u8]) -> Act {
        let State::Collecting { received, reader } = std::mem::replace(&mut self.state, State::Pass) else {
            return Act::Pass;
        };
        let answer = self.collect(reader, body);
        self.tell(&received, answer.status, answer)
    }

    /// Puts `answer` in the reply's place.
    fn tell(&mut self, received: &Headers, status: u16, answer: Answer) -> Act {
        let Answer { mut headers, body, .. } = answer;
        headers.push(("content-length", body.len().to_string()));
        self.record.status = status;
        self.held.set(0);
        let headers = self.reply_headers(received, status, headers);
        Act::Edit(Edit { headers: Some(headers), body: Some(body), ..Edit::default() })
    }

    /// A body cannot be added to a reply without one, only another reply put in its place.
    fn replaced(&mut self) -> Act {
        let State::Collecting { reader, .. } = std::mem::replace(&mut self.state, State::Pass) else {
            return Act::Pass;
        };
        let answer = self.collect(reader, &[]);
        self.answer(answer)
    }

    /// The whole reply, translated.
    pub(super) fn collect(&mut self, reader: Collected, body: &[u8]) -> Answer {
        let mut reply = match reader {
            Collected::Error { status } => return Answer::from(&self.refused(status, body)),
            Collected::Reply(reply) => reply,
        };
        let mut out = Sink::default();
        match reply.push(body, &mut out).and_then(|()| reply.end(&mut out)) {
            Err(error) => Answer::from(&error),
            Ok(()) => {
                self.record.usage = out.usage.or(self.record.usage);
                whole(&*reply, out)
            }
        }
    }

    /// What the client is told of a reply with any status but 200.
    pub(super) fn refused(&self, status: u16, body: &[u8]) -> Error {
        let mut secrets = self.config.auth.secrets();
        secrets.extend(self.token.clone());
        let error = google::read(status, body, &secrets);
        self.missing.filter(|_| error.status() == 404).map_or(error, |missing| missing())
    }

    pub(super) fn reply_headers(
        &self,
        received: &Headers,
        status: u16,
        mut headers: Vec<(&'static str, String)>,
    ) -> Vec<u8> {
        if !self.request_id.is_empty() {
            headers.push(("x-request-id", self.request_id.clone()));
        }
        let status = status.to_string();
        let model = self.model_value();
        let mut ours = vec![(":status", status.as_str())];
        ours.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        if let Some(name) = self.config.model_name_header.as_deref().filter(|_| status == "200") {
            ours.push((name, &model));
        }
        if !self.record.dropped.is_empty() && status == "200" {
            ours.push(("x-llm-dropped", &self.record.dropped));
        }
        upstream::reply_headers(received, &ours)
    }
}

/// A reply that was told in one piece.
fn whole(reply: &dyn Pipe, out: Sink) -> Answer {
    let mut body = Rope::from(out.bytes);
    body.append(out.body);
    Answer { status: 200, headers: type_headers(reply), body, ..Answer::default() }
}

fn type_headers(reply: &dyn Pipe) -> Vec<(&'static str, String)> {
    let mut headers = vec![("content-type", reply.content_type().to_owned())];
    if reply.content_type() == EVENTS {
        headers.push(("cache-control", "no-cache".to_owned()));
    }
    headers
}
