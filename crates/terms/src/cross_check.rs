//! 核对: whether catalogues agree: codes that lead nowhere, codes without a partner, codes that are there twice.

use crate::layouts::{
    DIAGNOSIS_CLINICAL, DIAGNOSIS_INSURER, DIAGNOSIS_MAP, PROCEDURE_CLINICAL, PROCEDURE_INSURER,
    PROCEDURE_MAP,
};
use crate::{Catalogue, CodeMap, EDITION, Layout, Record, VALID_FROM, VALID_TO};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// One kind of finding with the rows it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found, with the catalogue's name.
    pub title: String,
    /// The rows, a line each.
    pub rows: Vec<String>,
    /// To be put right; otherwise only worth knowing.
    pub is_problem: bool,
}

/// What [`cross_check`] found, and which catalogues it had to do without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrossCheck {
    /// Every kind of finding, those without a row too.
    pub findings: Vec<Finding>,
    /// For a map some of whose catalogues are not there: titles of what is missing.
    pub unchecked: Vec<Vec<&'static str>>,
}

/// Looks through catalogues as they are on one day.
pub fn cross_check(catalogues: &[&Catalogue], on: Date) -> CrossCheck {
    let of =
        |layout: &Layout| catalogues.iter().find(|catalogue| catalogue.layout().id == layout.id).copied();
    let mut checked = CrossCheck::default();
    for catalogue in catalogues {
        checked.findings.extend(duplicates(catalogue, on));
        checked.findings.push(damaged_names(catalogue));
    }
    for (pairs, clinical, insurer) in [
        (&DIAGNOSIS_MAP, &DIAGNOSIS_CLINICAL, &DIAGNOSIS_INSURER),
        (&PROCEDURE_MAP, &PROCEDURE_CLINICAL, &PROCEDURE_INSURER),
    ] {
        if let Some(pairs) = of(pairs) {
            checked.findings.extend(map(pairs, of(clinical), of(insurer), on));
        }
        let missing: Vec<&str> =
            [pairs, clinical, insurer].into_iter().filter(|l| of(l).is_none()).map(|l| l.title).collect();
        if !missing.is_empty() && missing.len() < 3 {
            checked.unchecked.push(missing);
        }
    }
    checked
}

/// A map against the catalogues of both ends.
fn map(map: &Catalogue, clinical: Option<&Catalogue>, insurer: Option<&Catalogue>, on: Date) -> Vec<Finding> {
    let title = |text: &str| format!("{}，{text}", map.layout().title);
    let rows: Vec<&Record> = in_force(map, on).collect();
    let pairs = CodeMap::of(map, None, on);
    let mut findings = Vec::new();
    if let Some(insurer) = insurer {
        let known = codes(insurer, on);
        let lost = rows.iter().filter(|row| !known.contains(row.value(1)));
        findings.push(Finding {
            title: title("医保版编码不在医保版目录中"),
            rows: lost.map(|row| row.label(map.layout())).collect(),
            is_problem: true,
        });
    }
    if let Some(clinical) = clinical {
        let known = codes(clinical, on);
        let lost = rows.iter().filter(|row| !known.contains(row.value(0)));
        findings.push(Finding {
            title: title("临床版编码不在临床版目录中"),
            rows: lost.map(|row| row.label(map.layout())).collect(),
            is_problem: true,
        });
        let unmapped = in_force(clinical, on).filter(|row| pairs.targets(row.value(0)).next().is_none());
        findings.push(Finding {
            title: title("临床版编码没有对照"),
            rows: unmapped.map(|row| row.label(clinical.layout())).collect(),
            is_problem: true,
        });
    }
    let sources: BTreeSet<&str> = rows.iter().map(|row| row.value(0)).collect();
    let targets: BTreeSet<&str> = rows.iter().map(|row| row.value(1)).collect();
    let one_to_many =
        sources.iter().filter_map(|code| Some(format!("{code} → {}", several(pairs.targets(code))?)));
    findings.push(Finding {
        title: title("一个临床版编码对多个医保版编码"),
        rows: one_to_many.collect(),
        is_problem: false,
    });
    let many_to_one =
        targets.iter().filter_map(|code| Some(format!("{code} ← {}", several(pairs.sources(code))?)));
    findings.push(Finding {
        title: title("多个临床版编码对一个医保版编码"),
        rows: many_to_one.collect(),
        is_problem: false,
    });
    findings
}

/// Names in which a rare character was lost on the way: `错??畸形`.
fn damaged_names(catalogue: &Catalogue) -> Finding {
    let layout = catalogue.layout();
    let names = ["name", "clinical_name", "insurer_name"].into_iter().filter_map(|id| layout.position(id));
    let names: Vec<usize> = names.collect();
    let damaged = |record: &&Record| {
        names.iter().any(|at| {
            let name = record.value(*at);
            name.contains("??") || name.contains('\u{fffd}') || name.contains('□')
        })
    };
    Finding {
        title: format!("{}，名称中有丢失的字（??、□）", layout.title),
        rows: catalogue.records().iter().filter(damaged).map(|record| record.label(layout)).collect(),
        is_problem: false,
    }
}

