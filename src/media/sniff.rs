//! The media type as the first bytes tell it.
//!
//! <https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern>

use super::Kind;

/// The type of media, and in a file also of text.
pub(super) fn sniff(bytes: &[u8], kind: Kind) -> Option<&'static str> {
    magic(bytes, kind).or_else(|| (kind == Kind::File && is_text(bytes)).then_some("text/plain"))
}

/// The type by its magic number. What a container holds is up to `kind`.
pub(super) fn magic(bytes: &[u8], kind: Kind) -> Option<&'static str> {
    let audio = kind == Kind::Audio;
    let (head, tail) = bytes.split_at_checked(8).unwrap_or((bytes, &[]));
    Some(match head {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => match tail {
            [b'W', b'E', b'B', b'P', ..] => "image/webp",
            [b'W', b'A', b'V', b'E', ..] => "audio/wav",
            [b'A', b'V', b'I', b' ', ..] => "video/avi",
            _ => return None,
        },
        [b'F', b'O', b'R', b'M', ..] if tail.starts_with(b"AIF") => "audio/aiff",
        [_, _, _, _, b'f', b't', b'y', b'p'] => iso_media(tail.get(..4)?, audio),
        [b'%', b'P', b'D', b'F', ..] => "application/pdf",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        [b'I', b'D', b'3', ..] => "audio/mp3",
        // Sync word, then the layer: 0 is AAC's, 1 the third, which is mp3.
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => "audio/aac",
        [0xFF, second, ..] if second & 0xE6 == 0xE2 => "audio/mp3",
        [0x1A, 0x45, 0xDF, 0xA3, ..] if audio => "audio/webm",
        [0x1A, 0x45, 0xDF, 0xA3, ..] => "video/webm",
        [0, 0, 1, 0xB3 | 0xBA, ..] => "video/mpeg",
        [b'F', b'L', b'V', 1, ..] => "video/x-flv",
        [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11] => "video/wmv",
        [b'{', b'\\', b'r', b't', b'f', ..] => "text/rtf",
        _ => return None,
    })
}

/// By the major brand of an ISO base media file. <https://mp4ra.org/registered-types/brands>
fn iso_media(brand: &[u8], audio: bool) -> &'static str {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => "image/heic",
        b"mif1" | b"msf1" => "image/heif",
        b"avif" | b"avis" => "image/avif",
        b"qt  " => "video/mov",
        b"M4A " | b"M4B " => "audio/mp4",
        [b'3', b'g', ..] if !audio => "video/3gpp",
        _ if audio => "audio/mp4",
        _ => "video/mp4",
    }
}

/// Whether there are no control characters but white space and escape.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn magic_numbers() {
        use Kind::{Audio, File, Image, Video};
        for (bytes, kind, expected) in [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), Image, Some("image/png")),
            (b"\x89PNG", Image, Some("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Image, Some("image/jpeg")),
            (b"GIF87a", Image, Some("image/gif")),
            (b"GIF89a", Image, Some("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Image, Some("image/webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Audio, Some("audio/wav")),
            (b"RIFF\x24\0\0\0AVI LIST", Video, Some("video/avi")),
            (b"RIFF\x24\0\0\0CDDA", Audio, None),
            (b"RIFF", Audio, None),
            (b"FORM\0\0\0\0AIFFCOMM", Audio, Some("audio/aiff")),
            (b"FORM\0\0\0\0AIFCFVER", Audio, Some("audio/aiff")),
            (b"\0\0\0\x18ftypheic\0\0\0\0", Image, Some("image/heic")),
            (b"\0\0\0\x18ftypheix\0\0\0\0", Image, Some("image/heic")),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", Image, Some("image/heif")),
            (b"\0\0\0\x18ftypavif\0\0\0\0", Image, Some("image/avif")),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", Video, Some("video/mov")),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", Video, Some("video/mp4")),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", File, Some("video/mp4")),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", Audio, Some("audio/mp4")),
            (b"\0\0\0\x20ftypM4A \0\0\x02\0", File, Some("audio/mp4")),
            (b"\0\0\0\x20ftyp3gp4\0\0\x02\0", Video, Some("video/3gpp")),
            (b"\0\0\0\x20ftyp", Video, None),
            (b"%PDF-1.7", File, Some("application/pdf")),
            (b"OggS\0\x02", Audio, Some("audio/ogg")),
            (b"fLaC\0\0\0\x22", Audio, Some("audio/flac")),
            (b"ID3\x04\0", Audio, Some("audio/mp3")),
            (b"\xff\xfb\x90\x64", Audio, Some("audio/mp3")),
            (b"\xff\xf3\x44\xc4", Audio, Some("audio/mp3")),
            (b"\xff\xf1\x50\x80", Audio, Some("audio/aac")),
            (b"\xff\xf9\x50\x80", Audio, Some("audio/aac")),
            (b"\x1a\x45\xdf\xa3\x01", Video, Some("video/webm")),
            (b"\x1a\x45\xdf\xa3\x01", Audio, Some("audio/webm")),
            (b"\0\0\x01\xba\x44", Video, Some("video/mpeg")),
            (b"\0\0\x01\xb3\x14", Video, Some("video/mpeg")),
            (b"FLV\x01\x05", Video, Some("video/x-flv")),
            (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6", Video, Some("video/wmv")),
            (b"{\\rtf1\\ansi", File, Some("text/rtf")),
            (b"\xff\xfeh\0i\0", Audio, None),
            (b"PK\x03\x04\x14\0", File, None),
            (b"name,age\nAda,36\n", File, Some("text/plain")),
            ("größer".as_bytes(), File, Some("text/plain")),
            (b"plain text", Image, None),
            (b"", Image, None),
        ] {
            assert_eq!(sniff(bytes, kind), expected, "{:?} as {kind:?}", String::from_utf8_lossy(bytes));
        }
    }
}
