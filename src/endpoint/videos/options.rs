//! What a request says beside OpenAI's members, and Veo's parameters made of it.
//!
//! Google's own options come at the top level (Kong), in `google`, in `extra_body.google`, or in an `extra_body` inside
//! `extra_body`, in Google's spelling or with underscores; the innermost wins.
//! <https://ai.google.dev/gemini-api/docs/openai#extra-body>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation#parameters>

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::endpoint::chat::google::camel_case;
use crate::error::Error;
use crate::media::Backend;
use crate::wire::json;
use crate::wire::lenient::{Members, Word};
use crate::wire::text::{Str, Text};

/// More options than anyone has, in all places together.
const MOST: usize = 64;

/// How deep options stand in each other.
const DEEPEST: u8 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A number, or a string of digits as forms have them.
    Integer,
    /// A boolean, or its name as forms have it.
    Flag,
}

/// Veo's parameters that are a client's to set as they are, and the only API that has them.
const PARAMETERS: [(&str, Kind, Option<Backend>); 10] = [
    ("aspectRatio", Kind::Text, None),
    ("resolution", Kind::Text, None),
    ("negativePrompt", Kind::Text, None),
    ("personGeneration", Kind::Text, None),
    ("enhancePrompt", Kind::Flag, None),
    ("seed", Kind::Integer, Some(Backend::Vertex)),
    ("generateAudio", Kind::Flag, Some(Backend::Vertex)),
    ("fps", Kind::Integer, Some(Backend::Vertex)),
    ("compressionQuality", Kind::Text, Some(Backend::Vertex)),
    ("resizeMode", Kind::Text, Some(Backend::Vertex)),
];

/// Members that are read elsewhere.
const OTHERS: [&str; 5] = ["image", "lastFrame", "referenceImages", "durationSeconds", "sampleCount"];

/// What is known and yet refused, and why.
const REFUSED: [(&str, &str); 5] = [
    ("storageUri", "Where videos are stored is the gateway's to say."),
    ("pubsubTopic", "Jobs tell nobody when they are done."),
    ("video", UNSUPPORTED),
    ("extendVideoId", UNSUPPORTED),
    ("mask", UNSUPPORTED),
];

const UNSUPPORTED: &str = "Videos cannot be edited or extended here. Make a new one.";

/// An option: its name, its value, and where it stands.
pub(super) struct Given<'a> {
    name: &'static str,
    pub(super) value: &'a RawValue,
    pub(super) path: String,
}

/// All options of a request, the innermost last.
pub(super) struct Options<'a>(Vec<Given<'a>>);

impl<'a> Options<'a> {
    /// Collects those of a request's `members`.
    ///
    /// # Errors
    /// 400 for what cannot be had here, and where there are too many.
    pub(super) fn of(members: &Members<'a>) -> Result<Self, Error> {
        let mut options = Self(Vec::new());
        options.take(members, "", 0)?;
        Ok(options)
    }

    fn take(&mut self, members: &Members<'a>, path: &str, depth: u8) -> Result<(), Error> {
        let given = || members.0.iter().filter(|(_, value)| value.get() != "null");
        for (member, value) in given() {
            let path = format!("{path}{member}");
            if let Some(name) = option(member, &path)? {
                if self.0.len() >= MOST {
                    return Err(Error::invalid("Too many members.").param(path).code("invalid_value"));
                }
                self.0.push(Given { name, value, path });
            }
        }
        for inner in ["google", "extra_body"] {
            for (_, value) in given().filter(|(member, _)| depth < DEEPEST && member == inner) {
                let path = format!("{path}{inner}");
                let members = json::from_raw(value, &path)?;
                self.take(&members, &format!("{path}."), depth.saturating_add(1))?;
            }
        }
        Ok(())
    }

    /// All that are called `name` in Google's spelling, the innermost last.
    pub(super) fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &Given<'a>> {
        self.0.iter().filter(move |given| given.name == name)
    }

    /// The one that counts.
    pub(super) fn last(&self, name: &str) -> Option<&Given<'a>> {
        self.all(name).next_back()
    }

    /// The one that counts, as text.
    ///
    /// # Errors
    /// 400 where it is no string.
    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Error> {
        let Some(Given { value, path, .. }) = self.last(name) else {
            return Ok(None);
        };
        let Str(text) = json::from_raw(value, path)?;
        Ok(Some(text))
    }

    /// Appends all parameters but the duration to the members of an object. Vertex AI is told to make one video, which the
    /// Developer API does anyway.
    ///
    /// # Errors
    /// 400 for those of the wrong type, and for those that `backend` does not have.
    pub(super) fn write(&self, backend: Backend, json: &mut Vec<u8>) -> Result<(), Error> {
        if let Some(Given { value, path, .. }) = self.last("sampleCount")
            && integer(value).is_none_or(|count| count != 1)
        {
            let message = "A job of OpenAI's API makes one video. Create as many jobs as you want videos.";
            return Err(Error::invalid(message).param(path).code("unsupported_value"));
        }
        if backend == Backend::Vertex {
            push_name("sampleCount", json);
            json.push(b'1');
        }
        for (name, kind, only) in PARAMETERS {
            let Some(Given { value, path, .. }) = self.last(name) else {
                continue;
            };
            if only.is_some_and(|only| only != backend) {
                let message = "Only Vertex AI has this option.";
                return Err(Error::invalid(message).param(path).code("unsupported_value"));
            }
            push_name(name, json);
            let (literal, expected) = match kind {
                Kind::Text => (Text::from_raw(value).map(|text| format!("\"{}\"", text.inner())), "a string"),
                Kind::Integer => (integer(value).map(|number| number.to_string()), "an integer"),
                Kind::Flag => (flag(value), "a boolean"),
            };
            let Some(literal) = literal else {
                let message = format!("Invalid type for '{path}': expected {expected}.");
                return Err(Error::invalid(message).param(path).code("invalid_type"));
            };
            json.extend_from_slice(literal.as_bytes());
        }
        Ok(())
    }
}

/// Appends the beginning of a member to those that there are.
pub(super) fn push_name(name: &str, json: &mut Vec<u8>) {
    if !json.is_empty() {
        json.push(b',');
    }
    json.extend_from_slice(format!("\"{name}\":").as_bytes());
}

/// Google's name of a client's member, where there is such an option.
///
/// # Errors
/// 400 for those that are refused.
pub(super) fn option(member: &str, path: &str) -> Result<Option<&'static str>, Error> {
    let name = camel_case(Cow::Borrowed(member));
    let name = match &*name {
        "inputReference" => "image",
        "seconds" => "durationSeconds",
        "numberOfVideos" => "sampleCount",
        "frameRate" => "fps",
        name => name,
    };
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Err(Error::invalid(*why).param(path).code("unsupported_parameter"));
    }
    let parameters = PARAMETERS.iter().map(|(name, ..)| *name);
    Ok(parameters.chain(OTHERS).find(|known| *known == name))
}

fn integer(value: &RawValue) -> Option<u32> {
    serde_json::from_str::<Word<'_>>(value.get()).ok()?.parse().ok()
}

fn flag(value: &RawValue) -> Option<String> {
    let word = serde_json::from_str::<Word<'_>>(value.get()).ok()?;
    matches!(&*word, "true" | "false").then(|| (*word).to_owned())
}
