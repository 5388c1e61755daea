//! 医保查询: each condition against a plain count over the mart, alone and together; whose cases; what is saved.
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use crate::query::{Fields, encode};
use crate::testing::{Browser, Fixture, same, sheet_of, table_of};
use axum::http::StatusCode;
use mart::Cell;
use store::{DefinitionKind, LogFilter, LogKind};

fn rows(fixture: &Fixture, sql: &str) -> Vec<Vec<Cell>> {
    fixture.app.mart().query(sql, &[]).unwrap().rows
}

fn whole(fixture: &Fixture, sql: &str) -> i64 {
    match rows(fixture, sql)[0][0] {
        Cell::Whole(n) => n,
        ref other => panic!("{other:?}"),
    }
}

fn count(fixture: &Fixture, condition: &str) -> i64 {
    whole(fixture, &format!("SELECT COUNT(*) FROM case_fact c WHERE {condition}"))
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

async fn opens(browser: &Browser, path: &str) -> String {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

/// Cases that a query lists: by its file, and by the page's count.
async fn listed(browser: &Browser, query: &str) -> i64 {
    let file = opens(browser, &format!("/insurance-query?{query}&format=csv")).await;
    let lines = file.lines().filter(|line| line.starts_with("ZY")).count() as i64;
    let page = opens(browser, &format!("/insurance-query?{query}")).await;
    assert!(lines == 0 || page.contains(&format!("共 {lines} 条")), "{query}");
    assert!(lines > 0 || page.contains("没有符合条件的病例"), "{query}");
    lines
}

/// Two items, one that many cases have and one of fewer, both found together in some case.
fn two_items(fixture: &Fixture) -> [String; 2] {
    let sql = "SELECT a.item_key, b.item_key FROM charge_fact a JOIN charge_fact b ON a.number = b.number \
        AND a.item_key < b.item_key WHERE a.month > 0 GROUP BY 1, 2 \
        HAVING COUNT(DISTINCT a.number) BETWEEN 5 AND 60 ORDER BY 1, 2 LIMIT 1";
    let row = rows(fixture, sql).remove(0);
    [text(&row[0]), text(&row[1])]
}

fn has(item: &str) -> String {
    format!(
        "(SELECT COALESCE(SUM(quantity), 0) FROM charge_fact x WHERE x.number = c.number \
         AND (x.item_key = '{item}' OR x.insurer_code = '{item}')) > 0"
    )
}

/// covers: AUD-5.01 AUD-5.02 AUD-5.03 AUD-5.04 AUD-5.05 AUD-5.06
#[tokio::test]
async fn insurance_query_finds_by_each_condition_and_by_all_of_them() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let most = |column: &str| {
        let sql = format!(
            "SELECT LEFT({column}, 3) FROM case_fact WHERE {column} IS NOT NULL AND NOT in_house \
             GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 2"
        );
        rows(&fixture, &sql).iter().map(|row| text(&row[0])).collect::<Vec<_>>()
    };
    let (dx, op, [one, two]) = (most("principal_code"), most("operation_code"), two_items(&fixture));
    let full = text(&rows(&fixture, "SELECT MAX(principal_code) FROM case_fact WHERE NOT in_house")[0][0]);
    let word =
        text(&rows(&fixture, "SELECT MAX(RIGHT(principal_name, 2)) FROM case_fact WHERE NOT in_house")[0][0]);
    let cut =
        text(&rows(&fixture, "SELECT MAX(RIGHT(operation_name, 2)) FROM case_fact WHERE NOT in_house")[0][0]);
    let insurer = rows(
        &fixture,
        "SELECT insurer_code FROM charge_fact WHERE insurer_code IS NOT NULL GROUP BY 1 \
         ORDER BY COUNT(DISTINCT number) DESC, 1 LIMIT 1",
    );
    let insurer = text(&insurer[0][0]);
    let (has_one, has_two) = (has(&one), has(&two));
    let begins = |column: &str, codes: &[String]| {
        let each: Vec<String> = codes.iter().map(|code| format!("{column} LIKE '{code}%'")).collect();
        format!("({})", each.join(" OR "))
    };
    let alone: Vec<(String, String)> = vec![
        (format!("dx={}", dx[0]), begins("principal_code", &dx[..1])),
        (format!("dx={}", dx[0].to_lowercase()), begins("principal_code", &dx[..1])),
        (format!("dx={}", encode(&format!("{}|某病\r\n{}", dx[0], dx[1]))), begins("principal_code", &dx)),
        (format!("dx={}&dx={}", dx[0], dx[1]), begins("principal_code", &dx)),
        (format!("dx={}", encode(&format!("{full}|全码"))), format!("principal_code LIKE '{full}%'")),
        (format!("dx_name={}", encode(&word)), format!("principal_name LIKE '%{word}%'")),
        (format!("op={}", op[0]), begins("operation_code", &op[..1])),
        (format!("op={}%0A{}", op[0], op[1]), begins("operation_code", &op)),
        (format!("op_name={}", encode(&cut)), format!("operation_name LIKE '%{cut}%'")),
        ("sex=2".into(), "sex = '2'".into()),
        ("age_from=60".into(), "age_years >= 60".into()),
        ("age_to=17".into(), "age_years <= 17".into()),
        ("age_from=30&age_to=59".into(), "age_years BETWEEN 30 AND 59".into()),
        ("age_from=0&age_to=28&age_unit=days".into(), "age_days BETWEEN 0 AND 28".into()),
        (
            "from=2026-01-01&to=2026-03-31".into(),
            "discharge_day BETWEEN DATE '2026-01-01' AND DATE '2026-03-31'".into(),
        ),
        ("basis=settlement&year=2025".into(), "settlement_year = 2025".into()),
        ("basis=admission&month=202604".into(), "admission_month = 202604".into()),
        (format!("item={one}"), has_one.clone()),
        (format!("item={}", encode(&format!("{two}|名称"))), has_two.clone()),
        (format!("item={insurer}"), has(&insurer)),
        (format!("item={one}%0A{two}"), format!("({has_one} OR {has_two})")),
        (format!("item={one}%0A{two}&item_mode=all"), format!("({has_one} AND {has_two})")),
    ];
    let mut seen = 0;
    for (query, condition) in &alone {
        let expected = count(&fixture, &format!("{condition} AND NOT in_house"));
        let period = if ["from=", "year=", "month="].iter().any(|own| query.contains(own)) {
            ""
        } else {
            "period=all&"
        };
        assert_eq!(listed(&office, &format!("{period}{query}")).await, expected, "{query}");
        seen += i64::from(expected > 0);
    }
    assert!(seen >= 19, "{seen} conditions found something");
    // Any two together, and more.
    for (at, (query, condition)) in alone.iter().enumerate() {
        let (other, more) = &alone[(at + 9) % alone.len()];
        let fields = [query.as_str(), other.as_str()].map(Fields::parse);
        if fields[0].0.iter().any(|(name, _)| fields[1].is_set(name)) || query.contains("year") {
            continue;
        }
        let expected = count(&fixture, &format!("{condition} AND {more} AND NOT in_house"));
        assert_eq!(
            listed(&office, &format!("period=all&{query}&{other}")).await,
            expected,
            "{query} {other}"
        );
    }
    let sex = "sex=1&age_from=18&year=2025&patients=all";
    let expected = count(
        &fixture,
        &format!("sex = '1' AND age_years >= 18 AND discharge_year = 2025 AND ({has_one} OR {has_two})"),
    );
    assert_eq!(listed(&office, &format!("{sex}&item={one}%0A{two}")).await, expected);
    let in_house = count(&fixture, &format!("in_house AND {}", has(&insurer)));
    assert_eq!(listed(&office, &format!("patients=in_house&item={insurer}")).await, in_house);
}

/// covers: AUD-5.06
#[tokio::test]
async fn insurance_query_shows_amounts_exports_the_screen_and_drills_to_the_lines() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let [one, two] = two_items(&fixture);
    let query = format!("period=all&item={one}%0A{two}&order=-total_fee&size=200");
    let page = opens(&office, &format!("/insurance-query?{query}")).await;
    let shown = table_of(&page);
    let at = shown[0].iter().position(|head| head.starts_with("所选项目金额")).unwrap();
    let sum = whole(
        &fixture,
        &format!(
            "SELECT SUM(amount)::BIGINT FROM charge_fact c WHERE month > 0 AND item_key IN ('{one}', '{two}') \
             AND ({} OR {})",
            has(&one),
            has(&two)
        ),
    );
    assert_eq!(shown.last().unwrap()[at], crate::text::money(sum));
    let book = office.get(&format!("/insurance-query?{query}&format=xlsx")).await;
    let sheet = sheet_of(&book.bytes, &shown[0][0]);
    assert_eq!(sheet.len(), shown.len());
    for (row, cells) in shown.iter().zip(&sheet).skip(1) {
        for (shown, cell) in row.iter().zip(cells) {
            assert!(same(shown, cell) || (shown == "—" && cell.to_string().is_empty()), "{shown} {cell:?}");
        }
    }
    // A case's amount leads to its lines of the items, and from there back to the query.
    let link = page.split("href=\"").find(|link| link.contains("/charges?view=lines")).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    let lines = opens(&office, &link).await;
    let number: i64 = link.split('/').nth(2).unwrap().parse().unwrap();
    let own = format!("number = {number} AND item_key IN ('{one}', '{two}')");
    let expected = whole(&fixture, &format!("SELECT COUNT(*) FROM charge_fact WHERE {own}"));
    let amount = whole(&fixture, &format!("SELECT SUM(amount)::BIGINT FROM charge_fact WHERE {own}"));
    assert!(lines.contains(&format!("共 {expected} 条")), "{link}");
    assert!(table_of(&lines).last().unwrap().contains(&crate::text::money(amount)), "{link}");
    assert!(lines.contains("href=\"/insurance-query?period=all&#38;item="), "{lines}");
    assert!(lines.contains(">医保查询<"), "{lines}");
    // Columns of choice are this list's own; the export is logged.
    office
        .post("/settings/columns", &[("grid", "insurance-query"), ("columns", "charged_amount,-sex")])
        .await;
    let arranged = table_of(&opens(&office, &format!("/insurance-query?{query}")).await);
    assert!(arranged[0][0].starts_with("所选项目金额") && !arranged[0].iter().any(|head| head == "性别"));
    let exports = LogFilter { kind: Some(LogKind::Export), limit: 9, ..LogFilter::default() };
    assert_eq!(fixture.app.store().operations(&exports).unwrap().0.len(), 1);
}

