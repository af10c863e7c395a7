//! Width and height to an aspect ratio and a size that the model knows.
//!
//! Google draws in a few ratios, and in sizes named after the edge of a square. What is asked for becomes the nearest
//! ratio and the size of about as many pixels; whatever the model has no size for is drawn in its own.
//! <https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios>, <https://ai.google.dev/gemini-api/docs/imagen>

use crate::error::Error;
use crate::model::Model;

/// Those of all Gemini models; from 3.1 on there are also [`LONG`] ones.
const RATIOS: [&str; 10] = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
const LONG: [&str; 4] = ["1:4", "4:1", "1:8", "8:1"];
const IMAGEN: [&str; 5] = ["1:1", "3:4", "4:3", "9:16", "16:9"];

/// The size of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// `16:9`, …
    pub(super) ratio: Option<&'static str>,
    /// `512`, `1K`, `2K` or `4K`, where the model can be told.
    pub(super) edge: Option<&'static str>,
    /// Whether as many pixels as were asked for cannot be had.
    pub(super) scaled: bool,
}

/// Whether the model is one of the Imagen family, which only draws.
pub(super) fn is_imagen(model: &Model) -> bool {
    model.name().starts_with("imagen")
}

/// The sizes that the model can be told.
pub(super) fn edges(model: &Model) -> &'static [&'static str] {
    let named = |mark: &str| model.name().contains(mark);
    if is_imagen(model) {
        return if named("imagen-4") && !named("fast") { &["1K", "2K"] } else { &[] };
    }
    match (model.is_since(3, 0), named("-lite")) {
        (false, _) => &[],
        (true, true) => &["1K"],
        (true, false) if named("gemini-3.1-flash") => &["512", "1K", "2K", "4K"],
        (true, false) => &["1K", "2K", "4K"],
    }
}

fn ratios(model: &Model) -> impl Iterator<Item = &'static str> {
    let (first, more): (&[&str], &[&str]) = match (is_imagen(model), model.is_since(3, 1)) {
        (true, _) => (&IMAGEN, &[]),
        (false, true) => (&RATIOS, &LONG),
        (false, false) => (&RATIOS, &[]),
    };
    first.iter().chain(more).copied()
}

/// Reads `size`: `WIDTHxHEIGHT`, or a ratio as it is.
///
/// # Errors
/// 400 where it is neither.
pub(super) fn read(size: Option<&str>, model: &Model) -> Result<Size, Error> {
    let given = match size {
        None | Some("" | "auto") => return Ok(Size::default()),
        Some(given) => given,
    };
    if given.contains(':') {
        let known = ratios(model).find(|ratio| *ratio == given);
        return known.map(|ratio| Size { ratio: Some(ratio), ..Size::default() }).ok_or_else(|| {
            let all: Vec<_> = ratios(model).collect();
            invalid(format!("Invalid size. The aspect ratios of this model are {}.", all.join(", ")))
        });
    }
    let (width, height) = given
        .split_once(['x', 'X'])
        .and_then(|(width, height)| Some((pixels(width)?, pixels(height)?)))
        .ok_or_else(|| invalid("Invalid size. Expected 'auto' or 'WIDTHxHEIGHT'.".to_owned()))?;
    let wanted = edge(width * height);
    let edges = edges(model);
    let had = edges.iter().find(|edge| **edge == wanted).or(match wanted {
        "512" => edges.first(),
        _ => edges.last(),
    });
    let scaled = if edges.is_empty() { wanted != "1K" } else { had != Some(&wanted) };
    Ok(Size { ratio: nearest(width / height, model), edge: had.copied(), scaled })
}

fn pixels(digits: &str) -> Option<f64> {
    let pixels: u16 = digits.parse().ok().filter(|pixels| *pixels > 0)?;
    Some(f64::from(pixels))
}

/// The size of about so many pixels.
fn edge(area: f64) -> &'static str {
    const BELOW: [(f64, &str); 3] = [(768.0, "512"), (1536.0, "1K"), (3072.0, "2K")];
    let below = BELOW.iter().find(|(edge, _)| area < edge * edge);
    below.map_or("4K", |(_, name)| name)
}

/// The nearest ratio as the eye compares them: by how many times the one is the other.
fn nearest(wanted: f64, model: &Model) -> Option<&'static str> {
    let apart = |ratio: &str| {
        let (width, height) = ratio.split_once(':')?;
        let ratio = pixels(width)? / pixels(height)? / wanted;
        Some(if ratio < 1.0 { 1.0 / ratio } else { ratio })
    };
    let mut best = None::<(f64, &'static str)>;
    for ratio in ratios(model) {
        let Some(apart) = apart(ratio) else { continue };
        if best.is_none_or(|(least, _)| apart < least) {
            best = Some((apart, ratio));
        }
    }
    best.map(|(_, ratio)| ratio)
}

