//! A cell of codes as a city writes it, turned into the canonical `+` all-of, `/` any-of.

use model::Code;

/// What joins codes in a cell of the source; empty: it never stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Separators {
    /// Between terms that are all required.
    pub(crate) all: String,
    /// Between alternatives.
    pub(crate) any: String,
}

/// A cell in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeCell {
    pub(crate) text: String,
    /// The first code that stands twice among the alternatives of a term; it is taken once.
    pub(crate) repeated: Option<String>,
}

/// Rewrites a cell; words for nothing are dropped. `Err` holds the part that is no code.
pub(crate) fn canonical(
    cell: &str,
    separators: &Separators,
    is_nothing: impl Fn(&str) -> bool,
    one: fn(&str) -> Option<String>,
) -> Result<CodeCell, String> {
    let mut terms = Vec::new();
    let mut repeated = None;
    for term in split(cell, &separators.all) {
        let mut alternatives: Vec<String> = Vec::new();
        for part in split(term, &separators.any).into_iter().map(str::trim) {
            if is_nothing(part) {
                continue;
            }
            let code = one(part).ok_or_else(|| part.to_owned())?;
            if !alternatives.contains(&code) {
                alternatives.push(code);
            } else if repeated.is_none() {
                repeated = Some(code);
            }
        }
        if !alternatives.is_empty() {
            terms.push(alternatives.join("/"));
        }
    }
    Ok(CodeCell { text: terms.join("+"), repeated })
}

fn split<'c>(cell: &'c str, separator: &str) -> Vec<&'c str> {
    if separator.is_empty() { vec![cell] } else { cell.split(separator).collect() }
}

/// A diagnosis code, prefix, 类目 range, `*` or `@list`.
pub(crate) fn diagnosis(part: &str) -> Option<String> {
    if part == "*" || part.starts_with('@') {
        return Some(part.to_owned());
    }
    if let Some((lo, hi)) = part.split_once('-') {
        return Some(format!("{}-{}", diagnosis_code(lo)?, diagnosis_code(hi)?));
    }
    diagnosis_code(part)
}

fn diagnosis_code(part: &str) -> Option<String> {
    let code = Code::diagnosis(part);
    let shape = code.starts_with(|c: char| c.is_ascii_uppercase())
        && code.chars().all(|c| c.is_ascii_alphanumeric() || ".+*".contains(c));
    shape.then(|| code.to_string())
}

/// An operation code or `@list`.
pub(crate) fn procedure(part: &str) -> Option<String> {
    if part.starts_with('@') {
        return Some(part.to_owned());
    }
    let code = Code::procedure(part);
    let shape = code.starts_with(|c: char| c.is_ascii_digit())
        && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    shape.then(|| code.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations(cell: &str, all: &str, any: &str) -> Result<String, String> {
        let separators = Separators { all: all.to_owned(), any: any.to_owned() };
        canonical(cell, &separators, |part| part.is_empty() || part == "nan", procedure).map(|cell| cell.text)
    }

    #[test]
    fn separators_of_the_city_become_ours() {
        assert_eq!(operations("33.3903,40.5914", ",", "").unwrap(), "33.3903+40.5914");
        assert_eq!(
            operations("99.2800X005/99.2801+99.2500", "+", "/").unwrap(),
            "99.2800x005/99.2801+99.2500"
        );
        assert_eq!(operations("nan", "+", "/").unwrap(), "");
        assert_eq!(operations("47.01||47.01", "", "|").unwrap(), "47.01");
        assert_eq!(operations("33.3903,40.5914", "+", "/"), Err("33.3903,40.5914".to_owned()));
        assert_eq!(operations("阑尾切除", "+", "/"), Err("阑尾切除".to_owned()));
    }

    #[test]
    fn diagnoses_take_ranges_and_lists() {
        assert_eq!(diagnosis("A46.X").unwrap(), "A46.x");
        assert_eq!(diagnosis("a00-b99").unwrap(), "A00-B99");
        assert_eq!(diagnosis("@burn").unwrap(), "@burn");
        assert_eq!(diagnosis("*").unwrap(), "*");
        assert_eq!(diagnosis("肺炎"), None);
        assert_eq!(diagnosis("12"), None);
    }
}
