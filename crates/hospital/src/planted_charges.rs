//! Charge defects: lines that break one audit rule each (`data/planted_charges.csv`).

use crate::Hospital;
use crate::bill::{Bill, half_up};
use crate::charge_line::ChargeLine;
use crate::planted::Planted;
use crate::shipped;

/// A defect that can be planted.
#[derive(Debug)]
pub(crate) struct ChargeDefect {
    name: String,
    kind: String,
    condition: String,
    days: i64,
    lines: Vec<PlantedLine>,
    rule: String,
}

/// One line of a defect.
#[derive(Debug)]
struct PlantedLine {
    role: String,
    day: i64,
    hour: i64,
    minute: i64,
    units: i64,
    excess: Excess,
}

/// What of a line is too much.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Excess {
    Nothing,
    All,
    Units(i64),
    /// Half of its price: a second operation without discount.
    Half,
}

/// What a defect asks of a stay.
pub(crate) struct Circumstances<'c> {
    pub(crate) woman: bool,
    pub(crate) age: i64,
    pub(crate) days: i64,
    pub(crate) insurance: &'c str,
    pub(crate) department: &'c str,
}

/// Lines of a defect as they were charged: position in the bill and what is too much.
pub(crate) type Charged = Vec<(usize, i64, i64)>;

impl ChargeDefect {
    /// All of the shipped list, with the hospital's item codes in their rules.
    pub(crate) fn all(code_of: impl Fn(&str) -> String) -> Vec<ChargeDefect> {
        shipped::planted_charges()
            .iter()
            .map(|row| {
                let lines: Vec<PlantedLine> = row.text("lines").split(';').filter_map(read_line).collect();
                let mut rule = row.text("rule").to_owned();
                while let Some((role, from, to)) = placeholder(&rule) {
                    let code = code_of(&format!("planted:{role}"));
                    rule.replace_range(from..to, &code);
                }
                ChargeDefect {
                    name: row.text("name").to_owned(),
                    kind: row.text("kind").to_owned(),
                    condition: row.text("condition").to_owned(),
                    days: row.number("days"),
                    lines,
                    rule,
                }
            })
            .collect()
    }

    /// Whether a stay is such that these lines are wrong in it.
    pub(crate) fn fits(&self, stay: &Circumstances<'_>) -> bool {
        stay.days >= self.days
            && match self.condition.as_str() {
                "male" => !stay.woman && stay.age >= 14,
                "female" => stay.woman && stay.age >= 18,
                "adult" => stay.age >= 18,
                "not_injury" => stay.insurance != "410",
                "not_ent" => stay.department != "K031",
                _ => true,
            }
    }

    /// Charges the lines.
    pub(crate) fn charge(&self, hospital: &Hospital, bill: &mut Bill<'_>) -> Charged {
        let mut charged = Vec::new();
        for line in &self.lines {
            let Some(item) = hospital.items.first(&format!("planted:{}", line.role)) else { continue };
            let at = bill.at(line.day, line.hour, line.minute);
            let place = bill.charge(item, line.units, at, 0);
            let price = hospital.items.get(item).fen();
            match line.excess {
                Excess::Nothing => {}
                Excess::All => charged.push((place, line.units, line.units * price)),
                Excess::Units(units) => charged.push((place, units, units * price)),
                Excess::Half => charged.push((place, 0, half_up(line.units * price, 2))),
            }
        }
        charged
    }

    /// The answer, once lines have their numbers.
    pub(crate) fn answer(
        &self,
        encounter: &str,
        charged: &Charged,
        place: &[usize],
        lines: &[ChargeLine],
    ) -> Planted {
        let number = |at: usize| place.get(at).and_then(|at| lines.get(*at)).map_or(0, |line| line.number);
        Planted {
            kind: self.kind.as_str().into(),
            rule: self.rule.clone(),
            encounter_key: encounter.to_owned(),
            table: "charge_line",
            row_keys: charged.iter().map(|(at, _, _)| ChargeLine::key(number(*at))).collect(),
            amount: charged.iter().map(|(_, _, fen)| fen).sum(),
            quantity: charged.iter().map(|(_, units, _)| units * 10_000).sum(),
            note: self.name.clone(),
        }
    }

    /// 规则 kind.
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// The rule document with the hospital's item codes.
    pub(crate) fn rule(&self) -> &str {
        &self.rule
    }

    /// 名称
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// `role/day/hour/minute/units/excess`
fn read_line(text: &str) -> Option<PlantedLine> {
    let mut parts = text.split('/');
    let role = parts.next()?.to_owned();
    let mut number = || parts.next().and_then(|part| part.parse().ok());
    let (day, hour, minute, units) = (number()?, number()?, number()?, number()?);
    let excess = match parts.next() {
        None => Excess::Nothing,
        Some("x") => Excess::All,
        Some("h") => Excess::Half,
        Some(units) => Excess::Units(units.parse().ok()?),
    };
    Some(PlantedLine { role, day, hour, minute, units, excess })
}

/// The first `{role}` of a rule; a JSON object's brace is followed by a quote.
fn placeholder(rule: &str) -> Option<(String, usize, usize)> {
    let from = rule.match_indices('{').map(|(at, _)| at).find(|at| {
        rule.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    })?;
    let to = from + rule.get(from..)?.find('}')?;
    Some((rule.get(from + 1..to)?.to_owned(), from, to + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_defect_reads_whole() {
        let all = ChargeDefect::all(|role| role.to_uppercase());
        assert!(all.len() > 20);
        for defect in &all {
            assert!(!defect.lines.is_empty(), "{}", defect.name);
            assert!(defect.lines.iter().any(|line| line.excess != Excess::Nothing), "{}", defect.name);
            assert!(
                placeholder(&defect.rule).is_none() && defect.rule.contains("PLANTED:"),
                "{}",
                defect.rule
            );
        }
        for kind in [
            "freq",
            "total_qty",
            "course_days",
            "total_amount",
            "sex",
            "insurance",
            "visit_type",
            "dept",
            "hosp_level",
            "age",
            "dup_main_sub",
            "dup_mutual",
            "corr_single",
            "corr_all",
            "corr_ratio",
            "corr_sets",
        ] {
            assert!(all.iter().any(|defect| defect.kind == kind), "no {kind}");
        }
    }
}
