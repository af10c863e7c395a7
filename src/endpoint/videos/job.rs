//! The id of a video holds all that is known of its job, so that nothing has to be kept here.
//!
//! It is `video_` and, in base64 for URLs, `CREATED SIZE SECONDS OPERATION`:
//! `1763800000 1280x720 8 models/veo-3.1-generate-preview/operations/abc`.
//!
//! Rule: whoever sends an id decides what Google is asked, so nothing is read but what could have been written here. An
//! operation has one of the shapes that its back end gives, and stands below the project and location of the configuration,
//! which no id names. (Where none is configured, in express mode, Google needs those it gave: they go into the body alone,
//! and the API key decides what they may be.)

use serde_json::Value;

use crate::config::{Config, Upstream};
use crate::endpoint::Operation;
use crate::media::Backend;
use crate::model::Model;
use crate::wire::base64::{self, Decoder};

/// Bytes of an id; none of ours has more.
const LONGEST: usize = 768;

const PREFIX: &str = "video_";

/// A video being made, as its id tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Seconds since 1970.
    pub(super) created: u64,
    /// `WIDTHxHEIGHT`
    pub(super) size: String,
    /// How long the video is.
    pub(super) seconds: u8,
    pub(super) operation: Name,
}

/// The name of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// `projects/P/locations/L`, where the configuration has none and Google gave one.
    parent: Option<String>,
    /// `models/M`, `publishers/google/models/M`, …
    resource: String,
    /// The last segment.
    id: String,
}

impl Job {
    /// The id for clients.
    pub(super) fn id(&self) -> String {
        let Self { created, size, seconds, operation } = self;
        let text = format!("{created} {size} {seconds} {}", operation.below_project());
        format!("{PREFIX}{}", base64::url_safe(text.as_bytes()))
    }

    /// The job of an id of ours, for an upstream that may have it; `None` for any other text.
    pub(super) fn parse(id: &str, upstream: &Upstream) -> Option<Self> {
        let encoded = id.strip_prefix(PREFIX).filter(|_| id.len() <= LONGEST)?;
        let mut text = Vec::new();
        Decoder::default().json(encoded.as_bytes(), &mut text);
        let text = String::from_utf8(text).ok()?;
        let mut words = text.splitn(4, ' ');
        let job = Self {
            created: words.next()?.parse().ok()?,
            size: words.next().filter(|size| is_size(size))?.to_owned(),
            seconds: words.next()?.parse().ok()?,
            operation: Name::parse(words.next()?, upstream)?,
        };
        // One job has one id: `01` is a number too, base64 may have bits beyond its last byte, and the decoder is lenient.
        (job.id() == id).then_some(job)
    }
}

impl Name {
    /// The name as Google gives it.
    pub(super) fn of_google(name: &str, upstream: &Upstream) -> Option<Self> {
        let name = match (&upstream.project, upstream.backend) {
            // Google may call a project by its number.
            (Some(_), Backend::Vertex) => split_parent(name).map_or(name, |(_, below)| below),
            _ => name,
        };
        Self::parse(name, upstream)
    }

    /// The name as it stands in an id.
    fn parse(name: &str, upstream: &Upstream) -> Option<Self> {
        let without_project = upstream.backend == Backend::Vertex && upstream.project.is_none();
        let (parent, name) = match split_parent(name).filter(|_| without_project) {
            Some((parent, rest)) => (Some(parent.to_owned()), rest),
            None => (None, name),
        };
        let (resource, id) = name.rsplit_once("/operations/")?;
        let (collection, model) = resource.rsplit_once('/')?;
        let known = match upstream.backend {
            Backend::Developer => ["models", "tunedModels"],
            Backend::Vertex => ["publishers/google/models", "endpoints"],
        };
        let is_ours = known.contains(&collection) && is_segment(model) && is_segment(id);
        is_ours.then(|| Self { parent, resource: resource.to_owned(), id: id.to_owned() })
    }

    fn below_project(&self) -> String {
        let parent = self.parent.as_ref().map_or(String::new(), |parent| format!("{parent}/"));
        format!("{parent}{}/operations/{}", self.resource, self.id)
    }

    /// What stands before `/operations/`, without a project.
    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    /// The name of the model.
    pub(super) fn model(&self) -> &str {
        self.resource.rsplit_once("models/").map_or(&self.resource, |(_, model)| model)
    }

