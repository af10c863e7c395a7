//! What is to be embedded: text, or media by what names them.

use serde_json::value::RawValue;

use super::task::Task;
use crate::config::Embedding;
use crate::endpoint::completions::is_tokens;
use crate::endpoint::estimate;
use crate::error::Error;
use crate::media::{self, Backend, Hint, Kind, Media};
use crate::wire::embeddings::{EmbeddingInput, EmbeddingsRequest};
use crate::wire::json::{self, Object};
use crate::wire::literal::{self, Characters};
use crate::wire::text::{Str, Text};

/// Tokens of an image, a page or a second of video, roughly.
const TOKENS_OF_MEDIA: u64 = 258;

/// No type of a data URL is longer, nor any other reference.
const LONGEST_HEAD: usize = 1024;

/// One input, which becomes one vector.
#[derive(Debug)]
pub(super) struct Input<'a> {
    pub(super) what: What<'a>,
    pub(super) task: Option<Task>,
    pub(super) title: Option<Text<'a>>,
}

#[derive(Debug)]
pub(super) enum What<'a> {
    Text(Text<'a>),
    Media(Box<Media<'a>>),
}

impl Input<'_> {
    /// About how many tokens it has.
    pub(super) fn tokens(&self) -> u64 {
        match &self.what {
            What::Text(text) => estimate::tokens(text.inner()),
            What::Media(_) => TOKENS_OF_MEDIA,
        }
    }
}

/// Reads the inputs of one request.
pub(super) struct Inputs<'r, 'a> {
    /// What the model embeds.
    pub(super) embedding: Embedding,
    pub(super) backend: Backend,
    /// Of inputs that say nothing themselves.
    pub(super) asked: &'r EmbeddingsRequest<'a>,
    /// Members without an effect.
    pub(super) dropped: Vec<&'static str>,
}

