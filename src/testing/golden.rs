//! Golden folders: `testdata/<endpoint>/<case>/`, each one exchange.
//!
//! | file | what |
//! |---|---|
//! | `config.json` | the filter JSON; absent: `{}` with a key |
//! | `request.http` | what the client sends |
//! | `call_1_request.http` | what Google must be asked first; absent where nothing is |
//! | `call_1_reply.http` | what it replies to that; the last one is given again where there are more calls |
//! | `upstream_request.http` | what Google must get; absent where it is answered here |
//! | `upstream_reply.http` | what Google replies; a recording where one exists |
//! | `reply.http` | what the client must get |
//! | `usage.json` | the tokens that must be counted |
//!
//! A file is head lines, an empty line, and the body; JSON is shown indented, streams as they are.
//! `UPDATE_GOLDEN=1 cargo test` rewrites what is expected.

use std::rc::Rc;

use include_dir::{Dir, include_dir};

use super::{Host, Message, config};
use crate::config::Config;

static TESTDATA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/testdata");

const DEFAULT_CONFIG: &str = r#"{"auth":{"header_value":"test-key"}}"#;

/// The golden folders of one endpoint.
pub(crate) fn cases(endpoint: &str) -> impl Iterator<Item = Case> {
    let folders = TESTDATA.get_dir(endpoint).into_iter().flat_map(|folder| folder.dirs());
    folders.map(Case)
}

/// One golden folder.
pub(crate) struct Case(&'static Dir<'static>);

impl Case {
    pub(crate) fn name(&self) -> &'static str {
        self.0.path().to_str().unwrap()
    }

    fn bytes(&self, file: &str) -> Option<&'static [u8]> {
        Some(TESTDATA.get_file(self.0.path().join(file))?.contents())
    }

    /// The filter JSON.
    pub(crate) fn config(&self) -> &'static str {
        self.bytes("config.json").map_or(DEFAULT_CONFIG, |json| std::str::from_utf8(json).unwrap())
    }

    /// A request or reply of the exchange, where there is one.
    pub(crate) fn message(&self, file: &str) -> Option<Message> {
        Some(parse(self.bytes(file)?))
    }

    /// The client's part, and what goes before the request. Read once, as a stream is replayed thousands of times.
    fn asked(&self) -> Asked {
        let call_replies =
            (1..).map_while(|number| self.message(&format!("call_{number}_reply.http"))).collect();
        let request = self.message("request.http").unwrap();
        Asked { config: config(self.config()), request, call_replies }
    }

    fn calls_expected(&self) -> usize {
        (1..).take_while(|number| self.bytes(&format!("call_{number}_request.http")).is_some()).count()
    }

    /// What the client must get.
    pub(crate) fn replied(&self) -> Message {
        self.message("reply.http").unwrap()
    }

    /// Compares, or rewrites, every file that is expected.
    pub(crate) fn check(&self) {
        let mut host = self.asked().send();
        self.expect("upstream_request.http", host.upstream.as_ref().map(show));
        for number in 1..=host.called.len().max(self.calls_expected()) {
            let call = number.checked_sub(1).and_then(|index| host.called.get(index));
            self.expect(&format!("call_{number}_request.http"), call.map(show));
        }
        if let Some(reply) = self.message("upstream_reply.http") {
            host.reply(&reply, [&reply.body[..]], false);
        }
        self.expect("reply.http", Some(show(&host.client)));
        let usage = host.usage().map(|usage| {
            format!("{{\"prompt\": {}, \"completion\": {}}}\n", usage.prompt, usage.completion).into_bytes()
        });
        self.expect("usage.json", usage);
        self.check_length(host.upstream.as_ref());
        self.check_length(Some(&host.client));
    }

    /// Replays a stream with every newline style, in one-byte pieces, cut everywhere, ending with trailers.
    /// Returns the number of replays.
    pub(crate) fn check_cuts(&self) -> usize {
        let Some(reply) = self.message("upstream_reply.http") else {
            return 0;
        };
        if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
            return 0;
        }
        let asked = self.asked();
        let expected = {
            let mut host = asked.send();
            host.reply(&reply, [&reply.body[..]], false);
            host.client
        };
        let text = reply.text().replace("\r\n", "\n");
        let mut replays = 0_usize;
        for newline in ["\r\n", "\n", "\r"] {
            let stream = text.replace('\n', newline).into_bytes();
            let mut replay = |pieces: &mut dyn Iterator<Item = &[u8]>, trailers, shown: &str| {
                let mut host = asked.send();
                host.reply(&reply, pieces, trailers);
                // Without a finish reason nothing can be appended at trailers: the connection is cut instead.
                if !host.cut {
                    assert_eq!(host.client, expected, "{} {newline:?} {shown}", self.name());
                } else {
                    assert!(trailers && expected.body.starts_with(&host.client.body), "{}", self.name());
                }
                replays = replays.saturating_add(1);
            };
            for trailers in [false, true] {
                replay(&mut [&stream[..]].into_iter(), trailers, "whole");
                replay(&mut stream.chunks(1), trailers, "bytewise");
            }
            for cut in 1..stream.len() {
                let (head, tail) = stream.split_at(cut);
                replay(&mut [head, tail].into_iter(), false, &format!("cut at {cut}"));
            }
        }
        replays
    }

    fn expect(&self, file: &str, found: Option<Vec<u8>>) {
        #[cfg(not(target_arch = "wasm32"))]
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("src/testdata")
                .join(self.name())
                .join(file);
            match found {
                Some(found) => std::fs::write(path, found).unwrap(),
                None => drop(std::fs::remove_file(path)),
            }
            return;
        }
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let expected = self.bytes(file).map(lossy);
        assert_eq!(found.as_deref().map(lossy), expected, "{}/{file}", self.name());
    }

    fn check_length(&self, message: Option<&Message>) {
        let length = message.and_then(|message| Some((message, message.header("content-length")?)));
        if let Some((message, length)) = length {
            assert_eq!(length, message.body.len().to_string(), "{}", self.name());
        }
    }
}