fn invalid(message: String) -> Error {
    Error::invalid(message).param("size").code("invalid_value")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn told(size: &str, model: &str) -> String {
        match read(Some(size), &Model::parse(model).unwrap()) {
            Err(error) => error.message().to_owned(),
            Ok(Size { ratio, edge, scaled }) => {
                let scaled = if scaled { " scaled" } else { "" };
                format!("{} {}{scaled}", ratio.unwrap_or("-"), edge.unwrap_or("-"))
            }
        }
    }

    #[test]
    fn sizes_of_openais() {
        let (newest, pro, older) =
            ("gemini-3.1-flash-image", "gemini-3-pro-image-preview", "gemini-2.5-flash-image");
        let lite = "gemini-3.1-flash-lite-image";
        let (imagen, fast) = ("imagen-4.0-generate-001", "imagen-4.0-fast-generate-001");
        for (model, size, expected) in [
            (newest, "auto", "- -"),
            (newest, "", "- -"),
            (newest, "1024x1024", "1:1 1K"),
            (newest, "512x512", "1:1 512"),
            (newest, "256x256", "1:1 512"),
            (newest, "4096x4096", "1:1 4K"),
            (newest, "65535x1", "8:1 512"),
            (newest, "1x65535", "1:8 512"),
            (newest, "1:8", "1:8 -"),
            (pro, "1024x1024", "1:1 1K"),
            (pro, "512x512", "1:1 1K scaled"),
            (pro, "1536x1024", "3:2 1K"),
            (pro, "1024x1536", "2:3 1K"),
            (pro, "1792x1024", "16:9 1K"),
            (pro, "1024X1792", "9:16 1K"),
            (pro, "2048x2048", "1:1 2K"),
            (pro, "3840x2160", "16:9 2K"),
            (pro, "65535x1", "21:9 1K scaled"),
            (pro, "16:9", "16:9 -"),
            (lite, "2048x2048", "1:1 1K scaled"),
            (lite, "1024x1024", "1:1 1K"),
            (older, "1024x1024", "1:1 -"),
            (older, "256x256", "1:1 - scaled"),
            (older, "2048x1024", "16:9 -"),
            (older, "2048x2048", "1:1 - scaled"),
            (imagen, "1536x1024", "4:3 1K"),
            (imagen, "2048x2048", "1:1 2K"),
            (imagen, "4096x4096", "1:1 2K scaled"),
            (fast, "1024x1536", "3:4 -"),
            ("nano-banana", "1024x1024", "1:1 -"),
        ] {
            assert_eq!(told(size, model), expected, "{model} {size}");
        }
    }

    /// What Google draws for each ratio is read back as that ratio.
    /// <https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios>
    #[test]
    fn googles_own_sizes() {
        for (ratio, sizes) in [
            ("1:1", &["1024x1024", "2048x2048", "4096x4096"][..]),
            ("2:3", &["832x1248", "848x1264", "1696x2528", "3392x5056"]),
            ("3:2", &["1248x832", "1264x848", "2528x1696", "5056x3392"]),
            ("3:4", &["864x1184", "896x1200", "1792x2400", "3584x4800"]),
            ("4:3", &["1184x864", "1200x896", "2400x1792", "4800x3584"]),
            ("4:5", &["896x1152", "928x1152", "1856x2304", "3712x4608"]),
            ("5:4", &["1152x896", "1152x928", "2304x1856", "4608x3712"]),
            ("9:16", &["768x1344", "768x1376", "1536x2752", "3072x5504"]),
            ("16:9", &["1344x768", "1376x768", "2752x1536", "5504x3072"]),
            ("21:9", &["1536x672", "1584x672", "3168x1344", "6336x2688"]),
        ] {
            for size in sizes {
                let told = told(size, "gemini-3-pro-image");
                assert_eq!(told.split(' ').next(), Some(ratio), "{size}");
            }
        }
    }

    #[test]
    fn what_is_no_size() {
        for size in
            ["big", "1024", "x", "1024x", "0x1024", "1024x0", "-1x5", "1024x1024x3", "1e3x1e3", "70000x70000"]
        {
            assert_eq!(told(size, "imagen-4"), "Invalid size. Expected 'auto' or 'WIDTHxHEIGHT'.", "{size}");
        }
        for size in ["1:2", ":", "16:9:1"] {
            assert!(told(size, "imagen-4").ends_with("are 1:1, 3:4, 4:3, 9:16, 16:9."), "{size}");
        }
    }
}