/// covers: AUD-5.01 AUD-5.06
#[tokio::test]
async fn insurance_query_shows_a_department_its_own_cases_only() {
    let fixture = Fixture::hospital();
    let department = fixture.busiest_department();
    let head = fixture.login_as("department_head", &[&department], None).await;
    let own = format!("department_key = '{department}'");
    let item = rows(
        &fixture,
        &format!(
            "SELECT f.item_key FROM charge_fact f JOIN case_fact c ON c.number = f.number GROUP BY 1 \
             HAVING COUNT(DISTINCT CASE WHEN c.{own} THEN f.number END) BETWEEN 1 AND \
             COUNT(DISTINCT f.number) - 1 ORDER BY COUNT(DISTINCT f.number) DESC, 1 LIMIT 1"
        ),
    );
    let item = text(&item[0][0]);
    let all = count(&fixture, &format!("NOT in_house AND {}", has(&item)));
    let mine = count(&fixture, &format!("NOT in_house AND {own} AND {}", has(&item)));
    assert!(mine > 0 && mine < all, "{mine} {all}");
    assert_eq!(listed(&head, &format!("period=all&item={item}")).await, mine);
    assert_eq!(listed(&head, "period=all").await, count(&fixture, &format!("NOT in_house AND {own}")));
    // The sum is of one's own cases, too.
    let page = table_of(&opens(&head, &format!("/insurance-query?period=all&item={item}")).await);
    let at = page[0].iter().position(|head| head.starts_with("所选项目金额")).unwrap();
    let sum = whole(
        &fixture,
        &format!(
            "SELECT SUM(f.amount)::BIGINT FROM charge_fact f JOIN case_fact c ON c.number = f.number \
             WHERE f.item_key = '{item}' AND NOT c.in_house AND c.{own} AND {}",
            has(&item)
        ),
    );
    assert_eq!(page.last().unwrap()[at], crate::text::money(sum));
    // Who may not see charges does not learn of them by asking; names are masked as in the list of cases.
    let coder = fixture.login_as("coder", &[], None).await;
    let refused = coder.get(&format!("/insurance-query?period=all&item={item}")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!opens(&coder, "/insurance-query").await.contains("id=\"item\""));
    let director = fixture.login_as("director", &[], None).await;
    let masked = opens(&director, "/insurance-query?period=all&format=csv").await;
    assert!(masked.contains('*'), "{masked}");
}

