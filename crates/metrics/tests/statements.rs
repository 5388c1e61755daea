//! Statements as they are: what a person wrote is in the parameters, and the viewer's scope is in every one of them.

#![allow(clippy::unwrap_used, reason = "tests stop where they fail")]

mod support;

use jiff::civil::date;
use metrics::{Basis, CaseQuery, Order, Patients, Period, Query, QueryError, Selection, Test, Value};
use model::DataScope;
use std::collections::BTreeSet;
use support::{layer, viewer};

fn march() -> Selection {
    Selection::within(Period::month(2025, 3).unwrap())
}

#[test]
fn measures_by_dimensions() {
    let query = Query::of(["surplus_per_case", "loss"], march().is("department", "内'科"))
        .by("month")
        .by("department");
    let compiled = layer().compile(&query, &viewer(DataScope::Hospital)).unwrap();
    assert_eq!(
        compiled.statements()[0].sql(),
        "SELECT GROUPING(c.month), c.month, c.department_key, MAX(c.department_name), \
         COUNT(c.number), CAST(SUM(c.surplus) AS DECIMAL(38,0)), COUNT(c.surplus), \
         CAST(SUM(c.surplus) FILTER (WHERE (c.surplus IS NOT NULL AND c.kind IN ($1, $2)) AND c.surplus < $3) \
         AS DECIMAL(38,0)), \
         COUNT(c.number) FILTER (WHERE (c.kind IN ($1, $2)) AND c.surplus < $3) \
         FROM case_fact c WHERE 1 = 1 AND NOT c.in_house AND c.discharge_day >= $4 AND c.discharge_day <= $5 \
         AND c.department_key IN ($6) GROUP BY GROUPING SETS ((c.month, c.department_key), ())"
    );
    let parameters: [Value; 6] = [
        "core".into(),
        "primary".into(),
        0.into(),
        date(2025, 3, 1).into(),
        date(2025, 3, 31).into(),
        "内'科".into(),
    ];
    assert_eq!(compiled.statements()[0].parameters(), parameters);
}

#[test]
fn rows_of_another_fact_come_with_their_case() {
    let scope = DataScope::Departments(BTreeSet::from(["K1".to_owned(), "K2".to_owned()]));
    let cases = Selection { basis: Basis::Settlement, patients: Patients::All, ..march() };
    let cases = cases.filter("operation", Test::Begins("47.1_".into())).is("priced", false);
    let query = Query::of(["operations"], cases).by("operation").by("month");
    let compiled = layer().compile(&query, &viewer(scope)).unwrap();
    assert_eq!(
        compiled.statements()[0].sql(),
        "SELECT GROUPING(f.code), f.code, MAX(f.name), c.settlement_month, COUNT(f.number), \
         COUNT(f.operation_key) FILTER (WHERE c.grouped), COUNT(f.number) FILTER (WHERE c.grouped) \
         FROM operation_fact f JOIN case_fact c ON c.number = f.number AND c.month = f.month \
         WHERE c.department_key IN ($1, $2) AND c.settlement_day >= $3 AND c.settlement_day <= $4 \
         AND f.code LIKE $5 ESCAPE '!' \
         AND NOT COALESCE((c.surplus IS NOT NULL AND c.kind IN ($6, $7)), FALSE) \
         GROUP BY GROUPING SETS ((f.code, c.settlement_month), ())"
    );
    assert_eq!(compiled.statements()[0].parameters()[4], "47.1!_%".into());
}

#[test]
fn lists_of_cases() {
    let query = CaseQuery {
        cases: march(),
        measure: Some("surplus_per_case".into()),
        columns: vec!["band".into(), "surplus".into()],
        order: Some(Order { by: "surplus".into(), descending: true }),
        offset: 400,
        limit: 200,
    };
    let compiled = layer().compile_cases(&query, &viewer(DataScope::Doctor("D'1".into()))).unwrap();
    let rows = " FROM case_fact c WHERE (c.attending_key IN ($1) OR c.resident_key IN ($1)) AND NOT c.in_house \
        AND c.discharge_day >= $2 AND c.discharge_day <= $3 AND c.surplus IS NOT NULL";
    assert_eq!(
        compiled.page_sql(),
        format!(
            "SELECT c.number, c.encounter_key, c.band, c.surplus{rows} \
             ORDER BY c.surplus DESC NULLS LAST, c.number LIMIT 200 OFFSET 400"
        )
    );
    assert_eq!(compiled.count_sql(), format!("SELECT COUNT(*){rows}"));
    assert_eq!(compiled.parameters()[0], "D'1".into());
    // Of another fact: each case once.
    let query = CaseQuery { measure: Some("operations".into()), limit: 1, ..CaseQuery::default() };
    let compiled = layer().compile_cases(&query, &viewer(DataScope::Nothing)).unwrap();
    assert_eq!(
        compiled.count_sql(),
        "SELECT COUNT(*) FROM case_fact c WHERE c.number IN (SELECT f.number FROM operation_fact f \
         JOIN case_fact c ON c.number = f.number AND c.month = f.month WHERE 1 = 0 AND NOT c.in_house \
         AND c.grouped AND f.operation_key IS NOT NULL)"
    );
}

