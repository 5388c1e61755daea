//! Catalogues: imported, edited, rolled back, by one and by several people.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot start")]

use jiff::civil::date;
use store::{CatalogueChange, Store, StoreError};
use sync::terminology::{CatalogueAuthor, RowEdit, RowEdited};
use sync::{SyncError, Terminology};
use terms::layouts::{DIAGNOSIS_INSURER, DRUG};
use terms::search::RowFilter;
use terms::{ColumnMap, Import, Layout, Mode, Table};

struct Hospital {
    terminology: Terminology,
    store: Store,
    _folder: tempfile::TempDir,
}

fn hospital() -> Hospital {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db").to_str().unwrap()).unwrap();
    Hospital { terminology: Terminology::new(store.clone()), store, _folder: folder }
}

const HEADER: [&str; 5] = ["编码", "名称", "版本", "生效日期", "失效日期"];

fn import(layout: &Layout, table: &Table, mode: Mode) -> Import {
    Import { columns: ColumnMap::of_template(layout, table), mode, ..Import::default() }
}

fn author(login: &str) -> CatalogueAuthor<'_> {
    CatalogueAuthor { login, now: 1_000, file_name: "目录.csv", note: "" }
}

impl Hospital {
    /// Imports diagnoses of code and name.
    fn import(&self, mode: Mode, rows: &[[&str; 2]]) -> Option<store::CatalogueVersion> {
        let rows = rows.iter().map(|[code, name]| [code, name, "2.0", "2024-01-01", ""]);
        let table = Table::from_rows(&HEADER, rows);
        let import = import(&DIAGNOSIS_INSURER, &table, mode);
        let trial = self.terminology.try_import(&DIAGNOSIS_INSURER, &table, &import).unwrap();
        self.terminology.confirm(&trial, true, author("0001")).unwrap()
    }

    fn labels(&self, version: i64) -> Vec<String> {
        let catalogue = self.terminology.version(&DIAGNOSIS_INSURER, version).unwrap();
        catalogue.records().iter().map(|row| row.label(&DIAGNOSIS_INSURER)).collect()
    }

    fn values(&self, code: &str) -> Vec<String> {
        let held = self.terminology.catalogue(&DIAGNOSIS_INSURER).unwrap();
        let row = held.catalogue.row(&[code, "2.0"]).unwrap();
        (0..HEADER.len()).map(|at| row.value(at).to_owned()).collect()
    }

    fn edit(&self, seen: Option<&[String]>, values: &[String]) -> RowEdited {
        let edit = RowEdit { layout: &DIAGNOSIS_INSURER, seen, values };
        self.terminology.edit_row(&edit, author("0002")).unwrap()
    }
}

fn with_name(values: &[String], name: &str) -> Vec<String> {
    let mut values = values.to_vec();
    values[1] = name.to_owned();
    values
}

// covers: DIP-1.05, DIP-1.06
#[test]
fn every_version_can_be_read_again_whole_or_from_its_changes() {
    let hospital = hospital();
    assert!(hospital.terminology.catalogue(&DIAGNOSIS_INSURER).unwrap().catalogue.records().is_empty());
    let rows: Vec<[String; 2]> = (0..40).map(|n| [format!("A{n:02}.000"), format!("病{n}")]).collect();
    let rows: Vec<[&str; 2]> = rows.iter().map(|row| [row[0].as_str(), row[1].as_str()]).collect();
    let first = hospital.import(Mode::Full, &rows).unwrap();
    assert_eq!((first.version, first.base, first.added, first.row_count), (1, 1, 40, 40));
    // A small change keeps only itself; so many of them, and a version keeps every row again.
    for n in 0..35 {
        let name = format!("改{n}");
        let saved =
            hospital.import(Mode::Incremental, &[["a01.000", &name], [&format!("B{n:02}.000"), "新"]]);
        assert_eq!(saved.unwrap().row_count, 41 + n);
    }
    let versions = hospital.terminology.versions(&DIAGNOSIS_INSURER).unwrap();
    let bases: Vec<i64> = versions.iter().rev().map(|version| version.base).collect();
    assert_eq!((bases[1], bases[30], bases[31], bases[35]), (1, 1, 32, 32));
    for version in [2, 31, 32, 36] {
        let labels = hospital.labels(version);
        assert_eq!(labels.len() as i64, 39 + version, "{version}");
        assert_eq!(labels[1], format!("A01.000 改{}", version - 2));
    }
    // The codes' spelling survives, and a second program sees the same.
    let other = Terminology::new(hospital.store.clone());
    let held = other.catalogue(&DIAGNOSIS_INSURER).unwrap();
    assert_eq!(held.catalogue.row(&["A01.000", "2.0"]).unwrap().written(0), Some("a01.000"));
    assert_eq!(held.catalogue, hospital.terminology.catalogue(&DIAGNOSIS_INSURER).unwrap().catalogue);
}

