//! UTF-16 ("Unicode 文本" of Excel) as a stream of UTF-8.

use encoding_rs::{Decoder, UTF_16LE};
use std::io::Read;

const CHUNK: usize = 16 << 10;

/// Decodes while reading.
pub(super) struct Utf16Reader<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Decoded and not yet handed out: the caller may ask for less than a character.
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Utf16Reader<R> {
    pub(super) fn new(inner: R) -> Utf16Reader<R> {
        let decoder = UTF_16LE.new_decoder_with_bom_removal();
        Utf16Reader { inner, decoder, raw: vec![0; CHUNK], text: Vec::new(), given: 0, ended: false }
    }

    fn decode(&mut self) -> std::io::Result<()> {
        let read = self.inner.read(&mut self.raw)?;
        self.ended = read == 0;
        // A UTF-16 unit needs at most three bytes; a few more end a broken character.
        self.text.resize(CHUNK * 3 + 16, 0);
        let input = self.raw.get(..read).unwrap_or_default();
        let (_, _, written, _) = self.decoder.decode_to_utf8(input, &mut self.text, self.ended);
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.decode()?;
        }
        let mut rest = self.text.get(self.given..).unwrap_or_default();
        let read = rest.read(out)?;
        self.given += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_length_comes_through() {
        let text = "住院号\t姓名\r\n".repeat(5000);
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let mut out = String::new();
        std::io::BufReader::new(Utf16Reader::new(bytes.as_slice())).read_to_string(&mut out).unwrap();
        assert!(out == text);
    }
}
