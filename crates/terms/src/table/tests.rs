use super::*;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula, Workbook};

fn read(bytes: &[u8]) -> Result<Table, TableError> {
    read_table(bytes, &Hint::default())
}

fn rows(table: &Table) -> Vec<Vec<&str>> {
    table.rows().map(|row| row.cells().collect()).collect()
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

#[test]
fn csv_in_every_encoding_reads_the_same() {
    let text = "编码,名称\r\nK35.900,急性阑尾炎\r\nI10.x00,\"原发性，高血压\"\r\n";
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for bytes in [text.as_bytes().to_vec(), bom, gbk(text), utf16] {
        let table = read(&bytes).unwrap();
        assert_eq!(table.header(), ["编码", "名称"]);
        assert_eq!(rows(&table), [["K35.900", "急性阑尾炎"], ["I10.x00", "原发性，高血压"]]);
        assert_eq!(table.rows().map(|row| row.line()).collect::<Vec<_>>(), [2, 3]);
        assert!(table.wrong.is_empty());
    }
}

#[test]
fn a_named_encoding_is_obeyed() {
    // Valid UTF-8 by accident, GBK by declaration.
    let bytes = gbk("名\n联通\n");
    let named = Hint { encoding: Some(Encoding::Gb18030), ..Hint::default() };
    assert_eq!(rows(&read_table(&bytes, &named).unwrap()), [["联通"]]);
}

#[test]
fn one_damaged_character_does_not_turn_utf8_into_gbk() {
    let mut bytes = "编码,名称\n".as_bytes().to_vec();
    for at in 0..100 {
        bytes.extend_from_slice(format!("A{at:02},急性阑尾炎\n").as_bytes());
    }
    let line_51 = bytes.split(|b| *b == b'\n').take(50).map(|line| line.len() + 1).sum::<usize>();
    bytes[line_51 + 5] = 0xff;
    let table = read(&bytes).unwrap();
    assert_eq!(table.len(), 99);
    assert_eq!(table.wrong.len(), 1);
    assert_eq!((table.wrong[0].line, table.wrong[0].column.as_str()), (51, "名称"));
    assert!(table.wrong[0].message.contains("文字已损坏"));
}

#[test]
fn delimiters_are_told_from_the_first_line() {
    for text in ["a\tb,c\n1\t2,3\n", "\"a\";b\n1;\"2,3\"\n"] {
        assert_eq!(rows(&read(text.as_bytes()).unwrap()), [["1", "2,3"]], "{text}");
    }
    let tsv = Hint { format: Some(Format::Tsv), ..Hint::default() };
    assert_eq!(rows(&read_table(b"a,b\tc\n1,2\t3\n", &tsv).unwrap()), [["1,2", "3"]]);
}

#[test]
fn embedded_newlines_keep_the_line_count() {
    let table = read("编码,备注\nA,\"一\n二\"\n\n,,\nB,三\n".as_bytes()).unwrap();
    // Line 5 has three cells but nothing in them.
    assert_eq!(rows(&table), [["A", "一\n二"], ["B", "三"]]);
    assert_eq!(table.rows().map(|row| row.line()).collect::<Vec<_>>(), [2, 6]);
}

#[test]
fn ragged_rows_are_refused_one_by_one() {
    let table = read("编码,名称,备注\nA,甲,\nB,乙\nC,丙,,多\nD,丁,,\n".as_bytes()).unwrap();
    assert_eq!(rows(&table), [["A", "甲", ""], ["D", "丁", ""]]);
    assert_eq!(table.wrong.iter().map(|wrong| wrong.line).collect::<Vec<_>>(), [3, 4]);
    assert!(table.wrong[0].message.contains("本行有 2 列，表头有 3 列"));
}

#[test]
fn a_quote_that_never_closes_is_found() {
    let table = read("编码,名称\nA,甲\nB,\"乙\nC,丙\nD,丁\n".as_bytes()).unwrap();
    assert_eq!(rows(&table), [["A", "甲"]]);
    assert_eq!(table.wrong.len(), 1);
    assert_eq!(table.wrong[0].line, 3);
    assert!(table.wrong[0].message.contains("引号没有成对"));
}

#[test]
fn titles_above_the_header_are_skipped_on_request() {
    let hint = Hint { header_line: Some(2), ..Hint::default() };
    let table = read_table("某市病种目录\n编码,名称\nA,甲\n".as_bytes(), &hint).unwrap();
    assert_eq!((table.header(), rows(&table)), (&["编码".into(), "名称".into()][..], vec![vec!["A", "甲"]]));
    let far = Hint { header_line: Some(9), ..Hint::default() };
    assert_eq!(read_table(b"a\n1\n", &far), Err(TableError::NoHeader { line: 9 }));
}

#[test]
fn what_is_no_table_is_refused_whole() {
    assert_eq!(read(b""), Err(TableError::Empty));
    assert_eq!(read(b"\xef\xbb\xbf\r\n \r\n"), Err(TableError::Empty));
    assert_eq!(read(b"<HTML><table><tr><td>1</td></tr></table>"), Err(TableError::Html));
    assert!(matches!(read(b"PK\x03\x04 and then nothing"), Err(TableError::Workbook { .. })));
    assert!(matches!(read(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1]), Err(TableError::Workbook { .. })));
    let workbook = Hint { format: Some(Format::Workbook), ..Hint::default() };
    assert_eq!(read_table(b"", &workbook), Err(TableError::Empty));
    let mut protected = vec![0xd0, 0xcf, 0x11, 0xe0];
    protected.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(read(&protected), Err(TableError::Encrypted));
}

