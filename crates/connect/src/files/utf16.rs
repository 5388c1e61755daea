//! UTF-16 ("Unicode 文本" of Excel) as a stream of UTF-8.

use encoding_rs::{CoderResult, Decoder, UTF_16LE};
use std::io::Read;

const CHUNK: usize = 16 << 10;

/// Decodes while reading.
pub(super) struct Utf16Reader<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_from: usize,
    raw_to: usize,
    ended: bool,
}

impl<R: Read> Utf16Reader<R> {
    pub(super) fn new(inner: R) -> Utf16Reader<R> {
        let decoder = UTF_16LE.new_decoder_with_bom_removal();
        Utf16Reader { inner, decoder, raw: vec![0; CHUNK], raw_from: 0, raw_to: 0, ended: false }
    }
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        // The decoder needs room for a whole character.
        if out.len() < 8 {
            return Ok(0);
        }
        loop {
            if self.raw_from == self.raw_to && !self.ended {
                self.raw_to = self.inner.read(&mut self.raw)?;
                self.raw_from = 0;
                self.ended = self.raw_to == 0;
            }
            let input = self.raw.get(self.raw_from..self.raw_to).unwrap_or_default();
            let (result, read, written, _) = self.decoder.decode_to_utf8(input, out, self.ended);
            self.raw_from += read;
            if written > 0 || (self.ended && result == CoderResult::InputEmpty) {
                return Ok(written);
            }
        }
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
        assert_eq!(out, text);
    }
}