fn statements(query: &Query, scope: DataScope) -> Vec<String> {
    let compiled = layer().compile(query, &viewer(scope)).unwrap();
    compiled.statements().iter().map(|statement| statement.sql().to_owned()).collect()
}

#[test]
fn facts_are_asked_one_by_one_by_their_own_days() {
    let query = Query::of(["cases", "present", "turnover"], march().is("department", "K1"))
        .by("month")
        .by("department");
    let scope = DataScope::Departments(BTreeSet::from(["K1".to_owned()]));
    assert_eq!(
        statements(&query, scope),
        [
            "SELECT GROUPING(c.month), c.month, c.department_key, MAX(c.department_name), COUNT(c.number) \
             FROM case_fact c WHERE c.department_key IN ($1) AND NOT c.in_house AND c.discharge_day >= $2 \
             AND c.discharge_day <= $3 AND c.department_key IN ($1) \
             GROUP BY GROUPING SETS ((c.month, c.department_key), ())",
            // In house or not; a stay counts in each month that it touches. Different stays do not add up, so they are counted
            // by themselves.
            "SELECT GROUPING(f.present_month), f.present_month, f.department_key, COUNT(DISTINCT f.stay_key) \
             FROM stay_fact f JOIN case_fact c ON c.number = f.number AND c.month = f.month \
             WHERE c.department_key IN ($1) AND f.present_to >= $2 AND f.present_from <= $3 \
             AND f.department_key IN ($1) GROUP BY GROUPING SETS ((f.present_month, f.department_key), ())",
            "SELECT GROUPING(f.present_month), f.present_month, f.department_key, COUNT(f.number) \
             FROM stay_fact f JOIN case_fact c ON c.number = f.number AND c.month = f.month \
             WHERE c.department_key IN ($1) AND f.present_to >= $2 AND f.present_from <= $3 \
             AND f.department_key IN ($1) GROUP BY GROUPING SETS ((f.present_month, f.department_key), ())",
            // Beds belong to no case but to a department.
            "SELECT GROUPING(f.bed_month), f.bed_month, f.department_key, MAX(f.department_name), \
             COUNT(DISTINCT f.bed_day) FROM bed_fact f \
             WHERE f.department_key IN ($1) AND f.bed_day >= $2 AND f.bed_day <= $3 \
             AND f.department_key IN ($1) GROUP BY GROUPING SETS ((f.bed_month, f.department_key), ())",
            "SELECT GROUPING(f.bed_month), f.bed_month, f.department_key, MAX(f.department_name), \
             COUNT(f.bed_day), CAST(SUM(f.open_beds) AS DECIMAL(38,0)) FROM bed_fact f WHERE f.department_key IN ($1) AND f.bed_day >= $2 AND f.bed_day <= $3 \
             AND f.department_key IN ($1) GROUP BY GROUPING SETS ((f.bed_month, f.department_key), ())",
        ]
    );
    let beds = Query::of(["turnover"], march());
    assert!(statements(&beds, DataScope::Doctor("D1".into()))[1].contains("WHERE 1 = 0"));
    let present = Query::of(["present"], Selection { patients: Patients::InHouse, ..march() });
    assert!(
        statements(&present, DataScope::Hospital)[0].contains("WHERE 1 = 1 AND c.in_house AND f.present_to")
    );
}

