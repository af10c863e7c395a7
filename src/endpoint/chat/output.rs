//! What the reply is made of besides text: images, sound, and the likelihood of each token.
//!
//! Speech models speak whatever is asked, image models draw; any other model answers with text unless `modalities` say
//! otherwise. Several speakers come in `generation_config.speech_config`, in Google's form.
//! <https://ai.google.dev/gemini-api/docs/speech-generation>, <https://ai.google.dev/gemini-api/docs/image-generation>,
//! <https://platform.openai.com/docs/guides/audio>

use super::sampling::out_of_range;
use crate::config::Output;
use crate::endpoint::audio::voices;
use crate::error::Error;
use crate::model::Model;
use crate::wire::gemini::{GenerationConfig, PrebuiltVoiceConfig, SpeechConfig, VoiceConfig};
use crate::wire::json;
use crate::wire::openai::{AudioOptions, ChatRequest};

/// Most alternatives of a token, at OpenAI and at Google.
pub(in crate::endpoint) const MOST_ALTERNATIVES: i64 = 20;

/// Which kinds the client asks for.
#[derive(Default)]
struct Asked {
    text: bool,
    image: bool,
    audio: bool,
}

/// Asks for what the client wants to hear and see. True: sound goes to it as WAV.
pub(super) fn modalities<'a>(
    chat: &ChatRequest<'a>,
    model: &Model,
    generation: &mut GenerationConfig<'a>,
) -> Result<bool, Error> {
    let mut asked = Asked::default();
    for (index, modality) in chat.modalities.iter().flatten().enumerate() {
        let kinds = [("text", &mut asked.text), ("audio", &mut asked.audio), ("image", &mut asked.image)];
        match kinds.into_iter().find(|(name, _)| modality.eq_ignore_ascii_case(name)) {
            Some((_, kind)) => *kind = true,
            None => {
                return Err(invalid("Invalid value. Supported values are: 'text', 'audio' and 'image'.")
                    .param(format!("modalities[{index}]")));
            }
        }
    }
    let silent = !(asked.text || asked.audio || asked.image);
    let audio = chat.audio.as_ref().map(|json::Object(audio)| audio);
    let speaks = model.output() == Output::Audio || asked.audio || (silent && audio.is_some());
    if speaks && asked.image && model.output() != Output::Audio {
        return Err(invalid("Gemini answers with sound alone: 'audio' and 'image' cannot be combined.")
            .param("modalities"));
    }
    // Text alone is what a model gives when not asked, unless it was made for something else.
    generation.response_modalities = match (speaks, model.output() == Output::Image) {
        (true, _) => &["AUDIO"],
        (false, _) if asked.image && !asked.text => &["IMAGE"],
        (false, true) => &["TEXT", "IMAGE"],
        (false, false) if asked.image => &["TEXT", "IMAGE"],
        (false, false) => &[],
    };
    match audio.filter(|_| speaks) {
        Some(audio) => {
            generation.speech_config = speech(audio)?;
            wav(audio)
        }
        None => Ok(false),
    }
}

fn speech<'a>(audio: &AudioOptions<'a>) -> Result<Option<SpeechConfig<'a>>, Error> {
    let voice_config = audio
        .voice
        .map(|voice| voices::voice(voice, "audio.voice"))
        .transpose()?
        .map(|voice_name| VoiceConfig { prebuilt_voice_config: PrebuiltVoiceConfig { voice_name } });
    let speech = SpeechConfig { voice_config, language_code: audio.language_code.clone() };
    Ok(Some(speech).filter(|speech| speech.voice_config.is_some() || speech.language_code.is_some()))
}

/// Whether the client wants WAV: Gemini gives PCM, which goes on as it is or behind a header.
fn wav(audio: &AudioOptions<'_>) -> Result<bool, Error> {
    match audio.format.as_deref() {
        None | Some("pcm16" | "pcm") => Ok(false),
        Some("wav") => Ok(true),
        Some(_) => {
            Err(invalid("Invalid value. Supported values are: 'wav' and 'pcm16'.").param("audio.format"))
        }
    }
}

fn invalid(message: &str) -> Error {
    Error::invalid(message).code("invalid_value")
}

