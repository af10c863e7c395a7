//! Sound of a reply.
//!
//! Gemini speaks PCM, in one part or in many small ones; the client gets one sound: as it is (`pcm16`), or behind a WAV
//! header. What already is a file (`audio/wav`, `audio/mpeg`) stays that file.
//! <https://platform.openai.com/docs/guides/audio>, <https://ai.google.dev/gemini-api/docs/speech-generation>

use super::envelope::push_string;
use crate::wire::base64::{Joiner, decoded_length};
use crate::wire::gemini::CandidatePart;
use crate::wire::text::Text;
use crate::wire::wav::{self, Pcm};

/// The sound of one choice.
#[derive(Debug)]
pub(super) struct Audio {
    id: String,
    /// Unix seconds.
    expires_at: u64,
    /// Whether PCM gets a WAV header.
    wav: bool,
    /// Whether the id has been told.
    begun: bool,
    joiner: Joiner,
}

/// Whether `part` is sound for the client.
pub(super) fn is_sound(part: &CandidatePart<'_>) -> bool {
    sound(part).is_some()
}

impl Audio {
    /// `id` is unique to the choice; `now` in Unix seconds.
    pub(super) fn new(id: String, now: u64, wav: bool) -> Self {
        let expires_at = now.saturating_add(86_400);
        Self { id, expires_at, wav, begun: false, joiner: Joiner::default() }
    }

