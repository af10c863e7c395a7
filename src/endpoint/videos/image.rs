//! The pictures that a video begins or ends with, or is to look like: `{"mimeType","bytesBase64Encoded"}`, or on Vertex AI
//! `{"mimeType","gcsUri"}`. Veo fetches nothing else.

use serde_json::Value;
use serde_json::value::RawValue;

use super::options::{Given, Options};
use crate::endpoint::chat::google::camel_case;
use crate::error::Error;
use crate::form::File;
use crate::media::{self, Backend, Hint, Kind, Media};
use crate::rope::Rope;
use crate::wire::json;
use crate::wire::lenient::Members;

/// A picture as it came.
pub(super) enum Image<'a> {
    /// A reference in JSON, and where it stands.
    Json(&'a RawValue, String),
    /// An upload, and the field's name.
    File(File, String),
}

/// The pictures of a request.
pub(super) struct Images<'a> {
    /// Where the video begins.
    pub(super) first: Option<Image<'a>>,
    /// Where it ends.
    pub(super) last: Option<Image<'a>>,
    /// What it is to look like, each with `asset` or another word of Google's.
    pub(super) references: Vec<(Image<'a>, String)>,
}

impl<'a> Images<'a> {
    /// Those of a request, uploads before references.
    ///
    /// # Errors
    /// 400 where a list is none.
    pub(super) fn of(options: &Options<'a>, files: Vec<(&'static str, File, String)>) -> Result<Self, Error> {
        let json = |name: &str| options.last(name).map(|given| Image::Json(given.value, given.path.clone()));
        let mut images = Self { first: json("image"), last: json("lastFrame"), references: Vec::new() };
        for (name, file, path) in files {
            let image = Image::File(file, path);
            match name {
                "image" => images.first = Some(image),
                "lastFrame" => images.last = Some(image),
                _ => images.references.push((image, ASSET.to_owned())),
            }
        }
        for Given { value, path, .. } in options.all("referenceImages") {
            let elements: Vec<&RawValue> = json::from_raw(value, path)?;
            for (index, element) in elements.into_iter().enumerate() {
                images.references.push(reference(element, format!("{path}[{index}]")));
            }
        }
        Ok(images)
    }
}

const ASSET: &str = "asset";

/// `{"image", "referenceType"}`, or the picture alone.
fn reference(raw: &RawValue, path: String) -> (Image<'_>, String) {
    let members = Members::of(raw.get()).unwrap_or(Members(Vec::new()));
    let kind = get(&members, &["referenceType"]);
    let kind = kind.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_else(|| ASSET.to_owned());
    match get(&members, &["image"]) {
        Some(image) => (Image::Json(image, format!("{path}.image")), kind),
        None => (Image::Json(raw, path), kind),
    }
}

impl Image<'_> {
    /// Appends the picture in Veo's form.
    ///
    /// # Errors
    /// 400 for what is no picture, or one that Veo would have to fetch.
    pub(super) fn write(self, backend: Backend, out: &mut Rope) -> Result<(), Error> {
        match self {
            Self::File(File { size: 0, .. }, path) => {
                Err(Error::invalid("The file is empty.").param(path).code("invalid_value"))
            }
            Self::File(file, path) => {
                let hint = Hint {
                    kind: Kind::Image,
                    mime_type: Some(&file.content_type),
                    format: None,
                    filename: Some(&file.name),
                };
                let mime_type =
                    media::type_of(&file.start, hint, backend).map_err(|error| error.at(path.as_str()))?;
                open(&mime_type, "bytesBase64Encoded", &path, out)?;
                out.append(file.base64);
                out.extend(b"\"}");
                Ok(())
            }
            Self::Json(raw, path) => match picture(raw, &path, backend)? {
                Media::Inline { mime_type, data } => {
                    open(&mime_type, "bytesBase64Encoded", &path, out)?;
                    data.pieces().for_each(|piece| out.extend(piece.as_bytes()));
                    out.extend(b"\"}");
                    Ok(())
                }
                Media::File { uri, mime_type: Some(mime_type) } if uri.starts_with("gs://") => {
                    // `image/*` is what chat takes where the name does not tell.
                    if mime_type.contains('*') {
                        return Err(Error::missing(format!("{path}.mime_type")));
                    }
                    open(&mime_type, "gcsUri", &path, out)?;
                    let literal = Value::from(&*uri).to_string();
                    out.extend(literal.trim_start_matches('"').as_bytes());
                    out.extend(b"}");
                    Ok(())
                }
                Media::File { .. } => {
                    let message = "This model fetches no pictures. Send a file, or a data URL.";
                    Err(Error::invalid(message).param(path).code("unsupported_value"))
                }
            },
        }
    }
}

/// Begins a picture, up to the quote that opens `member`'s value.
fn open(mime_type: &str, member: &str, path: &str, out: &mut Rope) -> Result<(), Error> {
    if !mime_type.starts_with("image/") {
        let message = "Only images are accepted here.";
        return Err(Error::invalid(message).param(path).code("unsupported_media"));
    }
    let mime_type = Value::from(mime_type);
    out.extend(format!("{{\"mimeType\":{mime_type},\"{member}\":\"").as_bytes());
    Ok(())
}

/// A data URL or another reference, alone, as OpenAI's `{"image_url"}` or `{"file_id"}`, or in one of Google's forms.
fn picture<'a>(raw: &'a RawValue, path: &str, backend: Backend) -> Result<Media<'a>, Error> {
    let hint = Hint::of(Kind::Image);
    if raw.get().starts_with('"') {
        return media::from_url(raw, hint, backend).map_err(|error| error.at(path));
    }
    let mut members: Members<'a> = json::from_raw(raw, path)?;
    for inner in ["inlineData", "fileData", "imageUrl"] {
        if let Some(inner) = get(&members, &[inner]).and_then(|inner| Members::of(inner.get())) {
            members = inner;
        }
    }
    let mime_type: Option<String> =
        get(&members, &["mimeType"]).and_then(|raw| serde_json::from_str(raw.get()).ok());
    let hint = Hint { mime_type: mime_type.as_deref(), ..hint };
    let media = if let Some(url) = get(&members, &["imageUrl", "url", "gcsUri", "fileUri"]) {
        media::from_url(url, hint, backend)
    } else if let Some(data) = get(&members, &["bytesBase64Encoded", "imageBytes", "data"]) {
        media::from_data(data, hint, backend)
    } else if let Some(id) = get(&members, &["fileId"]) {
        media::from_file_id(id, backend)
    } else {
        return Err(Error::missing(format!("{path}.image_url")));
    };
    media.map_err(|error| error.at(path))
}

/// The member that has one of `names` in Google's spelling.
fn get<'a>(members: &Members<'a>, names: &[&str]) -> Option<&'a RawValue> {
    let mut given = members.0.iter().filter(|(_, value)| value.get() != "null");
    let (_, value) = given.find(|(member, _)| names.contains(&&*camel_case(member.as_ref().into())))?;
    Some(value)
}
