//! Dates as they are written, as seconds since 1970.

/// An HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`, <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7>.
pub(crate) fn http_date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, date) = text.split_once(", ")?;
    let mut words = date.split(' ');
    let day = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)?.checked_add(1)?;
    let year = words.next()?.parse().ok()?;
    seconds(year, u64::try_from(month).ok()?, day, words.next()?)
}

/// A time in UTC, `2026-11-22T05:45:42Z`, fractions ignored, <https://www.rfc-editor.org/rfc/rfc3339>.
pub(crate) fn timestamp(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = date.split('-').map(|part| part.parse().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    seconds(year, month, day, time.split('.').next()?)
}

fn seconds(year: u64, month: u64, day: u64, time: &str) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut parts = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    // Years that start in March end with the leap day.
    let (year, month) =
        if month > 2 { (year, month.checked_sub(3)?) } else { (year.checked_sub(1)?, month.checked_add(9)?) };
    let leap_days = (year / 4).checked_sub(year / 100)?.checked_add(year / 400)?;
    let before_month = month.checked_mul(153)?.checked_add(2)? / 5;
    let days = year.checked_mul(365)?.checked_add(leap_days)?.checked_add(before_month)?.checked_add(day)?;
    // Days from March of the year 0 to 1970, and one since days count from 1.
    let days = days.checked_sub(719_469)?;
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    days.checked_mul(86_400)?.checked_add(minutes.checked_mul(60)?)?.checked_add(second)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn dates() {
        for (text, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Sun, 22 Nov 2026 05:45:42 GMT", Some(1_795_326_342)),
            ("Sun, 06 Xxx 1994 08:49:37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(http_date(text), expected, "{text}");
        }
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2024-12-31T23:59:59.999Z", Some(1_735_689_599)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-01Tnoon", None),
            ("2026-11-22T05:45:42Z", Some(1_795_326_342)),
            ("2026-11-22T05:45:42.123456789Z", Some(1_795_326_342)),
            ("2000-03-01T00:00:00Z", Some(951_868_800)),
            ("2026-11-22", None),
            ("99999999999-11-22T00:00:00Z", None),
            ("2026-13-22T00:00:00Z", None),
            ("2026-11-22T00:00Z", None),
            ("2026-11-22T18446744073709551615:00:00Z", None),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }
}
