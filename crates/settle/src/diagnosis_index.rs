//! Diagnosis conditions indexed by 类目, so that most diagnoses are dismissed with one look.

use model::Code;
use policy::DiagnosisPattern;

const CATEGORIES: usize = 26 * 100;

/// For every 类目 (A00 … Z99) the patterns that a code of that 类目 could fit.
#[derive(Clone, Debug)]
pub(crate) struct DiagnosisIndex {
    patterns: Vec<Ready>,
    /// `starts[c]..starts[c + 1]` in `listed`; one more slot for codes that are no ICD-10 category.
    starts: Vec<u32>,
    listed: Vec<Listed>,
}

/// A pattern, prefixes as plain text.
#[derive(Clone, Debug)]
enum Ready {
    Prefix(Box<str>),
    Other(DiagnosisPattern),
}

impl Ready {
    #[inline]
    fn fits(&self, code: &str) -> bool {
        match self {
            Ready::Prefix(prefix) => code.starts_with(&**prefix),
            Ready::Other(pattern) => pattern.fits(code),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Listed {
    pattern: u32,
    /// The 类目 alone decides: every code of it fits.
    surely: bool,
}

impl DiagnosisIndex {
    pub(crate) fn new(patterns: Vec<DiagnosisPattern>) -> DiagnosisIndex {
        let (mut starts, mut listed) = (vec![0], Vec::new());
        for at in 0..CATEGORIES {
            let text = category_text(at);
            let possible = patterns.iter().enumerate().filter(|(_, pattern)| could_fit(pattern, &text));
            let surely = |pattern: &DiagnosisPattern| match pattern {
                DiagnosisPattern::Any => true,
                DiagnosisPattern::Prefix(prefix) => prefix.len() <= text.len(),
                DiagnosisPattern::Range(lo, hi) => lo.len() <= text.len() && hi.len() <= text.len(),
            };
            listed
                .extend(possible.map(|(at, pattern)| Listed { pattern: at as u32, surely: surely(pattern) }));
            starts.push(listed.len() as u32);
        }
        listed.extend((0..patterns.len() as u32).map(|pattern| Listed { pattern, surely: false }));
        starts.push(listed.len() as u32);
        let ready = |pattern| match pattern {
            DiagnosisPattern::Prefix(prefix) => Ready::Prefix(prefix.as_str().into()),
            other => Ready::Other(other),
        };
        DiagnosisIndex { patterns: patterns.into_iter().map(ready).collect(), starts, listed }
    }

    /// Marks every 类目 that has some pattern in `known`, sized by [`no_categories`].
    pub(crate) fn mark(&self, known: &mut [bool]) {
        for (range, known) in self.starts.windows(2).zip(known) {
            *known |= range.first() != range.last();
        }
    }

    /// Indices of the patterns that a code fits, ascending.
    pub(crate) fn fitting<'a>(&'a self, code: &'a str) -> impl Iterator<Item = usize> + 'a {
        let at = category(code).unwrap_or(CATEGORIES);
        let range = match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => *from as usize..*to as usize,
            _ => 0..0,
        };
        let listed = self.listed.get(range).unwrap_or_default();
        let fits = move |one: &&Listed| {
            one.surely || self.patterns.get(one.pattern as usize).is_some_and(|pattern| pattern.fits(code))
        };
        listed.iter().filter(fits).map(|one| one.pattern as usize)
    }
}

/// A mark for every 类目 and one for codes outside, none set.
pub(crate) fn no_categories() -> Vec<bool> {
    vec![false; CATEGORIES + 1]
}

/// Whether the 类目 of a code is marked.
#[inline]
pub(crate) fn is_marked(marks: &[bool], code: &str) -> bool {
    marks.get(category(code).unwrap_or(CATEGORIES)).copied().unwrap_or(true)
}

/// Number of a 类目: `A00` is 0, `Z99` 2599.
#[inline]
fn category(code: &str) -> Option<usize> {
    let [letter, tens, ones, ..] = code.as_bytes() else { return None };
    let letter = letter.checked_sub(b'A').filter(|at| *at < 26)?;
    let tens = tens.checked_sub(b'0').filter(|digit| *digit < 10)?;
    let ones = ones.checked_sub(b'0').filter(|digit| *digit < 10)?;
    Some(usize::from(letter) * 100 + usize::from(tens) * 10 + usize::from(ones))
}

fn category_text(at: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(at / 100).unwrap_or(0));
    format!("{letter}{:02}", at % 100)
}

/// Whether some code of the 类目 could fit the pattern.
fn could_fit(pattern: &DiagnosisPattern, category: &str) -> bool {
    let head = |code: &Code| code.prefix(3).to_owned();
    match pattern {
        DiagnosisPattern::Any => true,
        DiagnosisPattern::Prefix(prefix) => category.starts_with(&head(prefix)),
        DiagnosisPattern::Range(lo, hi) => {
            let at = |bound: &str| category.get(..bound.len()).unwrap_or(category).to_owned();
            let (lo, hi) = (head(lo), head(hi));
            at(&lo) >= lo && at(&hi) <= hi
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_plain_search_finds() {
        let patterns: Vec<_> = ["K35.9", "K35", "A", "C00-C97", "T20-T25.2", "*", "E11.2", "I"]
            .iter()
            .map(|text| DiagnosisPattern::parse(text).unwrap())
            .collect();
        let index = DiagnosisIndex::new(patterns.clone());
        for code in
            ["K35.900", "A09", "C97.x00", "T25.200x001", "T25.3", "T19", "E11.201+N08.3*", "I10.x", "U", ""]
        {
            let plain: Vec<_> = (0..patterns.len()).filter(|at| patterns[*at].fits(code)).collect();
            assert_eq!(index.fitting(code).collect::<Vec<_>>(), plain, "{code}");
        }
    }
}
