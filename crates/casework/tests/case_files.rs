//! Files of cases as a page takes them: workbooks, Chinese headers, errors apart, a stop on request.

#![allow(clippy::expect_used, reason = "a test stops where its data are not as they should be")]

use casework::{CaseFileError, Encoding, Engine, FIELDS, Format, Stream, Wanted, lines_of_workbook};
use policy::{PackFiles, Policy};
use std::path::Path;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/policy");
    let mut files = folder(&root.join("sample/2025"));
    files.inherit(folder(&root.join("base/2025")));
    Engine::new(Policy::load(&files).expect("the sample city's pack"))
});

fn folder(dir: &Path) -> PackFiles {
    let mut found = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), std::fs::read(entry.path()).expect("readable")));
            }
        }
    }
    PackFiles::new(found)
}

fn run(from: Format, to: Format, input: &[u8]) -> (String, String, u64) {
    let stream = Stream {
        engine: &ENGINE,
        wanted: Wanted::default(),
        from,
        to,
        map: None,
        encoding: Encoding::Auto,
        hospital: ("H1", "3"),
    };
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    let summary = stream.run(input, &mut results, Some(&mut errors), &mut |_, _| true).expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(results), text(errors), summary.errors())
}

const CHINESE: &str = "病例号,主要诊断编码,手术操作编码,出院时间,险种,总费用,医保费用,备注\n\
    =1+1,K35.900,47.0100|54.9100,2025-03-07,310,13000.00,9800.00,无\n\
    2,K35.900,,2025-03-07,310,-1,,\n\
    2,,,2025-03-07,310,,,\n\
    2,K35.900,,2025-03-07,310,,,\n";

/// covers: DIP-1.02
#[test]
fn chinese_headers_and_words_errors_apart_in_gbk_too() {
    let (results, errors, wrong) = run(Format::Csv, Format::Table, CHINESE.as_bytes());
    let rows: Vec<&str> = results.lines().collect();
    assert!(rows[0].starts_with("\u{feff}病例号,病种编码,病种名称"), "{}", rows[0]);
    // A spreadsheet must not compute the id.
    assert!(rows[1].starts_with("'=1+1,") && rows[1].contains("核心病种"), "{}", rows[1]);
    assert!(rows[2].starts_with("2,,,未入组") && rows[2].ends_with("缺少主诊断"), "{}", rows[2]);
    assert_eq!((rows.len(), wrong), (3, 2));
    let errors: Vec<&str> = errors.lines().collect();
    assert_eq!(errors[0], "\u{feff}行号,病例号,字段,错误");
    assert!(errors[1].starts_with("3,2,总费用,费用 -1.00") && errors[1].contains("负数"), "{}", errors[1]);
    assert!(errors[2].starts_with("5,2,病例号,病例号 2 与前面的病例重复"), "{}", errors[2]);

    let (gbk, ..) = encoding_rs::GBK.encode(CHINESE);
    assert_eq!(run(Format::Csv, Format::Table, &gbk).0, results);
}

#[test]
fn chinese_names_mean_the_contracts_fields() {
    let chinese: Vec<&str> = FIELDS.iter().map(|field| field.1).collect();
    let english: Vec<&str> = FIELDS.iter().map(|field| field.0).collect();
    let row = "7,K35.900,I10.x00,47.0100,1,46,,,,2025-03-01,2025-03-07,2025-03-07,1,310,,3,H1,13000,9800,9800,5000,1200,,";
    let of = |header: Vec<&str>| {
        run(Format::Csv, Format::Csv, format!("{}\n{row}\n", header.join(",")).as_bytes())
    };
    let (result, errors, wrong) = of(chinese);
    assert_eq!((errors.lines().count(), wrong), (1, 0));
    assert_eq!(result, of(english).0);
}

#[test]
fn a_workbook_is_read_like_its_csv_and_keeps_its_rows() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let put = |sheet: &mut rust_xlsxwriter::Worksheet, row: u32, cells: &[&str]| {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, *cell).expect("a cell");
        }
    };
    put(sheet, 0, &["病例号", "主要诊断编码", "出院时间", "险种", "备注"]);
    put(sheet, 1, &["1", "K35.900", "2025-03-07", "310", "a\nb"]);
    // Row 3 of the sheet is blank.
    put(sheet, 3, &["", "K35.900", "2025-03-07", "310", ""]);
    let (text, wrong) = lines_of_workbook(&book.save_to_buffer().expect("a workbook")).expect("a table");
    assert!(wrong.is_empty(), "{wrong:?}");
    let (results, errors, _) = run(Format::Csv, Format::Table, &text);
    assert_eq!(results.lines().count(), 2);
    assert!(errors.contains("4,,病例号,缺少病例号"), "{errors}");
}

#[test]
fn a_file_that_cannot_be_taken_says_why_and_a_stop_is_obeyed() {
    let stream = |from| Stream {
        engine: &ENGINE,
        wanted: Wanted::default(),
        from,
        to: Format::Jsonl,
        map: None,
        encoding: Encoding::Auto,
        hospital: ("", ""),
    };
    let refused = |input: &[u8]| {
        let mut results = Vec::new();
        stream(Format::Csv).run(input, &mut results, None, &mut |_, _| true).expect_err("refused").to_string()
    };
    assert!(refused(b"").contains("表头"));
    assert!(refused("病例号,总费用\n".as_bytes()).contains("principal_diagnosis"));
    assert!(lines_of_workbook(b"PK\x03\x04 no workbook").is_err());
    let line = r#"{"id":"1","principal_diagnosis":"K35.900"}"#;
    let mut results = Vec::new();
    let stopped = stream(Format::Jsonl)
        .run(line.as_bytes(), &mut results, None, &mut |_, _| false)
        .expect_err("stopped");
    assert!(matches!(stopped, CaseFileError::Cancelled));
}

/// covers: DIP-1.02
#[test]
fn the_explanation_ends_in_the_answer() {
    let mut scratch = grouper::Scratch::default();
    for case in hospital::CaseMix::new(ENGINE.policy(), 5).take(500) {
        let (grouping, priced) = ENGINE.answer(&case, &mut scratch);
        let explained = ENGINE.explain(&case);
        assert_eq!((explained.grouping, explained.priced), (grouping, priced));
        let chosen: Vec<_> = explained
            .candidates
            .iter()
            .filter(|row| matches!(row.outcome, grouper::Outcome::Chosen))
            .map(|row| (Some(row.group), row.priced))
            .collect();
        assert_eq!(
            chosen,
            grouping.group().map(|group| (Some(group), priced)).into_iter().collect::<Vec<_>>()
        );
        assert!(explained.steps.iter().all(|step| step.text.ends_with('。')), "{:?}", explained.steps);
        let options = grouper::SchemeOptions { other_diagnoses: true, siblings: false };
        let first: Vec<_> = ENGINE.schemes(&case, options).into_iter().filter(|s| s.first_choice).collect();
        assert_eq!(first.first().map(|scheme| scheme.priced), priced);
    }
}
