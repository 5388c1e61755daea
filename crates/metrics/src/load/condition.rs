//! `where`: conditions in words: `flag`, `!flag`, `population`, `column = value`, `column in a|b`, `column > 0`, `column known`,
//! `column begins a|b`, `column contains a|b`.

use super::Loading;
use super::file::File;
use crate::condition::Condition;
use crate::layer::Population;
use crate::{Kind, Test, Value};
use toml::Spanned;

/// Signs between a column and its value; longer ones first.
const SIGNS: [&str; 9] = [" != ", " >= ", " <= ", " = ", " > ", " < ", " in ", " begins ", " contains "];

impl Loading<'_> {
    /// Reads conditions on rows of a fact; wrong ones are problems.
    pub(super) fn conditions(
        &self,
        file: &File<'_>,
        fact: &str,
        texts: &[Spanned<String>],
        populations: &[Population],
    ) -> Vec<Condition> {
        let mut read = Vec::new();
        for text in texts {
            match self.condition(fact, text.get_ref(), populations) {
                Ok(condition) => read.push(condition),
                Err(problem) => self.problem(file, text.span().start, problem),
            }
        }
        read
    }

    fn condition(&self, fact: &str, text: &str, populations: &[Population]) -> Result<Condition, String> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('!') {
            return Ok(Condition::Not(Box::new(self.condition(fact, inner, populations)?)));
        }
        let of_cases = self.schema.fact(fact).is_some_and(crate::Fact::of_cases);
        let known = populations.iter().find(|population| of_cases && population.id == text);
        if let Some(population) = known {
            return Ok(Condition::All(population.conditions.clone()));
        }
        let place = |name: &str| {
            self.schema.place(fact, name.trim()).ok_or_else(|| format!("{fact} 没有列 {}", name.trim()))
        };
        let found = SIGNS.iter().filter_map(|sign| Some((text.find(sign)?, *sign))).min_by_key(|(at, _)| *at);
        let (name, test): (&str, fn(Vec<Value>) -> Test) = match found {
            Some((at, _)) => (&text[..at], Test::In),
            None => match (text.strip_suffix(" known"), text.strip_suffix(" unknown")) {
                (Some(name), _) => (name, Test::NotIn),
                (_, Some(name)) => (name, Test::In),
                _ => {
                    let place = place(text)?;
                    if place.column.kind != Kind::Flag {
                        return Err(format!("{text} 不是标志列；请写成 列 = 值、列 known 等"));
                    }
                    return Ok(Condition::Test(place, Test::In(vec![true.into()])));
                }
            },
        };
        let place = place(name)?;
        let Some((at, sign)) = found else { return Ok(Condition::Test(place, test(vec![Value::Null]))) };
        let written = text[at + sign.len()..].trim();
        let read = |text: &str| match Value::read(place.column.kind, text) {
            None | Some(Value::Null) => Err(format!("“{text}”不是 {name} 的值")),
            Some(value) => Ok(value),
        };
        let texts = |test: fn(String) -> Test| {
            let one = |text: &str| Condition::test(place, test(text.trim().to_owned()));
            let any = written.split('|').map(one).collect::<Result<_, _>>();
            any.map(Condition::Any).map_err(|_| format!("{name} 不是文字列"))
        };
        let test = match sign {
            " begins " => return texts(Test::Begins),
            " contains " => return texts(Test::Contains),
            " in " => Test::In(written.split('|').map(read).collect::<Result<_, _>>()?),
            " = " => Test::In(vec![read(written)?]),
            " != " => Test::NotIn(vec![read(written)?]),
            " >= " => Test::AtLeast(read(written)?),
            " <= " => Test::AtMost(read(written)?),
            " > " => Test::Above(read(written)?),
            _ => Test::Below(read(written)?),
        };
        Condition::test(place, test).map_err(|value| format!("“{value}”不能与 {name} 比较"))
    }
}