#[test]
fn names_are_joined_to_what_was_counted() {
    let query = Query::of(["minor"], Selection::default()).by("surgeon").by("department").with_subtotals();
    assert_eq!(
        statements(&query, DataScope::Hospital),
        ["SELECT g.total, g.k0, d0.name, g.k1, g.l1, g.a0, g.a1, g.a2 FROM (\
          SELECT GROUPING(f.surgeon_key, c.department_key) AS total, f.surgeon_key AS k0, c.department_key AS k1, \
          MAX(c.department_name) AS l1, COUNT(f.number) AS a0, COUNT(f.operation_key) \
          FILTER (WHERE (SUBSTR(f.code, 1, 2) IN ($1) OR SUBSTR(f.code, 1, 4) IN ($2)) AND (f.name LIKE $3 ESCAPE '!') \
          AND NOT COALESCE((f.code LIKE $4 ESCAPE '!'), FALSE)) AS a1, COUNT(f.number) \
          FILTER (WHERE (SUBSTR(f.code, 1, 2) IN ($1) OR SUBSTR(f.code, 1, 4) IN ($2)) AND (f.name LIKE $3 ESCAPE '!') \
          AND NOT COALESCE((f.code LIKE $4 ESCAPE '!'), FALSE)) AS a2 \
          FROM operation_fact f JOIN case_fact c ON c.number = f.number AND c.month = f.month \
          WHERE 1 = 1 AND NOT c.in_house \
          GROUP BY GROUPING SETS ((f.surgeon_key, c.department_key), (f.surgeon_key), ())) g \
          LEFT JOIN staff d0 ON d0.key = g.k0"]
    );
}

#[test]
fn a_year_by_month_and_department_serves_its_months_and_departments() {
    let wide = |cases: Selection, by: &str| {
        let compiled =
            layer().compile(&Query::of(["cases"], cases).by(by), &viewer(DataScope::Hospital)).unwrap();
        let wide = compiled.wide()[0].as_ref()?;
        Some(wide.statements().map(|statement| statement.sql().to_owned()).collect::<Vec<_>>())
    };
    let years = wide(march(), "department").unwrap();
    assert_eq!(
        years,
        ["SELECT c.month, COALESCE(c.department_key, NULL), GROUPING(c.department_key), c.department_key, \
          MAX(c.department_name), COUNT(c.number) FROM case_fact c \
          WHERE 1 = 1 AND NOT c.in_house AND c.discharge_day >= $1 AND c.discharge_day <= $2 \
          GROUP BY GROUPING SETS ((c.month, COALESCE(c.department_key, NULL), c.department_key), \
          (c.month, COALESCE(c.department_key, NULL)))"]
    );
    let one = march().filter("department", Test::In(vec!["K1".into()]));
    assert_eq!(wide(one, "department").unwrap(), years, "a department is a part of the same totals");
    let days = Period::new(date(2024, 11, 5), date(2025, 3, 20)).unwrap();
    let pieces = wide(Selection::within(days), "department").unwrap();
    assert_eq!(pieces.len(), 4, "two years, and the days of two broken months");
    assert_eq!(wide(Selection::default(), "department"), None, "all time is asked for directly");
    assert_eq!(wide(march().is("attending", "D1"), "department"), None, "one doctor is asked for directly");
}

#[test]
fn of_different_persons_a_year_names_each_once_a_month_and_department() {
    let query = Query::of(["persons", "cases"], march()).by("department").with_subtotals();
    let compiled = layer().compile(&query, &viewer(DataScope::Hospital)).unwrap();
    let years: Vec<&str> =
        compiled.wide().iter().flatten().flat_map(|wide| wide.statements().map(|year| year.sql())).collect();
    assert_eq!(years.len(), 2, "cases add up and stand apart: {years:?}");
    assert_eq!(
        years[1],
        "SELECT c.month, COALESCE(c.department_key, NULL), GROUPING(c.department_key), c.department_key, \
         MAX(c.department_name), c.patient_key FROM case_fact c \
         WHERE 1 = 1 AND NOT c.in_house AND c.discharge_day >= $1 AND c.discharge_day <= $2 \
         AND c.patient_key IS NOT NULL \
         GROUP BY GROUPING SETS ((c.month, COALESCE(c.department_key, NULL), c.department_key, c.patient_key))"
    );
    let alone = Selection::default();
    let direct =
        layer().compile(&Query::of(["persons", "cases"], alone), &viewer(DataScope::Hospital)).unwrap();
    assert_eq!(direct.statements().len(), 1, "all time is asked for directly, in one statement");
}

#[test]
fn regions_are_seen_from_the_hospital() {
    let mut layer = layer();
    layer.set_home("440606");
    let query = Query::of(["cases"], Selection::default().is("source", "1"));
    let sql = layer.compile(&query, &viewer(DataScope::Hospital)).unwrap().statements()[0].sql().to_owned();
    assert!(sql.ends_with(
        "AND CASE WHEN c.region IS NULL THEN NULL WHEN SUBSTR(c.region, 1, 6) = '440606' THEN '1' \
         WHEN SUBSTR(c.region, 1, 4) = '4406' THEN '2' WHEN SUBSTR(c.region, 1, 2) = '44' THEN '3' ELSE '4' END IN ($1)"
    ));
    layer.set_home("' OR 1=1");
    assert!(layer.compile(&query, &viewer(DataScope::Hospital)).is_err());
}

