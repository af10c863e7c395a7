//! A request of a transcription or translation.
//!
//! The file goes to Google as it came in, behind an instruction. A model that does nothing but transcribe takes no
//! instruction, only options; it is the one that tells the times of words.
//! <https://ai.google.dev/gemini-api/docs/audio>, <https://ai.google.dev/gemini-api/docs/generate-content/transcribe>

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::value::RawValue;

use super::asked::Asked;
use super::heard::{TranscriptReply, TranscriptStream};
use super::prompt;
use super::render::{Format, Plan, Task};
use crate::config::Config;
use crate::endpoint::chat::envelope::push_string;
use crate::endpoint::chat::sampling::of_route;
use crate::endpoint::chat::{check_native, model, streams_as_asked};
use crate::endpoint::{Forward, Next, Operation, Request};
use crate::error::Error;
use crate::form::File;
use crate::media::{self, Backend, Hint, Kind};
use crate::model::Model;
use crate::pipe;
use crate::rope::Rope;
use crate::wire::gemini::GenerationConfig;

/// `POST …/audio/transcriptions`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn transcriptions(request: &Request<'_>) -> Result<Next, Error> {
    hear(request, Task::Transcribe)
}

/// `POST …/audio/translations`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn translations(request: &Request<'_>) -> Result<Next, Error> {
    hear(request, Task::Translate)
}

fn hear(request: &Request<'_>, task: Task) -> Result<Next, Error> {
    check_native(request.config)?;
    let form = request.form.take().ok_or_else(|| {
        Error::invalid("Expected a form: send the file and the other fields as multipart/form-data.")
    })?;
    let mut asked = Asked::read(form, task)?;
    let config = request.config;
    let backend = config.upstream.backend;
    let model = model(config, asked.model.as_deref())?.told(config.model.capabilities);
    let file = asked.file.take().ok_or_else(|| Error::missing("file"))?;
    let mime_type = mime_type(&file, backend)?;
    let stream = stream(&asked, config)?;
    let transcriber = model.is_transcriber();
    let generation = if transcriber {
        options(&mut asked, task)?
    } else {
        if asked.words {
            return Err(Error::invalid(
                "Only models made for transcription, such as 'gemini-3.5-transcribe', tell the times of words. \
                 Supported values are: 'segment'.",
            )
            .param("timestamp_granularities")
            .code("unsupported_value"));
        }
        let route = of_route(config, &model, asked.temperature.clone());
        generation(&mut asked, &model, backend, route)?
    };

    let mut body = Rope::default();
    body.extend(b"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":");
    push_string(body.tail(), &mime_type);
    body.extend(b",\"data\":\"");
    body.append(file.base64);
    body.extend(b"\"}}");
    if !transcriber {
        body.extend(b",{\"text\":");
        push_string(body.tail(), &prompt::instruction(&asked, task).replace('\0', ""));
        body.extend(b"}");
    }
    body.extend(b"]}],\"generationConfig\":");
    serde_json::to_writer(body.tail(), &generation)
        .map_err(|_| Error::server(500, "The request could not be translated."))?;
    body.extend(b"}");

    let plan = Plan {
        format: asked.format,
        task,
        words: asked.words,
        segments: asked.segments,
        language: asked.languages.into_iter().next(),
        config: Rc::clone(config),
    };
    let (method, reply) = if stream {
        ("streamGenerateContent", pipe::events(TranscriptStream::new(plan)))
    } else {
        ("generateContent", pipe::whole(TranscriptReply::new(plan)))
    };
    Ok(Next::Forward(Forward {
        operation: Operation::Model { resource: model.resource(backend), method, preview: false },
        headers: Vec::new(),
        body,
        model: model.name().to_owned(),
        dropped: asked.dropped,
        reply,
    }))
}

/// Google's name for the type of the recording. Of a file that may hold pictures too, only the sound is of interest.
fn mime_type(file: &File, backend: Backend) -> Result<Cow<'static, str>, Error> {
    let told = Some(file.content_type.as_str());
    let hint = Hint { mime_type: told, filename: Some(&file.name), ..Hint::of(Kind::Audio) };
    let found = media::type_of(&file.start, hint, backend).map_err(|error| error.at("file"))?;
    Ok(match found.as_ref() {
        "video/mp4" => "audio/mp4".into(),
        "video/webm" => "audio/webm".into(),
        "video/mpeg" => "audio/mpeg".into(),
        known if known.starts_with("audio/") || known.starts_with("video/") => found,
        other => {
            return Err(Error::invalid(format!("The file is no recording but '{other}'."))
                .param("file")
                .code("unsupported_media"));
        }
    })
}

/// Whether the transcript comes as it is written, which only makes sense for some formats.
fn stream(asked: &Asked, config: &Config) -> Result<bool, Error> {
    let stream = streams_as_asked(config, Some(asked.stream))?;
    let able = matches!(asked.format, Format::Json | Format::Text | Format::DiarizedJson);
    if stream && !able {
        return Err(Error::invalid(
            "Only transcripts of the formats 'json', 'text' and 'diarized_json' can be streamed.",
        )
        .param("stream")
        .code("unsupported_value"));
    }
    Ok(stream)
}

/// What a model that hears is asked to answer.
fn generation<'a>(
    asked: &mut Asked,
    model: &Model,
    backend: Backend,
    route: GenerationConfig<'a>,
) -> Result<GenerationConfig<'a>, Error> {
    let mut generation = route;
    if asked.temperature.is_some() && !model.has_sampling() {
        asked.drop("temperature");
    }
    if !matches!(asked.format, Format::Json | Format::Text) {
        prompt::schema(asked.format, model, &mut generation)?;
        // Vertex does not look at the times of sound unless it is asked to.
        generation.audio_timestamp = (backend == Backend::Vertex).then_some(true);
    }
    Ok(generation)
}

/// What a model that does nothing but transcribe is asked for.
fn options(asked: &mut Asked, task: Task) -> Result<GenerationConfig<'static>, Error> {
    if task == Task::Translate {
        return Err(Error::invalid("This model transcribes but does not translate. Name another.")
            .param("model")
            .code("unsupported_value"));
    }
    for (name, given) in [("prompt", !asked.prompt.is_empty()), ("temperature", asked.temperature.is_some())]
    {
        if given {
            asked.drop(name);
        }
    }
    let diarization = asked.format == Format::DiarizedJson;
    let times = !matches!(asked.format, Format::Json | Format::Text);
    // Google takes no vocabulary beside times.
    if times && !asked.keywords.is_empty() {
        asked.drop("keywords");
        asked.keywords.clear();
    }
    let mut options = Vec::new();
    for (name, list) in [("languageCodes", &asked.languages), ("customVocabulary", &asked.keywords)] {
        if !list.is_empty() {
            options.push(format!("\"{name}\":{}", serde_json::to_string(list).unwrap_or_default()));
        }
    }
    for (name, on) in [("wordTimestamp", times), ("diarization", diarization)] {
        if on {
            options.push(format!("\"{name}\":true"));
        }
    }
    let options = RawValue::from_string(format!("{{{}}}", options.join(",")));
    let options = options.map_err(|_| Error::server(500, "The request could not be translated."))?;
    Ok(GenerationConfig { audio_transcription_config: Some(options), ..GenerationConfig::default() })
}
