//! Media of a request: content parts that hold or name an image, a recording, a video or a file.
//!
//! The Responses API has the members of a reference in the part itself; both forms are read.
//! `detail` becomes the part's media resolution from Gemini 3 on; before, a request has but one, the highest asked for.
//! <https://ai.google.dev/gemini-api/docs/openai>, <https://ai.google.dev/gemini-api/docs/media-resolution>

use serde_json::value::RawValue;

use super::signatures;
use crate::error::Error;
use crate::media::{self, Backend, Hint, Kind, Media, MediaResolution};
use crate::model::Model;
use crate::wire::gemini::{Data, Part, PartResolution};
use crate::wire::json::{self, Object};
use crate::wire::openai::{ContentPart, MediaReference, VideoStretch};
use crate::wire::text::Str;

/// Reads the media of one request.
pub(super) struct MediaReader {
    backend: Backend,
    /// Whether parts have a resolution of their own.
    per_part: bool,
    /// The highest asked for, where they have not.
    pub(super) resolution: Option<MediaResolution>,
}

impl MediaReader {
    pub(super) fn new(model: &Model, backend: Backend) -> Self {
        Self { backend, per_part: model.has_part_resolution(), resolution: None }
    }

    /// The part for `part`, which stands at `path`; `None` where it is no media.
    pub(super) fn part<'a>(
        &mut self,
        part: &ContentPart<'a>,
        path: impl Fn() -> String,
    ) -> Result<Option<Part<'a>>, Error> {
        if let Some(kind) = flat(part) {
            let path = path();
            let word = |raw: Option<&'a RawValue>, name: &str| {
                raw.map(|raw| json::from_raw::<Str<'a>>(raw, &format!("{path}.{name}"))).transpose()
            };
            let reference = MediaReference {
                url: part.image_url.or(part.file_url),
                data: part.file_data,
                file_id: part.file_id,
                filename: word(part.filename, "filename")?,
                detail: word(part.detail, "detail")?,
                ..MediaReference::default()
            };
            return self.referenced(&reference, kind, part.video_metadata, &path).map(Some);
        }
        let (member, reference, kind) = match part.r#type.as_deref() {
            Some("image_url" | "input_image") => ("image_url", part.image_url, Kind::Image),
            Some("input_audio") => ("input_audio", part.input_audio, Kind::Audio),
            Some("file" | "input_file") => ("file", part.file, Kind::File),
            Some("video_url") => ("video_url", part.video_url, Kind::Video),
            Some("input_video") => ("input_video", part.input_video, Kind::Video),
            _ => match (part.inline_data, part.file_data, part.image_url) {
                (Some(inline), _, _) => ("inlineData", Some(inline), Kind::File),
                (None, Some(file), _) => ("fileData", Some(file), Kind::File),
                (None, None, Some(image)) => ("image_url", Some(image), Kind::Image),
                (None, None, None) => return Ok(None),
            },
        };
        let path = format!("{}.{member}", path());
        let reference = reference.filter(|raw| raw.get() != "null").ok_or_else(|| Error::missing(&*path))?;
        self.reference(reference, kind, part.video_metadata, &path).map(Some)
    }

    /// The part for an image that an assistant drew: an `image_url` part with its signature, or a URL.
    pub(super) fn image<'a>(&mut self, raw: &'a RawValue, path: &str) -> Result<Part<'a>, Error> {
        if raw.get().starts_with('"') {
            return self.reference(raw, Kind::Image, None, path);
        }
        let Object(image): Object<ContentPart<'a>> = json::from_raw(raw, path)?;
        let part = self.part(&image, || path.to_owned())?;
        let mut part = part.ok_or_else(|| Error::missing(format!("{path}.image_url")))?;
        part.thought_signature = signatures::google(image.extra_content.as_deref());
        Ok(part)
    }

    /// The part for a string that is a data URL and nothing else.
    pub(super) fn data_url<'a>(&self, raw: &'a RawValue) -> Option<Part<'a>> {
        let is_one = raw.get().starts_with("\"data:");
        let media = is_one.then(|| media::from_url(raw, Hint::of(Kind::Image), self.backend))?.ok()?;
        Some(Part::new(Data::Media(Box::new(media))))
    }

    /// The part for a reference: a URL, or an object that holds it.
    fn reference<'a>(
        &mut self,
        raw: &'a RawValue,
        kind: Kind,
        stretch: Option<&'a RawValue>,
        path: &str,
    ) -> Result<Part<'a>, Error> {
        if raw.get().starts_with('"') {
            let media = media::from_url(raw, Hint::of(kind), self.backend).map_err(|error| error.at(path))?;
            return Ok(Part::new(Data::Media(Box::new(media))));
        }
        let Object(reference): Object<MediaReference<'a>> = json::from_raw(raw, path)?;
        self.referenced(&reference, kind, stretch, path)
    }

    fn referenced<'a>(
        &mut self,
        reference: &MediaReference<'a>,
        kind: Kind,
        stretch: Option<&'a RawValue>,
        path: &str,
    ) -> Result<Part<'a>, Error> {
        let mut part = Part::new(Data::Media(Box::new(self.media(reference, kind, path)?)));
        if let Some(detail) = reference.detail.as_deref() {
            let resolution =
                media::media_resolution(detail).map_err(|error| error.at(format!("{path}.detail")))?;
            if self.per_part {
                part.media_resolution = resolution.map(|level| PartResolution { level });
            } else {
                self.resolution = self.resolution.max(resolution);
            }
        }
        if let Some(stretch) = reference.video_metadata.or(stretch) {
            let path = format!("{path}.video_metadata");
            let Object(VideoStretch { fps, start_offset, end_offset }) = json::from_raw(stretch, &path)?;
            let metadata = media::video_metadata(fps, start_offset, end_offset);
            part.video_metadata = metadata.map_err(|error| error.at(path))?.map(Box::new);
        }
        Ok(part)
    }

    fn media<'a>(&self, reference: &MediaReference<'a>, kind: Kind, path: &str) -> Result<Media<'a>, Error> {
        let hint = Hint {
            kind,
            mime_type: reference.mime_type.as_deref(),
            format: reference.format.as_deref(),
            filename: reference.filename.as_deref(),
        };
        let given = |raw: Option<&'a RawValue>| raw.filter(|raw| raw.get() != "null");
        // Google's own form has other names.
        let native = path.ends_with("Data");
        let data = if kind == Kind::File && !native { "file_data" } else { "data" };
        let url = match kind {
            _ if native => "fileUri",
            // Of a part that is the reference itself.
            Kind::Image if path.ends_with(']') => "image_url",
            _ if path.ends_with(']') => "file_url",
            _ => "url",
        };
        let (member, media) = if let Some(bytes) = given(reference.data) {
            (data, media::from_data(bytes, hint, self.backend))
        } else if let Some(address) = given(reference.url) {
            (url, media::from_url(address, hint, self.backend))
        } else if let Some(id) = given(reference.file_id) {
            ("file_id", media::from_file_id(id, self.backend))
        } else {
            let has_data = matches!(kind, Kind::Audio | Kind::File) && !path.ends_with("fileData");
            return Err(Error::missing(format!("{path}.{}", if has_data { data } else { url })));
        };
        media.map_err(|error| error.at(format!("{path}.{member}")))
    }
}

/// What a part is whose members are those of a reference, as in the Responses API.
/// <https://platform.openai.com/docs/api-reference/responses/create>
fn flat(part: &ContentPart<'_>) -> Option<Kind> {
    match part.r#type.as_deref()? {
        "input_image" if part.image_url.is_none_or(|url| url.get().starts_with('"')) => Some(Kind::Image),
        "input_file" if part.file.is_none() => Some(Kind::File),
        _ => None,
    }
}

/// Whether Google takes it within a function's response.
/// <https://ai.google.dev/api/caching#FunctionResponsePart>
pub(super) fn goes_within_a_response(media: &Media<'_>) -> bool {
    const TYPES: [&str; 5] = ["image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"];
    matches!(media, Media::Inline { mime_type, .. } if TYPES.contains(&&**mime_type))
}
