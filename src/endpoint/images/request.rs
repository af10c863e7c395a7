//! A request for images: JSON, or the fields of a form.
//!
//! An allow-list: members not named here never reach Google.
//! <https://platform.openai.com/docs/api-reference/images>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::text::Str;

/// The request body. Every member may be `null`, which is absent. Google's own options are read from the same body by
/// `google`.
#[derive(Debug, Deserialize)]
pub(super) struct ImagesRequest<'a> {
    /// The model's name.
    #[serde(borrow)]
    pub(super) model: Option<Str<'a>>,
    /// A string.
    pub(super) prompt: Option<&'a RawValue>,
    /// How many images, 1 to 10.
    pub(super) n: Option<i64>,
    /// `auto` or `WIDTHxHEIGHT`.
    pub(super) size: Option<Str<'a>>,
    /// `auto`, `low`, `medium`, `high`, …
    pub(super) quality: Option<Str<'a>>,
    /// `auto`, `opaque` or `transparent`.
    pub(super) background: Option<Str<'a>>,
    /// `png`, `jpeg` or `webp`.
    pub(super) output_format: Option<Str<'a>>,
    /// 0 to 100.
    pub(super) output_compression: Option<i64>,
    /// `b64_json` or `url`.
    pub(super) response_format: Option<Str<'a>>,
    /// Whether the reply is a stream.
    pub(super) stream: Option<bool>,
    /// How many drafts a stream may show, 0 to 3.
    pub(super) partial_images: Option<i64>,

    /// Images to edit: URLs, or objects that hold one.
    pub(super) images: Option<&'a RawValue>,
    /// One or several of them; the files of a form are read apart.
    pub(super) image: Option<&'a RawValue>,
    /// Only here to be refused.
    pub(super) mask: Option<&'a RawValue>,
    /// Only here to be refused.
    pub(super) markup: Option<&'a RawValue>,

    /// How closely inputs are kept to.
    pub(super) input_fidelity: Option<&'a RawValue>,
    /// `auto` or `low`.
    pub(super) moderation: Option<Str<'a>>,
    /// `vivid` or `natural`.
    pub(super) style: Option<&'a RawValue>,
    /// How much is computed before anything is drawn.
    pub(super) complexity: Option<&'a RawValue>,
}

/// Members of a form that are not text, and are read as the JSON they look like.
pub(super) const TYPED: [&str; 11] = [
    "n",
    "output_compression",
    "partial_images",
    "stream",
    "generation_config",
    "generationConfig",
    "google",
    "extra_body",
    "safety_settings",
    "safetySettings",
    "tools",
];
