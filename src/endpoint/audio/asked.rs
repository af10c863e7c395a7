//! The form of a transcription or translation.
//!
//! Lists come as `name[]` from OpenAI's SDKs and as repeated fields from others. What Gemini has nothing like is named in
//! `dropped`. <https://platform.openai.com/docs/api-reference/audio/createTranscription>

use serde_json::Number;

use super::render::{Format, Task};
use crate::endpoint::chat::sampling::within;
use crate::error::Error;
use crate::form::{Field, File, Form, Value};

/// What the client asks for.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) model: Option<String>,
    pub(super) file: Option<File>,
    /// As the client names them, `en` or `English`.
    pub(super) languages: Vec<String>,
    /// For style and spelling.
    pub(super) prompt: String,
    /// Words that may occur.
    pub(super) keywords: Vec<String>,
    pub(super) format: Format,
    pub(super) temperature: Option<Number>,
    /// Words with times.
    pub(super) words: bool,
    /// Segments with times; what OpenAI gives when nothing is asked for.
    pub(super) segments: bool,
    pub(super) stream: bool,
    /// Members that have no effect.
    pub(super) dropped: Vec<&'static str>,
}

impl Asked {
    /// Reads the fields, in whatever order they come; unknown ones are passed over.
    ///
    /// # Errors
    /// 400 with the `param` at fault.
    pub(super) fn read(form: Form, task: Task) -> Result<Self, Error> {
        let mut asked = Self::default();
        for Field { name, value } in form.fields {
            let base = name.split('[').next().unwrap_or_default();
            if base == "file" {
                asked.take_file(value)?;
                continue;
            }
            match value {
                Value::Text(text) => asked.take(base, text, task)?,
                Value::File(_) if MEMBERS.contains(&base) => {
                    return Err(invalid("Invalid value: expected text, but got a file.", base));
                }
                Value::File(_) => asked.take_nothing_like(base),
            }
        }
        if asked.format != Format::VerboseJson && (asked.words || asked.segments) {
            asked.drop("timestamp_granularities");
        }
        asked.segments |= !asked.words;
        Ok(asked)
    }

    fn take(&mut self, name: &str, text: String, task: Task) -> Result<(), Error> {
        let given = !text.is_empty();
        match name {
            "model" => self.model = Some(text),
            "language" | "languages" if given => self.languages.push(text),
            "keywords" if given => self.keywords.push(text),
            "prompt" => self.prompt = text,
            "response_format" if given => self.format = Format::read(&text, task)?,
            "temperature" if given => {
                let number = serde_json::from_str(&text).map_err(|_| {
                    Error::invalid("Invalid type for 'temperature': expected a number.")
                        .param("temperature")
                        .code("invalid_type")
                })?;
                self.temperature = within("temperature", Some(&number), 0.0, 1.0)?;
            }
            "stream" if given => {
                self.stream = match text.as_str() {
                    "true" | "True" | "1" => true,
                    "false" | "False" | "0" | "null" => false,
                    _ => {
                        return Err(invalid(
                            "Invalid value. Supported values are: 'true' and 'false'.",
                            name,
                        ));
                    }
                };
            }
            "timestamp_granularities" if given => match text.as_str() {
                "word" => self.words = true,
                "segment" => self.segments = true,
                _ => {
                    return Err(invalid("Invalid value. Supported values are: 'word' and 'segment'.", name));
                }
            },
            _ if given => self.take_nothing_like(name),
            _ => {}
        }
        Ok(())
    }

    fn take_nothing_like(&mut self, name: &str) {
        if let Some(name) = NOTHING_LIKE.iter().find(|known| **known == name) {
            self.drop(name);
        }
    }

    fn take_file(&mut self, value: Value) -> Result<(), Error> {
        let Value::File(file) = value else {
            return Err(invalid("Invalid value: expected a file, but got text.", "file"));
        };
        if file.size == 0 {
            return Err(invalid("The file is empty.", "file"));
        }
        if self.file.replace(file).is_some() {
            return Err(invalid("Only one file can be given.", "file"));
        }
        Ok(())
    }

    /// Says that the member has no effect.
    pub(super) fn drop(&mut self, name: &'static str) {
        if !self.dropped.contains(&name) {
            self.dropped.push(name);
        }
    }
}

const MEMBERS: [&str; 9] = [
    "model",
    "language",
    "languages",
    "keywords",
    "prompt",
    "response_format",
    "temperature",
    "stream",
    "timestamp_granularities",
];

/// Members that Gemini has nothing like.
const NOTHING_LIKE: [&str; 4] =
    ["chunking_strategy", "include", "known_speaker_names", "known_speaker_references"];

fn invalid(message: &str, param: &str) -> Error {
    Error::invalid(message).param(param).code("invalid_value")
}