impl<'a> Inputs<'_, 'a> {
    /// All inputs, `most` at most.
    ///
    /// # Errors
    /// 400 for no input, too many, and what is neither text nor media that the model takes.
    pub(super) fn read(&mut self, most: usize) -> Result<Vec<Input<'a>>, Error> {
        let given =
            self.asked.input.filter(|raw| raw.get() != "null").ok_or_else(|| Error::missing("input"))?;
        if !given.get().starts_with('[') {
            return Ok(vec![self.one(given, || "input".to_owned())?]);
        }
        let list: Vec<&'a RawValue> = json::from_raw(given, "input")?;
        if list.is_empty() {
            return Err(empty("input".to_owned()));
        }
        if let Some(first) = list.first()
            && is_tokens(first)
        {
            return Err(tokens());
        }
        if list.len() > most {
            let message = format!(
                "Invalid 'input': array too long. Google embeds at most {most} inputs of a request, and {} were given.",
                list.len()
            );
            return Err(Error::invalid(message).param("input").code("array_above_max_length"));
        }
        list.into_iter().enumerate().map(|(index, raw)| self.one(raw, || format!("input[{index}]"))).collect()
    }

    fn one(&mut self, raw: &'a RawValue, path: impl Fn() -> String) -> Result<Input<'a>, Error> {
        if is_tokens(raw) {
            return Err(tokens());
        }
        let (content, input, member) = if raw.get().starts_with('{') {
            let Object(input) = json::from_raw::<Object<EmbeddingInput<'a>>>(raw, &path())?;
            let (content, member) = match (input.content, input.text) {
                (None, Some(text)) => (Some(text), ".text"),
                (content, _) => (content, ".content"),
            };
            let content = content.ok_or_else(|| Error::missing(format!("{}.content", path())))?;
            (content, Some(input), member)
        } else {
            (raw, None, "")
        };
        let own = input.as_ref();
        let place = || format!("{}{member}", path());
        let text = string(content, &place)?;
        if text.is_empty() {
            return Err(empty(place()));
        }
        let mime_type = own.and_then(|input| input.mime_type.as_deref());
        let what = match self.media(content, mime_type, &place)? {
            Some(media) => What::Media(Box::new(media)),
            None => What::Text(text),
        };
        let asked = self.asked;
        let (member, task) = match own.and_then(|own| said(&own.task_type, &own.input_type)) {
            Some((member, given)) => (member, Task::read(given, || format!("{}.{member}", path()))?),
            None => {
                let (member, given) = said(&asked.task_type, &asked.input_type).unwrap_or_default();
                (member, Task::read(given, || member.to_owned())?)
            }
        };
        let title = match (own.and_then(|input| input.title), asked.title) {
            (Some(own), _) => Some(string(own, &|| format!("{}.title", path()))?),
            (None, Some(title)) => Some(string(title, &|| "title".to_owned())?),
            (None, None) => None,
        };
        Ok(self.effective(Input { what, task, title: title.filter(|title| !title.is_empty()) }, member))
    }

    /// The media that `content` names, where the model takes any and it does.
    fn media(
        &self,
        content: &'a RawValue,
        mime_type: Option<&str>,
        path: &impl Fn() -> String,
    ) -> Result<Option<Media<'a>>, Error> {
        let unsupported = |message| Error::invalid(message).param(path()).code("unsupported_media");
        let Some(reference) = literal::inner(content).and_then(reference) else {
            return Ok(None);
        };
        if self.embedding == Embedding::Text {
            // A name is text as well. What a data URL stands for is not.
            return match reference {
                Reference::Data => Err(unsupported("This model embeds text only.")),
                Reference::Object | Reference::File => Ok(None),
            };
        }
        // `https:` URLs, which chat's messages recommend in their place, are text here.
        let elsewhere = match (reference, self.backend) {
            (Reference::Object, Backend::Developer) => Some(NO_BUCKETS),
            (Reference::File, Backend::Vertex) => Some(NO_FILES),
            _ => None,
        };
        if let Some(message) = elsewhere {
            return Err(Error::invalid(message).param(path()).code("invalid_url"));
        }
        let hint = Hint { mime_type, ..Hint::of(Kind::File) };
        let media = media::from_url(content, hint, self.backend).map_err(|error| error.at(path()))?;
        if self.embedding == Embedding::Multimodal && !is_seen(&media) {
            return Err(unsupported("This model embeds text, images and videos only."));
        }
        Ok(Some(media))
    }

    /// The input without what has no effect on its vector; `member` told its task.
    fn effective(&mut self, mut input: Input<'a>, member: &'static str) -> Input<'a> {
        let no_task = match (&input.what, self.embedding) {
            (_, Embedding::Multimodal) => true,
            (What::Media(_), _) => self.embedding == Embedding::Content,
            (What::Text(_), _) => false,
        };
        if no_task && input.task.take().is_some() {
            self.drop(member);
        }
        if !input.task.is_some_and(Task::is_document) && input.title.take().is_some() {
            self.drop("title");
        }
        input
    }

    pub(super) fn drop(&mut self, member: &'static str) {
        if !self.dropped.contains(&member) {
            self.dropped.push(member);
        }
    }
}

/// The member that tells a task, and what it says.
fn said<'s>(
    task_type: &'s Option<Str<'_>>,
    input_type: &'s Option<Str<'_>>,
) -> Option<(&'static str, &'s str)> {
    let told = |name, member: &'s Option<Str<'_>>| Some((name, member.as_deref()?));
    told("task_type", task_type).or_else(|| told("input_type", input_type))
}

/// The string `raw`, which stands at `path`.
fn string<'a>(raw: &'a RawValue, path: &impl Fn() -> String) -> Result<Text<'a>, Error> {
    Text::from_raw(raw).ok_or_else(|| {
        let message = format!("Invalid type for '{}': expected a string.", path());
        Error::invalid(message).param(path()).code("invalid_type")
    })
}

/// What a string can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reference {
    /// A data URL.
    Data,
    /// An object in a bucket.
    Object,
    /// A file of the Files API.
    File,
}

const NO_BUCKETS: &str = "The Gemini Developer API does not read 'gs://' objects. Use a data URL or a file of the Files \
                          API ('files/…').";

