//! A stay as a JSON document, and the answer to it: the contract of `dipper audit` and of the audit service.

use crate::finding::{Alert, Verdict};
use crate::rule::{Rule, decimal, level, sex, units};
use crate::stay::{Encounter, Line, Previous, PreviousStay, Stay};
use crate::{UNIT, engine::days_since_1970};
use compact_str::{CompactString, ToCompactString};
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use serde_json::{Value, json};
use serde_json_borrow::Map;
use std::fmt::Display;

/// A JSON document that is read but not judged yet. It borrows its text: a stay of a thousand lines has ten thousand members.
pub type Document<'d> = serde_json_borrow::Value<'d>;

/// A stay with the names it came with.
#[derive(Clone, Debug)]
pub struct StayDocument {
    /// 就诊号, text or number as it was given.
    pub id: Value,
    /// The stay.
    pub stay: Stay,
    /// Ids of the lines, text or number as they were given.
    pub line_ids: Vec<Value>,
}

/// A document that cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}：{problem}")]
pub struct StayError {
    /// The stay's id when it could be read, else null.
    pub id: Value,
    /// The member that is wrong, `lines[3].qty`.
    pub field: String,
    /// What is wrong and what should stand there.
    pub problem: String,
}

/// Reads one stay.
///
/// # Errors
/// The first member that is wrong. Nothing of a stay is judged when a part of it cannot be read.
pub fn read_stay(text: &str) -> Result<StayDocument, StayError> {
    let reader = Reader { id: Value::Null };
    let document: Document<'_> = serde_json::from_str(text)
        .map_err(|error| reader.wrong("JSON", &format!("不是有效的 JSON：{error}")))?;
    stay_of(&document)
}

/// The same of a document that is read already.
///
/// # Errors
/// As [`read_stay`].
pub fn stay_of(document: &Document<'_>) -> Result<StayDocument, StayError> {
    let mut reader = Reader { id: Value::Null };
    let Document::Object(document) = document else {
        return Err(reader.wrong("JSON", "应为一个 JSON 对象"));
    };
    reader.id = match document.get("id") {
        Some(id @ (Document::Str(_) | Document::Number(_))) => id.into(),
        _ => return Err(reader.wrong("id", "缺少就诊号")),
    };
    let none = Map::default();
    let encounter = match document.get("encounter") {
        None | Some(Document::Null) => &none,
        Some(Document::Object(encounter)) => encounter,
        Some(_) => return Err(reader.wrong("encounter", "应为一个 JSON 对象")),
    };
    let encounter = reader.encounter(encounter)?;
    let lines = match document.get("lines") {
        None | Some(Document::Null) => &[][..],
        Some(Document::Array(lines)) => lines,
        Some(_) => return Err(reader.wrong("lines", "应为明细的列表")),
    };
    let (lines, line_ids) = reader.lines(lines)?;
    Ok(StayDocument { id: reader.id, stay: Stay { encounter, lines }, line_ids })
}

impl StayDocument {
    /// `{"id", "findings": [{"rule", "line", "excess_qty", "excess_fen", "because_of"}], "alerts": [{"rule" or "line", "message"}]}`;
    /// 疑点 of the stay come after the lines' findings, with `line` null.
    pub fn answer(&self, rules: &[Rule], verdict: &Verdict) -> Value {
        let line = |at: u32| &self.line_ids[at as usize];
        let findings = verdict.findings.iter().map(|finding| {
            json!({
                "rule": rules[finding.rule as usize].id,
                "line": line(finding.line),
                "excess_qty": quantity(finding.excess_quantity),
                "excess_fen": finding.excess,
                "because_of": finding.because_of.iter().map(|at| line(*at)).collect::<Vec<_>>(),
            })
        });
        let suspicions = verdict.suspicions.iter().map(|suspicion| {
            let rule = &rules[suspicion.rule as usize].id;
            json!({ "rule": rule, "line": null, "excess_qty": 0, "excess_fen": 0, "because_of": [] })
        });
        let findings = findings.chain(suspicions);
        let alerts = verdict.alerts.iter().map(|alert| match alert {
            Alert::UnmatchedRefund(at) => {
                json!({ "line": line(*at), "message": "退费行找不到可冲销的收费行，未计入" })
            }
            Alert::Missing(rule, what) => {
                json!({ "rule": rules[*rule as usize].id, "message": format!("缺少{what}，本规则未判断") })
            }
        });
        json!({ "id": self.id, "findings": findings.collect::<Vec<_>>(), "alerts": alerts.collect::<Vec<_>>() })
    }
}

/// A quantity as people write it: 1, 0.5.
fn quantity(units: i64) -> Value {
    if units % UNIT == 0 {
        return json!(units / UNIT);
    }
    let text = Decimal::new(units, 4).normalize().to_string();
    text.parse::<f64>().map_or(Value::Null, |number| json!(number))
}

