//! Just enough of Rust's syntax to tell code from comments, strings and tests. Line numbers are kept.

/// The source with comments, strings and character literals blanked out.
pub(crate) fn code(source: &str) -> String {
    let mut masking = Masking { chars: source.chars().collect(), at: 0, out: String::new() };
    masking.run();
    masking.out
}

/// The code of [`code`] with items under `#[cfg(test)]` or `#[test]` blanked out too.
pub(crate) fn shipped_code(source: &str) -> String {
    let code = code(source);
    if code.contains("#![cfg(test)]") {
        return blank(&code);
    }
    let mut out = String::with_capacity(code.len());
    let mut rest = code.as_str();
    while let Some((start, length)) = ["#[cfg(test)]", "#[cfg(all(test", "#[test]"]
        .iter()
        .filter_map(|marker| Some((rest.find(marker)?, marker.len())))
        .min()
    {
        let end = start + length + item_length(&rest[start + length..]);
        out.push_str(&rest[..start]);
        out.push_str(&blank(&rest[start..end]));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Whether the file holds only tests or benches, by its place.
pub(crate) fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/")
        || path.contains("/benches/")
        || name == "tests.rs"
        || name.ends_with("_tests.rs")
        || name.starts_with("test_")
}

pub(crate) fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `needle` stands as a whole word, as byte offsets.
pub(crate) fn words<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(needle)
        .filter(move |(at, _)| {
            !text[..*at].ends_with(is_word_char) && !text[at + needle.len()..].starts_with(is_word_char)
        })
        .map(|(at, _)| at)
}

/// The line number, from 1, of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The bytes up to the end of the item: its closing brace, or its semicolon outside brackets.
fn item_length(code: &str) -> usize {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces <= 1 => return at + 1,
            '}' => braces -= 1,
            ';' if braces == 0 && brackets == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

struct Masking {
    chars: Vec<char>,
    at: usize,
    out: String,
}

impl Masking {
    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(),
                ('\'', _) => self.char_or_lifetime(),
                _ if is_word_char(c) => self.word(),
                _ => self.keep(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.out.extend(self.peek(0));
        self.at += 1;
    }

    fn mask(&mut self) {
        self.out.push(if self.peek(0) == Some('\n') { '\n' } else { ' ' });
        self.at += 1;
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.mask();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.mask();
                    continue;
                }
            }
            self.mask();
            self.mask();
            if depth == 0 {
                return;
            }
        }
    }

    fn string(&mut self) {
        self.mask();
        while let Some(c) = self.peek(0) {
            self.mask();
            match c {
                '\\' if self.peek(0).is_some() => self.mask(),
                '"' => return,
                _ => {}
            }
        }
    }

    fn char_or_lifetime(&mut self) {
        if self.peek(1) == Some('\\') {
            (0..3).for_each(|_| self.mask());
            while self.peek(0).is_some_and(|c| c != '\'') {
                self.mask();
            }
            self.mask();
        } else if self.peek(2) == Some('\'') {
            (0..3).for_each(|_| self.mask());
        } else {
            self.keep();
        }
    }

    /// A whole word, so that the `r` of a raw string is told from the end of a name.
    fn word(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(is_word_char) {
            self.keep();
        }
        let word: String = self.chars[start..self.at].iter().collect();
        let hashes = self.chars[self.at..].iter().take_while(|c| **c == '#').count();
        if matches!(word.as_str(), "r" | "br" | "cr") && self.peek(hashes) == Some('"') {
            self.raw_string(hashes);
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        (0..=hashes).for_each(|_| self.mask());
        while let Some(c) = self.peek(0) {
            self.mask();
            if c == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                (0..hashes).for_each(|_| self.mask());
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_comments_strings_and_chars_and_keeps_lines() {
        let source = "let a = \"x // y\\\" {\"; // note\n/* one /* two */ */ let b = '\"'; let c: &'a str = r#\"}\"\n\"#; d('\\u{7b}')";
        let code = code(source);
        assert_eq!(code.lines().count(), source.lines().count());
        for gone in ["x", "note", "two", "}", "7b"] {
            assert!(!code.contains(gone), "{gone} is still in {code}");
        }
        for kept in ["let a =", "let b =", "&'a str", "d("] {
            assert!(code.contains(kept), "{kept} is gone from {code}");
        }
    }

    #[test]
    fn leaves_tests_out() {
        let source = "fn one() {}\n#[cfg(test)]\nmod tests {\n fn two(a: [u8; 2]) { }\n}\nfn three() {}\n#[cfg(test)]\nuse four;\nfn five() {}";
        let code = shipped_code(source);
        assert!(code.contains("one") && code.contains("three") && code.contains("five"));
        assert!(!code.contains("two") && !code.contains("four"));
        assert_eq!(line_at(&code, code.find("five").unwrap()), 9);
    }

    #[test]
    fn a_test_with_an_array_argument_ends_at_its_brace() {
        let code = shipped_code("#[cfg(test)]\nfn two(a: [u8; 2]) { bad }\nfn good() {}");
        assert!(code.contains("good") && !code.contains("bad"));
    }

    #[test]
    fn whole_words_only() {
        assert_eq!(words("now nowhere_now x::now", "now").collect::<Vec<_>>(), [0, 19]);
    }

    #[test]
    fn test_files_by_place() {
        assert!(is_test_file("crates/model/tests/all.rs") && is_test_file("crates/model/src/money_tests.rs"));
        assert!(!is_test_file("crates/model/src/money.rs"));
    }
}
