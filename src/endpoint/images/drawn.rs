//! What replies of Google's gave: images, the words before them, token counts, or why there is nothing.
//!
//! Drafts of a thinking model are no images. What the model says before an image is told as its revised prompt.
//! <https://ai.google.dev/gemini-api/docs/image-generation>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::tokens::Tokens;
use super::why::Why;
use crate::config::Config;
use crate::endpoint::chat::envelope;
use crate::endpoint::chat::usage::Usage;
use crate::error::{Error, upstream};
use crate::pipe;
use crate::rope::Rope;
use crate::wire::base64::Check;
use crate::wire::gemini::{CandidatePart, InlineData};
use crate::wire::json::{self, Object};
use crate::wire::lenient::{Members, Objects};
use crate::wire::lift::{Lift, Lifted};
use crate::wire::literal;
use crate::wire::text::Text;

/// An image.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// Base64, as it stands in JSON.
    pub(super) data: Rope,
    /// Its MIME type.
    pub(super) kind: String,
    /// What the model said before it, as it stands in JSON.
    pub(super) said: String,
    /// What its call counted, where it is the last image of it.
    pub(super) tokens: Tokens,
}

/// All images of one or several replies.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) images: Vec<Image>,
    /// Of all calls; Imagen counts none.
    pub(super) tokens: Option<Tokens>,
    /// Why there are none.
    pub(super) why: Why,
}

/// A reply of Imagen.
#[derive(Deserialize)]
struct Predictions<'a> {
    #[serde(borrow, default)]
    predictions: Objects<Members<'a>>,
    error: Option<&'a RawValue>,
}

impl Drawn {
    /// Takes a reply in one piece; `imagen` tells of which kind.
    ///
    /// # Errors
    /// 502 where it cannot be read, and Google's own error where it is one.
    pub(super) fn add_whole(&mut self, reply: Vec<u8>, imagen: bool, config: &Config) -> Result<(), Error> {
        let (mut lift, mut files) = (Lift::default(), Vec::<Rope>::new());
        let (mut check, mut broken) = (Check::default(), false);
        lift.push(&reply, &mut |event| match event {
            Lifted::Begin => {
                files.push(Rope::default());
                broken |= !std::mem::take(&mut check).is_complete();
            }
            Lifted::Piece(piece) => {
                check.json(piece);
                if let Some(file) = files.last_mut() {
                    file.extend(piece);
                }
            }
        });
        drop(reply);
        self.add(lift.rest(), files, imagen, config)?;
        if broken || !check.is_complete() { Err(Error::file_unreadable()) } else { Ok(()) }
    }

    /// Takes a reply whose files stand beside it.
    ///
    /// # Errors
    /// The same.
    pub(super) fn add(
        &mut self,
        json: &[u8],
        files: Vec<Rope>,
        imagen: bool,
        config: &Config,
    ) -> Result<(), Error> {
        if imagen { self.predicted(json, files, config) } else { self.generated(json, files, config) }
    }

    fn generated(&mut self, json: &[u8], mut files: Vec<Rope>, config: &Config) -> Result<(), Error> {
        let reply = envelope::read(json, config)?;
        let before = self.images.len();
        let mut said = String::new();
        for part in reply.candidates.iter().flat_map(|candidate| candidate.parts()) {
            if let Some((text, false)) = part.said() {
                said.push_str(text.inner());
                self.why.say(&text);
            }
            if part.is_thought() {
                continue;
            }
            if let Some((kind, data)) = image(part) {
                let data = taken(data.inner(), &mut files);
                let said = std::mem::take(&mut said);
                self.images.push(Image { data, kind: kind.to_owned(), said, tokens: Tokens::default() });
            }
        }
        self.why.note(&reply);
        if let Some(metadata) = &reply.usage_metadata.0 {
            let mut usage = Usage::default();
            usage.add(metadata);
            let tokens = Tokens::of(&usage);
            self.tokens.get_or_insert_default().add(tokens);
            if let Some(last) = self.images.get_mut(before..).and_then(<[Image]>::last_mut) {
                last.tokens = tokens;
            }
        }
        Ok(())
    }

    fn predicted(&mut self, json: &[u8], mut files: Vec<Rope>, config: &Config) -> Result<(), Error> {
        if json::is_too_heavy(json) {
            return Err(Error::reply_unreadable());
        }
        let Object(reply) =
            json::read::<Object<Predictions<'_>>>(json).ok_or_else(Error::reply_unreadable)?;
        if let Some(error) = reply.error {
            return Err(upstream::read_member(error, &config.auth.secrets()));
        }
        for prediction in &*reply.predictions {
            let text = |name: &str| prediction.get(name).and_then(Text::verbatim);
            if let Some(data) = text("bytesBase64Encoded") {
                let kind = text("mimeType").map(|kind| literal::unescape(kind.inner()).into_owned());
                let said = text("prompt").map(|prompt| prompt.inner().to_owned());
                self.images.push(Image {
                    data: taken(data.inner(), &mut files),
                    kind: kind.unwrap_or_default(),
                    said: said.unwrap_or_default(),
                    tokens: Tokens::default(),
                });
            } else if let Some(reason) = text("raiFilteredReason") {
                self.why.filtered(&literal::unescape(reason.inner()));
            }
        }
        Ok(())
    }

    /// Token counts for the log.
    pub(super) fn usage(&self) -> Option<pipe::Usage> {
        let tokens = self.tokens?;
        Some(pipe::Usage { prompt: tokens.input, completion: tokens.output })
    }
}

/// The MIME type and base64 of a part that is an image.
pub(super) fn image<'p>(part: &'p CandidatePart<'_>) -> Option<(&'p str, Text<'p>)> {
    let InlineData { mime_type, data } = part.inline_data.0.as_ref()?;
    let kind = mime_type.as_deref().unwrap_or("image/png");
    let data = data.and_then(Text::verbatim).filter(|data| !data.is_empty())?;
    kind.starts_with("image/").then_some((kind, data))
}

/// The file of this index.
fn taken(index: &str, files: &mut [Rope]) -> Rope {
    let file = index.parse().ok().and_then(|index: usize| files.get_mut(index));
    file.map(std::mem::take).unwrap_or_default()
}

#[cfg(test)]
mod tests;
