//! The mapper takes any text without panic and keeps what it promises.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its data are not as they should be"
)]

mod support;

use connect::{Cause, MappedRow, Rejection, RowBuffer, RowMapper, Task};
use model::canonical::{Kind, TABLES, Value};
use proptest::prelude::*;

const PATIENT: &str = "[[task]]\ntable = 'patient'\nmode = 'watermark'\n\
    sql = 'SELECT * FROM v WHERE t > :from AND t <= :to'\nwatermark = '时间'\nwatermark_format = '%Y%m%d%H%M%S'\n\
    key = [\"'P'\", '号']\nvoid = { column = '作废', values = ['1'] }\nempty = ['-']\n[task.columns]\n\
    name = '姓名'\nsex = { column = '性别', codes = 'sex', unmapped = 'keep' }\n\
    birth_date = { column = '生日', format = '%Y%m%d' }\nid_number = '证件'\nethnicity = { column = '民族', default = '汉' }\n\
    region = { template = ['省', '/', '市'] }\nphone = { column = '电话', empty = ['无'] }\n";

const COLUMNS: [&str; 11] =
    ["号", "姓名", "性别", "生日", "证件", "民族", "省", "市", "电话", "作废", "时间"];

fn columns() -> Vec<String> {
    COLUMNS.iter().map(|name| (*name).to_owned()).collect()
}

fn patient() -> connect::Mapping {
    support::mapping(PATIENT, &[("sex", "source,canonical\n男,1\n女,2\n")])
}

fn map(task: &Task, cells: &[Option<&str>]) -> Result<MappedRow, Box<Rejection>> {
    let mut mapper = RowMapper::compile(task, &columns()).unwrap();
    let mut buffer = RowBuffer::default();
    for cell in cells {
        match cell {
            Some(text) => buffer.push(text),
            None => buffer.push_null(),
        }
    }
    mapper.map(&buffer.row(7, ""))
}

fn good() -> Vec<Option<&'static str>> {
    ["1", "张三", "男", "19800102", "X1", "-", "粤", "中山", "无", "0", "20250301080000"].map(Some).to_vec()
}

#[test]
fn each_way_to_a_value() {
    let mapping = patient();
    let task = &mapping.tasks[0];
    let row = map(task, &good()).unwrap();
    let shown = |name: &str| {
        let at = task.table.position(name).unwrap();
        row.row[at].show(task.table.columns[at].kind).to_string()
    };
    let values = ["key", "sex", "birth_date", "ethnicity", "region", "phone", "address"].map(shown);
    assert_eq!(values, ["P1", "1", "1980-01-02", "汉", "粤/中山", "", ""]);
    assert_eq!(row.row.len(), task.table.columns.len());
    assert_eq!(Value::from(row.updated_at).show(Kind::Moment), "2025-03-01 08:00:00");
    assert!(!row.deleted);
}

#[test]
fn refusals_name_field_reason_and_remedy_and_hide_the_person() {
    let mapping = patient();
    let task = &mapping.tasks[0];
    let with = |at: usize, text: Option<&'static str>| {
        let mut cells = good();
        cells[at] = text;
        map(task, &cells)
    };
    let rejection = with(3, Some("80年")).unwrap_err();
    assert_eq!(rejection.cause, Cause::Unreadable);
    let shown = rejection.to_string();
    assert!(shown.starts_with("第 7 行（主键 P1），出生日期：“80年”不是格式为 %Y%m%d 的时间；请"), "{shown}");
    let raw: Vec<String> = rejection
        .raw
        .iter()
        .map(|(name, cell)| format!("{name}={}", cell.as_deref().unwrap_or("∅")))
        .collect();
    assert!(raw.contains(&"姓名=***".to_owned()) && raw.contains(&"证件=***".to_owned()), "{raw:?}");
    assert!(raw.contains(&"生日=80年".to_owned()));

    assert_eq!(with(1, None).unwrap_err().cause, Cause::Missing);
    assert_eq!(with(0, Some(" - ")).unwrap_err().cause, Cause::NoKey);
    assert_eq!(with(10, Some("昨天")).unwrap_err().cause, Cause::NoWatermark);
    let long = with(4, Some("4401\u{1}")).unwrap_err();
    assert!(long.reason.contains("控制字符") && !long.reason.contains("4401"), "{}", long.reason);
    // An unmapped value that may be kept is kept.
    assert_eq!(with(2, Some("未知")).unwrap().row[2], Value::from("未知"));
    // Of a deletion only the key is needed.
    let mut gone = good();
    (gone[9], gone[1], gone[3]) = (Some("1"), None, Some("x"));
    let gone = map(task, &gone).unwrap();
    assert!(gone.deleted && gone.key() == "P1");
    // Half a template is none.
    assert!(with(7, Some("")).unwrap().row[task.table.position("region").unwrap()].is_null());
}

