//! What the client is told: an `images.response`, or the events of a stream.
//!
//! Members that OpenAI gives only a few values are left out where none of them is true; in events, where they are
//! required, `auto` stands for that. <https://platform.openai.com/docs/api-reference/images/object>,
//! <https://platform.openai.com/docs/api-reference/images-streaming>

use std::rc::Rc;

use super::drawn::{Drawn, Image};
use super::tokens::Tokens;
use crate::config::Config;
use crate::endpoint::chat::envelope::push_string;
use crate::error::Error;
use crate::pipe::{EVENTS, Files, JSON, Sink};
use crate::rope::Rope;

/// What a request leaves for its reply.
#[derive(Clone)]
pub(super) struct Telling {
    /// For secrets that no client may see.
    pub(super) config: Rc<Config>,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// Whether images were edited.
    pub(super) edit: bool,
    /// Whether they come in data URLs.
    pub(super) url: bool,
    /// Whether they come in events.
    pub(super) stream: bool,
    /// Their size, where that is known.
    pub(super) size: Option<&'static str>,
    /// Whether a higher quality was asked for and is given.
    pub(super) high: bool,
    /// Whether Imagen draws them.
    pub(super) imagen: bool,
}

impl Telling {
    /// The type of the reply.
    pub(super) fn content_type(&self) -> &'static str {
        if self.stream { EVENTS } else { JSON }
    }

    /// The whole reply.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn tell(&self, drawn: Drawn) -> Result<Rope, Error> {
        let Drawn { mut images, tokens, why } = drawn;
        images.retain(|image| !image.data.is_empty());
        if images.is_empty() {
            return Err(why.error(&self.config));
        }
        let mut body = Rope::default();
        if self.stream {
            for image in images {
                self.completed(image, &mut body);
            }
        } else {
            self.reply(images, tokens, &mut body);
        }
        Ok(body)
    }

    fn reply(&self, images: Vec<Image>, tokens: Option<Tokens>, body: &mut Rope) {
        body.extend(format!("{{\"created\":{},\"data\":[", self.created).as_bytes());
        let format = images.first().and_then(|image| format(&image.kind));
        for (index, image) in images.into_iter().enumerate() {
            let Image { data, kind, said, tokens: _ } = image;
            body.extend(if index == 0 { b"{" } else { b",{" });
            let head = body.tail();
            if self.url {
                head.extend_from_slice(b"\"url\":");
                let kind = if kind.is_empty() { "image/png" } else { &kind };
                push_string(head, &format!("data:{kind};base64,"));
                head.pop();
            } else {
                head.extend_from_slice(b"\"b64_json\":\"");
            }
            body.append(data);
            let tail = body.tail();
            tail.push(b'"');
            if !said.is_empty() {
                tail.extend_from_slice(b",\"revised_prompt\":\"");
                tail.extend_from_slice(said.as_bytes());
                tail.push(b'"');
            }
            tail.push(b'}');
        }
        let tail = body.tail();
        tail.extend_from_slice(b"],\"background\":\"opaque\"");
        let quality = self.high.then_some("high");
        for (name, value) in [("output_format", format), ("size", self.size), ("quality", quality)] {
            if let Some(value) = value {
                tail.extend_from_slice(format!(",\"{name}\":\"{value}\"").as_bytes());
            }
        }
        if let Some(tokens) = tokens {
            tail.extend_from_slice(b",\"usage\":");
            tokens.push(tail);
        }
        tail.push(b'}');
    }

    /// The event of an image that is complete.
    pub(super) fn completed(&self, image: Image, body: &mut Rope) {
        self.open("completed", &image.kind, body.tail());
        body.append(image.data);
        let tail = body.tail();
        tail.extend_from_slice(b"\",\"usage\":");
        image.tokens.push(tail);
        tail.extend_from_slice(b"}\n\n");
    }

    /// The event of a draft; `data` is base64 as it stands in JSON.
    pub(super) fn draft(&self, index: usize, kind: &str, data: &str, out: &mut Vec<u8>) {
        out.reserve(data.len().saturating_add(512));
        self.open("partial_image", kind, out);
        out.extend_from_slice(data.as_bytes());
        out.extend_from_slice(format!("\",\"partial_image_index\":{index}}}\n\n").as_bytes());
    }

    /// An event up to its image.
    fn open(&self, event: &str, kind: &str, out: &mut Vec<u8>) {
        let name = if self.edit { "image_edit" } else { "image_generation" };
        let (created, size) = (self.created, self.size.unwrap_or("auto"));
        let quality = if self.high { "high" } else { "auto" };
        let format = format(kind).unwrap_or("png");
        let open = format!(
            "event: {name}.{event}\ndata: {{\"type\":\"{name}.{event}\",\"created_at\":{created},\"size\":\"{size}\",\
             \"quality\":\"{quality}\",\"background\":\"opaque\",\"output_format\":\"{format}\",\"b64_json\":\""
        );
        out.extend_from_slice(open.as_bytes());
    }
}

/// The reader of a reply in one piece.
pub(super) struct Whole(pub(super) Telling);

impl Files for Whole {
    fn content_type(&self) -> &'static str {
        self.0.content_type()
    }

    fn read(&mut self, json: &[u8], files: Vec<Rope>, out: &mut Sink) -> Result<(), Error> {
        let mut drawn = Drawn::default();
        drawn.add(json, files, self.0.imagen, &self.0.config)?;
        out.usage = drawn.usage();
        out.body = self.0.tell(drawn)?;
        Ok(())
    }
}

/// OpenAI's name of a file's format.
fn format(kind: &str) -> Option<&'static str> {
    match kind.split(';').next().unwrap_or_default() {
        "image/png" => Some("png"),
        "image/jpeg" => Some("jpeg"),
        "image/webp" => Some("webp"),
        _ => None,
    }
}