// covers: DIP-1.07
#[test]
fn a_trial_counts_and_wrong_rows_hold_removals_back() {
    let hospital = hospital();
    let header = ["药品编码", "药品名称", "医保支付标准", "版本", "生效日期"];
    let load = |rows: &[[&str; 5]], mode, skip| {
        let table = Table::from_rows(&header, rows);
        let trial = hospital.terminology.try_import(&DRUG, &table, &import(&DRUG, &table, mode)).unwrap();
        (trial.plan.summary(), trial.held_back(), hospital.terminology.confirm(&trial, skip, author("0001")))
    };
    let (summary, _, saved) = load(
        &[["X1", "甲", "1.5", "2025", "2025-01-01"], ["X2", "乙", "2", "2025", "2025-01-01"]],
        Mode::Full,
        false,
    );
    assert_eq!(
        (summary.as_str(), saved.unwrap().unwrap().wrong),
        ("新增 2，修改 0，删除 0，不变 0，出错 0", 0)
    );
    let second = [["X1", "甲", "1.6", "2025", "2025-01-01"], ["X3", "丙", "三元", "2025", "2025-01-01"]];
    let (summary, held_back, refused) = load(&second, Mode::Full, false);
    assert_eq!((summary.as_str(), held_back), ("新增 0，修改 1，删除 1，不变 0，出错 1", 1));
    assert!(matches!(refused, Err(SyncError::WrongRows(1))));
    let (_, _, saved) = load(&second, Mode::Full, true);
    let saved = saved.unwrap().unwrap();
    assert_eq!((saved.changed, saved.removed, saved.wrong, saved.row_count), (1, 0, 1, 2));
    let (_, _, nothing) = load(&[second[0]], Mode::Incremental, false);
    assert_eq!(nothing.unwrap(), None);
    let empty = Table::from_rows(&header, Vec::<[&str; 5]>::new());
    let refused = hospital.terminology.try_import(&DRUG, &empty, &import(&DRUG, &empty, Mode::Full));
    assert!(matches!(refused, Err(SyncError::NoRows)));
}

#[test]
fn a_trial_that_was_overtaken_is_refused() {
    let hospital = hospital();
    hospital.import(Mode::Full, &[["A00.000", "霍乱"]]);
    let table = Table::from_rows(&HEADER, [["A01.000", "伤寒", "2.0", "2024-01-01", ""]]);
    let import = import(&DIAGNOSIS_INSURER, &table, Mode::Full);
    let trial = hospital.terminology.try_import(&DIAGNOSIS_INSURER, &table, &import).unwrap();
    // Another program on the same store.
    let other = Terminology::new(hospital.store.clone());
    let theirs = other.try_import(&DIAGNOSIS_INSURER, &table, &import).unwrap();
    other.confirm(&theirs, false, author("0009")).unwrap().unwrap();
    let refused = hospital.terminology.confirm(&trial, false, author("0001")).unwrap_err();
    assert!(matches!(&refused, SyncError::Store(StoreError::Changed(_))), "{refused}");
    assert!(refused.to_string().contains("疾病诊断（医保版）"), "{refused}");
    assert_eq!(hospital.labels(2), ["A01.000 伤寒"]);
}

