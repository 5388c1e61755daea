//! 条件: which rows count; of a measure's `where`, a filter, a scope.

use crate::charged::Charged;
use crate::schema::Place;
use crate::sql::Sql;
use crate::{Kind, Value};
use std::collections::BTreeMap;

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// One of these; [`Value::Null`] means that nothing is recorded.
    In(Vec<Value>),
    /// None of these.
    NotIn(Vec<Value>),
    /// ≥
    AtLeast(Value),
    /// ≤
    AtMost(Value),
    /// >
    Above(Value),
    /// <
    Below(Value),
    /// All of these. A column holds one value, so this is for [`crate::CHARGED_ITEM`].
    AllOf(Vec<Value>),
    /// Text that begins with this (codes).
    Begins(String),
    /// Text that begins with one of these.
    BeginsAny(Vec<String>),
    /// Text with this in it (names).
    Contains(String),
}

/// A condition whose columns and values have been checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Condition {
    Test(Place, Test),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Charged(Box<Charged>),
}

impl Condition {
    /// Checks the values against the column; the error is the value that does not fit.
    pub(crate) fn test(place: Place, test: Test) -> Result<Condition, Value> {
        let kind = place.column.kind;
        let one = |value: Value| value.parameter(kind).ok_or(value);
        let many = |values: Vec<Value>| {
            values
                .into_iter()
                .map(|v| if v == Value::Null { Ok(v) } else { one(v) })
                .collect::<Result<_, _>>()
        };
        let ordered = |value: Value| if kind == Kind::Flag { Err(value) } else { one(value) };
        let letters = |text: String| if kind == Kind::Text { Ok(text) } else { Err(Value::Text(text)) };
        Ok(Condition::Test(
            place,
            match test {
                Test::In(values) => Test::In(many(values)?),
                Test::NotIn(values) => Test::NotIn(many(values)?),
                Test::AtLeast(value) => Test::AtLeast(ordered(value)?),
                Test::AtMost(value) => Test::AtMost(ordered(value)?),
                Test::Above(value) => Test::Above(ordered(value)?),
                Test::Below(value) => Test::Below(ordered(value)?),
                Test::AllOf(values) => Test::AllOf(many(values)?),
                Test::Begins(text) => Test::Begins(letters(text)?),
                Test::BeginsAny(texts) => {
                    Test::BeginsAny(texts.into_iter().map(letters).collect::<Result<_, _>>()?)
                }
                Test::Contains(text) => Test::Contains(letters(text)?),
            },
        ))
    }

    /// The condition without its tests whether something is known; `None` when nothing is left.
    pub(crate) fn without_known(&self) -> Option<Condition> {
        match self {
            Condition::Test(_, Test::NotIn(values)) if *values == [Value::Null] => None,
            Condition::All(all) => {
                let left: Vec<Condition> = all.iter().filter_map(Condition::without_known).collect();
                (!left.is_empty()).then_some(Condition::All(left))
            }
            other => Some(other.clone()),
        }
    }

    /// A row about which the condition cannot be decided does not count; [`Condition::Not`] makes it count.
    pub(crate) fn write(&self, sql: &mut Sql) {
        match self {
            Condition::Test(place, test) => write_test(sql, *place, test),
            Condition::All(all) if all.is_empty() => {
                sql.word("1 = 1");
            }
            Condition::All(all) => {
                sql.word("(").each(all, " AND ", |sql, one| one.write(sql)).word(")");
            }
            Condition::Any(any) if any.is_empty() => {
                sql.word("1 = 0");
            }
            Condition::Any(any) => match beginnings(any) {
                Some((place, by_length)) => write_beginnings(sql, place, &by_length),
                None => {
                    sql.word("(").each(any, " OR ", |sql, one| one.write(sql)).word(")");
                }
            },
            Condition::Not(inner) => {
                sql.word("NOT COALESCE(");
                inner.write(sql);
                sql.word(", FALSE)");
            }
            Condition::Charged(charged) => charged.write(sql),
        }
    }
}

fn write_test(sql: &mut Sql, place: Place, test: &Test) {
    match test {
        Test::In(values) | Test::NotIn(values) => {
            write_list(sql, place, values, matches!(test, Test::NotIn(_)));
        }
        Test::AtLeast(value) => compare(sql, place, " >= ", value),
        Test::AtMost(value) => compare(sql, place, " <= ", value),
        Test::Above(value) => compare(sql, place, " > ", value),
        Test::Below(value) => compare(sql, place, " < ", value),
        Test::AllOf(values) => {
            let each = |value: &Value| Condition::Test(place, Test::In(vec![value.clone()]));
            Condition::All(values.iter().map(each).collect()).write(sql);
        }
        Test::Begins(text) => like(sql, place, "", text),
        Test::BeginsAny(texts) => {
            let each = |text: &String| Condition::Test(place, Test::Begins(text.clone()));
            Condition::Any(texts.iter().map(each).collect()).write(sql);
        }
        Test::Contains(text) => like(sql, place, "%", text),
    }
}

