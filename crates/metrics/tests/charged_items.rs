//! 收费项目条件 as statements: items are parameters, the viewer's scope stands in each.

#![allow(clippy::unwrap_used, reason = "tests stop where they fail")]

mod support;

use metrics::{Basis, CHARGED_ITEM, CaseQuery, Period, Query, QueryError, Selection, Test, Value};
use model::DataScope;
use support::{layer, viewer};

fn departments() -> DataScope {
    DataScope::Departments(["K1".to_owned()].into())
}

fn items(codes: &[&str]) -> Vec<Value> {
    codes.iter().map(|code| Value::from(*code)).collect()
}

/// covers: AUD-5.06
#[test]
fn any_of_and_all_of_the_items() {
    let march = Selection::within(Period::month(2025, 3).unwrap());
    let listed = |cases: Selection| {
        let query = CaseQuery { cases, limit: 5, ..CaseQuery::default() };
        layer().compile_cases(&query, &viewer(departments())).unwrap()
    };
    let one = listed(march.clone().filter(CHARGED_ITEM, Test::In(items(&["F'1", "F'1"]))));
    assert_eq!(
        one.count_sql(),
        "SELECT COUNT(*) FROM case_fact c WHERE c.department_key IN ($1) AND NOT c.in_house \
         AND c.discharge_day >= $2 AND c.discharge_day <= $3 AND c.number IN (SELECT f.number FROM charge_fact f \
         WHERE (f.item_key IN ($4) OR f.insurer_code IN ($4)) AND f.month >= $5 AND f.month <= $5 \
         GROUP BY f.number HAVING SUM(f.quantity) > 0)"
    );
    assert_eq!(one.parameters()[3..], ["F'1".into(), 202_503.into()]);
    let of = "SUM(f.quantity) FILTER (WHERE (f.item_key IN ($2) OR f.insurer_code IN ($2))) > 0";
    let other = "SUM(f.quantity) FILTER (WHERE (f.item_key IN ($3) OR f.insurer_code IN ($3))) > 0";
    let rows = "c.number IN (SELECT f.number FROM charge_fact f WHERE (f.item_key IN ($2, $3) \
        OR f.insurer_code IN ($2, $3)) GROUP BY f.number HAVING ";
    let both = ["B", "A"];
    for (test, between) in [(Test::In(items(&both)), " OR "), (Test::AllOf(items(&both)), " AND ")] {
        let all = listed(Selection::default().filter(CHARGED_ITEM, test));
        assert!(all.page_sql().contains(&format!("{rows}{of}{between}{other})")), "{}", all.page_sql());
        assert_eq!(all.parameters()[1..], items(&["A", "B"]));
    }
    // By another day the month says nothing.
    let settled = Selection { basis: Basis::Settlement, ..march };
    let settled = listed(settled.filter(CHARGED_ITEM, Test::In(items(&["A"]))));
    assert!(!settled.page_sql().contains("f.month"), "{}", settled.page_sql());
    // Numbers are filtered alike, of whatever fact; what is no case's is refused, and so is another test.
    let asked = Selection::default().filter(CHARGED_ITEM, Test::AllOf(items(&both)));
    let compiled = layer().compile(&Query::of(["operations"], asked), &viewer(departments())).unwrap();
    assert!(compiled.statements()[0].sql().contains(&format!("{rows}{of} AND {other})")));
    for test in [Test::Begins("A".into()), Test::In(vec![Value::Null]), Test::In(vec![1.into()])] {
        let query = Query::of(["cases"], Selection::default().filter(CHARGED_ITEM, test));
        let refused = layer().compile(&query, &viewer(departments())).unwrap_err();
        assert!(matches!(refused, QueryError::Value(..)), "{refused}");
    }
}

/// covers: AUD-5.06
#[test]
fn what_the_items_cost() {
    let numbers = Test::In(vec![7.into()]);
    let cases = Selection::default().filter("number", numbers);
    let by_case = layer().compile_charged(&cases, &items(&["A"]), true, &viewer(departments())).unwrap();
    assert_eq!(
        by_case.sql(),
        "SELECT f.number, CAST(SUM(f.amount) AS DECIMAL(38,0)) AS amount FROM charge_fact f \
         WHERE (f.item_key IN ($1) OR f.insurer_code IN ($1)) AND f.number IN (SELECT c.number FROM case_fact c \
         WHERE c.department_key IN ($2) AND NOT c.in_house AND c.number IN ($3)) GROUP BY f.number"
    );
    // The condition on the items themselves is decided over the same lines.
    let asked = cases.filter(CHARGED_ITEM, Test::In(items(&["A"])));
    let whole = layer().compile_charged(&asked, &items(&["A"]), false, &viewer(DataScope::Nothing)).unwrap();
    assert_eq!(
        whole.sql(),
        "SELECT CAST(SUM(m.amount) AS DECIMAL(38,0)) FROM (SELECT f.number, CAST(SUM(f.amount) AS DECIMAL(38,0)) \
         AS amount FROM charge_fact f WHERE (f.item_key IN ($1) OR f.insurer_code IN ($1)) \
         AND f.number IN (SELECT c.number FROM case_fact c WHERE 1 = 0 AND NOT c.in_house AND c.number IN ($2)) \
         GROUP BY f.number HAVING SUM(f.quantity) > 0) m"
    );
}
