//! Videos: jobs of Veo's, as OpenAI's API has them.
//!
//! | concern | file |
//! |---|---|
//! | a new job | `create` |
//! | a form's fields | `endpoint::fields` |
//! | `size`, `seconds` | `size` |
//! | Google's own options | `options` |
//! | pictures to begin with | `image` |
//! | what an id holds | `job` |
//! | what has become of a job | `operation` |
//! | the video object | `object` |
//! | the bytes | `content` |
//!
//! <https://platform.openai.com/docs/api-reference/videos>, <https://ai.google.dev/gemini-api/docs/video>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation>

mod content;
mod create;
mod image;
mod job;
mod object;
mod operation;
mod options;
mod size;

use std::rc::Rc;

use super::{Answer, Call, Fetch, Forward, Next, Request, chat};
use crate::error::Error;
use crate::media::Backend;
use crate::pipe;
use crate::rope::Rope;
use job::Job;

pub use content::content;
pub use create::create;

/// `GET …/videos/{id}`
///
/// # Errors
/// 404 for what is no id of this gateway's.
pub fn retrieve(request: &Request<'_>) -> Result<Next, Error> {
    let job = job(request)?;
    let config = Rc::clone(request.config);
    let (operation, body) = job.operation.poll_state(&config.upstream);
    let model = job.operation.model().to_owned();
    let retrieved = object::Retrieved { config, job };
    if body.is_some() {
        // The request has none, and Envoy adds none.
        let then = Box::new(move |replies: Vec<Vec<u8>>| {
            let body = retrieved.tell(replies.first().map_or(&[], Vec::as_slice))?.into();
            let headers = vec![("content-type", "application/json".to_owned())];
            Ok(Next::Answer(Answer { status: 200, headers, body, ..Answer::default() }))
        });
        return Ok(Next::Fetch(Fetch { calls: vec![Call { operation, body }], model, then }));
    }
    Ok(Next::Forward(Forward {
        operation,
        headers: Vec::new(),
        body: Rope::default(),
        model,
        dropped: Vec::new(),
        reply: pipe::whole(retrieved),
    }))
}

/// `GET …/videos`
///
/// # Errors
/// Always 501: Google lists no jobs, and none are kept here.
pub fn list(_: &Request<'_>) -> Result<Next, Error> {
    Err(unsupported(
        "Videos cannot be listed: the gateway keeps none. Keep their ids, and retrieve each by its own.",
    ))
}

/// `DELETE …/videos/{id}`
///
/// # Errors
/// Always 501: Google has no way to take a finished job back.
pub fn delete(request: &Request<'_>) -> Result<Next, Error> {
    let config = request.config;
    Err(unsupported(match (config.upstream.backend, &config.video_storage) {
        (Backend::Developer, _) => {
            "Videos cannot be deleted here. The Gemini API deletes them by itself after two days."
        }
        (Backend::Vertex, None) => {
            "Videos cannot be deleted here. Vertex AI keeps each as a part of the job that made it."
        }
        (Backend::Vertex, Some(_)) => {
            "Videos cannot be deleted here. They stay in the gateway's bucket until they are deleted there."
        }
    }))
}

/// `POST …/videos/{id}/remix`, `POST …/videos/edits`, `POST …/videos/extensions`, and characters
///
/// # Errors
/// Always 501: Veo remixes and edits nothing, and extends by its own measure only, 7 seconds at a time.
pub fn change(_: &Request<'_>) -> Result<Next, Error> {
    Err(unsupported(
        "Videos cannot be remixed, edited or extended here. Make a new one, with an input_reference.",
    ))
}

fn unsupported(message: &str) -> Error {
    Error::new(501, "invalid_request_error", message).code("unsupported_endpoint")
}

/// The job that the path names.
fn job(request: &Request<'_>) -> Result<Job, Error> {
    chat::check_native(request.config)?;
    Job::parse(request.captured, &request.config.upstream)
        .filter(|job| job::is_served(job.operation.resource(), request.config))
        .ok_or_else(|| not_found("There is no video with this id."))
}

/// What Google does not know: the operation of an id, the file or the object that it made.
#[must_use]
pub fn lost() -> Error {
    not_found("Google knows no video of this id, or does not keep it any more.")
}

fn not_found(message: &str) -> Error {
    Error::new(404, "invalid_request_error", message).param("video_id").code("video_not_found")
}

#[cfg(test)]
mod tests;
