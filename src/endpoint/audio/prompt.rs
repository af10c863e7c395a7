//! What a model that hears is told: to transcribe or translate, as text or in stretches with times.
//!
//! Stretches come as JSON, by a schema where the model knows one. Times are asked for as the clock shows them, which is what
//! Google's models know. <https://ai.google.dev/gemini-api/docs/audio#timestamps>

use serde_json::value::RawValue;

use super::asked::Asked;
use super::render::{Format, Task};
use crate::error::Error;
use crate::model::Model;
use crate::schema::{self, Root};
use crate::wire::gemini::GenerationConfig;
use crate::wire::text::Str;

/// The instruction.
pub(super) fn instruction(asked: &Asked, task: Task) -> String {
    let mut told = match task {
        Task::Transcribe => {
            "Transcribe the speech in this recording word for word, in the language that is spoken."
                .to_owned()
        }
        Task::Translate => "Translate the speech in this recording into English.".to_owned(),
    };
    told.push_str(match asked.format {
        Format::Json | Format::Text => {
            " Answer with the text of it and nothing else: no times, no names of speakers, no remarks. Where nobody \
             speaks, answer with nothing."
        }
        Format::DiarizedJson => STRETCHES_OF_SPEAKERS,
        Format::VerboseJson | Format::Srt | Format::Vtt => STRETCHES,
    });
    if !asked.languages.is_empty() {
        told.push_str(&format!(" The spoken language is: {}.", asked.languages.join(", ")));
    }
    if !asked.keywords.is_empty() {
        told.push_str(&format!(" These words may occur: {}.", asked.keywords.join(", ")));
    }
    if !asked.prompt.is_empty() {
        told.push_str(
            " For spelling and style go by the following text, which is no part of the recording:\n",
        );
        told.push_str(&asked.prompt);
    }
    told
}

/// Asks for JSON in stretches.
///
/// # Errors
/// 500, were the schema not what it is.
pub(super) fn schema(
    format: Format,
    model: &Model,
    generation: &mut GenerationConfig<'_>,
) -> Result<(), Error> {
    if !model.has_json_output() {
        return Ok(());
    }
    let unreadable = || Error::server(500, "The request could not be translated.");
    let (speaker, required) = match format {
        Format::DiarizedJson => (r#""speaker":{"type":"string"},"#, r#""speaker","#),
        _ => ("", ""),
    };
    let schema = format!(
        r#"{{"type":"object","properties":{{"language":{{"type":"string"}},"duration":{{"type":"string"}},"segments":{{"type":"array","items":{{"type":"object","properties":{{"start":{{"type":"string"}},"end":{{"type":"string"}},{speaker}"text":{{"type":"string"}}}},"required":["start","end",{required}"text"]}}}}}},"required":["language","duration","segments"]}}"#
    );
    let schema = RawValue::from_string(schema).map_err(|_| unreadable())?;
    generation.response_mime_type = Some(Str("application/json".into()));
    if model.has_json_schema() {
        generation.response_json_schema = Some(schema);
    } else {
        let root = Root::Reply { name: None, description: None };
        generation.response_schema = schema::legacy(&schema, root).map_err(|_| unreadable())?;
    }
    Ok(())
}

const STRETCHES: &str = " Answer with a JSON object: \"language\", the English name of the spoken language in lower case; \
                         \"duration\", the length of the recording; \"segments\", a list in which each sentence or long \
                         phrase has its \"start\" and \"end\" and its \"text\". Times are from the beginning of the \
                         recording, as MM:SS.mmm.";

const STRETCHES_OF_SPEAKERS: &str = " Answer with a JSON object: \"language\", the English name of the spoken language in \
                                     lower case; \"duration\", the length of the recording; \"segments\", a list in which \
                                     each turn of a speaker has its \"start\" and \"end\", its \"text\" and its \
                                     \"speaker\": A, B, C and so on, in the order in which they are first heard. Times are \
                                     from the beginning of the recording, as MM:SS.mmm.";
