//! A plain reading of the audit rules finds exactly what was planted, with its money: nothing less, nothing more.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where it fails")]

mod sample_pack;

use hospital::{ChargeLine, Hospital, Options, Stay};
use jiff::civil::date;
use model::canonical::{Table, moment_of};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 86_400;

#[test]
fn every_rule_finds_what_was_planted_and_nothing_else() {
    let hospital =
        Hospital::new(&sample_pack::sample(), Options::demo(date(2026, 11, 27))).expect("hospital");
    let rules: Vec<(String, Value)> = hospital
        .planted_rules()
        .map(|(name, _, rule)| {
            (name.to_owned(), serde_json::from_str(rule).unwrap_or_else(|e| panic!("{rule}: {e}")))
        })
        .collect();
    let mut found_all = 0;
    for stay in hospital.stays() {
        let mut found: BTreeMap<String, (BTreeSet<String>, i64)> = BTreeMap::new();
        for (name, rule) in &rules {
            let excess = Reading { hospital: &hospital, stay: &stay, rule }.excess();
            if !excess.is_empty() {
                let keys = excess.iter().map(|(line, _)| ChargeLine::key(line.number)).collect();
                found.insert(name.clone(), (keys, excess.iter().map(|(_, fen)| fen).sum()));
            }
        }
        let planted: BTreeMap<String, (BTreeSet<String>, i64)> = stay
            .planted
            .iter()
            .filter(|planted| planted.table == "charge_line")
            .map(|planted| {
                (planted.note.clone(), (planted.row_keys.iter().cloned().collect(), planted.amount))
            })
            .collect();
        assert_eq!(found, planted, "{}", stay.key);
        found_all += found.len();
    }
    assert!(found_all > 60, "{found_all}");
}

struct Reading<'r> {
    hospital: &'r Hospital,
    stay: &'r Stay,
    rule: &'r Value,
}

type Excess<'r> = Vec<(&'r ChargeLine, i64)>;

