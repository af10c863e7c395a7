//! The body for Google, written by hand: what is large in it is moved.
//!
//! <https://ai.google.dev/api/generate-content>, <https://ai.google.dev/api/models#method:-models.predict>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api>

use serde::Serialize;

use super::options::Wanted;
use crate::endpoint::chat::billing;
use crate::endpoint::chat::google::Options;
use crate::error::Error;
use crate::media::Backend;
use crate::model::Model;
use crate::rope::Rope;
use crate::wire::gemini::{GenerationConfig, ThinkingConfig};
use crate::wire::lenient::Members;
use crate::wire::text::Text;

/// What a body for a Gemini model begins with: the images of the request follow, each with a comma after it.
pub(super) const OPEN: &[u8] = b"{\"contents\":[{\"role\":\"user\",\"parts\":[";

/// The rest of such a body.
///
/// # Errors
/// 400 where Google's own options cannot be read.
pub(super) fn close(
    prompt: &Text<'_>,
    wanted: &mut Wanted<'_>,
    google: &Options<'_>,
    model: &Model,
    backend: Backend,
    body: &mut Rope,
) -> Result<(), Error> {
    let show = ThinkingConfig { include_thoughts: Some(true), ..ThinkingConfig::default() };
    let generation = GenerationConfig {
        // Older ones draw only while they write.
        response_modalities: if model.is_since(2, 5) { &["IMAGE"] } else { &["TEXT", "IMAGE"] },
        image_config: Some(std::mem::take(&mut wanted.config)).filter(|config| *config != Default::default()),
        thinking_config: (wanted.drafts > 0).then_some(show),
        ..GenerationConfig::default()
    };
    let json = body.tail();
    json.extend_from_slice(b"{\"text\":");
    write(prompt, json)?;
    json.extend_from_slice(b"}]}]");
    if let Some(generation) = google.over(&generation)? {
        json.extend_from_slice(b",\"generationConfig\":");
        write(&generation, json)?;
    }
    if let Some(safety) = google.safety {
        json.extend_from_slice(b",\"safetySettings\":");
        write(safety, json)?;
    }
    if let Some(labels) = billing::labels(google.labels, None, backend)? {
        json.extend_from_slice(b",\"labels\":");
        write(&labels, json)?;
    }
    for (index, (path, tool)) in google.tools.iter().enumerate() {
        if !tool.get().starts_with('{') {
            let message = format!("Invalid type for '{path}': expected an object.");
            return Err(Error::invalid(message).param(path).code("invalid_type"));
        }
        json.extend_from_slice(if index == 0 { b",\"tools\":[" } else { b"," });
        write(tool, json)?;
    }
    if !google.tools.is_empty() {
        json.push(b']');
    }
    json.push(b'}');
    Ok(())
}

/// Members of `imageConfig` and what Imagen calls them. It has `personGeneration` as well, in words of its own.
const PARAMETERS: [(&str, &str); 3] = [
    ("aspectRatio", "aspectRatio"),
    ("imageSize", "sampleImageSize"),
    ("imageOutputOptions", "outputOptions"),
];

/// The whole body for Imagen.
///
/// # Errors
/// 400 where Google's own options cannot be read.
pub(super) fn imagen(
    prompt: &Text<'_>,
    wanted: &mut Wanted<'_>,
    google: &Options<'_>,
) -> Result<Rope, Error> {
    let config = Some(std::mem::take(&mut wanted.config));
    let generation =
        google.over(&GenerationConfig { image_config: config, ..GenerationConfig::default() })?;
    let config = generation
        .as_ref()
        .and_then(|generation| Members::of(generation.get())?.get("imageConfig"))
        .and_then(|config| Members::of(config.get()));
    let mut json = b"{\"instances\":[{\"prompt\":".to_vec();
    write(prompt, &mut json)?;
    json.extend_from_slice(format!("}}],\"parameters\":{{\"sampleCount\":{}", wanted.count).as_bytes());
    for (name, theirs) in PARAMETERS {
        if let Some(value) = config.as_ref().and_then(|config| config.get(name)) {
            json.extend_from_slice(format!(",\"{theirs}\":").as_bytes());
            write(value, &mut json)?;
        }
    }
    if let Some(persons) = config.as_ref().and_then(|config| config.get("personGeneration")) {
        json.extend_from_slice(b",\"personGeneration\":");
        json.extend_from_slice(
            persons.get().to_ascii_lowercase().replace("allow_none", "dont_allow").as_bytes(),
        );
    }
    // Why an image is missing is told only when asked.
    json.extend_from_slice(b",\"includeRaiReason\":true}}");
    Ok(json.into())
}

fn write<T: Serialize + ?Sized>(value: &T, json: &mut Vec<u8>) -> Result<(), Error> {
    serde_json::to_writer(json, value).map_err(|_| Error::server(500, "The request could not be translated."))
}