#[derive(Default)]
pub(crate) struct Reader {
    id: Value,
}

impl Reader {
    pub(crate) fn wrong(&self, field: impl Display, problem: &str) -> StayError {
        StayError { id: self.id.clone(), field: field.to_string(), problem: problem.to_owned() }
    }

    fn encounter(&self, from: &Map<'_>) -> Result<Encounter, StayError> {
        let place = |name: &str| format!("encounter.{name}");
        let text = |name: &str| self.text(from, name, format_args!("encounter.{name}"));
        let time = |name: &str| self.time(from, name, format_args!("encounter.{name}"));
        let codes = |name: &str| -> Result<Vec<CompactString>, StayError> {
            let all = match from.get(name) {
                None | Some(Document::Null) => return Ok(Vec::new()),
                Some(Document::Array(list)) => {
                    list.iter().map(|code| code.as_str().map(Into::into)).collect()
                }
                Some(_) => None,
            };
            all.ok_or_else(|| self.wrong(place(name), "应为编码的列表"))
        };
        let known_level = text("hosp_level")?;
        let hospital_level = match known_level.as_str() {
            "" => None,
            name => Some(
                level(name)
                    .ok_or_else(|| self.wrong(place("hosp_level"), "应为 1、2、3，或一级、二级、三级"))?,
            ),
        };
        let (admitted, discharged) = (time("adm")?, time("dis")?);
        if let (Some(from), Some(to)) = (admitted, discharged)
            && to < from
        {
            return Err(self.wrong(place("dis"), "出院时间早于入院时间"));
        }
        let diagnoses = codes("diagnoses")?;
        let principal = text("principal_diagnosis")?;
        Ok(Encounter {
            sex: sex(&text("sex")?),
            age: self.number(from, "age", &place("age"))?,
            insurance: text("insurance")?,
            medical_type: text("med_type")?,
            visit: text("visit")?,
            hospital_level,
            department: text("dept")?,
            admitted,
            discharged,
            as_of: time("as_of")?,
            principal_diagnosis: match diagnoses.first() {
                Some(first) if principal.is_empty() => first.clone(),
                _ => principal,
            },
            diagnoses,
            operations: codes("operations")?,
            previous: self.previous(from)?,
        })
    }

    /// `{"dis", "principal_diagnosis", "readmission_planned"}`, or `"none"`; not there: not known.
    fn previous(&self, from: &Map<'_>) -> Result<Previous, StayError> {
        let place = |name: &str| format!("encounter.previous.{name}");
        let previous = match from.get("previous") {
            None | Some(Document::Null) => return Ok(Previous::NotKnown),
            Some(Document::Str(none)) if *none == "none" => return Ok(Previous::None),
            Some(Document::Object(previous)) => previous,
            Some(_) => {
                return Err(self.wrong("encounter.previous", "应为上次住院的 JSON 对象，没有写 \"none\""));
            }
        };
        let discharged = self.time(previous, "dis", &place("dis"))?;
        let readmission_planned = match previous.get("readmission_planned") {
            None | Some(Document::Null) => false,
            Some(Document::Bool(planned)) => *planned,
            Some(_) => return Err(self.wrong(place("readmission_planned"), "应为 true 或 false")),
        };
        Ok(Previous::Stay(PreviousStay {
            discharged: discharged.ok_or_else(|| self.wrong(place("dis"), "缺少上次出院时间"))?,
            principal_diagnosis: self.text(previous, "principal_diagnosis", &place("principal_diagnosis"))?,
            readmission_planned,
        }))
    }

