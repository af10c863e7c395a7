//! A streamed reply: drafts as they come, then the image.
//!
//! The image is told at the end of the stream, which counts its tokens. Nothing is told before there is an image, so that
//! errors keep their status. <https://platform.openai.com/docs/api-reference/images-streaming>

use super::drawn::{Image, image};
use super::tokens::Tokens;
use super::told::Telling;
use super::why::Why;
use crate::endpoint::chat::envelope;
use crate::endpoint::chat::usage::Usage;
use crate::error::Error;
use crate::pipe::{EVENTS, Hold, Reader, Sink};
use crate::rope::Rope;
use crate::wire::base64::is_valid;

/// The reader of one stream.
pub(super) struct ImagesStream {
    telling: Telling,
    /// How many drafts may be shown, and how many were.
    most: usize,
    shown: usize,
    /// Images that are complete.
    images: Vec<Image>,
    usage: Usage,
    why: Why,
}

impl ImagesStream {
    pub(super) fn new(telling: Telling, most: usize) -> Self {
        let (images, usage, why) = (Vec::new(), Usage::default(), Why::default());
        Self { telling, most, shown: 0, images, usage, why }
    }
}

impl Reader for ImagesStream {
    fn folds(&self) -> bool {
        self.shown == 0
    }

    fn content_type(&self) -> Option<&'static str> {
        Some(EVENTS)
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply = envelope::read(json, &self.telling.config)?;
        for part in reply.candidates.iter().flat_map(|candidate| candidate.parts()) {
            if let Some((text, false)) = part.said() {
                self.why.say(&text);
            }
            let Some((kind, data)) = image(part) else { continue };
            let draft = part.is_thought();
            if draft && self.shown >= self.most {
                continue;
            }
            if !is_valid(data.inner().as_bytes()) {
                return Err(Error::file_unreadable());
            }
            if !draft {
                let data = Rope::from(data.inner().as_bytes().to_vec());
                self.images.push(Image { data, kind: kind.to_owned(), ..Image::default() });
            } else {
                self.telling.draft(self.shown, kind, data.inner(), &mut out.bytes);
                self.shown = self.shown.saturating_add(1);
            }
        }
        self.why.note(&reply);
        if let Some(metadata) = &reply.usage_metadata.0 {
            self.usage.add(metadata);
            out.usage = self.usage.tokens();
        }
        if self.why.is_told() {
            out.hold = Hold::Ended;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        let mut images = std::mem::take(&mut self.images);
        let Some(last) = images.last_mut() else {
            let told = self.why.is_told();
            return Err(if told { self.why.error(&self.telling.config) } else { Error::stream_cut() });
        };
        last.tokens = Tokens::of(&self.usage);
        let mut events = Rope::default();
        for image in images {
            self.telling.completed(image, &mut events);
        }
        // A reply of which nothing was told yet may go out in pieces.
        if self.shown == 0 {
            out.body = events;
        } else {
            out.bytes.extend_from_slice(&events.into_bytes());
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.images.iter().map(|image| image.data.len()).fold(0, usize::saturating_add)
    }
}
