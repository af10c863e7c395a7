//! Embeddings of both sides: OpenAI's request, and Google's replies, read leniently.
//!
//! <https://platform.openai.com/docs/api-reference/embeddings/create>, <https://ai.google.dev/api/embeddings>

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::lenient::{Count, Maybe, Objects};
use super::text::Str;

/// The request body. Every member may be `null`, which is absent.
#[derive(Debug, Deserialize)]
pub struct EmbeddingsRequest<'a> {
    /// The model's name.
    #[serde(borrow)]
    pub model: Option<Str<'a>>,
    /// A string, an object, or a list of these; lists of numbers are only here to be refused.
    pub input: Option<&'a RawValue>,
    /// How many numbers a vector has.
    pub dimensions: Option<i64>,
    /// `float` or `base64`.
    pub encoding_format: Option<Str<'a>>,
    /// Extension: what the vectors are for.
    pub task_type: Option<Str<'a>>,
    /// Extension: the same, as Cohere has it.
    pub input_type: Option<Str<'a>>,
    /// Extension: the title of the documents.
    pub title: Option<&'a RawValue>,
    /// Extension: whether what is too long is cut instead of refused.
    pub auto_truncate: Option<bool>,
}

/// An input with what belongs to it alone.
#[derive(Debug, Deserialize)]
pub struct EmbeddingInput<'a> {
    /// Text, or what names media.
    #[serde(borrow)]
    pub content: Option<&'a RawValue>,
    /// The same.
    pub text: Option<&'a RawValue>,
    /// What its vector is for.
    pub task_type: Option<Str<'a>>,
    /// The same.
    pub input_type: Option<Str<'a>>,
    /// Its title.
    pub title: Option<&'a RawValue>,
    /// The type of media that is only named.
    #[serde(alias = "format")]
    pub mime_type: Option<Str<'a>>,
}

/// The reply of `embedContent`, `batchEmbedContents` or `predict`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmbeddingsReply<'a> {
    /// Of one content.
    pub embedding: Maybe<Embedding>,
    /// Of several.
    pub embeddings: Objects<Embedding>,
    /// Of `predict`.
    pub predictions: Objects<Prediction>,
    /// Token counts.
    pub usage_metadata: Maybe<EmbeddingUsage>,
    /// An error in place of a reply, which can come with status 200.
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
}

/// One vector.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Embedding {
    /// Its numbers; of a video under the other name.
    #[serde(alias = "embedding")]
    pub values: Values,
    /// What went into it; of `predict`.
    pub statistics: Maybe<Statistics>,
}

/// What went into a vector.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// Tokens of the input.
    pub token_count: Option<Count>,
}

/// What `predict` made of one instance.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Prediction {
    /// Of a text model.
    pub embeddings: Maybe<Embedding>,
    /// Of `multimodalembedding`, for text.
    pub text_embedding: Values,
    /// For an image.
    pub image_embedding: Values,
    /// For a video, one of each of its segments.
    pub video_embeddings: Objects<Embedding>,
}

/// Tokens of all inputs of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmbeddingUsage {
    /// As counted by Google.
    pub prompt_token_count: Option<Count>,
}

/// The numbers of a vector, which Google computes in single precision, however many digits it writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(pub Vec<f32>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of numbers")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Values, E> {
        Ok(Values::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(Single(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

/// A finite number of single precision, as a number or as a string.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Single(pub f32);

impl<'de> Deserialize<'de> for Single {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SingleVisitor)
    }
}

struct SingleVisitor;

impl Visitor<'_> for SingleVisitor {
    type Value = Single;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "`as` rounds to the nearest, as Google's numbers were"
    )]
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Single, E> {
        let value = value as f32;
        if value.is_finite() { Ok(Single(value)) } else { Err(E::custom("not finite")) }
    }

    #[expect(clippy::cast_precision_loss, reason = "whole numbers of a vector are 0 and 1")]
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Single, E> {
        Ok(Single(value as f32))
    }

    #[expect(clippy::cast_precision_loss, reason = "whole numbers of a vector are 0 and 1")]
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Single, E> {
        Ok(Single(value as f32))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Single, E> {
        // The parser of JSON is there anyway, unlike the one of `f64`.
        serde_json::from_str(value).map_err(E::custom)
    }
}