/// covers: AUD-5.01 AUD-5.04 AUD-5.05 AUD-5.06
#[tokio::test]
async fn insurance_query_says_which_field_is_wrong_and_takes_text_as_text() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let many = |n: usize| (0..n).map(|n| format!("A{n}")).collect::<Vec<_>>().join("%0A");
    for (query, said) in [
        ("age_from=abc".to_owned(), "年龄起"),
        ("age_to=-1".to_owned(), "年龄止"),
        ("age_from=9&age_to=3".to_owned(), "年龄起 9 大于年龄止 3"),
        ("age_unit=x".to_owned(), "年龄单位"),
        ("sex=7".to_owned(), "性别"),
        (format!("dx={}", encode("脑梗死")), "主要诊断“脑梗死”不是编码"),
        (format!("op={}", encode("切除' OR 1=1")), "主要手术"),
        ("item=A&item_mode=some".to_owned(), "收费项目"),
        (format!("item={}", many(21)), "收费项目最多 20 个"),
        (format!("dx={}", many(101)), "主要诊断最多 100 个"),
        ("from=2026-02-30".to_owned(), "起始日期"),
        ("month=202613".to_owned(), "月份"),
        ("basis=x".to_owned(), "时间口径"),
    ] {
        let answer = office.get(&format!("/insurance-query?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.text().contains(&said.replace('\'', "&#39;")), "{query}: {}", answer.text());
    }
    let before = count(&fixture, "TRUE");
    let evil = [
        "' OR '1'='1",
        "'; DROP TABLE case_fact; --",
        "<script>alert(1)</script>",
        "%",
        "_",
        "$1",
        "\u{0}",
        "🙂|<b>",
    ];
    for value in evil {
        for field in FIELDS {
            let path = format!("/insurance-query?period=all&{field}={}", encode(value));
            let answer = office.get(&path).await;
            assert!([StatusCode::OK, StatusCode::BAD_REQUEST].contains(&answer.status), "{path}");
            assert!(!answer.text().contains("<script>alert") && !answer.text().contains("<b>\""), "{path}");
            if answer.status == StatusCode::OK && ["dx_name", "op_name", "item"].contains(&field) {
                assert!(answer.text().contains("没有符合条件的病例"), "{path}");
            }
        }
        let answer = office.post("/insurance-query/saved", &[("title", value), ("query", "sex=1")]).await;
        assert!([StatusCode::SEE_OTHER, StatusCode::BAD_REQUEST].contains(&answer.status), "{value}");
    }
    for path in ["/insurance-query", "/insurance-query/saved", "/insurance-query/saved/1"] {
        assert!(!opens(&office, path).await.contains("<script>alert"), "{path}");
    }
    assert_eq!(count(&fixture, "TRUE"), before);
}

const FIELDS: [&str; 15] = [
    "dx",
    "dx_name",
    "op",
    "op_name",
    "item",
    "item_mode",
    "sex",
    "age_from",
    "age_unit",
    "department",
    "attending",
    "order",
    "saved",
    "from",
    "basis",
];

/// covers: AUD-5.06
#[tokio::test]
async fn insurance_query_offers_items_by_code_name_and_initials() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let [one, _] = two_items(&fixture);
    let known = fixture.app.store().charge_items().unwrap().into_iter().find(|item| item.key == one).unwrap();
    for q in [known.key.as_str(), known.name.as_str()] {
        let found = opens(&office, &format!("/insurance-query/items?q={}", encode(q))).await;
        assert!(found.contains(&format!("\"code\":\"{one}\"")), "{q}: {found}");
    }
    assert_eq!(opens(&office, "/insurance-query/items?q=").await, "[]");
}

