//! The national catalogues imported whole, and searched. Skipped, with a word, when the shared data is absent.

use std::path::PathBuf;
use terms::layouts::{DIAGNOSIS_CLINICAL, DIAGNOSIS_INSURER, DIAGNOSIS_MAP};
use terms::layouts::{PROCEDURE_CLINICAL, PROCEDURE_INSURER, PROCEDURE_MAP};
use terms::search::{Index, Place};
use terms::table::{Hint, read_table};
use terms::{Catalogue, CodeMap, ColumnMap, Import, Layout, Table, TableError};

/// So they stand in the national files.
const PAIRS_WITHOUT_PLUS: [&str; 2] = ["B37.600I39.8", "T66.x02H47.5"];

fn shared(file: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/icd").join(file);
    let bytes = std::fs::read(path).ok();
    if bytes.is_none() {
        println!("skipped: ../shared/data/icd/{file} is absent");
    }
    bytes
}

fn import(layout: Layout, table: &Table, columns: &[(&str, &str)]) -> Result<Catalogue, TableError> {
    let columns = ColumnMap::new(columns.iter().copied());
    let import = Import::edition(columns, "2.0", jiff::civil::date(2024, 1, 1));
    let empty = Catalogue::new(layout);
    let plan = empty.plan(table, &import)?;
    assert_eq!(
        plan.summary(),
        format!("新增 {}，修改 0，删除 0，不变 0，出错 0", table.len()),
        "{:?}",
        plan.wrong
    );
    let full = empty.apply(&plan)?;
    assert!(full.plan(table, &import)?.is_empty());
    // What the official files write is already normal, but for two pairs printed without their `+`.
    let unlike =
        |record: &&terms::Record| record.written(0).is_some_and(|code| !PAIRS_WITHOUT_PLUS.contains(&code));
    assert_eq!(full.records().iter().filter(unlike).count(), 0);
    Ok(full)
}

#[test]
fn every_code_and_every_map_row_is_taken() {
    const MAP: [(&str, &str); 4] = [
        ("clinical_code", "clinical_code"),
        ("clinical_name", "clinical_name"),
        ("insurer_code", "yibao_code"),
        ("insurer_name", "yibao_name"),
    ];
    const INSURER: [(&str, &str); 2] = [("code", "code"), ("name", "name")];
    const CLINICAL: [(&str, &str); 2] = [("code", "clinical_code"), ("name", "clinical_name")];
    for (codes, map, layouts, counts) in [
        (
            "diagnosis_yibao_2_0.csv",
            "diagnosis_clinical_to_yibao.csv",
            [DIAGNOSIS_INSURER, DIAGNOSIS_CLINICAL, DIAGNOSIS_MAP],
            (33_304, 35_587),
        ),
        (
            "procedure_yibao_2_0.csv",
            "procedure_clinical_to_yibao.csv",
            [PROCEDURE_INSURER, PROCEDURE_CLINICAL, PROCEDURE_MAP],
            (13_686, 13_653),
        ),
    ] {
        let (Some(codes), Some(map)) = (shared(codes), shared(map)) else { return };
        let (codes, map) =
            (read_table(&codes, &Hint::default()).unwrap(), read_table(&map, &Hint::default()).unwrap());
        assert_eq!((codes.len(), map.len()), counts);
        let insurer = import(layouts[0], &codes, &INSURER).unwrap();
        let clinical = import(layouts[1], &map, &CLINICAL).unwrap();
        let pairs = import(layouts[2], &map, &MAP).unwrap();
        let map = CodeMap::of(&pairs, Some("2.0"), jiff::civil::date(2025, 1, 1));
        assert_eq!(map.len(), counts.1);
        // Every clinical code has one target, that target exists, and leads back.
        for record in clinical.records() {
            let targets: Vec<&str> = map.targets(record.value(0)).collect();
            assert_eq!(targets.len(), 1, "{record:?}");
            assert!(insurer.find(targets[0]).next().is_some(), "{record:?}");
            assert!(map.sources(targets[0]).any(|source| source == record.value(0)), "{record:?}");
        }
        let shared =
            insurer.records().iter().filter(|record| map.sources(record.value(0)).count() > 1).count();
        assert!(shared > 100, "many-to-one was lost: {shared}");
    }
}

#[test]
fn every_national_term_is_found_by_its_code_and_name() {
    let Some(bytes) = shared("diagnosis_yibao_2_0.csv") else { return };
    let table = read_table(&bytes, &Hint::default()).unwrap();
    let terms: Vec<(&str, &str)> = table.rows().map(|row| (row.get(0), row.get(1))).collect();
    let index = Index::new(terms.iter().copied());
    assert_eq!(index.len(), 33_304);
    for (code, name) in terms.iter().step_by(37) {
        for typed in [code, name] {
            let hits = index.search(typed, 20, None);
            let own = hits.rows.iter().find(|hit| hit.code == *code);
            assert_eq!(own.map(|hit| hit.place), Some(Place::Exact), "{code} {name}: {typed}");
        }
    }
    for (typed, code) in
        [("gxy", "I10.x00x002"), ("高xy", "I10.x00x002"), ("jxlwy", "K35.800x001"), ("bianmi", "K59.000")]
    {
        let hits = index.search(typed, 20, None);
        println!("{typed}: {:?}", hits.rows.iter().take(5).map(|h| (h.code, h.name)).collect::<Vec<_>>());
        assert!(hits.rows.iter().any(|hit| hit.code == code), "{typed}");
    }
}

#[test]
fn a_workbook_or_gb18030_file_of_the_catalogue_reads_like_the_csv() {
    let Some(bytes) = shared("procedure_yibao_2_0.csv") else { return };
    let table = read_table(&bytes, &Hint::default()).unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, table.header()).unwrap();
    for row in table.rows() {
        sheet.write_row(row.line() as u32 - 1, 0, row.cells()).unwrap();
    }
    assert!(read_table(&book.save_to_buffer().unwrap(), &Hint::default()).unwrap() == table);
    let (gb18030, _, _) = encoding_rs::GB18030.encode(std::str::from_utf8(&bytes).unwrap());
    assert_ne!(*gb18030, *bytes);
    assert!(read_table(&gb18030, &Hint::default()).unwrap() == table);
}