impl<'r> Reading<'r> {
    fn excess(&self) -> Excess<'r> {
        match self.rule["kind"].as_str().unwrap() {
            "freq" => self.freq(),
            "total_qty" => {
                self.beyond(&self.of(&self.rule["items"]), self.number("max"), |line| line.quantity / 10_000)
            }
            "total_amount" => self.total_amount(),
            "course_days" => self.course_days(),
            "sex" => self.unless(self.allowed(if self.woman() { "2" } else { "1" })),
            "insurance" => self.unless(self.allowed(self.encounter("insurance_type"))),
            "visit_type" => self.unless(self.allowed("inpatient")),
            "hosp_level" => {
                let level: i64 = self.hospital.policy().hospitals[0].level.parse().unwrap();
                self.unless(level <= self.number("max"))
            }
            "age" => {
                let age = self.stay.rows("encounter")[0][at("age_years")].int().unwrap();
                self.unless((self.number("min_age")..=self.number("max_age")).contains(&age))
            }
            "dept" => {
                let lines = self.of(&self.rule["items"]).into_iter();
                let department = |line: &ChargeLine| {
                    &self.hospital.departments()[usize::from(line.ordering_department)].code
                };
                lines.filter(|line| !self.allowed(department(line))).map(whole).collect()
            }
            "dup_main_sub" => {
                let main = self.of(&self.rule["main"]);
                let near = |line: &&ChargeLine| main.iter().any(|other| self.same_window(line, other));
                self.of(&self.rule["sub"]).into_iter().filter(near).map(whole).collect()
            }
            "dup_mutual" => {
                let mut sets: Vec<_> =
                    self.rule["sets"].as_array().unwrap().iter().map(|set| self.of(set)).collect();
                sets.retain(|set| !set.is_empty());
                sets.sort_by_key(|set| -set.iter().map(|line| line.amount).sum::<i64>());
                sets.into_iter().skip(1).flatten().map(whole).collect()
            }
            "corr_single" | "corr_all" => {
                let wanted = self.rule["b"].as_array().unwrap();
                let lines = self.of(&self.rule["a"]).into_iter();
                let lacks = |line: &&ChargeLine| {
                    wanted
                        .iter()
                        .any(|item| !self.of_one(item).iter().any(|other| self.same_window(line, other)))
                };
                lines.filter(lacks).map(whole).collect()
            }
            "corr_sets" => {
                let sets: Vec<_> =
                    self.rule["sets"].as_array().unwrap().iter().map(|set| self.of(set)).collect();
                let lone = sets.iter().filter(|set| !set.is_empty()).count() == 1;
                sets.into_iter().filter(|_| lone).flatten().map(whole).collect()
            }
            "corr_ratio" => {
                let most: i64 = self.of(&self.rule["b"]).iter().map(|line| line.quantity / 10_000).sum();
                self.beyond(&self.of(&self.rule["a"]), most * self.number("k"), |line| line.quantity / 10_000)
            }
            "secondary_surgery_ratio" => {
                let mut lines = self.of(&self.rule["items"]);
                lines.sort_by_key(|line| -line.amount);
                lines.into_iter().skip(1).map(|line| (line, line.amount / 2)).collect()
            }
            other => panic!("unknown kind {other}"),
        }
    }

    fn freq(&self) -> Excess<'r> {
        let lines = self.of(&self.rule["items"]);
        let (window, max) = (&self.rule["window"], self.number("max"));
        let n = window["n"].as_i64().unwrap_or(1);
        let bucket: Box<dyn Fn(i64) -> i64> = match window["type"].as_str().unwrap() {
            "calendar_day" => Box::new(|at| at.div_euclid(DAY)),
            "clock_hour" => Box::new(|at| at.div_euclid(3_600)),
            // 1970-01-05 was a Monday.
            "iso_week" => Box::new(|at| (at.div_euclid(DAY) - 4).div_euclid(7)),
            "encounter" => Box::new(|_| 0),
            "sliding_hours" => return self.sliding(&lines, max, |a, b| b - a < n * 3_600),
            "sliding_days" => {
                return self.sliding(&lines, max, |a, b| b.div_euclid(DAY) - a.div_euclid(DAY) < n);
            }
            other => panic!("unknown window {other}"),
        };
        let buckets: BTreeSet<i64> = lines.iter().map(|line| bucket(line.at)).collect();
        let in_bucket = |wanted: i64| {
            let own: Vec<_> = lines.iter().copied().filter(|line| bucket(line.at) == wanted).collect();
            self.beyond(&own, max, |line| line.quantity / 10_000)
        };
        buckets.into_iter().flat_map(in_bucket).collect()
    }

    fn sliding(&self, lines: &[&'r ChargeLine], max: i64, collides: impl Fn(i64, i64) -> bool) -> Excess<'r> {
        let mut kept: Vec<(i64, i64)> = Vec::new();
        let mut excess = Vec::new();
        for line in lines {
            let taken: i64 =
                kept.iter().filter(|(at, _)| collides(*at, line.at)).map(|(_, units)| units).sum();
            let units = line.quantity / 10_000;
            let good = units.min((max - taken).max(0));
            kept.push((line.at, good));
            if units > good {
                excess.push((*line, line.amount / units * (units - good)));
            }
        }
        excess
    }

    fn course_days(&self) -> Excess<'r> {
        let lines = self.of(&self.rule["items"]);
        let days: BTreeSet<i64> = lines.iter().map(|line| line.at.div_euclid(DAY)).collect();
        let late: BTreeSet<i64> =
            days.into_iter().skip(usize::try_from(self.number("max")).unwrap()).collect();
        lines.into_iter().filter(|line| late.contains(&line.at.div_euclid(DAY))).map(whole).collect()
    }

    fn total_amount(&self) -> Excess<'r> {
        let lines = self.of(&self.rule["items"]);
        let days: BTreeSet<i64> = lines.iter().map(|line| line.at.div_euclid(DAY)).collect();
        let max = self.number("max_fen");
        let of_day = |day: i64| {
            let own: Vec<_> = lines.iter().copied().filter(|line| line.at.div_euclid(DAY) == day).collect();
            self.beyond(&own, max, |line| line.amount)
        };
        days.into_iter().flat_map(of_day).collect()
    }

    /// What goes beyond `max`, the later lines first to blame.
    fn beyond(&self, lines: &[&'r ChargeLine], max: i64, size: impl Fn(&ChargeLine) -> i64) -> Excess<'r> {
        let mut room = max;
        let mut excess = Vec::new();
        for line in lines {
            let own = size(line);
            let good = own.min(room.max(0));
            room -= good;
            if own > good {
                excess.push((*line, line.amount / own * (own - good)));
            }
        }
        excess
    }

    fn unless(&self, allowed: bool) -> Excess<'r> {
        if allowed { Vec::new() } else { self.of(&self.rule["items"]).into_iter().map(whole).collect() }
    }

    fn same_window(&self, one: &ChargeLine, other: &ChargeLine) -> bool {
        let window = &self.rule["window"];
        match window["type"].as_str().unwrap() {
            "calendar_day" => one.at.div_euclid(DAY) == other.at.div_euclid(DAY),
            "sliding_hours" => (one.at - other.at).abs() < window["n"].as_i64().unwrap() * 3_600,
            other => panic!("unknown window {other}"),
        }
    }

    fn of(&self, items: &Value) -> Vec<&'r ChargeLine> {
        let mut lines: Vec<_> = items.as_array().unwrap().iter().flat_map(|item| self.of_one(item)).collect();
        lines.sort_by_key(|line| (line.at, line.number));
        lines
    }

    fn of_one(&self, item: &Value) -> Vec<&'r ChargeLine> {
        let is = |line: &&ChargeLine| {
            Some(self.hospital.charge_items()[usize::from(line.item)].code.as_str()) == item.as_str()
        };
        self.stay.lines.iter().filter(is).collect()
    }

    fn number(&self, name: &str) -> i64 {
        self.rule[name].as_i64().unwrap_or_else(|| panic!("{name} of {}", self.rule))
    }

    fn allowed(&self, what: &str) -> bool {
        self.rule["allow"].as_array().unwrap().iter().any(|one| one.as_str() == Some(what))
    }

    fn encounter(&self, column: &str) -> &'r str {
        self.stay.rows("encounter")[0][at(column)].str()
    }

    fn woman(&self) -> bool {
        self.stay.woman
    }
}

fn whole(line: &ChargeLine) -> (&ChargeLine, i64) {
    assert!(moment_of(line.at).is_some());
    (line, line.amount)
}

fn at(column: &str) -> usize {
    Table::named("encounter").unwrap().position(column).unwrap()
}