const NO_FILES: &str =
    "Vertex AI does not read files of the Gemini Files API. Use a data URL or a 'gs://' object.";

/// What the inside of a literal names, where it is no text: a data URL, an object in a bucket, a file of the Files API.
/// Other URLs are text.
fn reference(inner: &str) -> Option<Reference> {
    let head = Characters(inner).skip_while(char::is_ascii_whitespace).take(LONGEST_HEAD);
    let head: String = head.collect();
    if let Some((scheme, rest)) = head.split_at_checked(5)
        && scheme.eq_ignore_ascii_case("data:")
    {
        return rest.split_once(',').is_some_and(|(head, _)| is_type(head)).then_some(Reference::Data);
    }
    let file = head
        .strip_prefix("https://generativelanguage.googleapis.com/v")
        .map_or(&*head, |rest| rest.split_once('/').map_or("", |(_, file)| file));
    let is_file = file.strip_prefix("files/").is_some_and(|id| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if is_file {
        return Some(Reference::File);
    }
    let object = head.strip_prefix("gs://").filter(|_| inner.len() <= LONGEST_HEAD)?;
    let is_object = !object.starts_with(['/', '?', '#']) && !object.is_empty() && !object.contains(is_space);
    is_object.then_some(Reference::Object)
}

/// Whether this stands before the comma of a data URL, and is no word of a text: a type, which may be left out, and
/// parameters.
fn is_type(head: &str) -> bool {
    let mut members = head.split(';');
    let kind = members.next().unwrap_or_default();
    let is_kind = (kind.is_empty() || kind.contains('/')) && !kind.contains(is_space);
    is_kind || members.any(|member| member.trim().eq_ignore_ascii_case("base64"))
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// Whether `multimodalembedding` takes it.
fn is_seen(media: &Media<'_>) -> bool {
    let mime_type = match media {
        Media::Inline { mime_type, .. } => Some(mime_type),
        Media::File { mime_type, .. } => mime_type.as_ref(),
    };
    mime_type.is_some_and(|given| given.starts_with("image/") || given.starts_with("video/"))
}

fn tokens() -> Error {
    let message = "Token ids cannot be embedded: they are of another tokenizer than Google's. Send text. With LangChain's \
                   OpenAIEmbeddings, set check_embedding_ctx_length=False.";
    Error::invalid(message).param("input").code("unsupported_value")
}

fn empty(param: String) -> Error {
    Error::invalid(format!("Invalid '{param}': there is nothing to embed, it is empty."))
        .param(param)
        .code("invalid_value")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_text_and_what_names_media() {
        use Reference::{Data, File, Object};
        for (inner, expected) in [
            ("data:image/png;base64,AAAA", Some(Data)),
            (r"data:image\/png;base64,AAAA", Some(Data)),
            ("DATA:;base64,AAAA", Some(Data)),
            ("data:text/plain,hello", Some(Data)),
            ("data:text/plain;charset=\\\"a b\\\",hello", Some(Data)),
            ("data:image/png; base64,AAAA", Some(Data)),
            (" \\ndata:image/png;base64,AAAA", Some(Data)),
            ("data: image/png;base64,AAAA", Some(Data)),
            ("data:,hello", Some(Data)),
            ("data:;charset=utf-8,hello", Some(Data)),
            ("data: and/or, maybe", None),
            ("data: first, second", None),
            ("data:first, second", None),
            ("data:", None),
            ("gs://bucket/cat.png", Some(Object)),
            (r"gs:\/\/bucket\/cat.png", Some(Object)),
            ("gs:// is a scheme", None),
            ("gs://", None),
            ("gs:///cat.png", None),
            ("files/abc-123", Some(File)),
            ("files/readme.md", None),
            ("files/ are here", None),
            ("https://generativelanguage.googleapis.com/v1beta/files/abc", Some(File)),
            ("https://generativelanguage.googleapis.com/v1beta/models/abc", None),
            ("https://example.com/cat.png", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(reference(inner), expected, "{inner}");
        }
    }
}
