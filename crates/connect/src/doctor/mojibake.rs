//! 乱码: text that was decoded with the wrong charset somewhere before us.

use encoding_rs::GBK;

/// Whether a text looks wrongly decoded.
pub(super) fn looks_garbled(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    text.contains('\u{fffd}') || text.contains("锟斤拷") || is_latin_soup(text) || is_utf8_read_as_gbk(text)
}

/// GBK or UTF-8 read as Latin-1 or Windows-1252: `ÄÚÒ»¿Æ`. No Chinese at all, and signs that such a reading makes.
fn is_latin_soup(text: &str) -> bool {
    let (mut latin, mut chinese) = (0, 0);
    for c in text.chars() {
        match c {
            '\u{80}'..='\u{2ff}' | '\u{2010}'..='\u{203a}' | '\u{20ac}' | '\u{2122}' => latin += 1,
            '\u{2e80}'.. => chinese += 1,
            _ => {}
        }
    }
    // A few accented letters may be a foreign name; ± and × occur in units.
    latin >= 4 && chinese == 0
}

/// UTF-8 read as GBK: `鍐呬竴绉`. The same characters as GBK bytes are UTF-8 again.
fn is_utf8_read_as_gbk(text: &str) -> bool {
    let (bytes, _, failed) = GBK.encode(text);
    if failed || bytes.len() < 6 {
        return false;
    }
    // An odd number of bytes loses the last one: whatever is valid before it counts.
    let valid = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() + 3 > bytes.len() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let han = |text: &str| text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    han(valid) >= 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GB18030, UTF_8, WINDOWS_1252};

    #[test]
    fn wrong_decodings_are_noticed() {
        let text = "急性阑尾炎伴腹膜炎";
        let gbk = GB18030.encode(text).0;
        for garbled in [
            WINDOWS_1252.decode(&gbk).0,
            WINDOWS_1252.decode(text.as_bytes()).0,
            GB18030.decode(text.as_bytes()).0,
            UTF_8.decode(&gbk).0,
        ] {
            assert!(looks_garbled(&garbled), "{garbled}");
        }
    }

    #[test]
    fn right_texts_are_left_alone() {
        for text in
            ["急性阑尾炎", "内一科", "I10.x00", "René", "体温 38±0.5℃", "阿莫西林（0.25g×24）", "ⅡA期"]
        {
            assert!(!looks_garbled(text), "{text}");
        }
    }
}