    /// Appends the member `audio` of a message to `json`, where any of `parts` is sound; says whether one is.
    pub(super) fn push_whole(mut self, parts: &[&CandidatePart<'_>], json: &mut Vec<u8>) -> bool {
        let sounds: Vec<_> = parts.iter().filter_map(|part| sound(part)).collect();
        let length = sounds.iter().map(|(_, data)| decoded_length(data)).fold(0, usize::saturating_add);
        for (kind, data) in &sounds {
            self.push(kind, data, length, json);
        }
        if self.begun {
            self.joiner.end(json);
            json.extend_from_slice(b"\"}");
        }
        self.begun
    }

    /// Appends the member `audio` of a delta to `json`, where `part` is sound; says whether it is. Each such piece
    /// decodes by itself, and so do all of them together once [`Self::push_end`] was called.
    pub(super) fn push_piece(&mut self, part: &CandidatePart<'_>, json: &mut Vec<u8>) -> bool {
        let Some((kind, data)) = sound(part) else {
            return false;
        };
        if self.begun {
            json.extend_from_slice(b"\"audio\":{\"data\":\"");
        }
        self.push(kind, &data, wav::UNKNOWN, json);
        json.extend_from_slice(b"\"}");
        true
    }

    /// The same for the last bytes, which were held because they fill no group of base64.
    pub(super) fn push_end(&mut self, json: &mut Vec<u8>) -> bool {
        let mut rest = Vec::new();
        self.joiner.end(&mut rest);
        if rest.is_empty() {
            return false;
        }
        json.extend_from_slice(b"\"audio\":{\"data\":\"");
        json.extend_from_slice(&rest);
        json.extend_from_slice(b"\"}");
        true
    }

    /// Appends base64, before the first of it everything else of the sound.
    fn push(&mut self, kind: &str, data: &Text<'_>, length: usize, json: &mut Vec<u8>) {
        if !self.begun {
            self.begun = true;
            json.extend_from_slice(b"\"audio\":{\"id\":");
            push_string(json, &self.id);
            json.extend_from_slice(
                format!(",\"expires_at\":{},\"transcript\":\"\",\"data\":\"", self.expires_at).as_bytes(),
            );
            if let Some(pcm) = Pcm::of(kind).filter(|_| self.wav) {
                self.joiner.bytes(&pcm.wav_header(length), json);
            }
        }
        json.reserve(data.inner().len().saturating_add(1024));
        self.joiner.base64(data, json);
    }
}

/// The MIME type and the base64 of a part that is sound.
pub(in crate::endpoint) fn sound<'p>(part: &'p CandidatePart<'_>) -> Option<(&'p str, Text<'p>)> {
    let inline = part.inline_data.0.as_ref().filter(|_| !part.is_thought())?;
    let kind = inline.mime_type.as_deref()?;
    let family = kind.get(..6)?;
    let data = inline.data.and_then(Text::verbatim).filter(|data| !data.is_empty())?;
    family.eq_ignore_ascii_case("audio/").then_some((kind, data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn parts(kind: &str, pieces: &[&str]) -> String {
        let parts = pieces
            .iter()
            .map(|piece| format!(r#"{{"inlineData":{{"mimeType":"{kind}","data":"{piece}"}}}}"#));
        format!("[{}]", parts.collect::<Vec<_>>().join(","))
    }

    fn audio(wav: bool) -> Audio {
        Audio::new("audio_1".to_owned(), 1000, wav)
    }

    fn whole(kind: &str, pieces: &[&str], wav: bool) -> Option<Value> {
        let parts = parts(kind, pieces);
        let mut json = b"{".to_vec();
        let parts: Vec<CandidatePart<'_>> = serde_json::from_str(&parts).unwrap();
        let said = audio(wav).push_whole(&parts.iter().collect::<Vec<_>>(), &mut json);
        json.push(b'}');
        let value: Value = serde_json::from_slice(&json).unwrap();
        said.then(|| value["audio"].clone())
    }

    fn streamed(kind: &str, pieces: &[&str], wav: bool) -> Vec<Value> {
        let parts = parts(kind, pieces);
        let mut audio = audio(wav);
        let mut deltas = Vec::new();
        let mut delta = |write: &mut dyn FnMut(&mut Vec<u8>) -> bool| {
            let mut json = b"{".to_vec();
            if write(&mut json) {
                json.push(b'}');
                deltas.push(serde_json::from_slice::<Value>(&json).unwrap()["audio"].clone());
            }
        };
        for part in serde_json::from_str::<Vec<CandidatePart<'_>>>(&parts).unwrap() {
            delta(&mut |json| audio.push_piece(&part, json));
        }
        delta(&mut |json| audio.push_end(json));
        deltas
    }

    #[test]
    fn pcm_is_one_sound() {
        let sound =
            whole("audio/L16;codec=pcm;rate=24000", &["AQACAA==", "AwA=", "BAAFAAYA"], false).unwrap();
        let expected = serde_json::json!({
            "id": "audio_1", "expires_at": 87_400, "transcript": "", "data": "AQACAAMABAAFAAYA"
        });
        assert_eq!(sound, expected);
        assert!(whole("image/png", &["AQAC"], false).is_none());
        assert!(whole("audio/pcm", &[""], false).is_none());
    }

    #[test]
    fn wav_headers_tell_the_size() {
        // (type, pieces of samples, rate, channels)
        for (kind, pieces, rate, channels) in [
            ("audio/L16;codec=pcm;rate=24000", &["AQACAA=="][..], 24_000_u32, 1_u8),
            ("audio/pcm", &["AQA="], 24_000, 1),
            ("AUDIO/pcm; rate=16000; channels=2", &["AQACAAMA", "AQACAAMA"], 16_000, 2),
            ("audio/L16;rate=x", &["AQACAAMABAA=", "AQA="], 24_000, 1),
        ] {
            let samples = whole(kind, pieces, false).unwrap()["data"].as_str().unwrap().to_owned();
            let samples = decoded(&samples);
            let file = decoded(whole(kind, pieces, true).unwrap()["data"].as_str().unwrap());
            assert_eq!(&file[44..], &samples[..], "{kind}");
            let size = u32::try_from(samples.len()).unwrap();
            let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
            assert_eq!(
                (&file[..4], number(4), &file[8..16], number(16)),
                (&b"RIFF"[..], size + 36, &b"WAVEfmt "[..], 16)
            );
            let frame = channels * 2;
            assert_eq!(file[20..24], [1, 0, channels, 0]);
            assert_eq!((number(24), number(28)), (rate, rate * u32::from(frame)));
            assert_eq!(file[32..40], [frame, 0, 16, 0, b'd', b'a', b't', b'a']);
            assert_eq!(number(40), size);
        }
    }

    #[test]
    fn files_stay_files() {
        for wav in [false, true] {
            let sound = whole("audio/wav", &["UklGRiQAAABXQVZF"], wav).unwrap();
            assert_eq!(sound["data"], "UklGRiQAAABXQVZF");
        }
    }

    #[test]
    fn streamed_pieces_decode_alone_and_together() {
        let pieces = ["AQACAA==", "AwA=", "BA==", "BQAGAAcA", "CA=="];
        for wav in [false, true] {
            let deltas = streamed("audio/L16;rate=24000", &pieces, wav);
            assert_eq!(deltas[0]["id"], "audio_1");
            assert_eq!(deltas[0]["expires_at"], 87_400);
            assert!(deltas[1..].iter().all(|delta| delta.as_object().unwrap().len() == 1));
            let data: Vec<_> = deltas.iter().map(|delta| delta["data"].as_str().unwrap()).collect();
            assert!(data.iter().all(|data| data.len() % 4 == 0));
            let apart: Vec<u8> = data.iter().flat_map(|data| decoded(data)).collect();
            assert_eq!(apart, decoded(&data.concat()));
            let samples = if wav { &apart[44..] } else { &apart[..] };
            let once = whole("audio/pcm", &pieces, false).unwrap();
            assert_eq!(samples, decoded(once["data"].as_str().unwrap()));
            assert!(!wav || (apart[4..8] == [0xFF; 4] && apart[40..44] == [0xFF; 4]));
        }
        assert!(streamed("image/png", &pieces, true).is_empty());
    }

    /// A decoder of its own, so that encoder and decoder cannot be wrong together.
    fn decoded(base64: &str) -> Vec<u8> {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let bits: String = base64
            .trim_end_matches('=')
            .chars()
            .map(|character| format!("{:06b}", alphabet.find(character).unwrap()))
            .collect();
        bits.as_bytes()
            .chunks_exact(8)
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
            .collect()
    }
}
