//! Keeps credentials and project names out of messages that go to clients.

/// Longest message that is passed on, in bytes.
const LONGEST: usize = 2000;

/// What stands for something that was taken out.
const GONE: &str = "***";

/// Words that begin like this are credentials.
const CREDENTIALS: [&str; 4] = ["AIza", "ya29.", "AQ.", "Bearer"];

/// What follows these names a project or is a key.
const LABELS: [&str; 5] = ["key=", "projects/", "project_number:", "project ", "access_token="];

/// The message without `secrets`, key-like words and project identifiers.
#[must_use]
pub(crate) fn redact(message: &str, secrets: &[String]) -> String {
    let mut text: String = message.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), GONE);
    }
    for label in LABELS {
        text = after_label(&text, label);
    }
    for start in CREDENTIALS {
        text = words(&text, start);
    }
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.~+/:".contains(character)
}

/// Replaces the word after each `label`; after `project ` only a number, since prose may follow.
fn after_label(text: &str, label: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(label) {
        result.push_str(before);
        result.push_str(label);
        let is_part = |c: char| is_word(c) && (c != '/' && c != ':' || label.ends_with('='));
        let word = after.split(|c| !is_part(c)).next().unwrap_or_default();
        let applies =
            !word.is_empty() && (label != "project " || word.starts_with(|c: char| c.is_ascii_digit()));
        if applies {
            result.push_str(GONE);
        }
        rest = if applies { after.get(word.len()..).unwrap_or_default() } else { after };
    }
    result.push_str(rest);
    result
}

/// Replaces words that begin with `start`; a bare `start` (as in prose) stays.
fn words(text: &str, start: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(start) {
        result.push_str(before);
        let begins = !before.ends_with(is_word);
        let spaced = if start == "Bearer" { after.strip_prefix(' ').unwrap_or(after) } else { after };
        let word = spaced.split(|c| !is_word(c)).next().unwrap_or_default();
        if begins && word.len() >= 16 {
            result.push_str(GONE);
            rest = spaced.get(word.len()..).unwrap_or_default();
        } else {
            result.push_str(start);
            rest = after;
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn secrets_and_projects_go_and_prose_stays() {
        for (message, expected) in [
            ("see https://x/y?key=AIzaSyABCDEF0123456789&alt=sse", "see https://x/y?key=***&alt=sse"),
            ("bad key AIzaSyABCDEF0123456789abc.", "bad key ***"),
            ("token ya29.a0AfH6SMBx_0123456789, no", "token ***, no"),
            ("Bearer abcdefghijklmnop0 is wrong", "*** is wrong"),
            ("A Bearer token is needed", "A Bearer token is needed"),
            (
                "API has not been used in project 123456789 before",
                "API has not been used in project *** before",
            ),
            ("your project does not have access", "your project does not have access"),
            (
                "Publisher Model `projects/acme-1/locations/us/x`",
                "Publisher Model `projects/***/locations/us/x`",
            ),
            ("consumer 'project_number:42'", "consumer 'project_number:***'"),
            ("the secret s3cr3t here", "the secret *** here"),
        ] {
            assert_eq!(redact(message, &["s3cr3t".to_owned(), String::new()]), expected);
        }
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let cut = redact(&"é".repeat(3000), &[]);
        assert!(cut.len() <= LONGEST + '…'.len_utf8() && cut.ends_with('…'));
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn a_secret_never_survives(before in ".{0,40}", after in ".{0,40}") {
            let message = format!("{before}qwertz-secret-77{after}");
            proptest::prop_assert!(!redact(&message, &["qwertz-secret-77".to_owned()]).contains("qwertz-secret-77"));
        }
    }
}