#[test]
fn prices_are_rounded_only_when_the_pack_says_so() {
    let pack = |round: &str| {
        let text = format!(
            "[[task]]\ntable = 'charge_item'\nmode = 'full'\nsql = 'SELECT 1'\nkey = ['号']\n[task.columns]\n\
             name = '姓名'\nfee_class = {{ const = 'other' }}\nprice = {{ column = '证件'{round} }}\n"
        );
        support::mapping(&text, &[])
    };
    let mut cells = good();
    cells[4] = Some("1.23455");
    let refused = map(&pack("").tasks[0], &cells).unwrap_err();
    assert!(refused.to_string().contains("“1.23455”小数位数过多"), "{refused}");
    let at = model::canonical::Table::named("charge_item").unwrap().position("price").unwrap();
    for (written, kept) in [("1.23455", 12_346), ("-1.23455", -12_346), ("1.23454999", 12_345)] {
        cells[4] = Some(written);
        assert_eq!(map(&pack(", round = true").tasks[0], &cells).unwrap().row[at], Value::Int(kept));
    }
}

#[test]
fn names_are_found_regardless_of_case_when_that_is_clear() {
    let text = "[[task]]\ntable = 'department'\nmode = 'full'\nsql = 'SELECT 1'\nkey = ['Code']\n[task.columns]\nname = 'NAME'\n";
    let mapping = support::mapping(text, &[]);
    let compile = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        RowMapper::compile(&mapping.tasks[0], &names).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(compile(&["CODE", "name"]), Ok(()));
    assert_eq!(compile(&["Code", "CODE", "NAME", "name"]), Ok(()));
    assert!(compile(&["CODE", "code", "name"]).unwrap_err().contains("出现 2 次"));
    assert!(compile(&[]).unwrap_err().contains("Code、NAME"));
}

/// A task that maps every column of a table from a column of the same name.
fn everything(table: &str) -> connect::Mapping {
    let table = model::canonical::Table::named(table).unwrap();
    let columns: Vec<String> =
        table.columns.iter().skip(1).map(|column| format!("{0} = '{0}'", column.name)).collect();
    let text = format!(
        "[[task]]\ntable = '{}'\nmode = 'full'\nsql = 'SELECT 1'\nkey = ['key']\n[task.columns]\n{}\n",
        table.name,
        columns.join("\n")
    );
    support::mapping(&text, &[])
}

fn any_cell() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        "[-+0-9.eE /:T]{0,24}".prop_map(Some),
        "[0-9]{1,14}(\\.[0-9]{0,6})?".prop_map(Some),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-5][0-9]:[0-5][0-9])?".prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn any_text_is_a_row_or_a_refusal(cells in proptest::collection::vec(any_cell(), 0..20)) {
        let mapping = patient();
        let task = &mapping.tasks[0];
        let cells: Vec<Option<&str>> = cells.iter().map(Option::as_deref).collect();
        match map(task, &cells) {
            Ok(row) => {
                prop_assert_eq!(row.row.len(), task.table.columns.len());
                prop_assert!(!row.key().is_empty());
            }
            Err(rejection) => prop_assert!(!rejection.reason.is_empty() && !rejection.remedy.is_empty()),
        }
    }

    #[test]
    fn mapped_rows_say_what_values_say(table in 0..TABLES.len(), seed in proptest::collection::vec(any_cell(), 75)) {
        let mapping = everything(TABLES[table].name);
        let task = &mapping.tasks[0];
        let names: Vec<String> = task.table.columns.iter().map(|column| column.name.to_owned()).collect();
        let mut mapper = RowMapper::compile(task, &names).unwrap();
        let mut buffer = RowBuffer::default();
        for (at, _) in names.iter().enumerate() {
            match &seed[at % seed.len()] {
                Some(text) => buffer.push(text),
                None => buffer.push_null(),
            }
        }
        let expected: Vec<Result<Value, _>> = task.table.columns.iter().enumerate()
            .map(|(at, column)| Value::read(column.kind, seed[at % seed.len()].as_deref().unwrap_or_default()))
            .collect();
        let wanted = |(at, value): (usize, &Result<Value, _>)| {
            value.as_ref().is_ok_and(|value| !(task.table.columns[at].required && value.is_null()))
        };
        let all_good = expected.iter().enumerate().all(wanted);
        match mapper.map(&buffer.row(1, "")) {
            Ok(row) => {
                prop_assert!(all_good);
                let expected: Vec<Value> = expected.into_iter().map(Result::unwrap).collect();
                prop_assert_eq!(row.row, expected);
            }
            Err(_) => prop_assert!(!all_good),
        }
    }
}
