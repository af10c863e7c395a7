//! When to try again. Google sends no `Retry-After`; the delay is in the body.

/// Phrases of messages that a delay follows.
const PHRASES: [&str; 2] = ["retry in ", "reset after "];

/// The delay of a message such as `Please retry in 26.66s.`, in milliseconds.
pub(super) fn in_message(message: &str) -> Option<u64> {
    PHRASES.iter().find_map(|phrase| {
        let (_, after) = message.split_once(phrase)?;
        duration_ms(after.split(|c: char| c.is_whitespace() || c == ',').next()?.trim_end_matches('.'))
    })
}

/// A duration such as `45.837906927s` or `373.8ms` in milliseconds, rounded up; `None` beyond a week.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before the cast"
)]
pub(super) fn duration_ms(text: &str) -> Option<u64> {
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1000.0),
    };
    let milliseconds = (number.parse::<f64>().ok()? * scale).ceil();
    (0.0..=604_800_000.0).contains(&milliseconds).then_some(milliseconds as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn durations_in_every_notation() {
        for (text, expected) in [
            ("45.837906927s", Some(45_838)),
            ("373.8ms", Some(374)),
            ("0s", Some(0)),
            ("7s", Some(7000)),
            ("-1s", None),
            ("9999999s", None),
            ("soon", None),
            ("", None),
            ("NaNs", None),
        ] {
            assert_eq!(duration_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn delays_in_prose() {
        assert_eq!(in_message("You exceeded your quota. Please retry in 48.939935699s."), Some(48_940));
        assert_eq!(in_message("Quota will reset after 5s, sorry"), Some(5000));
        assert_eq!(in_message("Please retry later"), None);
    }
}
