//! Google's scores to a reply that is Cohere's and Jina's at once.
//!
//! <https://docs.cohere.com/reference/rerank#response>, <https://api.jina.ai/redoc#tag/rerank>

use std::rc::Rc;

use crate::config::Config;
use crate::error::{Error, upstream};
use crate::pipe::{Reader, Sink, Usage};
use crate::wire::json::{self, Object};
use crate::wire::rerank::{RankReply, RankedRecord};

/// How many documents Cohere counts as one search, and Google as one query.
const DOCUMENTS_OF_A_SEARCH: usize = 100;

/// The reader of a ranking.
pub(super) struct Ranked {
    pub(super) model: String,
    pub(super) id: u128,
    pub(super) config: Rc<Config>,
    /// How many documents were given.
    pub(super) count: usize,
    /// How many results are wanted.
    pub(super) top: usize,
    /// The documents as JSON, where they are wanted.
    pub(super) documents: Vec<String>,
    /// About how many tokens went in: Google tells none.
    pub(super) tokens: u64,
}

impl Reader for Ranked {
    fn event(&mut self, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
        if json::is_too_heavy(reply) {
            return Err(Error::reply_unreadable());
        }
        let Object(reply): Object<RankReply<'_>> = json::read(reply).ok_or_else(Error::reply_unreadable)?;
        if let Some(error) = reply.error {
            return Err(upstream::read_member(error, &self.config.auth.secrets()));
        }
        let mut results = self.results(&reply.records).ok_or_else(Error::reply_unreadable)?;
        results.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        results.truncate(self.top);
        let json = &mut out.bytes;
        let (id, model, tokens) = (self.id, &self.model, self.tokens);
        json.extend_from_slice(
            format!("{{\"id\":\"rerank-{id:032x}\",\"object\":\"list\",\"model\":\"{model}\",\"results\":[")
                .as_bytes(),
        );
        for (position, (index, score)) in results.into_iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            json.extend_from_slice(format!("{comma}{{\"index\":{index},\"relevance_score\":").as_bytes());
            // Memory has no errors.
            let _ = serde_json::to_writer(&mut *json, &score);
            if let Some(document) = self.documents.get(index) {
                json.extend_from_slice(b",\"document\":");
                json.extend_from_slice(document.as_bytes());
            }
            json.push(b'}');
        }
        let searches = self.count.div_ceil(DOCUMENTS_OF_A_SEARCH);
        json.extend_from_slice(
            format!(
                "],\"meta\":{{\"api_version\":{{\"version\":\"2\"}},\"billed_units\":{{\"search_units\":{searches}}}}},\
                 \"usage\":{{\"prompt_tokens\":{tokens},\"total_tokens\":{tokens}}}}}"
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

impl Ranked {
    /// The index and the score of every record. Google leaves out no document that fits badly, so `None` where fewer came
    /// than were asked for, and where one is not of the request or comes twice.
    fn results(&self, records: &[RankedRecord<'_>]) -> Option<Vec<(usize, f32)>> {
        let mut seen = vec![false; self.count];
        let mut results = Vec::with_capacity(records.len());
        for record in records {
            let index: usize = record.id.as_deref()?.parse().ok()?;
            if std::mem::replace(seen.get_mut(index)?, true) {
                return None;
            }
            results.push((index, record.score.unwrap_or_default().0));
        }
        (results.len() >= self.top).then_some(results)
    }
}