    fn lines(&self, from: &[Document<'_>]) -> Result<(Vec<Line>, Vec<Value>), StayError> {
        let mut ids: Vec<Value> = Vec::with_capacity(from.len());
        let mut names: Vec<CompactString> = Vec::with_capacity(from.len());
        let mut place_of: FxHashMap<CompactString, u32> = FxHashMap::default();
        place_of.reserve(from.len());
        for (at, line) in from.iter().enumerate() {
            let id = match line.get("id") {
                id @ (Document::Str(_) | Document::Number(_)) => Value::from(id),
                _ => return Err(self.wrong(format_args!("lines[{at}].id"), "缺少明细号")),
            };
            let name = name_of(&id);
            if place_of.insert(name.clone(), at as u32).is_some() {
                let problem = format!("明细号 {name} 重复");
                return Err(self.wrong(format_args!("lines[{at}].id"), &problem));
            }
            names.push(name);
            ids.push(id);
        }
        let order = order(&ids, &names);
        let mut lines = Vec::with_capacity(from.len());
        for (at, line) in from.iter().enumerate() {
            let Document::Object(line) = line else {
                return Err(self.wrong(format_args!("lines[{at}]"), "应为一个 JSON 对象"));
            };
            // Where a member stands is put into words only when it is wrong.
            let text = |name: &str| self.text(line, name, format_args!("lines[{at}].{name}"));
            let number = |name: &str| self.number(line, name, format_args!("lines[{at}].{name}"));
            let wrong = |name: &str, problem: &str| self.wrong(format_args!("lines[{at}].{name}"), problem);
            let item = text("item")?;
            if item.is_empty() {
                return Err(wrong("item", "缺少项目编码"));
            }
            let time = self.time(line, "t", format_args!("lines[{at}].t"))?;
            let time = time.ok_or_else(|| wrong("t", "缺少计费时间"))?;
            let quantity = number("qty")?.and_then(units);
            let quantity = quantity.ok_or_else(|| wrong("qty", "应为数量，最多四位小数"))?;
            let fen = |name: &str| -> Result<Option<i64>, StayError> {
                let Some(number) = number(name)? else { return Ok(None) };
                let whole = number.is_integer().then(|| i64::try_from(number).ok()).flatten();
                let most = whole.filter(|fen| (0..1 << 53).contains(fen));
                most.map(Some).ok_or_else(|| wrong(name, "应为分，不小于 0 的整数"))
            };
            let refund_of = match line.get("refund_of") {
                None | Some(Document::Null) => None,
                // An unknown line: a refund that finds nothing.
                Some(id) => Some(place_of.get(&name_of(&id.into())).copied().unwrap_or(u32::MAX)),
            };
            lines.push(Line {
                item,
                time,
                order: order[at],
                quantity,
                price: fen("price_fen")?.unwrap_or_default(),
                amount: None,
                full_price: fen("full_price_fen")?,
                department: text("dept")?,
                refund_of,
            });
        }
        Ok((lines, ids))
    }

    pub(crate) fn text(
        &self,
        from: &Map<'_>,
        name: &str,
        place: impl Display + Copy,
    ) -> Result<CompactString, StayError> {
        match from.get(name) {
            None | Some(Document::Null) => Ok(CompactString::default()),
            Some(Document::Str(text)) => Ok(text.trim().into()),
            Some(Document::Number(number)) => Ok(number.to_string().into()),
            Some(_) => Err(self.wrong(place, "应为文本")),
        }
    }

    pub(crate) fn number(
        &self,
        from: &Map<'_>,
        name: &str,
        place: impl Display + Copy,
    ) -> Result<Option<Decimal>, StayError> {
        if let Some(whole) = from.get(name).and_then(Document::as_i64) {
            return Ok(Some(whole.into()));
        }
        let text = self.text(from, name, place)?;
        if text.is_empty() {
            return Ok(None);
        }
        decimal(&text).map(Some).ok_or_else(|| self.wrong(place, &format!("“{text}”不是数字")))
    }

    pub(crate) fn time(
        &self,
        from: &Map<'_>,
        name: &str,
        place: impl Display + Copy,
    ) -> Result<Option<i64>, StayError> {
        let text = self.text(from, name, place)?;
        if text.is_empty() {
            return Ok(None);
        }
        seconds(&text)
            .map(Some)
            .ok_or_else(|| self.wrong(place, &format!("“{text}”不是时间；应如 2025-03-01T08:00")))
    }
}

/// `2025-03-01`, `2025-03-01T08:00`, `2025-03-01 08:00:30`, as seconds since 1970-01-01 by the hospital's clock.
fn seconds(text: &str) -> Option<i64> {
    let moment: DateTime = match text.parse::<DateTime>() {
        Ok(moment) => moment,
        Err(_) => text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    let of_day =
        i64::from(moment.hour()) * 3_600 + i64::from(moment.minute()) * 60 + i64::from(moment.second());
    Some(days_since_1970(moment.date()) * 86_400 + of_day)
}

fn name_of(id: &Value) -> CompactString {
    match id {
        Value::String(name) => name.as_str().into(),
        id => id.to_compact_string(),
    }
}

/// Place of each line by its id: by number when all ids are whole numbers, else by text.
fn order(ids: &[Value], names: &[CompactString]) -> Vec<u32> {
    let mut by: Vec<usize> = (0..ids.len()).collect();
    let number =
        |(id, name): (&Value, &CompactString)| id.as_i64().map(i128::from).or_else(|| name.parse().ok());
    let numbers: Option<Vec<i128>> = ids.iter().zip(names).map(number).collect();
    match &numbers {
        Some(numbers) => by.sort_by_key(|at| numbers[*at]),
        None => by.sort_by_key(|at| &names[*at]),
    }
    let mut order = vec![0; ids.len()];
    for (place, at) in by.into_iter().enumerate() {
        order[at] = place as u32;
    }
    order
}
