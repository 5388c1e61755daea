//! Conditions on codes as the catalogue writes them.

use crate::lists::Lists;
use model::Code;

/// A condition on one diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiagnosisPattern {
    /// The code starts with this.
    Prefix(Code),
    /// The 类目 (first three characters) lies in `lo..=hi`: `A00-B99`.
    Range(Code, Code),
    /// Any diagnosis.
    Any,
}

impl DiagnosisPattern {
    /// Reads `K35.9`, `A00-B99` or `*`.
    pub fn parse(text: &str) -> Option<DiagnosisPattern> {
        let text = text.trim();
        if text == "*" {
            return Some(DiagnosisPattern::Any);
        }
        if let Some((lo, hi)) = text.split_once('-') {
            let (lo, hi) = (Code::diagnosis(lo), Code::diagnosis(hi));
            let well = looks_like_one(&lo) && looks_like_one(&hi) && *lo <= *hi;
            return well.then_some(DiagnosisPattern::Range(lo, hi));
        }
        let code = Code::diagnosis(text);
        looks_like_one(&code).then_some(DiagnosisPattern::Prefix(code))
    }

    /// Whether a diagnosis fits.
    pub fn fits(&self, code: &str) -> bool {
        match self {
            DiagnosisPattern::Any => !code.is_empty(),
            DiagnosisPattern::Prefix(prefix) => code.starts_with(prefix.as_str()),
            DiagnosisPattern::Range(lo, hi) => {
                // Compare at each bound's own length, so that `C00-C97` takes C97.9 and `T20-T25.2` takes T25.200.
                let at = |bound: &Code| code.get(..bound.len()).unwrap_or(code);
                at(lo) >= lo.as_str() && at(hi) <= hi.as_str()
            }
        }
    }
}

/// `+` all of, `/` any of: every inner list needs one hit.
pub type AllOf<T> = Vec<Vec<T>>;

/// Reads an expression of diagnoses; `Err` holds the part that is malformed.
pub(crate) fn diagnoses(text: &str, lists: &Lists) -> Result<AllOf<DiagnosisPattern>, String> {
    all_of(text, lists, DiagnosisPattern::parse)
}

/// Reads `/` alternatives of one diagnosis (no `+`: it belongs to dagger/asterisk codes here).
pub(crate) fn any_diagnosis(text: &str, lists: &Lists) -> Result<Vec<DiagnosisPattern>, String> {
    any_of(text, lists, DiagnosisPattern::parse)
}

/// Reads an expression of operations.
pub(crate) fn procedures(text: &str, lists: &Lists) -> Result<AllOf<Code>, String> {
    all_of(text, lists, |part| {
        let code = Code::procedure(part);
        looks_like_one(&code).then_some(code)
    })
}

/// A code holds letters, digits, dots and the marks of a pair: `阑尾炎` in its place would never match anything.
fn looks_like_one(code: &Code) -> bool {
    !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric() || ".+*".contains(c))
}

fn all_of<T>(text: &str, lists: &Lists, one: impl Fn(&str) -> Option<T> + Copy) -> Result<AllOf<T>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    text.split('+').map(|term| any_of(term, lists, one)).collect()
}

fn any_of<T>(text: &str, lists: &Lists, one: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let mut any = Vec::new();
    for part in text.split(['/', '|']) {
        let part = part.trim();
        if let Some(name) = part.strip_prefix('@') {
            let rows = lists.get(name).ok_or_else(|| format!("没有名为“{name}”的清单 lists/{name}.csv"))?;
            for row in rows {
                any.push(one(&row.code).ok_or_else(|| format!("清单 {name} 中的“{}”无法识别", row.code))?);
            }
        } else {
            any.push(one(part).ok_or_else(|| format!("“{part}”无法识别"))?);
        }
    }
    Ok(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_compare_at_the_length_of_their_bounds() {
        let range = DiagnosisPattern::parse("T20-T25.2").unwrap();
        for (code, fits) in [("T20.000", true), ("T25.200x001", true), ("T25.300", false), ("T19.9", false)] {
            assert_eq!(range.fits(code), fits, "{code}");
        }
        assert!(DiagnosisPattern::parse("C00-C97").unwrap().fits("C97.x00"));
        assert_eq!(DiagnosisPattern::parse("B99-A00"), None);
        assert_eq!(DiagnosisPattern::parse(""), None);
    }

    #[test]
    fn plus_binds_weaker_than_slash() {
        let expression = procedures("99.2500/99.2503+99.2800X005", &Lists::default()).unwrap();
        assert_eq!(expression.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(expression[1][0].as_str(), "99.2800x005");
        assert!(procedures("", &Lists::default()).unwrap().is_empty());
        assert!(procedures("47.01+", &Lists::default()).is_err());
        assert!(diagnoses("@nothere", &Lists::default()).is_err());
        assert!(procedures("阑尾切除术", &Lists::default()).is_err());
        assert!(diagnoses("阑尾炎", &Lists::default()).is_err());
    }
}
