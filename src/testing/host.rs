//! A host that treats an exchange as Envoy does: it buffers what is held back and delivers what is let go.

use std::rc::Rc;

use super::{NoTokens, Remembered};
use crate::config::Config;
use crate::exchange::{Act, Called, Edit, Exchange, SideCall, Vm};
use crate::headers::{self, Headers};
use crate::held::Total;
use crate::pipe::Usage;
use crate::rope::Rope;

/// Seconds since 1970 in every test.
pub(crate) const NOW: u64 = 1_700_000_000;

/// A request or reply: head lines and body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Names and values, pseudo headers first.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn new(headers: &[(&str, &str)], body: &[u8]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { headers, body: body.to_vec() }
    }

    /// A chat request.
    pub(crate) fn chat(body: &str) -> Self {
        let path = (":path", "/v1/chat/completions");
        Self::new(
            &[(":method", "POST"), (":scheme", "http"), path, ("x-request-id", "req-1")],
            body.as_bytes(),
        )
    }

    /// A reply of Google's.
    pub(crate) fn reply(status: &str, content_type: &str, body: &str) -> Self {
        Self::new(&[(":status", status), ("content-type", content_type)], body.as_bytes())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn map(&self) -> Headers {
        let pairs: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        Headers::decode(headers::encode(&pairs))
    }

    fn set_headers(&mut self, map: Vec<u8>) {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        self.headers = Headers::decode(map).iter().map(|(name, value)| (text(name), text(value))).collect();
    }
}

/// One exchange and what went out of it.
pub(crate) struct Host {
    pub(crate) exchange: Exchange,
    /// What Google got, if anything.
    pub(crate) upstream: Option<Message>,
    /// What the client has got so far.
    pub(crate) client: Message,
    /// The client's connection was cut.
    pub(crate) cut: bool,
    /// The client was answered in place of the reply, the rest of which goes nowhere.
    answered: bool,
    /// The calls that were made.
    pub(crate) called: Vec<Message>,
    /// What they are answered with, the last to the last that come.
    pub(crate) call_replies: Vec<Message>,
    /// Reply bytes held back.
    buffer: Vec<u8>,
    reply_started: bool,
    headers_held: bool,
}

impl Host {
    pub(crate) fn new(config: &Rc<Config>) -> Self {
        Self::sharing(config, &Total::default())
    }

    pub(crate) fn sharing(config: &Rc<Config>, held: &Total) -> Self {
        let memory = Rc::new(Remembered::default());
        Self::within(config, Vm { held: held.clone(), memory, tokens: Rc::new(NoTokens) })
    }

    pub(crate) fn within(config: &Rc<Config>, vm: Vm) -> Self {
        Self {
            exchange: Exchange::new(Rc::clone(config), vm, NOW, 1),
            upstream: None,
            client: Message::default(),
            cut: false,
            answered: false,
            called: Vec::new(),
            call_replies: Vec::new(),
            buffer: Vec::new(),
            reply_started: false,
            headers_held: false,
        }
    }

    /// Sends a whole request, its body in one piece.
    pub(crate) fn request(&mut self, message: &Message) {
        let body = (!message.body.is_empty()).then_some(&message.body[..]);
        self.request_in(message, body, false);
    }