/// Codes that two editions have in force at once, and names that several codes share.
fn duplicates(catalogue: &Catalogue, on: Date) -> Vec<Finding> {
    let layout = catalogue.layout();
    let key = |record: &Record| -> Vec<String> {
        layout.keys().map(|(at, _)| record.value(at).to_owned()).collect()
    };
    let mut overlapping = Vec::new();
    // Records are sorted by key, the edition last.
    for same in catalogue.records().chunk_by(|a, b| key(a) == key(b)) {
        let mut periods: Vec<&Record> = same.iter().collect();
        periods.sort_by_key(|record| record.get(layout, VALID_FROM));
        for pair in periods.windows(2) {
            let [before, after] = pair else { continue };
            let to = before.get(layout, VALID_TO);
            if to.is_empty() || after.get(layout, VALID_FROM) <= to {
                let [one, other] = [before, after].map(|record| record.get(layout, EDITION));
                overlapping.push(format!("{}：版本 {one} 与 {other}", before.label(layout)));
            }
        }
    }
    let mut findings = vec![Finding {
        title: format!("{}，同一编码在两个版本中同时有效", layout.title),
        rows: overlapping,
        is_problem: false,
    }];
    // 药品 and 耗材 of one name differ in 规格 and 厂家.
    if layout.position("name").is_some() && layout.position("maker").is_none() {
        let mut by_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for record in in_force(catalogue, on) {
            by_name.entry(record.get(layout, "name")).or_default().insert(record.value(0));
        }
        let shared = by_name.into_iter().filter(|(_, codes)| codes.len() > 1);
        let shared = shared
            .map(|(name, codes)| format!("{name}：{}", codes.into_iter().collect::<Vec<_>>().join("、")));
        findings.push(Finding {
            title: format!("{}，名称相同、编码不同", layout.title),
            rows: shared.collect(),
            is_problem: false,
        });
    }
    findings
}

/// `A、B（2 个）`; `None` for less than two.
fn several<'c>(codes: impl Iterator<Item = &'c str>) -> Option<String> {
    let codes: Vec<&str> = codes.collect();
    (codes.len() > 1).then(|| format!("{}（{} 个）", codes.join("、"), codes.len()))
}

fn in_force(catalogue: &Catalogue, on: Date) -> impl Iterator<Item = &Record> {
    catalogue.records().iter().filter(move |record| record.in_force(catalogue.layout(), on))
}

fn codes(catalogue: &Catalogue, on: Date) -> BTreeSet<&str> {
    in_force(catalogue, on).map(|record| record.value(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnMap, Import, Table};
    use jiff::civil::date;

    fn loaded(layout: Layout, header: &[&str], rows: &[&[&str]]) -> Catalogue {
        let table = Table::from_rows(header, rows);
        let empty = Catalogue::new(layout);
        let import = Import { columns: ColumnMap::of_template(&layout, &table), ..Import::default() };
        empty.apply(&empty.plan(&table, &import).unwrap()).unwrap()
    }

    // covers: REC-5.11
    #[test]
    fn codes_without_a_partner_are_found_in_both_directions() {
        let header = ["编码", "名称", "版本", "生效日期"];
        let clinical = loaded(
            DIAGNOSIS_CLINICAL,
            &header,
            &[&["A00.000", "霍乱", "2.0", "2024-01-01"], &["A01.000", "伤寒", "2.0", "2024-01-01"]],
        );
        let insurer = loaded(DIAGNOSIS_INSURER, &header, &[&["A00.000", "霍乱", "2.0", "2024-01-01"]]);
        let pairs = loaded(
            DIAGNOSIS_MAP,
            &["临床版编码", "医保版编码", "版本", "生效日期"],
            &[&["A00.000", "A00.000", "2.0", "2024-01-01"], &["A09.000", "A00.900", "2.0", "2024-01-01"]],
        );
        let on = date(2025, 1, 1);
        let checked = cross_check(&[&clinical, &insurer, &pairs], on);
        let rows = |title: &str| {
            let found = checked.findings.iter().find(|finding| finding.title.ends_with(title));
            found.map(|finding| (finding.rows.join(" "), finding.is_problem))
        };
        assert_eq!(rows("医保版编码不在医保版目录中"), Some(("A09.000→A00.900".to_owned(), true)));
        assert_eq!(rows("临床版编码不在临床版目录中"), Some(("A09.000→A00.900".to_owned(), true)));
        assert_eq!(rows("临床版编码没有对照"), Some(("A01.000 伤寒".to_owned(), true)));
        assert!(checked.unchecked.is_empty());
        let alone = cross_check(&[&pairs], on);
        assert_eq!(alone.unchecked, [[DIAGNOSIS_CLINICAL.title, DIAGNOSIS_INSURER.title]]);
    }
}
