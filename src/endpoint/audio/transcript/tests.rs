use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Segments as `start-end speaker text`.
fn shown(transcript: &Transcript) -> Vec<String> {
    let show = |segment: &Segment| {
        let Segment { start, end, text, speaker } = segment;
        format!("{start}-{end} {speaker} {text}")
    };
    transcript.segments.iter().map(show).collect()
}

#[test]
fn answers_are_read_leniently() {
    for (answer, language, duration, expected) in [
        (
            r#"{"language":"english","duration":"00:09.5","segments":[{"start":"00:00.000","end":"00:01.250","text":" Hi. "}]}"#,
            Some("english"),
            9500,
            &["0-1250  Hi."][..],
        ),
        // Fences, numbers, a duration that is too short, an end before the beginning.
        (
            "```json\n{\"duration\":1,\"segments\":[{\"start\":2.5,\"end\":1,\"text\":\"a\",\"speaker\":\"B\"}]}\n```",
            None,
            2500,
            &["2500-2500 B a"],
        ),
        // Empty texts go.
        (
            r#"{"language":"","segments":[{"start":0,"end":"1s","text":"a"},{"start":1,"end":1,"text":" "}]}"#,
            None,
            1000,
            &["0-1000  a"],
        ),
        (r#"{"segments":[]}"#, None, 0, &[]),
    ] {
        let transcript = Transcript::of_answer(answer).unwrap();
        assert_eq!(transcript.language.as_deref(), language, "{answer}");
        assert_eq!(
            (transcript.duration, shown(&transcript).as_slice()),
            (duration, expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>().as_slice())
        );
    }
    for answer in [
        "",
        "I see skies.",
        "{",
        "}{",
        r#"{"text":"a"}"#,
        r#"{"segments":null}"#,
        r#"{"segments":7}"#,
        "{]}",
        r#"{"segments":[7]}"#,
        r#"{"segments":[{"start":1,"end":2,"text":5}]}"#,
        r#"{"segments":[{"start":1,"end":2}]}"#,
        r#"{"segments":[{"start":1,"text":"a"}]}"#,
        r#"{"segments":[{"start":"soon","end":2,"text":"a"}]}"#,
        r#"{"segments":[{"start":0,"end":1,"text":"a"},{"start":1,"end":-2,"text":"b"}]}"#,
    ] {
        assert!(Transcript::of_answer(answer).is_none(), "{answer}");
    }
}

/// A turn of words, each half a second after the one before unless it begins with dots, of a second more each.
fn turn(text: &str, words: &[&str], speaker: &str) -> Turn {
    let mut now = 0;
    let words = words.iter().map(|word| {
        let text = word.trim_start_matches('·');
        let pause = u64::try_from(word.matches('·').count()).unwrap();
        let start = pause.saturating_mul(1000).saturating_add(now);
        now = start.saturating_add(500);
        Word { start, end: now, text: text.to_owned() }
    });
    Turn {
        text: text.to_owned(),
        speaker: speaker.to_owned(),
        language: None,
        words: words.collect(),
        readable: true,
    }
}

#[test]
fn sentences_are_made_of_words() {
    for (text, words, expected) in [
        (
            "Hello, world. Bye!",
            &["Hello,", "world.", "Bye!"][..],
            &["0-1000  Hello, world.", "1000-1500  Bye!"][..],
        ),
        // Words without their marks, a language without spaces.
        ("Hello, world. Bye!", &["Hello", "world", "Bye"], &["0-1000  Hello, world.", "1000-1500  Bye!"]),
        ("今日は。はい。", &["今日", "は", "はい"], &["0-1000  今日は。", "1000-1500  はい。"]),
        // A pause, and a stretch that would be too long.
        ("so well", &["so", "··well"], &["0-500  so", "2500-3000  well"]),
        ("a b c d e", &["a", "·b", "·c", "·d", "·e"], &["0-6500  a b c d e"]),
        ("a b c d e f", &["a", "·b", "·c", "·d", "·e", "·f"], &["0-8000  a b c d e f"]),
        (
            "a b c d e f g",
            &["a", "·b", "·c", "·d", "·e", "·f", "·g"],
            &["0-8000  a b c d e f", "9000-9500  g"],
        ),
        // Words that are not in the text stand for themselves; what has no word is not lost.
        ("one two (three)", &["one", "zwei", "two"], &["0-1500  one zwei two (three)"]),
        ("", &["a", ""], &["0-1000  a"]),
    ] {
        let transcript = Transcript::of_turns(vec![turn(text, words, "")], false).unwrap();
        assert_eq!(shown(&transcript), expected, "{text}");
        assert_eq!(transcript.words.len(), words.len());
    }
}

#[test]
fn speakers_get_letters_in_the_order_they_are_heard() {
    let turns = || {
        let speakers = ["spk:3", "spk:0", "spk:3", ""];
        speakers.map(|speaker| turn("a.", &["a."], speaker)).into()
    };
    let transcript = Transcript::of_turns(turns(), true).unwrap();
    assert_eq!(shown(&transcript), ["0-500 A a.", "0-500 B a.", "0-500 A a.", "0-500 C a."]);
    assert_eq!((letter(25), letter(26)), ("Z".to_owned(), "27".to_owned()));
    for by_speaker in [false, true] {
        assert!(Transcript::of_turns(vec![turn("a", &[], "")], by_speaker).is_none());
    }
    assert!(Transcript::of_turns(vec![turn(" ", &[], "")], false).unwrap().segments.is_empty());
}

#[test]
fn parts_are_turns_where_a_transcriber_gave_them() {
    let turn = |part: &str| Turn::of(&serde_json::from_str(part).unwrap());
    assert!(turn(r#"{"text":"a"}"#).is_none() && turn(r#"{"audioTranscription":7}"#).is_none());
    let heard = turn(
        r#"{"audioTranscription":{"text":"a\u00e9","speakerLabel":"spk:0","languageCode":"fr-FR",
            "words":[{"word":"a\u00e9","endOffset":"0.500s"},{"word":"b","startOffset":"1s","endOffset":"2s"}]}}"#,
    )
    .unwrap();
    assert_eq!(
        (heard.text.as_str(), heard.speaker.as_str(), heard.language.as_deref()),
        ("aé", "spk:0", Some("fr-FR"))
    );
    assert_eq!((heard.words.len(), heard.words[0].start, heard.words[0].end), (2, 0, 500));
    assert_eq!(turn(r#"{"text":"b","audioTranscription":{"text":"a"}}"#).unwrap().text, "b");
    assert!(heard.held() > 100);
    for (words, readable) in [
        ("null", true),
        ("[]", true),
        ("7", false),
        ("[7]", false),
        ("[{}]", false),
        (r#"[{"word":"a"}]"#, false),
        (r#"[{"word":7,"endOffset":"1s"}]"#, false),
        (r#"[{"word":"a","startOffset":"soon","endOffset":"1s"}]"#, false),
        (r#"[{"word":"a","endOffset":"1s"},{"word":"b","endOffset":"2s"}]"#, false),
        (r#"[{"word":"a","endOffset":"1s"},{"word":"b","startOffset":"1s","endOffset":"2s"}]"#, true),
    ] {
        let part = format!(r#"{{"text":" ","audioTranscription":{{"words":{words}}}}}"#);
        let turns = vec![turn(&part).unwrap()];
        assert_eq!(Transcript::of_turns(turns, false).is_some(), readable, "{words}");
    }
}
