//! How large a video is, and how long: OpenAI's `size` and `seconds` in Veo's words.
//!
//! <https://ai.google.dev/gemini-api/docs/video#veo-model-parameters>

use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::Model;
use crate::wire::lenient::Word;

/// OpenAI's sizes first, then those that say what Veo really makes; aspect ratio and resolution of each.
const SIZES: [(&str, &str, &str); 8] = [
    ("1280x720", "16:9", "720p"),
    ("720x1280", "9:16", "720p"),
    ("1792x1024", "16:9", "1080p"),
    ("1024x1792", "9:16", "1080p"),
    ("1920x1080", "16:9", "1080p"),
    ("1080x1920", "9:16", "1080p"),
    ("3840x2160", "16:9", "4k"),
    ("2160x3840", "9:16", "4k"),
];

/// What a video is made as where nothing is said: the first size, and in seconds Veo's own choice.
const USUAL_SECONDS: u8 = 8;

/// A size as Veo is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// OpenAI's word.
    pub(super) name: &'static str,
    pub(super) aspect_ratio: &'static str,
    pub(super) resolution: &'static str,
}

/// The size that the client asks for; none where it leaves that to Google.
///
/// # Errors
/// 400 for a size that Veo has none like.
pub(super) fn size(given: Option<&str>) -> Result<Option<Size>, Error> {
    let Some(given) = given.filter(|given| !matches!(*given, "" | "auto")) else {
        return Ok(None);
    };
    match SIZES.iter().find(|(name, ..)| *name == given) {
        Some(&(name, aspect_ratio, resolution)) => Ok(Some(Size { name, aspect_ratio, resolution })),
        None => {
            let names = SIZES.map(|(name, ..)| format!("'{name}'")).join(", ");
            let message = format!("Invalid value for 'size'. Supported values are: {names}.");
            Err(Error::invalid(message).param("size").code("invalid_value"))
        }
    }
}

/// OpenAI's word for a size in Veo's words, each of which has a default.
pub(super) fn name(aspect_ratio: Option<&str>, resolution: Option<&str>) -> Option<&'static str> {
    let wanted = (aspect_ratio.unwrap_or("16:9"), resolution.unwrap_or("720p"));
    SIZES.iter().find(|(_, aspect, lines)| (*aspect, *lines) == wanted).map(|(name, ..)| *name)
}

/// The seconds that the client asks for, a number or a string, at `param`; none where it leaves that to Google. A video that
/// is `demanding` has one length alone.
///
/// # Errors
/// 400 for any that the model does not make.
pub(super) fn seconds(
    given: Option<&RawValue>,
    param: &str,
    model: &Model,
    demanding: bool,
) -> Result<Option<u8>, Error> {
    let Some(given) = given else {
        return Ok(None);
    };
    let (known, of): (&[u8], _) = match (model.name().starts_with("veo-2"), demanding) {
        (true, _) => (&[5, 6, 7, 8], ""),
        (false, false) => (&[4, 6, 8], ""),
        (false, true) => (&[USUAL_SECONDS], " in 1080p and 4k, of reference images and to a last frame"),
    };
    let word = serde_json::from_str::<Word<'_>>(given.get()).unwrap_or_default();
    match word.parse().ok().filter(|seconds| known.contains(seconds)) {
        Some(seconds) => Ok(Some(seconds)),
        None => {
            let known: Vec<String> = known.iter().map(|seconds| format!("'{seconds}'")).collect();
            let known = known.join(", ");
            let message =
                format!("Invalid value for '{param}'. This model supports so many seconds{of}: {known}.");
            Err(Error::invalid(message).param(param).code("invalid_value"))
        }
    }
}

/// What a video is told to last: as asked, else Veo's own choice.
pub(super) fn told(seconds: Option<u8>) -> u8 {
    seconds.unwrap_or(USUAL_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn sizes() {
        for (given, expected) in [
            (Some("1280x720"), Some(("16:9", "720p"))),
            (Some("720x1280"), Some(("9:16", "720p"))),
            (Some("1792x1024"), Some(("16:9", "1080p"))),
            (Some("1024x1792"), Some(("9:16", "1080p"))),
            (Some("1920x1080"), Some(("16:9", "1080p"))),
            (Some("3840x2160"), Some(("16:9", "4k"))),
            (Some("auto"), None),
            (Some(""), None),
            (None, None),
        ] {
            let found = size(given).unwrap();
            assert_eq!(found.map(|size| (size.aspect_ratio, size.resolution)), expected, "{given:?}");
            assert!(found.is_none_or(|size| Some(size.name) == given));
        }
        for given in ["1x1", "1024x1024", "16:9", "1280X720", " 1280x720"] {
            assert!(size(Some(given)).is_err(), "{given}");
        }
        for (aspect_ratio, resolution, expected) in [
            (None, None, Some("1280x720")),
            (Some("9:16"), None, Some("720x1280")),
            (None, Some("1080p"), Some("1792x1024")),
            (Some("9:16"), Some("4k"), Some("2160x3840")),
            (Some("1:1"), None, None),
        ] {
            assert_eq!(name(aspect_ratio, resolution), expected);
        }
    }

    #[test]
    fn lengths() {
        let [new, old] =
            ["veo-3.1-generate-preview", "veo-2.0-generate-001"].map(|name| Model::parse(name).unwrap());
        let of = |json: &str, model: &Model, demanding| {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            seconds(Some(raw), "seconds", model, demanding).ok().flatten()
        };
        let asked = |json: &str, model: &Model| of(json, model, false);
        for (json, of_new, of_old) in [
            ("4", Some(4), None),
            ("\"4\"", Some(4), None),
            ("6", Some(6), Some(6)),
            ("\"8\"", Some(8), Some(8)),
            ("5", None, Some(5)),
            ("12", None, None),
            ("\"12\"", None, None),
            ("0", None, None),
            ("-4", None, None),
            ("4.0", None, None),
            ("\"four\"", None, None),
            ("[4]", None, None),
            ("true", None, None),
        ] {
            assert_eq!((asked(json, &new), asked(json, &old)), (of_new, of_old), "{json}");
        }
        for (json, of_new, of_old) in
            [("4", None, None), ("6", None, Some(6)), ("\"8\"", Some(8), Some(8)), ("12", None, None)]
        {
            assert_eq!((of(json, &new, true), of(json, &old, true)), (of_new, of_old), "{json}");
        }
        assert_eq!(seconds(None, "seconds", &new, true).unwrap().map_or(told(None), |_| 0), 8);
    }
}