/// Asks for the likelihood of each token. What is refused is refused in OpenAI's words.
pub(super) fn logprobs(chat: &ChatRequest<'_>, generation: &mut GenerationConfig<'_>) -> Result<(), Error> {
    let asked = chat.logprobs.map(|raw| json::from_raw::<bool>(raw, "logprobs")).transpose()? == Some(true);
    match chat.top_logprobs {
        Some(top) if top < 0 => {
            return Err(out_of_range("top_logprobs", "integer", "below minimum", ">=", 0.0));
        }
        Some(top) if top > MOST_ALTERNATIVES => {
            return Err(Error::invalid(format!(
                "Invalid value for 'top_logprobs': must be less than or equal to {MOST_ALTERNATIVES}."
            ))
            .param("top_logprobs"));
        }
        Some(1..) if !asked => {
            return Err(Error::invalid(
                "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
            )
            .param("top_logprobs"));
        }
        _ => {}
    }
    generation.response_logprobs = asked.then_some(true);
    // None of them is what Google gives when not asked.
    generation.logprobs = chat.top_logprobs.filter(|top| asked && *top > 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What is asked of Google, and whether the client gets WAV.
    fn translated(model: &str, body: &str) -> Result<String, Error> {
        let chat: ChatRequest<'_> = json::from_slice(body.as_bytes())?;
        let mut generation = GenerationConfig::default();
        let wav = modalities(&chat, &Model::parse(model)?, &mut generation)?;
        logprobs(&chat, &mut generation)?;
        let generation = serde_json::to_string(&generation).unwrap();
        Ok(format!("{generation}{}", if wav { " wav" } else { "" }))
    }

    #[test]
    fn kinds_of_output() {
        let (text, image, speech) =
            ("gemini-2.5-flash", "gemini-3-pro-image-preview", "gemini-2.5-flash-preview-tts");
        for (model, body, expected) in [
            (text, "{}", "{}"),
            (text, r#"{"modalities":null,"audio":null}"#, "{}"),
            (text, r#"{"modalities":[]}"#, "{}"),
            (text, r#"{"modalities":["text"]}"#, "{}"),
            (text, r#"{"modalities":["image"]}"#, r#"{"responseModalities":["IMAGE"]}"#),
            (text, r#"{"modalities":["TEXT","IMAGE"]}"#, r#"{"responseModalities":["TEXT","IMAGE"]}"#),
            (text, r#"{"modalities":["text","audio"]}"#, r#"{"responseModalities":["AUDIO"]}"#),
            (text, r#"{"modalities":["text"],"audio":{"format":"mp3"}}"#, "{}"),
            (text, r#"{"audio":{}}"#, r#"{"responseModalities":["AUDIO"]}"#),
            (image, "{}", r#"{"responseModalities":["TEXT","IMAGE"]}"#),
            (image, r#"{"modalities":["text"]}"#, r#"{"responseModalities":["TEXT","IMAGE"]}"#),
            (image, r#"{"modalities":["image"]}"#, r#"{"responseModalities":["IMAGE"]}"#),
            (image, r#"{"modalities":["image","text"]}"#, r#"{"responseModalities":["TEXT","IMAGE"]}"#),
            (speech, "{}", r#"{"responseModalities":["AUDIO"]}"#),
            (speech, r#"{"modalities":["text","image"]}"#, r#"{"responseModalities":["AUDIO"]}"#),
            (speech, r#"{"audio":{"format":"wav"}}"#, r#"{"responseModalities":["AUDIO"]} wav"#),
            (speech, r#"{"audio":{"format":"pcm"}}"#, r#"{"responseModalities":["AUDIO"]}"#),
            (
                speech,
                r#"{"modalities":["text"],"audio":{"voice":"alloy","format":"pcm16"}}"#,
                r#"{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}"#,
            ),
            (
                speech,
                r#"{"audio":{"voice":"Zephyr","language_code":"de-DE","format":"wav"}}"#,
                r#"{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Zephyr"}},"languageCode":"de-DE"}} wav"#,
            ),
            (
                speech,
                r#"{"audio":{"voice":null,"language_code":"fr"}}"#,
                r#"{"responseModalities":["AUDIO"],"speechConfig":{"languageCode":"fr"}}"#,
            ),
        ] {
            assert_eq!(translated(model, body).unwrap(), expected, "{model} {body}");
        }
    }

    #[test]
    fn likelihoods() {
        for (body, expected) in [
            (r#"{"logprobs":null,"top_logprobs":null}"#, "{}"),
            (r#"{"logprobs":false,"top_logprobs":0}"#, "{}"),
            (r#"{"logprobs":true}"#, r#"{"responseLogprobs":true}"#),
            (r#"{"logprobs":true,"top_logprobs":0}"#, r#"{"responseLogprobs":true}"#),
            (r#"{"logprobs":true,"top_logprobs":1}"#, r#"{"responseLogprobs":true,"logprobs":1}"#),
            (r#"{"logprobs":true,"top_logprobs":20}"#, r#"{"responseLogprobs":true,"logprobs":20}"#),
        ] {
            assert_eq!(translated("gemini-2.5-flash", body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        for (body, param, code) in [
            (r#"{"modalities":["text","video"]}"#, "modalities[1]", Some("invalid_value")),
            (r#"{"modalities":["audio","image"]}"#, "modalities", Some("invalid_value")),
            (r#"{"modalities":"audio"}"#, "modalities", Some("invalid_type")),
            (r#"{"modalities":[1]}"#, "modalities[0]", Some("invalid_type")),
            (r#"{"audio":{"format":"mp3"}}"#, "audio.format", Some("invalid_value")),
            (r#"{"audio":{"format":"opus"}}"#, "audio.format", Some("invalid_value")),
            (r#"{"audio":{"format":"aac"}}"#, "audio.format", Some("invalid_value")),
            (r#"{"audio":{"format":"flac"}}"#, "audio.format", Some("invalid_value")),
            (r#"{"audio":{"voice":{"id":"voice_1"}}}"#, "audio.voice", Some("invalid_value")),
            (r#"{"audio":{"voice":1}}"#, "audio.voice", Some("invalid_type")),
            (r#"{"audio":{"language_code":1}}"#, "audio.language_code", Some("invalid_type")),
            (r#"{"audio":"alloy"}"#, "audio", Some("invalid_type")),
            (r#"{"logprobs":2}"#, "logprobs", Some("invalid_type")),
            (r#"{"logprobs":true,"top_logprobs":-1}"#, "top_logprobs", Some("integer_below_min_value")),
            (r#"{"logprobs":true,"top_logprobs":21}"#, "top_logprobs", None),
            (r#"{"top_logprobs":1}"#, "top_logprobs", None),
            (r#"{"logprobs":false,"top_logprobs":1}"#, "top_logprobs", None),
            (r#"{"logprobs":true,"top_logprobs":"1"}"#, "top_logprobs", Some("invalid_type")),
        ] {
            let error = translated("gemini-2.5-flash", body).unwrap_err();
            let error: serde_json::Value = serde_json::from_slice(&error.body()).unwrap();
            let found = (error["error"]["param"].as_str(), error["error"]["code"].as_str());
            assert_eq!(found, (Some(param), code), "{body}");
        }
    }
}
