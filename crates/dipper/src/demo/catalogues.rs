//! 演示目录: the catalogues filled from what ships with the program, imported as a user's files are.
//!
//! No official catalogue ships. The rows are the codes that the demonstration's hospital uses, under the edition 演示, in two
//! imports: an older file with a few wrong rows, then the current one, so that 新增, 修改, 删除 and 出错 can be seen.

use crate::installation::Installation;
use crate::pack_dir;
use anyhow::Context;
use hospital::ChargeItem;
use model::Code;
use policy::Policy;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use sync::Terminology;
use sync::terminology::CatalogueAuthor;
use terms::layouts::{
    DIAGNOSIS_CLINICAL, DIAGNOSIS_INSURER, DIAGNOSIS_MAP, DRUG, MATERIAL, PROCEDURE_CLINICAL,
    PROCEDURE_INSURER, PROCEDURE_MAP, SERVICE,
};
use terms::table::{Hint, read_table};
use terms::{ColumnMap, EDITION, Import, Layout, Table, VALID_FROM};

const EDITION_NAME: &str = "演示";
const FROM: &str = "2023-01-01";

/// A row: field id and value.
type Row = Vec<(&'static str, String)>;

/// Fills the catalogues that nothing was imported into.
pub(super) fn fill(installation: &Installation, pack: &Path) -> anyhow::Result<()> {
    let terminology = Terminology::new(installation.store.clone());
    let policy = pack_dir::load(pack)?;
    for (layout, old, new) in files(&policy) {
        if terminology.catalogue(layout)?.version.is_some() {
            continue;
        }
        for (rows, name, note) in [(old, "旧", "演示：首次导入，个别行有错"), (new, "新", "演示：更新")]
        {
            let file = format!("{}{name}.csv", layout.title);
            import(&terminology, layout, &rows, installation.now(), &file, note)
                .with_context(|| format!("导入演示目录 {file}"))?;
        }
    }
    Ok(())
}

/// As the web imports an uploaded file: text in, wrong rows passed over.
fn import(
    terminology: &Terminology,
    layout: &'static Layout,
    rows: &[Row],
    now: i64,
    file_name: &str,
    note: &str,
) -> anyhow::Result<()> {
    let cells = rows.iter().map(|row| {
        let value = |id| row.iter().find(|(field, _)| *field == id).map_or("", |(_, value)| value.as_str());
        layout.fields.iter().map(|field| value(field.id)).collect::<Vec<_>>()
    });
    let file = terms::export::csv(&Table::from_rows(&layout.template(), cells))?;
    let table = terms::with_spellings(layout, &read_table(&file, &Hint::default())?);
    let import = Import {
        columns: ColumnMap::of_template(layout, &table),
        defaults: vec![
            (EDITION.to_owned(), EDITION_NAME.to_owned()),
            (VALID_FROM.to_owned(), FROM.to_owned()),
        ],
        ..Import::default()
    };
    let trial = terminology.try_import(layout, &table, &import)?;
    terminology.confirm(&trial, true, CatalogueAuthor { login: "system", now, file_name, note })?;
    Ok(())
}

/// Every catalogue with its older and its current rows.
fn files(policy: &Policy) -> Vec<(&'static Layout, Vec<Row>, Vec<Row>)> {
    let diagnoses: BTreeMap<String, String> = hospital::diagnosis_terms().into_iter().collect();
    let operations: BTreeMap<String, String> = hospital::operation_terms().into_iter().collect();
    let mut files = Vec::new();
    for (insurer_layout, clinical_layout, map_layout, insurer, map) in [
        (
            &DIAGNOSIS_INSURER,
            &DIAGNOSIS_CLINICAL,
            &DIAGNOSIS_MAP,
            diagnoses,
            texts(&policy.code_map.diagnoses),
        ),
        (
            &PROCEDURE_INSURER,
            &PROCEDURE_CLINICAL,
            &PROCEDURE_MAP,
            operations,
            texts(&policy.code_map.procedures),
        ),
    ] {
        let named = |code: &str| insurer.get(code).cloned();
        // Codes that only the clinical edition has, by the name of the code they lead to.
        let only_clinical: BTreeMap<String, String> = map
            .iter()
            .filter(|(from, _)| !insurer.contains_key(*from))
            .filter_map(|(from, to)| Some((from.clone(), named(to)?)))
            .collect();
        let mut clinical = insurer.clone();
        clinical.extend(only_clinical.clone());
        let pairs: Vec<Row> = clinical
            .iter()
            .map(|(code, name)| {
                let to = map.get(code).filter(|to| insurer.contains_key(*to)).unwrap_or(code);
                vec![
                    ("clinical_code", code.clone()),
                    ("clinical_name", name.clone()),
                    ("insurer_code", to.clone()),
                    ("insurer_name", named(to).unwrap_or_default()),
                ]
            })
            .collect();
        // The older file of operations still had headings (细目 00.0) among the codes.
        let headings = || policy.operations.rows().iter().filter(|row| row.code.len() == 4).take(12);
        let ended = match insurer_layout.id == PROCEDURE_INSURER.id {
            true => headings().map(|row| (row.code.to_string(), row.name.clone())).collect(),
            false => only_clinical.clone(),
        };
        files.push((insurer_layout, older(terms_of(&insurer), terms_of(&ended)), terms_of(&insurer)));
        files.push((clinical_layout, older(terms_of(&clinical), Vec::new()), terms_of(&clinical)));
        files.push((map_layout, older(pairs.clone(), Vec::new()), pairs));
    }
    let items = hospital::charge_items();
    for layout in [&DRUG, &SERVICE, &MATERIAL] {
        let mut seen = BTreeSet::new();
        let all: Vec<&ChargeItem> = items.iter().filter(|item| catalogue_of(item) == layout.id).collect();
        let twice: Vec<Row> =
            all.iter().filter(|item| !seen.insert(&item.insurer_code)).map(|i| item(i)).collect();
        seen.clear();
        let rows: Vec<Row> =
            all.into_iter().filter(|item| seen.insert(&item.insurer_code)).map(item).collect();
        let mut ended: Vec<Row> = rows.iter().step_by(53).skip(1).cloned().collect();
        for row in &mut ended {
            set(row, "code", |code| format!("{code}T"));
            set(row, "name", |name| format!("{name}（停用）"));
        }
        ended.extend(twice);
        files.push((layout, older(rows.clone(), ended), rows));
    }
    files
}

fn texts<'c>(codes: impl IntoIterator<Item = (&'c Code, &'c Code)>) -> BTreeMap<String, String> {
    codes.into_iter().map(|(from, to)| (from.to_string(), to.to_string())).collect()
}

