//! OpenAI's video object, and the readers that make it of Google's replies.
//!
//! <https://platform.openai.com/docs/api-reference/videos/object>

use std::rc::Rc;

use super::job::{Job, Name};
use super::operation::{self, Outcome};
use crate::config::Config;
use crate::endpoint::chat::envelope::push_string;
use crate::error::{Error, upstream};
use crate::pipe::{Reader, Sink};
use crate::wire::json;
use crate::wire::lenient::{Members, Word};

/// A job in OpenAI's words.
struct Video<'a> {
    job: &'a Job,
    /// A JSON literal.
    prompt: &'a str,
    status: &'static str,
    progress: u8,
    /// Code and message.
    error: Option<(&'static str, &'a str)>,
}

impl Video<'_> {
    /// All thirteen members, as OpenAI's document requires. Google does not tell when a job was done.
    fn write(&self, out: &mut Vec<u8>) {
        let Self { job, prompt, status, progress, error } = self;
        let Job { created, size, seconds, operation } = job;
        out.extend_from_slice(
            format!("{{\"id\":\"{}\",\"object\":\"video\",\"model\":", job.id()).as_bytes(),
        );
        push_string(out, operation.model());
        out.extend_from_slice(
            format!(
                ",\"status\":\"{status}\",\"progress\":{progress},\"created_at\":{created},\
                 \"completed_at\":null,\"expires_at\":null,\"prompt\":{prompt},\"size\":\"{size}\",\
                 \"seconds\":\"{seconds}\",\"remixed_from_video_id\":null,\"error\":"
            )
            .as_bytes(),
        );
        match error {
            None => out.extend_from_slice(b"null}"),
            Some((code, message)) => {
                out.extend_from_slice(format!("{{\"code\":\"{code}\",\"message\":").as_bytes());
                push_string(out, message);
                out.extend_from_slice(b"}}");
            }
        }
    }
}

/// Reads the operation that a new job is.
pub(super) struct Created {
    pub(super) config: Rc<Config>,
    pub(super) created: u64,
    pub(super) size: String,
    pub(super) seconds: u8,
    /// A JSON literal.
    pub(super) prompt: String,
}

impl Reader for Created {
    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply = json::read::<Members<'_>>(json).ok_or_else(Error::reply_unreadable)?;
        if let Some(error) = reply.get("error") {
            return Err(upstream::read_member(error, &self.config.auth.secrets()));
        }
        let name = reply.get("name").and_then(|name| serde_json::from_str::<Word<'_>>(name.get()).ok());
        let operation = name.and_then(|name| Name::of_google(&name, &self.config.upstream));
        let job = Job {
            created: self.created,
            size: std::mem::take(&mut self.size),
            seconds: self.seconds,
            operation: operation.ok_or_else(Error::reply_unreadable)?,
        };
        let video = Video { job: &job, prompt: &self.prompt, status: "queued", progress: 0, error: None };
        video.write(&mut out.bytes);
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// Reads what has become of a job.
pub(super) struct Retrieved {
    pub(super) config: Rc<Config>,
    pub(super) job: Job,
}

impl Retrieved {
    /// The job as the client is told it.
    ///
    /// # Errors
    /// 502 where Google's reply is no operation.
    pub(super) fn tell(&self, json: &[u8]) -> Result<Vec<u8>, Error> {
        let outcome = operation::read(json, &self.config.auth.secrets())?;
        let (status, progress, error) = match &outcome {
            Outcome::Running => ("in_progress", 0, None),
            Outcome::Done(_) => ("completed", 100, None),
            Outcome::Failed { code, message } => ("failed", 0, Some((*code, message.as_str()))),
        };
        let mut out = Vec::new();
        Video { job: &self.job, prompt: "null", status, progress, error }.write(&mut out);
        Ok(out)
    }
}

impl Reader for Retrieved {
    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        out.bytes = self.tell(json)?;
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}
