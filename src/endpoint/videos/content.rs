//! The bytes of a video.
//!
//! | where Google has them | how they come |
//! |---|---|
//! | a file of the Developer API | the operation is asked for its id, then the request goes on to the file |
//! | an object in Cloud Storage, where `video_storage_uri` says so | the same |
//! | the operation itself, on Vertex AI | decoded out of it as it comes |
//!
//! The last takes a request with a body, which Vertex AI wants and Envoy cannot add: the route does (`envoy/vertex.yaml`).
//!
//! Nobody's address is trusted: no redirect is followed, of a file only the id is taken, and of an object the name below the
//! configured folder.

use std::rc::Rc;

use super::job::is_segment;
use super::operation::{self, Outcome, Place};
use crate::config::{Config, Upstream};
use crate::endpoint::{Call, Fetch, Forward, Next, Operation, Request, percent_decode};
use crate::error::Error;
use crate::media::Backend;
use crate::pipe::{self, Files, Sink};
use crate::rope::Rope;

/// Where files of the Developer API are, whoever the upstream is.
const FILES_HOST: &str = "generativelanguage.googleapis.com";

/// `GET …/videos/{id}/content`
///
/// # Errors
/// 404 for an unknown job and one without a video yet, 400 for one that failed and for a variant that Google does not
/// make, 502 where Google names no file of its own.
pub fn content(request: &Request<'_>) -> Result<Next, Error> {
    let job = super::job(request)?;
    if request.query.split('&').any(is_other_variant) {
        let message = "Google makes no thumbnails and spritesheets. Only 'video' is supported.";
        return Err(Error::invalid(message).param("variant").code("unsupported_value"));
    }
    let config = Rc::clone(request.config);
    let model = job.operation.model().to_owned();
    if config.upstream.backend == Backend::Vertex && config.video_storage.is_none() && request.has_body {
        let (operation, body) = job.operation.poll(&config.upstream);
        let reply = pipe::decoded(Inline { config });
        let body = body.unwrap_or_default().into();
        return Ok(Next::Forward(forward(operation, body, model, reply)));
    }
    let (operation, body) = job.operation.poll_state(&config.upstream);
    let calls = vec![Call { operation, body }];
    let then = Box::new(move |replies: Vec<Vec<u8>>| {
        let reply = replies.into_iter().next().unwrap_or_default();
        let operation = match video(&reply, &config)? {
            // Of the bytes nothing was asked for but their type.
            Place::Here if config.upstream.backend == Backend::Vertex && config.video_storage.is_none() => {
                return Err(no_body());
            }
            place => address(&place, &config)?,
        };
        let model = job.operation.model().to_owned();
        Ok(Next::Forward(forward(operation, Rope::default(), model, pipe::raw(&TYPES))))
    });
    Ok(Next::Fetch(Fetch { calls, model, then }))
}

/// Whether a pair of the query asks for anything but the video itself.
fn is_other_variant(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let video = matches!(percent_decode(value).as_deref(), Some("" | "video"));
    percent_decode(name).as_deref() == Some("variant") && !video
}

fn forward(operation: Operation, body: Rope, model: String, reply: Box<dyn pipe::Pipe>) -> Forward {
    Forward { operation, headers: Vec::new(), body, model, dropped: Vec::new(), reply }
}

const MP4: &str = "video/mp4";

/// What the type of a video begins with: a bucket may not know better than that it holds bytes.
const TYPES: [&str; 2] = ["video/", "application/octet-stream"];

/// Where the video of an operation is.
fn video(reply: &[u8], config: &Config) -> Result<Place, Error> {
    match operation::read(reply, &config.auth.secrets())? {
        Outcome::Done(place) => Ok(place),
        Outcome::Running => {
            let message = "Video is not ready yet, use GET /v1/videos/{video_id} to check status.";
            Err(Error::new(404, "invalid_request_error", message).param("video_id").code("video_not_ready"))
        }
        Outcome::Failed { code, message } => {
            let message = format!("There is no video, because its job failed: {message}");
            Err(Error::invalid(message).param("video_id").code(code))
        }
    }
}

/// What to ask Google for the bytes.
fn address(place: &Place, config: &Config) -> Result<Operation, Error> {
    let operation = match (place, &config.video_storage) {
        (Place::File(uri), _) => file(uri, &config.upstream).map(|file| Operation::Download { file }),
        (Place::Object(uri), Some(folder)) => object(uri, folder),
        (Place::Object(_), None) => None,
        (Place::Here, _) => return Err(Error::reply_unreadable()),
    };
    operation.ok_or_else(|| {
        let message = "The video is at an address that this gateway does not read.";
        Error::server(502, message).code("invalid_upstream_response")
    })
}

