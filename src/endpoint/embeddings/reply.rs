//! Google's vectors to OpenAI's list.
//!
//! <https://platform.openai.com/docs/api-reference/embeddings/object>

use std::rc::Rc;

use super::vector::{Format, normalise};
use crate::config::Config;
use crate::error::{Error, upstream};
use crate::pipe::{Reader, Sink, Usage};
use crate::wire::embeddings::{Embedding, EmbeddingsReply, Prediction, Values};
use crate::wire::json::{self, Object};

/// Most values of a reply: more than the longest vectors of the most inputs, 250, have.
const MOST_VALUES: usize = 2_000_000;

/// The reader of the replies of one request, of which there may be several.
pub(super) struct Embedded {
    pub(super) model: String,
    pub(super) format: Format,
    /// How many inputs a reply is of at most.
    pub(super) per_call: usize,
    /// About how many tokens each input has.
    pub(super) estimates: Vec<u64>,
    pub(super) config: Rc<Config>,
    /// In the order of the inputs.
    pub(super) vectors: Vec<Values>,
    pub(super) tokens: u64,
}

impl Embedded {
    /// Takes a reply, in the order of the inputs. Which vector is whose is known by its place alone, so there must be as
    /// many as inputs.
    ///
    /// # Errors
    /// 502 where it is not JSON of the right shape, and Google's own error where it is one in spite of its status.
    pub(super) fn take(&mut self, reply: &[u8]) -> Result<(), Error> {
        if json::has_more_values(reply, MOST_VALUES) {
            return Err(Error::reply_unreadable());
        }
        let Object(reply): Object<EmbeddingsReply<'_>> =
            json::read(reply).ok_or_else(Error::reply_unreadable)?;
        if let Some(error) = reply.error {
            return Err(upstream::read_member(error, &self.config.auth.secrets()));
        }
        let expected = self.estimates.len().min(self.vectors.len().saturating_add(self.per_call));
        let told = reply.usage_metadata.0.and_then(|usage| usage.prompt_token_count);
        if reply.predictions.iter().any(|prediction| prediction.video_embeddings.len() > 1) {
            let message = "The model cut a video into several stretches, each with a vector of its own. Send the stretches \
                           as inputs of their own.";
            return Err(Error::server(502, message).code("invalid_upstream_response"));
        }
        let contents = reply.embedding.0.into_iter().chain(reply.embeddings.0);
        let predictions = reply.predictions.0.into_iter().map(predicted);
        for (mut values, tokens) in contents.map(counted).chain(predictions) {
            let estimate = self.estimates.get(self.vectors.len()).copied();
            let estimate = estimate.filter(|_| !values.0.is_empty()).ok_or_else(Error::reply_unreadable)?;
            if told.is_none() {
                self.tokens = self.tokens.saturating_add(tokens.unwrap_or(estimate));
            }
            normalise(&mut values);
            self.vectors.push(values);
        }
        self.tokens = self.tokens.saturating_add(told.map_or(0, |told| told.0));
        if self.vectors.len() == expected { Ok(()) } else { Err(Error::reply_unreadable()) }
    }
}

/// A vector with its tokens, where they are told.
fn counted(embedding: Embedding) -> (Values, Option<u64>) {
    let tokens = embedding.statistics.0.and_then(|statistics| statistics.token_count);
    (embedding.values, tokens.map(|count| count.0))
}

/// The one vector of a prediction.
fn predicted(prediction: Prediction) -> (Values, Option<u64>) {
    let Prediction { embeddings, text_embedding, image_embedding, video_embeddings } = prediction;
    let seen = [text_embedding, image_embedding].into_iter().find(|values| !values.0.is_empty());
    let first = || video_embeddings.0.into_iter().next().map(|embedding| embedding.values);
    match embeddings.0 {
        Some(embedding) => counted(embedding),
        None => (seen.or_else(first).unwrap_or_default(), None),
    }
}

impl Reader for Embedded {
    fn event(&mut self, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
        self.take(reply)?;
        let size = self.vectors.iter().map(|vector| self.format.size(vector.0.len()));
        let json = &mut out.bytes;
        json.reserve(size.fold(256, usize::saturating_add));
        json.extend_from_slice(b"{\"object\":\"list\",\"data\":[");
        for (index, vector) in self.vectors.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            json.extend_from_slice(
                format!("{comma}{{\"object\":\"embedding\",\"index\":{index},\"embedding\":").as_bytes(),
            );
            self.format.push(vector, json);
            json.push(b'}');
        }
        let (model, tokens) = (&self.model, self.tokens);
        json.extend_from_slice(
            format!(
                "],\"model\":\"{model}\",\"usage\":{{\"prompt_tokens\":{tokens},\"total_tokens\":{tokens}}}}}"
            )
            .as_bytes(),
        );
        out.usage = Some(Usage { prompt: tokens, completion: 0 });
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}