    /// Sends a request whose body comes in `pieces`, the last of which ends it, unless trailers do.
    pub(crate) fn request_in<'a>(
        &mut self,
        message: &Message,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        trailers: bool,
    ) {
        let mut pieces = pieces.into_iter().peekable();
        let mut sent = Message { headers: message.headers.clone(), body: Vec::new() };
        let mut held = Vec::new();
        let act = self.exchange.on_request_headers(&message.map(), pieces.peek().is_none() && !trailers);
        let mut open = self.request_act(act, &mut sent, &mut held);
        while let Some(piece) = pieces.next().filter(|_| open) {
            held.extend_from_slice(piece);
            let end = pieces.peek().is_none() && !trailers;
            let act = self.exchange.on_request_body(held.len(), end, || held.clone());
            open = self.request_act(act, &mut sent, &mut held);
        }
        if trailers && open {
            let act = self.exchange.on_request_trailers(|| held.clone());
            self.request_act(act, &mut sent, &mut held);
        }
    }

    /// Whether the request goes on.
    fn request_act(&mut self, act: Act, sent: &mut Message, held: &mut Vec<u8>) -> bool {
        match act {
            Act::Wait | Act::AwaitToken => return true,
            Act::Pass => {}
            Act::Call(calls) => {
                let act = self.call(calls);
                return self.request_act(act, sent, held);
            }
            Act::Edit(Edit { headers, body: Some(body), hold: true, .. }) => {
                assert!(headers.is_none(), "a request whose headers are told must go");
                *held = body.into_bytes();
                return true;
            }
            Act::Edit(Edit { headers, body, hold, .. }) => {
                assert!(!hold, "a translated request must go");
                if let Some(map) = headers {
                    assert!(self.upstream.is_none(), "headers have gone");
                    sent.set_headers(map);
                }
                *held = body.map_or_else(|| std::mem::take(held), Rope::into_bytes);
            }
            other @ Act::Answer(_) => {
                self.upstream = None;
                self.answered(other);
                return false;
            }
        }
        sent.body.append(held);
        self.upstream = Some(sent.clone());
        true
    }

    /// Makes calls, and tells the exchange of their replies, the last first.
    fn call(&mut self, calls: Vec<SideCall>) -> Act {
        let first = self.called.len();
        for SideCall { cluster, headers, body } in calls {
            assert_eq!(cluster, None);
            let mut call = Message { headers: Vec::new(), body };
            call.set_headers(headers);
            self.called.push(call);
        }
        let mut act = Act::Wait;
        for index in (first..self.called.len()).rev() {
            assert!(matches!(act, Act::Wait), "a call is still to be answered: {act:?}");
            let reply =
                self.call_replies.get(index).or(self.call_replies.last()).expect("a reply to the call");
            let status = reply.header(":status").unwrap().parse().unwrap();
            let called = Called::Reply { status, body: reply.body.clone() };
            act = self.exchange.on_called(index.saturating_sub(first), called);
            if matches!(act, Act::Answer(_)) {
                break;
            }
        }
        act
    }

    /// Replies in `pieces`, and ends with an empty last piece as Envoy does, or with trailers.
    pub(crate) fn reply<'a>(
        &mut self,
        head: &Message,
        pieces: impl IntoIterator<Item = &'a [u8]>,
        trailers: bool,
    ) {
        self.headers(head, false);
        for piece in pieces {
            self.piece(piece, false);
        }
        if trailers {
            let act = self.exchange.on_reply_trailers(|| self.buffer.clone());
            self.body_act(act, true);
        } else {
            self.piece(&[], true);
        }
    }

    /// The reply's headers.
    pub(crate) fn headers(&mut self, head: &Message, end: bool) {
        self.client.headers.clone_from(&head.headers);
        match self.exchange.on_reply_headers(head.map(), end) {
            Act::Pass => self.reply_started = true,
            Act::Wait => self.headers_held = true,
            Act::Edit(Edit { headers, body, hold, .. }) => {
                assert!(body.is_none() && !hold, "there is no body yet");
                self.client.set_headers(headers.unwrap());
                self.reply_started = true;
            }
            other @ (Act::Answer(_) | Act::AwaitToken | Act::Call(_)) => self.answered(other),
        }
    }

    /// A piece of the reply's body.
    pub(crate) fn piece(&mut self, piece: &[u8], end: bool) {
        self.buffer.extend_from_slice(piece);
        let act = self.exchange.on_reply_body(end, || self.buffer.clone());
        self.body_act(act, end);
    }

    fn body_act(&mut self, act: Act, end: bool) {
        match act {
            _ if self.cut || self.answered => {}
            Act::Wait => assert!(!end, "nothing more will come"),
            Act::Pass => self.release(),
            Act::Edit(Edit { headers, body, hold, .. }) => {
                if let Some(map) = headers {
                    assert!(self.headers_held, "headers have gone");
                    self.client.set_headers(map);
                }
                if let Some(body) = body {
                    self.buffer = body.into_bytes();
                }
                if hold {
                    assert!(!end, "nothing more will come");
                } else {
                    self.release();
                }
            }
            other @ (Act::Answer(_) | Act::AwaitToken | Act::Call(_)) => self.answered(other),
        }
    }

    fn release(&mut self) {
        self.reply_started = true;
        self.client.body.append(&mut self.buffer);
    }

    fn answered(&mut self, act: Act) {
        let Act::Answer(answer) = act else {
            panic!("not an answer: {act:?}");
        };
        if self.reply_started {
            self.cut = true;
            return;
        }
        let mut headers = vec![(":status".to_owned(), answer.status.to_string())];
        headers.extend(answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        headers.extend(answer.model_header.map(|header| *header));
        headers.push(("content-length".to_owned(), answer.body.len().to_string()));
        self.client = Message { headers, body: answer.body.into_bytes() };
        // A local reply comes back through the filter's own callbacks, which must let it be.
        self.answered = true;
        let act = self.exchange.on_reply_headers(self.client.map(), false);
        assert!(matches!(act, Act::Pass), "an answer is not a reply: {act:?}");
    }

    pub(crate) fn usage(&self) -> Option<Usage> {
        self.exchange.usage()
    }
}