    /// How Google is asked what has become of it: the operation, and its body.
    pub(super) fn poll(&self, upstream: &Upstream) -> (Operation, Option<Vec<u8>>) {
        let Self { resource, id, .. } = self;
        match upstream.backend {
            Backend::Developer => {
                let path = format!("{resource}/operations/{id}");
                (Operation::Get { path, query: String::new(), preview: false }, None)
            }
            Backend::Vertex => {
                let project =
                    upstream.project.as_ref().map_or(String::new(), |project| format!("{project}/"));
                let name = format!("{project}{}", self.below_project());
                let body = format!("{{\"operationName\":{}}}", Value::from(name));
                let resource = resource.clone();
                let operation =
                    Operation::Model { resource, method: "fetchPredictOperation", preview: false };
                (operation, Some(body.into_bytes()))
            }
        }
    }

    /// The same without the bytes of videos, for a call, whose reply must be small.
    /// <https://cloud.google.com/apis/docs/system-parameters>
    pub(super) fn poll_state(&self, upstream: &Upstream) -> (Operation, Option<Vec<u8>>) {
        let (mut operation, body) = self.poll(upstream);
        if let Operation::Model { method, .. } = &mut operation {
            *method = concat!(
                "fetchPredictOperation?fields=name,done,error,response(raiMediaFilteredCount,",
                "raiMediaFilteredReasons,videos(gcsUri,mimeType))"
            );
        }
        (operation, body)
    }
}

/// Whether videos of `resource` are served here: those of what the configuration names, and nothing else; where it names
/// nothing, those of any model of Google's own. No id and no client choose a tuned model, which only its owner knows of.
pub(super) fn is_served(resource: &str, config: &Config) -> bool {
    let Upstream { backend, endpoint, .. } = &config.upstream;
    if endpoint.as_ref().is_some_and(|endpoint| resource == format!("endpoints/{endpoint}")) {
        return true;
    }
    match &config.model.name {
        Some(name) => Model::parse(name).is_ok_and(|model| model.resource(*backend) == resource),
        None => !["tunedModels/", "endpoints/"].iter().any(|tuned| resource.starts_with(tuned)),
    }
}

/// `projects/P/locations/L` and what follows it.
fn split_parent(name: &str) -> Option<(&str, &str)> {
    let (project, rest) = name.strip_prefix("projects/")?.split_once("/locations/")?;
    let (location, rest) = rest.split_once('/')?;
    let parent = name.strip_suffix(rest)?.strip_suffix('/')?;
    let of_company = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    let is_project = !project.is_empty() && project.len() <= 128 && project.bytes().all(of_company);
    (is_project && !project.starts_with('.') && is_segment(location)).then_some((parent, rest))
}

/// Whether this can be one segment of a path as it is.
pub(super) fn is_segment(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(plain) && !text.starts_with('.')
}

