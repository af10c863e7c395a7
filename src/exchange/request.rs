//! The way there: a request whose body is complete, or comes as a form, to Google.

use std::cell::Cell;

use super::{Act, Asked, Edit, Exchange, State, too_much_held};
use crate::endpoint::{Answer, Forward, Next, Request};
use crate::error::Error;
use crate::form::{Form, Intake};
use crate::rope::Rope;
use crate::upstream::{Head, Rewritten};

impl Exchange {
    /// Takes a piece of a form. It is not left with the host: what is kept of it is translated already.
    pub(super) fn take_in(&mut self, piece: &[u8], end: bool) -> Act {
        let State::Reading(Asked { intake: Some(intake), .. }) = &mut self.state else {
            return Act::Pass;
        };
        let taken = intake.push(piece);
        let (held, size) = (intake.held(), intake.size());
        if let Some(error) = self.too_large(size).or(taken.err()) {
            return self.fail(&error);
        }
        if self.held.set(held) > self.config.max_held_bytes {
            return self.fail(&too_much_held());
        }
        if end {
            return self.read(Vec::new);
        }
        Act::Edit(Edit { body: Some(Rope::default()), hold: true, ..Edit::default() })
    }

    pub(super) fn translate(&mut self, mut asked: Asked, read: impl FnOnce() -> Vec<u8>) -> Act {
        let translated = match asked.intake.take().map(Intake::finish).transpose() {
            Ok(Some(form)) => self.translated(&asked, &[], Some(form)),
            Ok(None) => self.translated(&asked, &read(), None),
            Err(error) => Err(Answer::from(&error)),
        };
        self.held.set(0);
        self.proceed(translated, asked)
    }

    /// Does what a handler has said.
    pub(super) fn proceed(&mut self, next: Result<Next, Answer>, asked: Asked) -> Act {
        match next {
            Err(answer) | Ok(Next::Answer(answer)) => self.answer(answer),
            Ok(Next::Forward(forward)) => self.forward(forward, &asked),
            Ok(Next::Fetch(fetch)) => self.call(fetch, asked),
        }
    }

    /// What the request becomes, or the answer in place of it.
    pub(super) fn translated(&self, asked: &Asked, body: &[u8], form: Option<Form>) -> Result<Next, Answer> {
        let Asked { signatures, captured, client, has_body, .. } = asked;
        let (form, query) = (&Cell::new(form), client.query());
        let (config, now, id) = (&self.config, self.now, self.id);
        let request =
            Request { config, body, form, captured, query, has_body: *has_body, signatures, now, id };
        (asked.endpoint.handler)(&request).map_err(|error| Answer::from(&error))
    }

    fn forward(&mut self, forward: Forward, asked: &Asked) -> Act {
        if !asked.has_body && !forward.body.is_empty() {
            return self.fail(&no_body());
        }
        let head = Head {
            config: &self.config,
            operation: &forward.operation,
            headers: &forward.headers,
            // Without it Envoy would send an empty body in chunks.
            length: (asked.has_body || !forward.body.is_empty()).then(|| forward.body.len()),
            client: &asked.client,
            token: self.token.as_deref(),
        };
        let Rewritten { headers, state } = head.write();
        let body = asked.has_body.then_some(self.sent(forward));
        Act::Edit(Edit { headers: Some(headers), body, state, hold: false })
    }

    /// Notes what is sent, and returns its body.
    pub(super) fn sent(&mut self, forward: Forward) -> Rope {
        self.record.model = forward.model;
        self.record.dropped = forward.dropped.join(", ");
        self.state = State::Sent { reply: forward.reply };
        forward.body
    }
}

fn no_body() -> Error {
    let message =
        "The gateway cannot ask Google for this: Envoy adds no body to a request that came without one.";
    Error::server(500, message).code("gateway_misconfigured")
}
