//! Voices: OpenAI's, each with the one of Gemini's that is nearest, and Gemini's own.
//!
//! <https://platform.openai.com/docs/guides/text-to-speech#voice-options>,
//! <https://ai.google.dev/gemini-api/docs/speech-generation#voices>

use serde_json::value::RawValue;

use crate::error::Error;
use crate::wire::json;
use crate::wire::text::Str;

const OPENAI: [(&str, &str); 13] = [
    ("alloy", "Kore"),
    ("ash", "Iapetus"),
    ("ballad", "Algieba"),
    ("cedar", "Achird"),
    ("coral", "Sulafat"),
    ("echo", "Charon"),
    ("fable", "Umbriel"),
    ("marin", "Despina"),
    ("nova", "Aoede"),
    ("onyx", "Orus"),
    ("sage", "Vindemiatrix"),
    ("shimmer", "Achernar"),
    ("verse", "Puck"),
];

const GEMINI: [&str; 30] = [
    "Zephyr",
    "Puck",
    "Charon",
    "Kore",
    "Fenrir",
    "Leda",
    "Orus",
    "Aoede",
    "Callirrhoe",
    "Autonoe",
    "Enceladus",
    "Iapetus",
    "Umbriel",
    "Algieba",
    "Despina",
    "Erinome",
    "Algenib",
    "Rasalgethi",
    "Laomedeia",
    "Achernar",
    "Alnilam",
    "Schedar",
    "Gacrux",
    "Pulcherrima",
    "Achird",
    "Zubenelgenubi",
    "Vindemiatrix",
    "Sadachbia",
    "Sadaltager",
    "Sulafat",
];

/// The voice of who names none.
pub(super) const DEFAULT: &str = "Kore";

/// Google's name of the voice that stands at `param`. One that neither knows goes to Google as it is.
///
/// # Errors
/// 400 on `param` for what is no name, such as a custom voice.
pub(in crate::endpoint) fn voice<'a>(raw: &'a RawValue, param: &str) -> Result<Str<'a>, Error> {
    if raw.get().starts_with('{') {
        return Err(Error::invalid(
            "Custom voices are not known to Gemini. Name one of OpenAI's or of Gemini's voices.",
        )
        .param(param)
        .code("invalid_value"));
    }
    let name: Str<'_> = json::from_raw(raw, param)?;
    let openai = OPENAI.iter().find(|(openai, _)| openai.eq_ignore_ascii_case(&name));
    let known = openai.map(|(_, google)| google).or_else(|| {
        let mut gemini = GEMINI.iter();
        gemini.find(|gemini| gemini.eq_ignore_ascii_case(&name))
    });
    Ok(known.map_or(name, |google| Str((*google).into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn named(json: &str) -> Result<String, Error> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        Ok(voice(raw, "voice")?.to_string())
    }

    #[test]
    fn every_voice_of_openais_is_one_of_geminis() {
        for (openai, google) in OPENAI {
            assert_eq!(named(&format!("\"{openai}\"")).unwrap(), google);
            assert!(GEMINI.contains(&google), "{google}");
        }
    }

    #[test]
    fn names_are_taken_in_any_case() {
        for (given, expected) in [
            (r#""ALLOY""#, "Kore"),
            (r#""zephyr""#, "Zephyr"),
            (r#""ZUBENELGENUBI""#, "Zubenelgenubi"),
            (r#""Brand-New""#, "Brand-New"),
        ] {
            assert_eq!(named(given).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (given, code) in [(r#"{"id":"voice_1"}"#, "invalid_value"), ("1", "invalid_type")] {
            let error: serde_json::Value = serde_json::from_slice(&named(given).unwrap_err().body()).unwrap();
            assert_eq!((&error["error"]["param"], &error["error"]["code"]), (&"voice".into(), &code.into()));
        }
    }
}