#[test]
fn open_beds_have_no_cases() {
    let mut query = CaseQuery { measure: Some("turnover".into()), limit: 1, ..CaseQuery::default() };
    let layer = layer();
    let hospital = viewer(DataScope::Hospital);
    // The cases of its numerator.
    assert!(layer.compile_cases(&query, &hospital).unwrap().count_sql().ends_with("NOT c.in_house"));
    query.cases = march();
    query.measure = Some("entries".into());
    assert!(layer.compile_cases(&query, &hospital).unwrap().count_sql().contains("f.entered_day >= $1"));
}

#[test]
fn queries_of_different_viewers_are_different() {
    let (layer, query) = (layer(), Query::of(["cases"], march()).by("band"));
    let of = |scope| layer.compile(&query, &viewer(scope)).unwrap();
    let one = |key: &str| DataScope::Departments(BTreeSet::from([key.to_owned()]));
    assert_eq!(of(one("K1")), of(one("K1")));
    assert_ne!(of(one("K1")), of(one("K2")));
    assert_ne!(of(DataScope::Hospital), of(DataScope::Nothing));
    // What changes the answer and not the statement is told apart too.
    let top = query.clone().limit(3);
    assert_ne!(layer.compile(&top, &viewer(DataScope::Hospital)).unwrap(), of(DataScope::Hospital));
    assert!(of(DataScope::Departments(BTreeSet::new())).statements()[0].sql().contains("WHERE 1 = 0"));
}

#[test]
fn what_does_not_fit_is_said() {
    let layer = layer();
    let fails = |query: Query| layer.compile(&query, &viewer(DataScope::Hospital)).unwrap_err();
    let cases = || Query::of(["cases"], march());
    let text = |text: &str| text.to_owned();
    assert_eq!(fails(Query::of([], march())), QueryError::Nothing);
    assert_eq!(fails(Query::of(["c; DROP"], march())), QueryError::Measure(text("c; DROP")));
    assert_eq!(fails(cases().by("number) FROM")), QueryError::Dimension(text("number) FROM")));
    assert_eq!(fails(cases().by("band").by("band")), QueryError::Twice(text("区间")));
    assert_eq!(fails(Query::of(["cases", "cases"], march())), QueryError::Twice(text("例数")));
    assert_eq!(fails(cases().by("operation")), QueryError::NotOfFact(text("例数"), text("手术操作")));
    assert_eq!(
        fails(Query::of(["cases", "turnover"], march()).by("band")),
        QueryError::NotOfFact(text("周转次数"), text("区间"))
    );
    assert_eq!(
        fails(Query::of(["turnover"], march().is("band", "x"))),
        QueryError::NotOfFact(text("开放床位"), text("区间"))
    );
    assert_eq!(fails(cases().by("source")), QueryError::NoHome(text("患者来源")));
    assert_eq!(fails(cases().order("nothing", true)), QueryError::Order(text("nothing")));
    let admitted = Selection { basis: Basis::Admission, ..march() };
    assert_eq!(
        fails(Query::of(["cases"], admitted).by("month")),
        QueryError::NoBasis(text("月"), "入院时间")
    );
    let wrong = |on: &str, test: Test| fails(Query::of(["cases"], march().filter(on, test)));
    assert_eq!(wrong("1=1", Test::In(vec![])), QueryError::Column(text("1=1")));
    assert_eq!(
        wrong("month", Test::In(vec!["3 OR 1=1".into()])),
        QueryError::Value(text("month"), text("3 OR 1=1"))
    );
    assert_eq!(
        wrong("stay_days", Test::Contains("1".into())),
        QueryError::Value(text("stay_days"), text("1"))
    );
    assert_eq!(
        wrong("grouped", Test::AtLeast(true.into())),
        QueryError::Value(text("grouped"), text("true"))
    );
    assert!(matches!(wrong("priced", Test::In(vec!["x".into()])), QueryError::Value(..)));
    let columns = CaseQuery { columns: vec!["surplus, *".into()], ..CaseQuery::default() };
    let columns = layer.compile_cases(&columns, &viewer(DataScope::Hospital)).unwrap_err();
    assert_eq!(columns, QueryError::Column(text("surplus, *")));
    assert_eq!(layer.read_value("month", "202503"), Ok(202_503.into()));
    assert_eq!(layer.read_value("priced", "1"), Ok(true.into()));
    assert!(layer.read_value("month", "März").is_err() && layer.read_value("nothing", "1").is_err());
}