/// covers: AUD-5.01
#[tokio::test]
async fn insurance_query_is_saved_shared_overwritten_and_restored() {
    let fixture = Fixture::hospital();
    let office = fixture.login_as("insurance_office", &[], None).await;
    let department = fixture.busiest_department();
    let head = fixture.login_as("department_head", &[&department], None).await;
    let query = "dx=I&age_from=60&number=ZY1&page=3&period=all";
    let save = [("title", "老年<b>循环"), ("query", query), ("shared", "1")];
    let opened = office.post("/insurance-query/saved", &save).await.location;
    assert_eq!(
        opened, "/insurance-query?dx=I&age_from=60&period=all&saved=1",
        "what names a patient is not kept"
    );
    office.post("/insurance-query/saved", &[("title", "自用"), ("query", "sex=2&period=all")]).await;
    let page = opens(&office, &opened).await;
    assert!(page.contains("老年&#60;b&#62;循环") && page.contains("/saved/1/overwrite"), "{page}");
    assert!(page.contains("已保存为常用查询") || page.contains("chip-active"), "{page}");
    // Shared within the other's scope, and not to be changed by him.
    let seen = opens(&head, &opened).await;
    assert!(seen.contains("老年") && !seen.contains("自用") && !seen.contains("/overwrite"), "{seen}");
    let mine = format!(
        "NOT in_house AND department_key = '{department}' AND principal_code LIKE 'I%' AND age_years >= 60"
    );
    assert_eq!(listed(&head, &opened["/insurance-query?".len()..]).await, count(&fixture, &mine));
    assert_eq!(head.get("/insurance-query/saved/2").await.status, StatusCode::NOT_FOUND);
    for action in ["overwrite", "rename", "delete", "restore"] {
        let fields = [("version", "1"), ("title", "x"), ("query", "sex=1")];
        let answer = head.post(&format!("/insurance-query/saved/1/{action}"), &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
        let answer = head.post(&format!("/insurance-query/saved/2/{action}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
    }
    // Overwritten; a second window with the old version is told.
    let fields = [("version", "1"), ("query", "dx=I63&period=all&saved=1")];
    let answer = office.post("/insurance-query/saved/1/overwrite", &fields).await;
    assert_eq!(answer.location, "/insurance-query?dx=I63&period=all&saved=1");
    let late =
        office.post("/insurance-query/saved/1/overwrite", &[("version", "1"), ("query", "dx=K")]).await;
    assert!(opens(&office, &late.location).await.contains("没有保存"));
    let store = fixture.app.store();
    let known = |login: &str| store.definition(login, DefinitionKind::CaseQuery, 1).unwrap();
    assert_eq!(known("insurance_office").unwrap().definition, "dx=I63&period=all");
    // Renamed, deleted and restored.
    office.post("/insurance-query/saved/1/rename", &[("version", "2"), ("title", "卒中随访")]).await;
    let one = opens(&office, "/insurance-query/saved/1").await;
    assert!(one.contains("卒中随访") && one.contains("仅本人") && one.contains("I63"), "{one}");
    office.post("/insurance-query/saved/1/delete", &[("version", "3")]).await;
    assert!(!opens(&office, "/insurance-query").await.contains("卒中随访"));
    assert!(opens(&office, "/insurance-query/saved").await.contains("已删除"));
    office.post("/insurance-query/saved/1/restore", &[("version", "4")]).await;
    assert!(opens(&office, "/insurance-query").await.contains("卒中随访"));
    // What cannot be read is not kept, and every change is logged.
    for (title, query, said) in
        [("", "sex=1", "名称"), ("坏", "age_from=x", "年龄起"), (&"长".repeat(61), "sex=1", "名称")]
    {
        let answer = office.post("/insurance-query/saved", &[("title", title), ("query", query)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    let changes = LogFilter { kind: Some(LogKind::Change), limit: 50, ..LogFilter::default() };
    let (logged, _) = store.operations(&changes).unwrap();
    assert_eq!(logged.iter().filter(|entry| entry.action.ends_with("常用查询")).count(), 6);
    // It is no report.
    assert!(!opens(&office, "/own-reports").await.contains("卒中随访"));
}
