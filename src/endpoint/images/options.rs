//! What is asked of the images besides their content: how many, how large, in which file.
//!
//! | member | Gemini | Imagen |
//! |---|---|---|
//! | `n` | one call for each | `sampleCount`, at most 4 |
//! | `size` | `imageConfig` | `aspectRatio`, `sampleImageSize` |
//! | `quality` | from `high` on twice the size, where `size` is not told | the same |
//! | `background` | opaque | opaque |
//! | `output_format` | Vertex AI: PNG or JPEG; Developer API: what the model draws | PNG or JPEG |
//!
//! <https://ai.google.dev/gemini-api/docs/image-generation>, <https://ai.google.dev/gemini-api/docs/imagen>

use super::request::ImagesRequest;
use super::size::{self, Size, is_imagen};
use crate::endpoint::chat::google::Options;
use crate::endpoint::chat::sampling::out_of_range;
use crate::error::Error;
use crate::media::Backend;
use crate::model::Model;
use crate::wire::gemini::{ImageConfig, ImageOutputOptions};
use crate::wire::text::Str;

/// At most so many images of one request, at OpenAI, and of one call of Imagen.
const MOST: i64 = 10;
const MOST_OF_IMAGEN: i64 = 4;

/// At most so many drafts of a stream.
const MOST_DRAFTS: i64 = 3;

/// What is asked, checked.
pub(super) struct Wanted<'a> {
    /// How many images.
    pub(super) count: usize,
    /// How Google is told.
    pub(super) config: ImageConfig<'a>,
    /// Whether images come in data URLs.
    pub(super) url: bool,
    /// How many drafts are shown before them.
    pub(super) drafts: usize,
    /// The size of the images, where that is known and has a name at OpenAI.
    pub(super) size: Option<&'static str>,
    /// Whether a higher quality was asked for and is given.
    pub(super) high: bool,
    /// Members that have no effect.
    pub(super) dropped: Vec<&'static str>,
}

/// Reads and checks everything. `stream` is whether the reply is one.
///
/// # Errors
/// 400 with the `param` that no model can be made to follow.
pub(super) fn read<'a>(
    asked: &ImagesRequest<'a>,
    google: &mut Options<'a>,
    stream: bool,
    model: &Model,
    backend: Backend,
) -> Result<Wanted<'a>, Error> {
    let imagen = is_imagen(model);
    let count = count(asked.n, imagen)?;
    let url =
        one_of("response_format", asked.response_format.as_deref(), &["b64_json", "url"])? == Some("url");
    background(asked.background.as_deref())?;
    let mut dropped = Vec::new();
    let Size { ratio, mut edge, scaled } = size::read(asked.size.as_deref(), model)?;
    let high = high(asked, edge.is_some() || google.image_size.is_some(), model, &mut dropped)?;
    if high {
        edge = Some("2K");
    }
    let fixed = |name: &'static str| Str(name.into());
    let image_output_options = file(asked, imagen || backend == Backend::Vertex, &mut dropped)?;
    let drafts = drafts(asked.partial_images)?;
    // Drafts come with the thinking of newer models, in a stream of a single call.
    let shows = stream && count == 1 && !imagen && model.is_since(3, 0);
    let told = |member: Option<&str>, plain: &[&str]| member.is_some_and(|member| !plain.contains(&member));
    for (member, is_dropped) in [
        ("size", scaled),
        ("partial_images", drafts > 0 && !shows),
        ("response_format", stream && url),
        ("style", asked.style.is_some()),
        ("moderation", told(asked.moderation.as_deref(), &["auto"])),
        ("input_fidelity", asked.input_fidelity.is_some()),
        ("complexity", asked.complexity.is_some()),
        ("cached_content", google.cached_content.is_some()),
        // Imagen has no such members.
        ("labels", imagen && google.labels.is_some()),
        ("tools", imagen && !google.tools.is_empty()),
        ("safety_settings", imagen && google.safety.is_some()),
    ] {
        if is_dropped {
            dropped.push(member);
        }
    }
    // The one size of OpenAI's that Google draws as well.
    let plain = ratio == Some("1:1") && matches!(edge, None | Some("1K")) && !scaled;
    let own = google.aspect_ratio.is_some() || google.image_size.is_some() || google.sets("imageConfig");
    let size = (plain && !own).then_some("1024x1024");
    let config = ImageConfig {
        aspect_ratio: google.aspect_ratio.take().or(ratio.map(fixed)),
        image_size: google.image_size.take().map(|size| Str(upper(size.0))).or(edge.map(fixed)),
        image_output_options,
    };
    let drafts = if shows { drafts } else { 0 };
    Ok(Wanted { count, config, url, drafts, size, high, dropped })
}