/// Several beginnings of one column by their length: lists of code ranges are long, and a pattern each is slow to plan and to
/// run.
fn beginnings(any: &[Condition]) -> Option<(Place, BTreeMap<usize, Vec<&str>>)> {
    let begins = |one| match one {
        &Condition::Test(place, Test::Begins(ref text)) => Some((place, text.as_str())),
        _ => None,
    };
    let (place, _) = begins(any.first().filter(|_| any.len() > 1)?)?;
    let mut by_length: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for one in any {
        let (_, text) = begins(one).filter(|(own, _)| *own == place)?;
        by_length.entry(text.chars().count()).or_default().push(text);
    }
    Some((place, by_length))
}

fn write_beginnings(sql: &mut Sql, place: Place, by_length: &BTreeMap<usize, Vec<&str>>) {
    sql.word("(").each(by_length, " OR ", |sql, (length, texts)| {
        sql.word("SUBSTR(").column(place).word(", 1, ").count(*length).word(") IN (");
        sql.each(texts, ", ", |sql, text| {
            sql.value(Value::from(*text));
        });
        sql.word(")");
    });
    sql.word(")");
}

fn compare(sql: &mut Sql, place: Place, sign: &'static str, value: &Value) {
    sql.column(place).word(sign).value(value.clone());
}

fn like(sql: &mut Sql, place: Place, before: &str, text: &str) {
    let plain = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    sql.column(place).word(" LIKE ").value(Value::Text(format!("{before}{plain}%"))).word(" ESCAPE '!'");
}

fn write_list(sql: &mut Sql, place: Place, values: &[Value], not: bool) {
    if place.column.kind == Kind::Flag && values.len() == 1 && values[0] != Value::Null {
        let wanted = (values[0] == Value::Flag(true)) != not;
        sql.word(if wanted { "" } else { "NOT " }).column(place);
        return;
    }
    let known: Vec<&Value> = values.iter().filter(|value| **value != Value::Null).collect();
    let with_unknown = (known.len() < values.len()) != not;
    match (known.is_empty(), with_unknown) {
        (true, true) if not => {
            sql.word("1 = 1");
        }
        (true, true) => {
            sql.column(place).word(" IS NULL");
        }
        (true, false) if not => {
            sql.column(place).word(" IS NOT NULL");
        }
        (true, false) => {
            sql.word("1 = 0");
        }
        (false, unknown) => {
            if unknown {
                sql.word("(").column(place).word(" IS NULL OR ");
            }
            sql.column(place).word(if not { " NOT IN (" } else { " IN (" });
            sql.each(known, ", ", |sql, value| {
                sql.value(value.clone());
            });
            sql.word(if unknown { "))" } else { ")" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Column;

    fn written(kind: Kind, test: Test) -> String {
        let place = Place::new(true, Column { name: "x", chinese: "某", kind });
        let mut sql = Sql::default();
        Condition::test(place, test).unwrap().write(&mut sql);
        sql.finish().0
    }

    #[test]
    fn unknown_values_are_told_apart() {
        let (a, b) = (Value::from("a"), Value::from("b"));
        for (test, sql) in [
            (Test::In(vec![a.clone(), b.clone()]), "c.x IN ($1, $2)"),
            (Test::In(vec![a.clone(), Value::Null]), "(c.x IS NULL OR c.x IN ($1))"),
            (Test::In(vec![Value::Null]), "c.x IS NULL"),
            (Test::In(vec![]), "1 = 0"),
            (Test::NotIn(vec![a.clone(), b]), "(c.x IS NULL OR c.x NOT IN ($1, $2))"),
            (Test::NotIn(vec![a, Value::Null]), "c.x NOT IN ($1)"),
            (Test::NotIn(vec![Value::Null]), "c.x IS NOT NULL"),
            (Test::NotIn(vec![]), "1 = 1"),
            (Test::Contains("x".into()), "c.x LIKE $1 ESCAPE '!'"),
            (Test::BeginsAny(vec!["x".into()]), "(c.x LIKE $1 ESCAPE '!')"),
            (
                Test::BeginsAny(vec!["I63".into(), "K3".into()]),
                "(SUBSTR(c.x, 1, 2) IN ($1) OR SUBSTR(c.x, 1, 3) IN ($2))",
            ),
            (Test::BeginsAny(vec![]), "1 = 0"),
        ] {
            assert_eq!(written(Kind::Text, test.clone()), sql, "{test:?}");
        }
        assert_eq!(written(Kind::Flag, Test::In(vec![true.into()])), "c.x");
        let place = Place::new(true, Column { name: "x", chinese: "某", kind: Kind::Text });
        let begins = |text: &str| Condition::Test(place, Test::Begins(text.into()));
        let mut sql = Sql::default();
        Condition::Any(vec![begins("00.6"), begins("51.23"), begins("00.7")]).write(&mut sql);
        assert_eq!(sql.finish().0, "(SUBSTR(c.x, 1, 4) IN ($1, $2) OR SUBSTR(c.x, 1, 5) IN ($3))");
        assert_eq!(written(Kind::Flag, Test::NotIn(vec![true.into()])), "NOT c.x");
        assert_eq!(written(Kind::Flag, Test::In(vec![false.into()])), "NOT c.x");
    }
}
