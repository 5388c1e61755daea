//! 归一: the characters that count in a search; width, letter case, punctuation and blanks do not.

use crate::record::half_width;

/// Letters (lower case), digits and ideographs of a text; `Ⅱ` becomes `ii`.
pub(super) fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(half_width).flat_map(|c| {
        let (one, letters) = match roman(c) {
            Some(letters) => (None, letters),
            None => (Some(c), ""),
        };
        one.into_iter().chain(letters.chars()).flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric())
    })
}

fn roman(c: char) -> Option<&'static str> {
    const NUMERALS: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    let at = match c {
        'Ⅰ'..='Ⅻ' => c as usize - 'Ⅰ' as usize,
        'ⅰ'..='ⅻ' => c as usize - 'ⅰ' as usize,
        // A Greek capital iota stands for the numeral in the official files.
        'Ι' => 0,
        _ => return None,
    };
    NUMERALS.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_counts_remains() {
        for (text, folded) in [
            ("Ｋ３５．９００", "k35900"),
            ("A01.000x005+J17.0*", "a01000x005j170"),
            ("糖尿病，２型（Ⅱ期）", "糖尿病2型ii期"),
            (" HIV　抗体 ", "hiv抗体"),
            ("β-内酰胺", "β内酰胺"),
            ("，（）", ""),
        ] {
            assert_eq!(fold(text).collect::<String>(), folded);
        }
    }
}