fn no_body() -> Error {
    let message = "The gateway cannot read this video: Vertex AI hands it out to a request with a body only. Let the route add \
                   one, as the gateway's `envoy/vertex.yaml` does, or set `video_storage_uri`.";
    Error::server(500, message).code("gateway_misconfigured")
}

/// The id of a file of Google's: `https://HOST/VERSION/files/ID:download?alt=media`.
fn file(uri: &str, upstream: &Upstream) -> Option<String> {
    let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
    if upstream.backend != Backend::Developer || (host != FILES_HOST && host != upstream.authority) {
        return None;
    }
    let path = path.strip_prefix("download/").unwrap_or(path);
    let path = path.strip_suffix("?alt=media").unwrap_or(path);
    let (version, id) = path.strip_suffix(":download").unwrap_or(path).split_once("/files/")?;
    (is_segment(version) && is_segment(id)).then(|| id.to_owned())
}

/// The object at a `gs://` address below the configured folder.
fn object(uri: &str, folder: &str) -> Option<Operation> {
    let below = uri.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')?;
    if !below.split('/').all(is_segment) {
        return None;
    }
    let (bucket, object) = uri.strip_prefix("gs://")?.split_once('/')?;
    Some(Operation::Object { bucket: bucket.to_owned(), object: object.to_owned() })
}

/// Reads the operation where no video came along in it.
struct Inline {
    config: Rc<Config>,
}

impl Files for Inline {
    fn content_type(&self) -> &'static str {
        MP4
    }

    fn read(&mut self, json: &[u8], _: Vec<Rope>, _: &mut Sink) -> Result<(), Error> {
        let place = video(json, &self.config)?;
        Err(address(&place, &self.config).err().unwrap_or_else(Error::reply_unreadable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::config;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_files_of_googles_own_host_are_read() {
        let developer = config("{}").upstream.clone();
        for (uri, expected) in [
            (
                "https://generativelanguage.googleapis.com/v1beta/files/abc-1:download?alt=media",
                Some("abc-1"),
            ),
            ("https://generativelanguage.googleapis.com/v1/files/abc", Some("abc")),
            (
                "https://generativelanguage.googleapis.com/download/v1beta/files/abc:download?alt=media",
                Some("abc"),
            ),
            ("http://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media", None),
            ("https://generativelanguage.googleapis.com.example.com/v1beta/files/abc", None),
            ("https://generativelanguage.googleapis.com@example.com/v1beta/files/abc", None),
            ("https://generativelanguage.googleapis.com:8443/v1beta/files/abc", None),
            ("https://example.com/v1beta/files/abc:download?alt=media", None),
            ("https://generativelanguage.googleapis.com/v1beta/models/abc", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/../models", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/a/b", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/..", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/a%2Fb", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/a?x=y", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/a#b", None),
            ("https://generativelanguage.googleapis.com/../v1beta/files/a", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/", None),
            ("files/abc", None),
            ("", None),
        ] {
            assert_eq!(file(uri, &developer).as_deref(), expected, "{uri}");
        }
        let own = config(r#"{"model":{"options":{"upstream_url":"https://proxy.example"}}}"#);
        let uri = "https://proxy.example/v1beta/files/abc:download?alt=media";
        assert_eq!(file(uri, &own.upstream).as_deref(), Some("abc"));
        assert_eq!(file(uri, &developer), None);
        let vertex = config(r#"{"model":{"options":{"gemini":{"project_id":"p","location_id":"global"}}}}"#);
        assert_eq!(
            file("https://generativelanguage.googleapis.com/v1beta/files/abc", &vertex.upstream),
            None
        );
    }

    #[test]
    fn only_objects_below_the_folder_are_read() {
        for (uri, folder, expected) in [
            ("gs://b/f/1/sample_0.mp4", "gs://b/f", Some(("b", "f/1/sample_0.mp4"))),
            ("gs://b/sample_0.mp4", "gs://b", Some(("b", "sample_0.mp4"))),
            ("gs://b/f2/x.mp4", "gs://b/f", None),
            ("gs://b2/x.mp4", "gs://b", None),
            ("gs://b/f/../x.mp4", "gs://b/f", None),
            ("gs://b/f//x.mp4", "gs://b/f", None),
            ("gs://b/f/x.mp4?y", "gs://b/f", None),
            ("gs://b/f/", "gs://b/f", None),
            ("gs://b/f", "gs://b/f", None),
            ("https://b/f/x", "gs://b/f", None),
        ] {
            let expected = expected.map(|(bucket, object): (&str, &str)| Operation::Object {
                bucket: bucket.to_owned(),
                object: object.to_owned(),
            });
            assert_eq!(object(uri, folder), expected, "{uri}");
        }
    }
}
