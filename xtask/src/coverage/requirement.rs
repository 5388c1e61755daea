//! The numbered requirements of the tender, and ids like `DIP-1.02` in a text.

use std::path::Path;

use anyhow::{Context, Result, ensure};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) id: String,
    /// ★ decides the tender, ▲ weighs heavily, empty otherwise.
    pub(crate) mark: String,
}

/// Reads the columns `id` and `mark`.
pub(crate) fn read(table: &Path) -> Result<Vec<Requirement>> {
    let mut reader = csv::Reader::from_path(table).with_context(|| format!("opening {}", table.display()))?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        let at = headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
        at.with_context(|| format!("{}: no column {name}", table.display()))
    };
    let (id, mark) = (column("id")?, column("mark")?);
    let mut requirements = Vec::new();
    for record in reader.records() {
        let record = record?;
        requirements.push(Requirement { id: record[id].to_owned(), mark: record[mark].to_owned() });
    }
    Ok(requirements)
}

/// The requirements named by `DIP-1.02..DIP-1.08,REC-5.08`, in the order of the table; both ends belong to a range.
pub(crate) fn select<'a>(requirements: &'a [Requirement], ranges: &str) -> Result<Vec<&'a Requirement>> {
    let row = |id: &str| {
        let at = requirements.iter().position(|requirement| requirement.id == id.trim());
        at.with_context(|| format!("{id} is no requirement"))
    };
    let mut chosen = vec![false; requirements.len()];
    for range in ranges.split(',') {
        let (first, last) = range.split_once("..").unwrap_or((range, range));
        let (first, last) = (row(first)?, row(last)?);
        ensure!(first <= last, "{range} runs backwards");
        chosen[first..=last].fill(true);
    }
    Ok(requirements
        .iter()
        .zip(chosen)
        .filter_map(|(requirement, chosen)| chosen.then_some(requirement))
        .collect())
}

/// Ids in a text: three capitals, a dash, digits, a dot, two digits.
pub(crate) fn ids_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    words
        .flat_map(|word| word.split(".."))
        .map(|word| word.trim_matches('.'))
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect()
}

fn is_id(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((module, number)) = word.split_once('-') else { return false };
    let Some((group, item)) = number.split_once('.') else { return false };
    module.len() == 3
        && module.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits(group)
        && item.len() == 2
        && digits(item)
}

#[cfg(test)]
impl Requirement {
    pub(crate) fn of(id: &str, mark: &str) -> Requirement {
        Requirement { id: id.to_owned(), mark: mark.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_ids() {
        assert_eq!(ids_in("covers: DIP-1.02, REC-5.10；（ANA-2.01）."), ["DIP-1.02", "REC-5.10", "ANA-2.01"]);
        assert_eq!(ids_in("ICD-10 A-1.02 DIP-1.2 XDIP-1.02 DIP-1.023"), Vec::<String>::new());
    }

    #[test]
    fn selects_ranges() {
        let table: Vec<_> =
            ["DIP-1.01", "DIP-1.02", "DIP-1.03", "REC-1.01"].map(|id| Requirement::of(id, "")).into();
        let ids = |ranges: &str| -> Vec<&str> {
            select(&table, ranges).unwrap().into_iter().map(|requirement| requirement.id.as_str()).collect()
        };
        assert_eq!(ids("DIP-1.02..DIP-1.03,REC-1.01"), ["DIP-1.02", "DIP-1.03", "REC-1.01"]);
        assert_eq!(ids("REC-1.01"), ["REC-1.01"]);
    }

    #[test]
    fn refuses_unknown_and_backward_ranges() {
        let table = [Requirement::of("DIP-1.01", ""), Requirement::of("DIP-1.02", "")];
        assert!(select(&table, "DIP-9.99").is_err());
        assert!(select(&table, "DIP-1.02..DIP-1.01").is_err());
    }

    #[test]
    fn reads_the_table() {
        let folder = std::env::temp_dir().join(format!("xtask-requirements-{}", std::process::id()));
        std::fs::write(&folder, "\u{feff}id,module,mark\nDIP-1.01,DIP,★\nDIP-1.02,DIP,\n").unwrap();
        let requirements = read(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(requirements, [Requirement::of("DIP-1.01", "★"), Requirement::of("DIP-1.02", "")]);
    }
}