#[test]
fn columns_are_found_whatever_the_blanks_and_width() {
    let table = Table::from_rows(&["病种 类型（１.核心）", "Code", "名称", "名称"], [["1", "2", "3", "4"]]);
    assert_eq!(table.column("病种类型(1.核心)"), Ok(0));
    assert_eq!(table.column("CODE"), Ok(1));
    assert_eq!(table.column("名称"), Err(TableError::DuplicateColumn { column: "名称".into(), times: 2 }));
    assert!(matches!(table.column("分值"), Err(TableError::NoColumn { .. })));
    assert!(matches!(table.column(""), Err(TableError::NoColumn { .. })));
    assert_eq!(table.rows().next().unwrap().get(9), "");
}

fn sample_workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let hidden = book.add_worksheet();
    hidden.set_name("说明").unwrap().set_hidden(true);
    hidden.write(0, 0, "不要读这一页").unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("目录").unwrap().set_active(true);
    for (column, title) in ["编码", "名称", "分值", "生效日期", "时间"].into_iter().enumerate() {
        sheet.write(1, column as u16, title).unwrap();
    }
    let four = CellFormat::new().set_num_format("00.0000");
    let day = CellFormat::new().set_num_format("yyyy/m/d");
    let moment = CellFormat::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.write_with_format(2, 0, 47.01, &four).unwrap();
    sheet.write(2, 1, " 腹腔镜下阑尾切除术 ").unwrap();
    sheet.write(2, 2, 1021.4).unwrap();
    sheet.write_with_format(2, 3, ExcelDateTime::from_ymd(2025, 3, 1).unwrap(), &day).unwrap();
    let at = ExcelDateTime::from_ymd(2025, 3, 1).unwrap().and_hms(8, 30, 0).unwrap();
    sheet.write_with_format(2, 4, at, &moment).unwrap();
    sheet.write(4, 0, 4701).unwrap();
    sheet.write(4, 1, true).unwrap();
    sheet.write_formula(5, 0, Formula::new("NA()").set_result("#N/A")).unwrap();
    sheet.write(6, 0, 440_301_199_001_011_000_f64).unwrap();
    sheet.write(7, 0, "A").unwrap();
    sheet.write(7, 6, "表外").unwrap();
    book.add_worksheet().set_name("空页").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn workbook_cells_read_as_the_sheet_shows_them() {
    let table = read(&sample_workbook()).unwrap();
    assert_eq!(table.header(), ["编码", "名称", "分值", "生效日期", "时间"]);
    let first = table.rows().next().unwrap();
    assert_eq!(first.line(), 3);
    assert_eq!(
        first.cells().collect::<Vec<_>>(),
        ["47.0100", "腹腔镜下阑尾切除术", "1021.4", "2025-03-01", "2025-03-01T08:30:00"]
    );
    let second = table.rows().nth(1).unwrap();
    assert_eq!((second.line(), second.get(0), second.get(1), second.get(2)), (5, "4701", "TRUE", ""));
    let wrong: Vec<(usize, &str)> = table.wrong.iter().map(|w| (w.line, w.column.as_str())).collect();
    assert!(wrong.contains(&(7, "编码")) && wrong.contains(&(8, "第 7 列")), "{wrong:?}");
}

#[test]
fn sheets_are_chosen_by_name_and_missing_ones_listed() {
    let bytes = sample_workbook();
    let sheet = |name: &str| read_table(&bytes, &Hint { sheet: Some(name.into()), ..Hint::default() });
    assert_eq!(sheet("说明").unwrap().header(), ["不要读这一页"]);
    assert_eq!(sheet("空页"), Err(TableError::Empty));
    let message = sheet("目录表").unwrap_err().to_string();
    assert!(message.contains("“目录表”") && message.contains("说明、目录、空页"), "{message}");
}

#[test]
fn a_stray_cell_in_the_far_corner_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "编码").unwrap();
    sheet.write(1_048_575, 16_383, "x").unwrap();
    let table = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!((table.len(), table.wrong.len(), table.wrong[0].line), (0, 1, 1_048_576));
}

proptest! {
    #[test]
    fn what_was_written_is_read(cells in prop::collection::vec(prop::collection::vec("[一-龥a-z0-9,\"\n ]{1,6}x", 3), 1..8)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["甲", "乙", "丙"]).unwrap();
        for row in &cells {
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();
        let expected: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(|c| trimmed(c)).collect()).collect();
        let table = read(&bytes).unwrap();
        prop_assert_eq!(rows(&table), expected.clone());
        let named = Hint { encoding: Some(Encoding::Gb18030), ..Hint::default() };
        let table = read_table(&gbk(std::str::from_utf8(&bytes).unwrap()), &named).unwrap();
        prop_assert_eq!(rows(&table), expected);
    }

    #[test]
    fn rows_are_good_or_wrong_never_lost(text in "[a,\n\"]{0,80}") {
        let text = format!("甲,乙\n{text}");
        if let Ok(table) = read(text.as_bytes()) {
            let mut lines: Vec<usize> = table.rows().map(|row| row.line()).collect();
            lines.extend(table.wrong.iter().map(|wrong| wrong.line));
            lines.sort_unstable();
            // Every row is accounted for exactly once.
            prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", lines);
            prop_assert_eq!(table.rows().filter(|row| row.cells().all(str::is_empty)).count(), 0);
        }
    }

    #[test]
    fn damaged_workbooks_are_errors_not_crashes(at in 0usize..8000, byte in any::<u8>(), cut in 0usize..8000) {
        let mut bytes = sample_workbook();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % 50 * (cut % 3));
        let outcome = std::panic::catch_unwind(|| read(&bytes).is_ok());
        prop_assert!(outcome.is_ok());
    }
}
