//! Samples as Gemini speaks them, and the WAV header that makes a file of them.
//!
//! <https://ai.google.dev/gemini-api/docs/speech-generation>, <http://soundfile.sapp.org/doc/WaveFormat/>

/// 16-bit samples, little-endian in spite of what RFC 2586 says of `audio/L16`.
#[derive(Debug)]
pub struct Pcm {
    rate: u32,
    channels: u16,
}

impl Pcm {
    /// Reads `audio/L16;codec=pcm;rate=24000`; `None` where it is another format.
    #[must_use]
    pub fn of(kind: &str) -> Option<Self> {
        let mut fields = kind.split(';').map(str::trim);
        let name = fields.next()?;
        if !["audio/l16", "audio/pcm"].iter().any(|pcm| name.eq_ignore_ascii_case(pcm)) {
            return None;
        }
        let mut pcm = Self { rate: 24_000, channels: 1 };
        for (name, value) in fields.filter_map(|field| field.split_once('=')) {
            match name {
                "rate" => pcm.rate = value.parse().unwrap_or(pcm.rate),
                "channels" => pcm.channels = value.parse().unwrap_or(pcm.channels),
                _ => {}
            }
        }
        Some(pcm)
    }

    /// For `length` bytes of samples; the largest number stands for an unknown length, and for one that no WAV can tell.
    #[must_use]
    pub fn wav_header(&self, length: usize) -> Vec<u8> {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let frame = self.channels.saturating_mul(2);
        let mut header = Vec::with_capacity(44);
        header.extend_from_slice(b"RIFF");
        header.extend_from_slice(&length.saturating_add(36).to_le_bytes());
        header.extend_from_slice(b"WAVEfmt ");
        header.extend_from_slice(&16_u32.to_le_bytes());
        header.extend_from_slice(&1_u16.to_le_bytes());
        header.extend_from_slice(&self.channels.to_le_bytes());
        header.extend_from_slice(&self.rate.to_le_bytes());
        header.extend_from_slice(&self.rate.saturating_mul(u32::from(frame)).to_le_bytes());
        header.extend_from_slice(&frame.to_le_bytes());
        header.extend_from_slice(&16_u16.to_le_bytes());
        header.extend_from_slice(b"data");
        header.extend_from_slice(&length.to_le_bytes());
        header
    }
}

/// The length that stands for an unknown one.
pub const UNKNOWN: usize = u32::MAX as usize;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn samples_are_known_by_their_type() {
        for (kind, expected) in [
            ("audio/L16;codec=pcm;rate=24000", Some((24_000, 1))),
            ("audio/l16; rate=16000; channels=2", Some((16_000, 2))),
            ("audio/pcm", Some((24_000, 1))),
            ("audio/pcm;rate=fast", Some((24_000, 1))),
            ("audio/wav", None),
            ("", None),
        ] {
            assert_eq!(Pcm::of(kind).map(|pcm| (pcm.rate, pcm.channels)), expected, "{kind}");
        }
    }

    #[test]
    fn lengths_that_no_header_can_tell_are_unknown() {
        let pcm = Pcm::of("audio/pcm").unwrap();
        for length in [UNKNOWN, usize::MAX] {
            let header = pcm.wav_header(length);
            assert_eq!((header.len(), &header[4..8], &header[40..]), (44, &[255; 4][..], &[255; 4][..]));
        }
        assert_eq!(pcm.wav_header(6)[4..8], [42, 0, 0, 0]);
    }
}
