//! Times of a recording, in milliseconds from its beginning.
//!
//! Models write `MM:SS`, `H:MM:SS.mmm`, `MM:SS:mmm`, seconds, or seconds with their unit, whatever they are asked for.
//! <https://ai.google.dev/gemini-api/docs/audio#timestamps>

use serde_json::value::RawValue;

/// Milliseconds.
pub(super) type Time = u64;

/// The time that a JSON string or number tells.
pub(super) fn read(raw: &RawValue) -> Option<Time> {
    let literal = raw.get();
    let text = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(literal);
    let text = text.trim();
    let text = text.strip_suffix('s').unwrap_or(text);
    let (clock, rest) = match text.rsplit_once(':') {
        Some((clock, rest)) if clock.contains(':') && rest.len() == 3 => (clock, rest.parse().ok()?),
        _ => (text, 0),
    };
    let time = clock.split(':').try_fold(0_u64, |time, part| {
        let minutes_to_seconds = time.checked_mul(60)?;
        minutes_to_seconds.checked_add(seconds(part)?)
    });
    time?.checked_add(rest)
}

/// Seconds in decimals.
fn seconds(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let milliseconds: Time = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    whole.parse::<Time>().ok()?.checked_mul(1000)?.checked_add(milliseconds)
}

/// `HH:MM:SS.mmm`, with `point` before the milliseconds.
pub(super) fn clock(time: Time, point: char) -> String {
    let (seconds, milliseconds) = (time / 1000, time % 1000);
    let (minutes, hours) = (seconds / 60 % 60, seconds / 3600);
    format!("{hours:02}:{minutes:02}:{:02}{point}{milliseconds:03}", seconds % 60)
}

/// A JSON number of seconds.
pub(super) fn number(time: Time) -> String {
    let mut number = format!("{}.{:03}", time / 1000, time % 1000);
    let kept = number.trim_end_matches('0').len();
    number.truncate(kept);
    if number.ends_with('.') {
        number.push('0');
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn times_are_read_in_every_form() {
        for (json, expected) in [
            ("0", Some(0)),
            ("12", Some(12_000)),
            ("12.5", Some(12_500)),
            ("3.319999933242798", Some(3319)),
            (r#""12.600s""#, Some(12_600)),
            (r#""0s""#, Some(0)),
            (r#"" 1:02 ""#, Some(62_000)),
            (r#""00:07.25""#, Some(7250)),
            (r#""75:00.000""#, Some(4_500_000)),
            (r#""1:01:01,5""#, Some(3_661_500)),
            (r#""00:05:320""#, Some(5320)),
            (r#""00:00:05.320""#, Some(5320)),
            (r#""""#, None),
            (r#""soon""#, None),
            (r#"":""#, None),
            ("-1", None),
            ("1e3", None),
            ("true", None),
            ("99999999999999999999", None),
            (r#""9999999999999999:00""#, None),
        ] {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(read(raw), expected, "{json}");
        }
    }

    #[test]
    fn times_are_written_exactly() {
        for (time, expected, decimal) in [
            (0, "00:00:00,000", "0.0"),
            (1, "00:00:00,001", "0.001"),
            (3320, "00:00:03,320", "3.32"),
            (59_999, "00:00:59,999", "59.999"),
            (60_000, "00:01:00,000", "60.0"),
            (3_661_500, "01:01:01,500", "3661.5"),
            (360_000_000, "100:00:00,000", "360000.0"),
        ] {
            assert_eq!((clock(time, ',').as_str(), number(time).as_str()), (expected, decimal));
        }
    }
}