/// The older file: some rows not there yet, some otherwise, some that were taken away later, two with mistakes.
fn older(rows: Vec<Row>, taken_away: Vec<Row>) -> Vec<Row> {
    let mut wrong: Vec<Row> = rows.iter().take(2).cloned().collect();
    let mut old: Vec<Row> = Vec::new();
    for (at, mut row) in rows.into_iter().enumerate() {
        match at % 40 {
            // Not there yet.
            39 => continue,
            17 => {
                set(&mut row, "price", discounted);
                set(&mut row, "insurer_name", |_| String::new());
            }
            _ => {}
        }
        set(&mut row, "name", |name| name.replace('，', ","));
        old.push(row);
    }
    old.extend(taken_away);
    if let Some((_, code)) = wrong.first_mut().and_then(|row| row.first_mut()) {
        code.clear();
    }
    for row in wrong.iter_mut().skip(1) {
        set(row, "code", |_| "X-0000".to_owned());
        set(row, "clinical_code", |_| "未对照".to_owned());
        set(row, "name", |_| String::new());
    }
    old.extend(wrong);
    old
}

fn set(row: &mut Row, field: &str, change: impl Fn(&str) -> String) {
    if let Some((_, value)) = row.iter_mut().find(|(id, _)| *id == field) {
        *value = change(value);
    }
}

fn discounted(price: &str) -> String {
    let price: Decimal = price.parse().unwrap_or_default();
    (price * Decimal::new(95, 2)).round_dp(2).normalize().to_string()
}

fn terms_of(codes: &BTreeMap<String, String>) -> Vec<Row> {
    codes.iter().map(|(code, name)| vec![("code", code.clone()), ("name", name.clone())]).collect()
}

/// Drugs are coded X… or T…, materials C…, services by digits.
fn catalogue_of(item: &ChargeItem) -> &'static str {
    match item.insurer_code.chars().next() {
        Some('C') => MATERIAL.id,
        Some(first) if first.is_ascii_alphabetic() => DRUG.id,
        _ => SERVICE.id,
    }
}

fn item(item: &ChargeItem) -> Row {
    let decimal = |ten_thousandths: i64| Decimal::new(ten_thousandths, 4).normalize().to_string();
    vec![
        ("code", item.insurer_code.clone()),
        ("name", item.name.clone()),
        ("spec", item.specification.clone()),
        ("unit", item.unit.clone()),
        ("category", format!("{}类", item.level)),
        ("self_pay_ratio", decimal(item.self_pay_ratio)),
        ("price", decimal(item.price)),
    ]
}
