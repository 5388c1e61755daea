//! Ranges of ICD-10 categories, as the shipped rules write them: `I20-I25`.

/// An inclusive range of 类目.
#[derive(Clone, Debug)]
pub(crate) struct CodeRange {
    lo: String,
    hi: String,
}

impl CodeRange {
    pub(crate) fn parse(text: &str) -> CodeRange {
        let (lo, hi) = text.split_once('-').unwrap_or((text, text));
        CodeRange { lo: lo.to_owned(), hi: hi.to_owned() }
    }

    pub(crate) fn holds(&self, code: &str) -> bool {
        let at = |bound: &str| code.get(..bound.len()).unwrap_or(code).to_owned();
        at(&self.lo) >= self.lo && at(&self.hi) <= self.hi
    }
}
