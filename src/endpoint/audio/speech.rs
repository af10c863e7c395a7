//! A request of speech.
//!
//! | client | Google |
//! |---|---|
//! | `instructions`, `input` | one text: `INSTRUCTIONS: INPUT` |
//! | `voice` | `voiceName`; where there is none, that of OpenAI's first |
//! | `language_code` (extension) | `languageCode` |
//! | `response_format` | `wav`, also where there is none, and `pcm`; Gemini speaks no other |
//! | `stream_format` | whether the sound comes as it is spoken |
//! | `speed` | nothing like it: left out unless it is 1 |
//!
//! <https://platform.openai.com/docs/api-reference/audio/createSpeech>

use serde_json::value::RawValue;

use super::sound::{Format, SpeechReply, SpeechStream};
use super::voices::{DEFAULT, voice};
use crate::config::{Config, RequestMode};
use crate::endpoint::chat::sampling::{of_route, within};
use crate::endpoint::chat::{check_native, check_weight, model, streams_as_asked};
use crate::endpoint::{Forward, Next, Operation, Request};
use crate::error::Error;
use crate::pipe;
use crate::wire::gemini::{GenerationConfig, PrebuiltVoiceConfig, SpeechConfig, VoiceConfig};
use crate::wire::json::{self, Object};
use crate::wire::speech::SpeechRequest;
use crate::wire::text::{Str, Text};

/// `POST …/audio/speech`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn speech(request: &Request<'_>) -> Result<Next, Error> {
    check_native(request.config)?;
    check_weight(request.body)?;
    let Object(asked) = json::from_slice::<Object<SpeechRequest<'_>>>(request.body)?;

    let config = request.config;
    let backend = config.upstream.backend;
    let model = model(config, asked.model.as_deref())?.told(config.model.capabilities);
    let input = asked.input.map(|raw| text(raw, "input")).transpose()?;
    let input = input.filter(|input| !input.is_empty()).ok_or_else(|| Error::missing("input"))?;
    let instructions = asked.instructions.map(|raw| text(raw, "instructions")).transpose()?;
    let format = format(asked.response_format.as_deref())?;
    let streamed = streamed(asked.stream_format.as_deref(), config)?;
    let speed = within("speed", asked.speed.as_ref(), 0.25, 4.0)?;
    let changed = speed.is_some_and(|speed| speed.as_f64() != Some(1.0));

    let voice_name = asked.voice.map_or(Ok(Str(DEFAULT.into())), |name| voice(name, "voice"))?;
    // Newer models do not speak without being told how.
    let voice_config = Some(VoiceConfig { prebuilt_voice_config: PrebuiltVoiceConfig { voice_name } });
    let generation = GenerationConfig {
        response_modalities: &["AUDIO"],
        speech_config: Some(SpeechConfig { voice_config, language_code: asked.language_code }),
        ..of_route(config, &model, None)
    };

    let mut body = b"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"".to_vec();
    if let Some(instructions) = instructions.filter(|instructions| !instructions.is_empty()) {
        body.extend_from_slice(instructions.inner().as_bytes());
        body.extend_from_slice(b": ");
    }
    body.extend_from_slice(input.inner().as_bytes());
    body.extend_from_slice(b"\"}]}],\"generationConfig\":");
    serde_json::to_writer(&mut body, &generation)
        .map_err(|_| Error::server(500, "The request could not be translated."))?;
    body.push(b'}');

    let (method, reply) = match streamed {
        Some(events) => ("streamGenerateContent", pipe::events(SpeechStream::new(config, format, events))),
        None => ("generateContent", pipe::lifted(SpeechReply::new(config, format))),
    };
    Ok(Next::Forward(Forward {
        operation: Operation::Model { resource: model.resource(backend), method, preview: false },
        headers: Vec::new(),
        body: body.into(),
        model: model.name().to_owned(),
        dropped: if changed { vec!["speed"] } else { Vec::new() },
        reply,
    }))
}

/// The string that stands at `param`.
fn text<'a>(raw: &'a RawValue, param: &str) -> Result<Text<'a>, Error> {
    Text::from_raw(raw).ok_or_else(|| {
        Error::invalid(format!("Invalid type for '{param}': expected a string."))
            .param(param)
            .code("invalid_type")
    })
}

fn format(asked: Option<&str>) -> Result<Format, Error> {
    match asked {
        None | Some("wav") => Ok(Format::Wav),
        Some("pcm") => Ok(Format::Pcm),
        Some(_) => Err(Error::invalid(
            "Gemini speaks PCM, which the gateway does not encode. Supported values are: 'wav' and 'pcm'.",
        )
        .param("response_format")
        .code("invalid_value")),
    }
}

/// Whether the sound comes as it is spoken, and then whether in events; bytes are what OpenAI streams by default.
fn streamed(asked: Option<&str>, config: &Config) -> Result<Option<bool>, Error> {
    let events = match asked {
        None | Some("audio") => false,
        Some("sse") => true,
        Some(_) => {
            return Err(Error::invalid("Invalid value. Supported values are: 'audio' and 'sse'.")
                .param("stream_format")
                .code("invalid_value"));
        }
    };
    let stream = streams_as_asked(config, Some(asked.is_some()));
    let stream = stream.map_err(|error| error.param("stream_format"))?;
    Ok((stream || config.request_mode == RequestMode::Headers).then_some(events))
}