fn is_size(text: &str) -> bool {
    let side = |side: &str| (2..=5).contains(&side.len()) && side.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('x').is_some_and(|(width, height)| side(width) && side(height))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::config;
    #[cfg(not(target_arch = "wasm32"))]
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const DEVELOPER: &str = "{}";
    const VERTEX: &str =
        r#"{"model":{"options":{"gemini":{"project_id":"p-1","location_id":"us-central1"}}}}"#;
    const EXPRESS: &str = r#"{"model":{"options":{"gemini":{"express_mode":true}}}}"#;

    fn upstream(json: &str) -> Upstream {
        config(json).upstream.clone()
    }

    fn id(text: &str) -> String {
        format!("{PREFIX}{}", base64::url_safe(text.as_bytes()))
    }

    /// What Google is asked for an id that holds `text`.
    fn asked(text: &str, json: &str) -> Option<(Operation, String)> {
        let upstream = upstream(json);
        let (operation, body) = Job::parse(&id(text), &upstream)?.operation.poll(&upstream);
        Some((operation, String::from_utf8(body.unwrap_or_default()).unwrap()))
    }

    #[test]
    fn a_job_survives_its_id() {
        for (google, json, model, below) in [
            (
                "models/veo-3.1-generate-preview/operations/abc-1_2",
                DEVELOPER,
                "veo-3.1-generate-preview",
                "models/veo-3.1-generate-preview/operations/abc-1_2",
            ),
            ("tunedModels/t/operations/o", DEVELOPER, "tunedModels/t", "tunedModels/t/operations/o"),
            (
                "projects/123/locations/us-central1/publishers/google/models/veo-3.0-generate-001/operations/0-1",
                VERTEX,
                "veo-3.0-generate-001",
                "publishers/google/models/veo-3.0-generate-001/operations/0-1",
            ),
            (
                "projects/example.com:p/locations/global/endpoints/77/operations/o",
                VERTEX,
                "endpoints/77",
                "endpoints/77/operations/o",
            ),
            (
                "projects/123/locations/us-central1/publishers/google/models/veo/operations/o",
                EXPRESS,
                "veo",
                "projects/123/locations/us-central1/publishers/google/models/veo/operations/o",
            ),
        ] {
            let upstream = upstream(json);
            let operation = Name::of_google(google, &upstream).unwrap();
            assert_eq!((operation.model(), operation.below_project().as_str()), (model, below));
            let job = Job { created: 1_763_800_000, size: "1280x720".to_owned(), seconds: 8, operation };
            assert_eq!(Job::parse(&job.id(), &upstream), Some(job.clone()));
            assert_eq!(job.id(), id(&format!("1763800000 1280x720 8 {below}")));
        }
    }

    #[test]
    fn the_configured_project_is_asked() {
        let video = "1 1280x720 8 publishers/google/models/veo/operations/o";
        let (operation, body) = asked(video, VERTEX).unwrap();
        let resource = "publishers/google/models/veo".to_owned();
        assert_eq!(operation, Operation::Model { resource, method: "fetchPredictOperation", preview: false });
        let name = "projects/p-1/locations/us-central1/publishers/google/models/veo/operations/o";
        assert_eq!(body, format!("{{\"operationName\":\"{name}\"}}"));
        let (operation, body) = asked("1 1280x720 8 models/veo/operations/o", DEVELOPER).unwrap();
        let path = "models/veo/operations/o".to_owned();
        assert_eq!(operation, Operation::Get { path, query: String::new(), preview: false });
        assert_eq!(body, "");
    }

    #[test]
    fn nothing_else_is_an_id() {
        let good = "1 1280x720 8 models/veo/operations/o";
        assert!(asked(good, DEVELOPER).is_some());
        let upstreams = [upstream(DEVELOPER), upstream(VERTEX), upstream(EXPRESS)];
        for given in ["", "video_", "video_123", "../x", "models/veo/operations/o", "video_!", "video_AAAA="]
        {
            assert!(upstreams.iter().all(|upstream| Job::parse(given, upstream).is_none()), "{given}");
        }
        assert_eq!(Job::parse(&id(good).replace("video_", "Video_"), &upstream(DEVELOPER)), None);
        assert_eq!(Job::parse(&format!("{}=", id(good)), &upstream(DEVELOPER)), None);
        // The last character has bits beyond the last byte: an id of its own would be the same job.
        let last = id("1 1280x720 8 models/veo/operations/op");
        assert!(Job::parse(&last, &upstream(DEVELOPER)).is_some() && last.ends_with('A'));
        let other = last.strip_suffix('A').map(|start| format!("{start}B")).unwrap();
        assert_eq!(Job::parse(&other, &upstream(DEVELOPER)), None);
    }

    #[test]
    fn no_other_path_host_or_project_is_reached() {
        for text in [
            // Numbers and sizes that are none of ours.
            "+1 1280x720 8 models/veo/operations/o",
            "01 1280x720 8 models/veo/operations/o",
            "1 1280x720 008 models/veo/operations/o",
            "1 1280x720 256 models/veo/operations/o",
            "1 1280 8 models/veo/operations/o",
            "1 1280x720\" 8 models/veo/operations/o",
            "1 1280x720 8",
            // Other resources.
            "1 1280x720 8 files/abc",
            "1 1280x720 8 models/veo",
            "1 1280x720 8 models/veo:generateContent",
            "1 1280x720 8 models/veo/operations/",
            "1 1280x720 8 models//operations/o",
            "1 1280x720 8 /models/veo/operations/o",
            "1 1280x720 8 cachedContents/veo/operations/o",
            "1 1280x720 8 models/veo/operations/o/x",
            "1 1280x720 8 models/veo/operations/a/operations/o",
            "1 1280x720 8 models/a/b/operations/o",
            // Ways out of the path.
            "1 1280x720 8 models/../operations/o",
            "1 1280x720 8 models/veo/operations/..",
            "1 1280x720 8 models/veo/operations/.",
            "1 1280x720 8 models/veo/operations/..%2f..%2ffiles",
            "1 1280x720 8 models/veo/operations/o?alt=media",
            "1 1280x720 8 models/veo/operations/o#",
            "1 1280x720 8 models/veo/operations/o\\..",
            "1 1280x720 8 models/veo/operations/o\r\nx: y",
            "1 1280x720 8 models/veo/operations/o o",
            "1 1280x720 8 models/v\u{e9}o/operations/o",
            // Other hosts and projects.
            "1 1280x720 8 https://example.com/models/veo/operations/o",
            "1 1280x720 8 //example.com/models/veo/operations/o",
            "1 1280x720 8 projects/p-1/locations/us-central1/publishers/google/models/veo/operations/o",
            "1 1280x720 8 projects/other/locations/us-central1/publishers/google/models/veo/operations/o",
            "1 1280x720 8 publishers/other/models/veo/operations/o",
            "1 1280x720 8 locations/x/publishers/google/models/veo/operations/o",
        ] {
            assert_eq!(asked(text, DEVELOPER), None, "{text}");
            assert_eq!(asked(text, VERTEX), None, "{text}");
        }
        // Of each back end its own.
        assert_eq!(asked("1 1280x720 8 models/veo/operations/o", VERTEX), None);
        assert_eq!(asked("1 1280x720 8 publishers/google/models/veo/operations/o", DEVELOPER), None);
        for parent in
            ["projects/p", "projects//locations/l", "projects/a/b/locations/l", "projects/p/locations/.."]
        {
            let text = format!("1 1280x720 8 {parent}/publishers/google/models/veo/operations/o");
            assert_eq!(asked(&text, EXPRESS), None, "{text}");
        }
    }

    /// Checks what is asked for an id that holds `text`: of the path nothing but the segments of a known resource, and of
    /// projects none but the configured one.
    #[cfg(not(target_arch = "wasm32"))]
    fn check_forged(text: &str) {
        if let Some((operation, body)) = asked(text, DEVELOPER) {
            let Operation::Get { path, query, .. } = operation else { panic!("{operation:?}") };
            let [collection, model, "operations", id] = path.split('/').collect::<Vec<_>>()[..] else {
                panic!("{path}")
            };
            assert!(["models", "tunedModels"].contains(&collection) && query.is_empty() && body.is_empty());
            assert!(is_segment(model) && is_segment(id), "{path}");
        }
        for (json, project) in [(VERTEX, Some("projects/p-1/locations/us-central1")), (EXPRESS, None)] {
            let Some((operation, body)) = asked(text, json) else { continue };
            let Operation::Model { resource, .. } = operation else { panic!("{operation:?}") };
            let (collection, _) = resource.rsplit_once('/').unwrap();
            assert!(["publishers/google/models", "endpoints"].contains(&collection), "{resource}");
            let body: Value = serde_json::from_str(&body).unwrap();
            let (parent, id) = body["operationName"]
                .as_str()
                .unwrap()
                .split_once(&format!("{resource}/operations/"))
                .unwrap();
            assert!(is_segment(id) && resource.split('/').all(is_segment), "{resource} {id}");
            let parent = parent.trim_end_matches('/');
            match project {
                Some(project) => assert_eq!(parent, project),
                None => {
                    assert!(parent.is_empty() || split_parent(&format!("{parent}/x")).is_some(), "{parent}")
                }
            }
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest! {
        #[test]
        fn forged_ids_reach_nothing_else(
            text in r"[0-9+]{1,3} [0-9x]{3,9} [0-9]{1,2} (projects/[a-z./]{1,4}/locations/[a-z./]{1,4}/)?(models|tunedModels|publishers/google/models|endpoints|files|\.\.)/[a-zA-Z0-9._:/?#%\\-]{0,12}/operations/[a-zA-Z0-9._:/?#% -]{0,12}",
            likely in r"1 1280x720 8 (projects/[a-z./]{1,3}/locations/[a-z./]{1,3}/)?(models|publishers/google/models)/[a-z./%]{1,3}/operations/[a-z./%]{1,3}",
            any in ".*",
        ) {
            for text in [text, likely, any] {
                check_forged(&text);
            }
        }

        #[test]
        fn what_is_read_is_what_is_written(text in "(video_)?.*") {
            for json in [DEVELOPER, VERTEX, EXPRESS] {
                let job = Job::parse(&text, &upstream(json));
                prop_assert!(job.is_none_or(|job| job.id() == text));
            }
        }
    }
}