/// `1k` would be taken for the smallest.
fn upper(size: std::borrow::Cow<'_, str>) -> std::borrow::Cow<'_, str> {
    if size.ends_with('k') { size.to_ascii_uppercase().into() } else { size }
}

fn count(n: Option<i64>, imagen: bool) -> Result<usize, Error> {
    let n = n.unwrap_or(1);
    if n < 1 {
        return Err(out_of_range("n", "integer", "below minimum", ">=", 1.0));
    }
    if n > MOST {
        return Err(out_of_range("n", "integer", "above maximum", "<=", 10.0));
    }
    if imagen && n > MOST_OF_IMAGEN {
        return Err(out_of_range("n", "integer", "above maximum", "<=", 4.0));
    }
    Ok(usize::try_from(n).unwrap_or(1))
}

/// Whether more pixels are asked for by `quality` alone, and can be had.
fn high(
    asked: &ImagesRequest<'_>,
    sized: bool,
    model: &Model,
    dropped: &mut Vec<&'static str>,
) -> Result<bool, Error> {
    const LEVELS: [&str; 8] = ["auto", "standard", "low", "medium", "high", "hd", "xhigh", "max"];
    let level = one_of("quality", asked.quality.as_deref(), &LEVELS)?;
    let high = matches!(level, Some("high" | "hd" | "xhigh" | "max"));
    let can = !sized && size::edges(model).contains(&"2K");
    if matches!(level, Some("low" | "medium")) || (high && !can) {
        dropped.push("quality");
    }
    Ok(high && can)
}

/// The file, where the model can be told which.
fn file(
    asked: &ImagesRequest<'_>,
    can: bool,
    dropped: &mut Vec<&'static str>,
) -> Result<Option<ImageOutputOptions>, Error> {
    let format = one_of("output_format", asked.output_format.as_deref(), &["png", "jpeg", "webp"])?;
    let compression = match asked.output_compression {
        Some(below) if below < 0 => {
            return Err(out_of_range("output_compression", "integer", "below minimum", ">=", 0.0));
        }
        Some(above) if above > 100 => {
            return Err(out_of_range("output_compression", "integer", "above maximum", "<=", 100.0));
        }
        compression => compression,
    };
    let mime_type = match format {
        Some("png") => Some("image/png"),
        Some("jpeg") => Some("image/jpeg"),
        _ => None,
    };
    let mime_type = mime_type.filter(|_| can);
    if format.is_some() && mime_type.is_none() {
        dropped.push("output_format");
    }
    let compression_quality = compression.filter(|_| mime_type == Some("image/jpeg"));
    if compression.is_some() && compression_quality.is_none() {
        dropped.push("output_compression");
    }
    Ok(mime_type.map(|mime_type| ImageOutputOptions { mime_type, compression_quality }))
}

fn background(given: Option<&str>) -> Result<(), Error> {
    match one_of("background", given, &["auto", "opaque", "transparent"])? {
        Some("transparent") => Err(Error::invalid("Google's models draw no transparent backgrounds.")
            .param("background")
            .code("unsupported_value")),
        _ => Ok(()),
    }
}

fn drafts(given: Option<i64>) -> Result<usize, Error> {
    match given.unwrap_or(0) {
        below if below < 0 => Err(out_of_range("partial_images", "integer", "below minimum", ">=", 0.0)),
        above if above > MOST_DRAFTS => {
            Err(out_of_range("partial_images", "integer", "above maximum", "<=", 3.0))
        }
        drafts => Ok(usize::try_from(drafts).unwrap_or(0)),
    }
}

/// The word that `given` is; nothing where it is absent or empty.
fn one_of(param: &str, given: Option<&str>, words: &[&'static str]) -> Result<Option<&'static str>, Error> {
    let Some(given) = given.filter(|given| !given.is_empty()) else {
        return Ok(None);
    };
    words.iter().find(|word| **word == given).map(|word| Some(*word)).ok_or_else(|| {
        let words = words.join("', '");
        Error::invalid(format!("Invalid value. Supported values are: '{words}'."))
            .param(param)
            .code("invalid_value")
    })
}