// covers: REC-5.08, REC-5.09
#[test]
fn a_row_is_added_changed_and_ended() {
    let hospital = hospital();
    hospital.import(Mode::Full, &[["k35900", "急性阑尾炎"], ["A00.000", "霍乱"]]);
    let values = hospital.values("K35.900");
    let RowEdited::Saved(version) = hospital.edit(Some(&values), &with_name(&values, "阑尾炎")) else {
        panic!("not saved")
    };
    assert_eq!((version.version, version.kind, version.changed), (2, CatalogueChange::Edit, 1));
    assert_eq!(version.imported_by, "0002");
    // The spelling it came with is not lost by the edit.
    let held = hospital.terminology.catalogue(&DIAGNOSIS_INSURER).unwrap();
    assert_eq!(held.catalogue.row(&["K35.900", "2.0"]).unwrap().written(0), Some("k35900"));
    let values = hospital.values("K35.900");
    assert_eq!(hospital.edit(Some(&values), &values), RowEdited::Unchanged);
    let mut ended = values.clone();
    ended[4] = "2025/6/30".to_owned();
    assert!(matches!(hospital.edit(Some(&values), &ended), RowEdited::Saved(_)));
    assert_eq!(hospital.values("K35.900")[4], "2025-06-30");
    let new = ["B01.900", "水痘", "2.0", "2025-01-01", ""].map(str::to_owned);
    assert!(matches!(hospital.edit(None, &new), RowEdited::Saved(_)));
    let RowEdited::Conflict(Some(row)) = hospital.edit(None, &new) else { panic!("added twice") };
    assert_eq!(row.value(1), "水痘");
    // What is wrong is said field by field.
    let bad = ["水痘", "", "2.0", "去年", ""].map(str::to_owned);
    let RowEdited::Wrong(problems) = hospital.edit(None, &bad) else { panic!("bad row taken") };
    assert_eq!(problems.iter().map(|p| p.field).collect::<Vec<_>>(), [Some(0), Some(1), Some(3)]);
    let mut turned = values.clone();
    turned[4] = "2020-01-01".to_owned();
    let values = hospital.values("K35.900");
    let RowEdited::Wrong(problems) = hospital.edit(Some(&values), &turned) else { panic!("ends before") };
    assert_eq!(problems[0].field, Some(4));
    let mut other_code = values.clone();
    other_code[0] = "K36.x00".to_owned();
    let RowEdited::Wrong(problems) = hospital.edit(Some(&values), &other_code) else { panic!("key changed") };
    assert_eq!(problems[0].field, Some(0));
}

#[test]
fn of_two_editors_of_a_row_the_second_is_told_and_other_rows_do_not_matter() {
    let hospital = hospital();
    hospital.import(Mode::Full, &[["A00.000", "霍乱"], ["A01.000", "伤寒"]]);
    let (cholera, typhoid) = (hospital.values("A00.000"), hospital.values("A01.000"));
    // Two forms are open; the first editor saves.
    assert!(matches!(hospital.edit(Some(&cholera), &with_name(&cholera, "霍乱（甲）")), RowEdited::Saved(_)));
    let RowEdited::Conflict(Some(theirs)) = hospital.edit(Some(&cholera), &with_name(&cholera, "霍乱（乙）"))
    else {
        panic!("overwritten")
    };
    assert_eq!(theirs.value(1), "霍乱（甲）");
    assert_eq!(hospital.edit(Some(&cholera), &with_name(&cholera, "霍乱（甲）")), RowEdited::Unchanged);
    // A third one, whose form shows another row of the old version, is not in anybody's way.
    assert!(matches!(hospital.edit(Some(&typhoid), &with_name(&typhoid, "肠伤寒")), RowEdited::Saved(_)));
    assert_eq!(hospital.labels(3), ["A00.000 霍乱（甲）", "A01.000 肠伤寒"]);
    // A row that is gone.
    hospital.import(Mode::Full, &[["A00.000", "霍乱"]]);
    let typhoid = with_name(&typhoid, "肠伤寒");
    assert_eq!(hospital.edit(Some(&typhoid), &with_name(&typhoid, "伤寒")), RowEdited::Conflict(None));
}

