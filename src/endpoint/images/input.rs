//! The images of a request: files of a form, or references in JSON.
//!
//! A file comes as base64 already, and is moved into Google's body; a reference is copied into it once.
//! <https://platform.openai.com/docs/api-reference/images/createEdit>

use serde_json::value::RawValue;

use super::request::ImagesRequest;
use crate::endpoint::fields::Files;
use crate::error::Error;
use crate::form::File;
use crate::media::{self, Backend, Hint, Kind, Media};
use crate::rope::Rope;
use crate::wire::json;
use crate::wire::lenient::Members;

/// OpenAI takes at most so many.
const MOST: usize = 16;

/// Writes the images of a request as parts, each with a comma after it.
///
/// # Errors
/// 400 where there are none, too many, or any that Google would not take; and where an edit is limited by a mask.
pub(super) fn push_parts(
    asked: &ImagesRequest<'_>,
    files: Files,
    backend: Backend,
    body: &mut Rope,
) -> Result<(), Error> {
    let given = |name: &str| files.iter().any(|(field, _)| field == name);
    for (name, member) in [("mask", asked.mask), ("markup", asked.markup)] {
        if member.is_some() || given(name) {
            let message = "Gemini takes no masks: describe in the prompt what is to be changed.";
            return Err(Error::invalid(message).param(name).code("unsupported_parameter"));
        }
    }
    let references = references(asked)?;
    let count = references.len().saturating_add(files.len());
    if count == 0 {
        return Err(Error::missing("image"));
    }
    if count > MOST {
        let message = format!("Too many images: expected at most {MOST}.");
        return Err(Error::invalid(message).param("image").code("array_above_max_length"));
    }
    for (field, file) in files {
        push_file(&field, file, backend, body)?;
    }
    for (path, raw) in references {
        push_reference(&path, raw, backend, body)?;
    }
    Ok(())
}

fn push_file(field: &str, file: File, backend: Backend, body: &mut Rope) -> Result<(), Error> {
    if field.split('[').next() != Some("image") {
        return Err(Error::invalid("Unknown file. Images are sent as 'image' or 'image[]'.")
            .param(field)
            .code("unknown_parameter"));
    }
    if file.size == 0 {
        return Err(Error::invalid("The image is empty.").param("image").code("invalid_value"));
    }
    let (told, name) = (Some(file.content_type.as_str()), Some(file.name.as_str()));
    let hint = Hint { kind: Kind::Image, mime_type: told, format: None, filename: name };
    let kind = media::type_of(&file.start, hint, backend);
    let kind = kind.map_err(|error| error.at("image"))?;
    check_type(&kind, "image")?;
    body.extend(b"{\"inlineData\":{\"mimeType\":\"");
    body.extend(kind.as_bytes());
    body.extend(b"\",\"data\":\"");
    body.append(file.base64);
    body.extend(b"\"}},");
    Ok(())
}

fn push_reference(path: &str, raw: &RawValue, backend: Backend, body: &mut Rope) -> Result<(), Error> {
    let media = reference(path, raw, backend)?;
    if let Media::Inline { mime_type, .. } = &media {
        check_type(mime_type, path)?;
    }
    let part = body.tail();
    part.reserve(raw.get().len().saturating_add(256));
    serde_json::to_writer(&mut *part, &media)
        .map_err(|_| Error::server(500, "The request could not be translated."))?;
    part.push(b',');
    Ok(())
}

/// `images`, and `image` beside a form's files: each what names one image, and where it stands.
fn references<'a>(asked: &ImagesRequest<'a>) -> Result<Vec<(String, &'a RawValue)>, Error> {
    let mut found = Vec::new();
    for (name, raw) in [("images", asked.images), ("image", asked.image)] {
        let Some(raw) = raw else { continue };
        if !raw.get().starts_with('[') {
            found.push((name.to_owned(), raw));
            continue;
        }
        let list: Vec<&'a RawValue> = json::from_raw(raw, name)?;
        found.extend(list.into_iter().enumerate().map(|(index, raw)| (format!("{name}[{index}]"), raw)));
    }
    Ok(found)
}

/// A URL, or an object that holds one or names a file.
fn reference<'a>(path: &str, raw: &'a RawValue, backend: Backend) -> Result<Media<'a>, Error> {
    let hint = Hint::of(Kind::Image);
    if raw.get().starts_with('"') {
        return media::from_url(raw, hint, backend).map_err(|error| error.at(path));
    }
    let Members(members) = json::from_raw(raw, path)?;
    let members = Members(members);
    if let Some(id) = members.get("file_id") {
        return media::from_file_id(id, backend).map_err(|error| error.at(format!("{path}.file_id")));
    }
    let path = format!("{path}.image_url");
    let url = members.get("image_url").or(members.get("url")).ok_or_else(|| Error::missing(&*path))?;
    let url = match Members::of(url.get()) {
        Some(members) => members.get("url").ok_or_else(|| Error::missing(format!("{path}.url")))?,
        None => url,
    };
    media::from_url(url, hint, backend).map_err(|error| error.at(path))
}

fn check_type(kind: &str, path: &str) -> Result<(), Error> {
    if ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"].contains(&kind) {
        return Ok(());
    }
    Err(Error::invalid("Not an image that Gemini reads: expected PNG, JPEG, WebP, HEIC or HEIF.")
        .param(path)
        .code("unsupported_media"))
}