/// What a client asks.
struct Asked {
    config: Rc<Config>,
    request: Message,
    call_replies: Vec<Message>,
}

impl Asked {
    /// The exchange up to Google.
    fn send(&self) -> Host {
        let mut host = Host::new(&self.config);
        host.call_replies.clone_from(&self.call_replies);
        host.request(&self.request);
        host
    }
}

/// First line `POST /path` or `HTTP 200`, headers, an empty line, the body.
fn parse(file: &[u8]) -> Message {
    let split = file.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let head = std::str::from_utf8(&file[..split]).unwrap();
    let body = file[split..].strip_prefix(b"\n\n").unwrap();
    let mut lines = head.lines();
    let (first, second) = lines.next().unwrap().split_once(' ').unwrap();
    let mut headers = if first == "HTTP" {
        vec![(":status".to_owned(), second.to_owned())]
    } else {
        [(":method", first), (":scheme", "https"), (":path", second)]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    };
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.push((name.to_owned(), value.to_owned()));
    }
    Message { headers, body: body.to_vec() }
}

fn show(message: &Message) -> Vec<u8> {
    let header = |name: &str| message.header(name).unwrap_or_default();
    let mut file = match message.header(":status") {
        Some(status) => format!("HTTP {status}\n"),
        None => format!("{} {}\n", header(":method"), header(":path")),
    };
    for (name, value) in &message.headers {
        if ![":method", ":scheme", ":path", ":status", "content-length"].contains(&name.as_str()) {
            file.push_str(&format!("{name}: {value}\n"));
        }
    }
    file.push('\n');
    let mut file = file.into_bytes();
    match serde_json::from_slice::<serde_json::Value>(&message.body) {
        Ok(json) => {
            file.extend(serde_json::to_vec_pretty(&json).unwrap());
            file.push(b'\n');
        }
        Err(_) => file.extend_from_slice(&message.body),
    }
    file
}