#[test]
fn editors_at_the_same_moment_all_get_their_rows_in() {
    let hospital = hospital();
    hospital.import(Mode::Full, &[["A00.000", "霍乱"]]);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let own = Terminology::new(hospital.store.clone());
            scope.spawn(move || {
                let new =
                    [format!("B0{n}.900"), "病".into(), "2.0".into(), "2024-01-01".into(), String::new()];
                let edit = RowEdit { layout: &DIAGNOSIS_INSURER, seen: None, values: &new };
                assert!(matches!(own.edit_row(&edit, author("0003")).unwrap(), RowEdited::Saved(_)));
            });
        }
    });
    assert_eq!(hospital.labels(5).len(), 5);
}

#[test]
fn an_old_version_comes_back_as_a_new_one() {
    let hospital = hospital();
    hospital.import(Mode::Full, &[["A00.000", "霍乱"], ["A01.000", "伤寒"]]);
    hospital.import(Mode::Full, &[["A00.000", "霍乱病"], ["A02.000", "沙门菌肠炎"]]);
    let back = hospital.terminology.roll_back(&DIAGNOSIS_INSURER, 1, 2, author("0001")).unwrap().unwrap();
    assert_eq!((back.version, back.kind, back.note.as_str()), (3, CatalogueChange::Rollback, "恢复第 1 版"));
    assert_eq!((back.added, back.changed, back.removed), (1, 1, 1));
    assert_eq!(hospital.labels(3), hospital.labels(1));
    assert_eq!(hospital.labels(2), ["A00.000 霍乱病", "A02.000 沙门菌肠炎"]);
    assert_eq!(hospital.terminology.roll_back(&DIAGNOSIS_INSURER, 1, 3, author("0001")).unwrap(), None);
    let late = hospital.terminology.roll_back(&DIAGNOSIS_INSURER, 2, 2, author("0001")).unwrap_err();
    assert!(matches!(late, SyncError::Store(StoreError::Changed(_))), "{late}");
}

// covers: DIP-1.06
#[test]
fn the_national_catalogue_is_searched_as_coders_type() {
    let Ok(file) = std::fs::read("../../../shared/data/icd/diagnosis_yibao_2_0.csv") else {
        eprintln!("skipped: the national catalogue is not here");
        return;
    };
    let hospital = hospital();
    let table = terms::table::read_table(&file, &terms::table::Hint::default()).unwrap();
    let columns = ColumnMap::of_template(&DIAGNOSIS_INSURER, &table);
    let import = Import::edition(columns, "2.0", date(2024, 1, 1));
    let trial = hospital.terminology.try_import(&DIAGNOSIS_INSURER, &table, &import).unwrap();
    assert_eq!((trial.plan.added.len(), trial.plan.wrong.len()), (33_304, 0));
    hospital.terminology.confirm(&trial, false, author("0001")).unwrap().unwrap();
    let held = Terminology::new(hospital.store.clone()).catalogue(&DIAGNOSIS_INSURER).unwrap();
    assert_eq!(held.catalogue.records().len(), 33_304);
    let filter = RowFilter { edition: Some("2.0"), on: Some(date(2025, 1, 1)) };
    for (typed, code) in [("k35.800", "K35.800"), ("gxy", "I10.x00x002"), ("急性阑尾炎", "K35.800x001")]
    {
        let hits = held.search.suggest(&held.catalogue, typed, filter, 20, None);
        assert_eq!(hits.rows.first().map(|hit| hit.code), Some(code), "{typed}");
    }
    let before = RowFilter { on: Some(date(2023, 1, 1)), ..filter };
    assert_eq!(held.search.suggest(&held.catalogue, "gxy", before, 20, None).total, 0);
}
