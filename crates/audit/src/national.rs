//! 国家医保平台 3101 / 3102 明细审核: its request as stays, and findings in the shape of its answer, so that a caller of the
//! platform's service calls ours unchanged. Field names are the platform's; some callers send lists where others send single
//! objects, so both are taken.

use crate::document::{Document, Reader, StayError};
use crate::engine::price;
use crate::finding::Finding;
use crate::rule::{Level, Nature, Rule, units};
use crate::stay::{Encounter, Line, Stay};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use serde_json_borrow::Map;

/// A request: 3101 事前 or 3102 事中.
#[derive(Clone, Debug)]
pub struct NationalRequest {
    /// `infno`: 3101 or 3102.
    pub service: String,
    /// `task_id`, handed back.
    pub task: String,
    /// `trig_scen` 触发场景, 1 to 9.
    pub scenario: String,
    /// `rule_ids`; empty: every rule.
    pub rules: Vec<String>,
    /// Every encounter of every patient.
    pub stays: Vec<NationalStay>,
}

/// An encounter of the request.
#[derive(Clone, Debug)]
pub struct NationalStay {
    /// `patn_id`
    pub patient: String,
    /// `mdtrt_id`
    pub encounter: String,
    /// What is judged.
    pub stay: Stay,
    /// `rx_id` of each line.
    pub lines: Vec<String>,
    /// `curr_drord_flag` of each line: entered just now, not history.
    pub new: Vec<bool>,
}

/// Whether a document is such a request.
pub fn is_national(document: &Document<'_>) -> bool {
    !document.get("infno").is_null() || !document.get("input").get("data").is_null()
}

/// Reads a request. `known` tells the hospital's own item codes; a line of another code is read by its national one.
///
/// # Errors
/// The first member that is wrong.
pub fn read_national(
    document: &Document<'_>,
    known: &dyn Fn(&str) -> bool,
) -> Result<NationalRequest, StayError> {
    let reader = Reader::default();
    let inside = document.get("input").get("data");
    let data = if inside.is_null() { document.get("data") } else { inside };
    let data = data.as_object().ok_or_else(|| reader.wrong("input.data", "缺少请求内容"))?;
    let text = |of: &Map<'_>, name: &str| reader.text(of, name, name).map(String::from);
    let service = match document.get("infno") {
        Document::Null => "3101".to_owned(),
        value => match value.as_str() {
            Some(name @ ("3101" | "3102")) => name.to_owned(),
            _ => return Err(reader.wrong("infno", "应为 3101 或 3102")),
        },
    };
    let rules = data.get("rule_ids").and_then(Document::as_array).unwrap_or_default();
    let rules = rules.iter().filter_map(Document::as_str).map(str::to_owned).collect();
    let mut stays = Vec::new();
    for (p, patient) in objects(data, "patient_dtos", &reader)?.into_iter().enumerate() {
        for (e, encounter) in objects(patient, "fsi_encounter_dtos", &reader)?.into_iter().enumerate() {
            let place = format!("patient_dtos[{p}].fsi_encounter_dtos[{e}]");
            stays.push(StayReader { reader: &reader, place, known }.read(patient, encounter)?);
        }
    }
    if stays.is_empty() {
        return Err(reader.wrong("patient_dtos", "没有就诊"));
    }
    Ok(NationalRequest {
        service,
        task: text(data, "task_id")?,
        scenario: text(data, "trig_scen")?,
        rules,
        stays,
    })
}

/// A member that is a list of objects or one object.
fn objects<'v>(of: &'v Map<'v>, name: &str, reader: &Reader) -> Result<Vec<&'v Map<'v>>, StayError> {
    let wrong = || reader.wrong(name, "应为 JSON 对象或其列表");
    match of.get(name) {
        None | Some(Document::Null) => Ok(Vec::new()),
        Some(Document::Object(one)) => Ok(vec![one]),
        Some(Document::Array(list)) => list.iter().map(|one| one.as_object().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}

struct StayReader<'r> {
    reader: &'r Reader,
    place: String,
    known: &'r dyn Fn(&str) -> bool,
}

impl StayReader<'_> {
    fn read(&self, patient: &Map<'_>, encounter: &Map<'_>) -> Result<NationalStay, StayError> {
        let place = |name: &str| format!("{}.{name}", self.place);
        let text = |name: &str| self.reader.text(encounter, name, &place(name));
        let time = |name: &str| self.reader.time(encounter, name, &place(name));
        let (admitted, discharged) = (time("adm_date")?, time("dscg_date")?);
        let born = self.reader.time(patient, "brdy", "brdy")?;
        let code_of = |of: &&Map<'_>, names: &[&str]| {
            names.iter().find_map(|name| of.get(name)?.as_str()).unwrap_or_default().trim().to_owned()
        };
        let mut diagnoses = vec![text("dscg_main_dise_codg")?];
        let listed = objects(encounter, "fsi_diagnose_dtos", self.reader)?;
        diagnoses.extend(listed.iter().map(|one| code_of(one, &["dise_codg"]).into()));
        diagnoses.retain(|code| !code.is_empty());
        diagnoses.dedup();
        let operations = objects(encounter, "fsi_operation_dtos", self.reader)?;
        let operations = operations.iter().map(|one| code_of(one, &["oprn_code", "oprn_oprt_code"]).into());
        let department = match text("dscg_dept_codg")? {
            empty if empty.is_empty() => text("adm_dept_codg")?,
            department => department,
        };
        let encounter_of = Encounter {
            sex: match self.reader.text(patient, "gend", "gend")? {
                sex if sex == "1" || sex == "2" => sex,
                _ => "".into(),
            },
            age: born.zip(admitted).map(|(born, admitted)| Decimal::from(years(born, admitted))),
            insurance: text("insutype")?,
            medical_type: text("med_type")?,
            visit: match text("med_mdtrt_type")?.as_str() {
                "1" => "outpatient".into(),
                "2" => "inpatient".into(),
                "3" => "purchase".into(),
                _ => "".into(),
            },
            hospital_level: None,
            department,
            admitted,
            discharged,
            as_of: None,
            principal_diagnosis: diagnoses.first().cloned().unwrap_or_default(),
            diagnoses,
            operations: operations.filter(|code: &compact_str::CompactString| !code.is_empty()).collect(),
            ..Encounter::default()
        };
        let (mut lines, mut ids, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for (at, order) in objects(encounter, "fsi_order_dtos", self.reader)?.into_iter().enumerate() {
            let place = place(&format!("fsi_order_dtos[{at}]"));
            let (line, id) = self.line(order, &place, at)?;
            lines.push(line);
            ids.push(id);
            new.push(self.reader.text(order, "curr_drord_flag", &place)? != "0");
        }
        Ok(NationalStay {
            patient: self.reader.text(patient, "patn_id", "patn_id")?.into(),
            encounter: text("mdtrt_id")?.into(),
            stay: Stay { encounter: encounter_of, lines },
            lines: ids,
            new,
        })
    }

    fn line(&self, order: &Map<'_>, place: &str, at: usize) -> Result<(Line, String), StayError> {
        let wrong = |name: &str, problem: &str| self.reader.wrong(format_args!("{place}.{name}"), problem);
        let text = |name: &str| self.reader.text(order, name, format_args!("{place}.{name}"));
        let number = |name: &str| self.reader.number(order, name, format_args!("{place}.{name}"));
        let (own, national) = (text("hosplist_code")?, text("hilist_code")?);
        let item =
            if !own.is_empty() && (national.is_empty() || (self.known)(&own)) { own } else { national };
        if item.is_empty() {
            return Err(wrong("hilist_code", "缺少项目编码（医保编码或院内编码）"));
        }
        let id = text("rx_id")?;
        if id.is_empty() {
            return Err(wrong("rx_id", "缺少明细号"));
        }
        let time = self.reader.time(order, "drord_begn_date", format_args!("{place}.drord_begn_date"))?;
        let quantity = number("cnt")?;
        let quantity = quantity.and_then(units).ok_or_else(|| wrong("cnt", "应为数量，最多四位小数"))?;
        // 元; without a sum it is the price times the quantity.
        let amount = match number("sumamt")? {
            Some(amount) => Some(amount),
            None => number("pric")?.and_then(|price| price.checked_mul(Decimal::new(quantity, 4))),
        };
        let fen = |yuan: Decimal| i64::try_from((yuan * Decimal::ONE_HUNDRED).round()).ok();
        let amount = match amount {
            None => 0,
            Some(amount) => fen(amount).ok_or_else(|| wrong("sumamt", "金额超出范围"))?,
        };
        let (price, amount) = price(quantity, amount);
        let line = Line {
            item,
            time: time.ok_or_else(|| wrong("drord_begn_date", "缺少开始时间"))?,
            order: at as u32,
            quantity,
            price,
            amount,
            full_price: None,
            department: text("drord_dept_codg")?,
            refund_of: None,
        };
        Ok((line, id.into()))
    }
}

/// Completed years between two moments, seconds since 1970.
fn years(born: i64, at: i64) -> i64 {
    let date = |seconds: i64| {
        let days = i32::try_from(seconds.div_euclid(86_400)).unwrap_or_default();
        jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap_or_default()
    };
    let (born, at) = (date(born), date(at));
    let birthday = (at.month(), at.day()) >= (born.month(), born.day());
    i64::from(at.year()) - i64::from(born.year()) - i64::from(!birthday)
}

/// A finding in words, for the answer.
#[derive(Clone, Debug)]
pub struct NationalFinding<'f> {
    /// `jr_id`: what the feedback names.
    pub id: &'f str,
    /// The rule.
    pub rule: &'f Rule,
    /// The finding.
    pub finding: &'f Finding,
    /// `vola_cont` 违规内容
    pub content: &'f str,
}

/// A finding as an element of `output.result`. Codes of `sev_deg`, `vola_amt_stas` and `vola_bhvr_type` are UNCONFIRMED: their
/// dictionary was not found, so the words seen in answers are used.
pub fn national_result(task: &str, stay: &NationalStay, said: &NationalFinding<'_>) -> Value {
    let finding = said.finding;
    let yuan = |fen: i64| Decimal::new(fen, 2).to_string().parse::<f64>().map_or(Value::Null, |n| json!(n));
    let detail = |n: usize, line: u32, kind: &str, amount: i64| {
        json!({
            "jrd_id": format!("{}-{}", said.id, n + 1),
            "patn_id": stay.patient,
            "mdtrt_id": stay.encounter,
            "rx_id": stay.lines[line as usize],
            "vola_item_type": kind,
            "vola_amt": yuan(amount),
        })
    };
    let causes = finding.because_of.iter().enumerate().map(|(n, line)| detail(n + 1, *line, "2", 0));
    let details: Vec<Value> =
        std::iter::once(detail(0, finding.line, "1", finding.excess)).chain(causes).collect();
    let evidence = match said.rule.evidence.is_confirmed() {
        true => format!("{} {}", said.rule.evidence.document, said.rule.evidence.clause).trim().to_owned(),
        false => String::new(),
    };
    json!({
        "jr_id": said.id,
        "rule_id": said.rule.id,
        "rule_name": said.rule.name,
        "vola_cont": said.content.chars().take(500).collect::<String>(),
        "patn_id": stay.patient,
        "mdtrt_id": stay.encounter,
        "judge_result_detail_dtos": details,
        "vola_amt": yuan(finding.excess),
        "vola_amt_stas": if finding.excess > 0 { "1" } else { "0" },
        "sev_deg": if said.rule.nature == Nature::Violation { "明确违规" } else { "高度可疑" },
        "vola_evid": evidence.chars().take(500).collect::<String>(),
        "vola_bhvr_type": "项目类",
        "task_id": task,
        // Ours, beside the platform's: whether the caller may go on.
        "dipper_level": said.rule.level.code(),
        "excess_qty": Decimal::new(finding.excess_quantity, 4).normalize().to_string(),
    })
}

/// 审核结论: what the caller should do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// 通过: nothing, or hints only.
    #[default]
    Pass,
    /// 建议修改: the user may go on with a reason.
    Revise,
    /// 强制: not before it is corrected.
    Forced,
}

impl Conclusion {
    /// What a finding of this level asks for.
    pub fn of(level: Level) -> Conclusion {
        match level {
            Level::Blocking => Conclusion::Forced,
            Level::Warning => Conclusion::Revise,
            Level::Hint => Conclusion::Pass,
        }
    }

    /// In answers.
    pub fn code(self) -> &'static str {
        match self {
            Conclusion::Pass => "pass",
            Conclusion::Revise => "revise",
            Conclusion::Forced => "forced",
        }
    }

    /// In Chinese.
    pub fn chinese(self) -> &'static str {
        match self {
            Conclusion::Pass => "通过",
            Conclusion::Revise => "建议修改",
            Conclusion::Forced => "强制修改",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops where it fails")]
mod tests {
    use super::*;
    use crate::UNIT;

    fn request() -> Value {
        json!({"infno": "3101", "input": {"data": {"trig_scen": "5", "task_id": "T1", "patient_dtos": {
            "patn_id": "P1", "gend": "2", "brdy": "1980-06-30", "fsi_encounter_dtos": [{
                "mdtrt_id": "M1", "adm_date": "2026-06-29 08:00:00", "insutype": "310", "med_type": "21",
                "med_mdtrt_type": "2", "adm_dept_codg": "D1", "dscg_main_dise_codg": "I10",
                "fsi_diagnose_dtos": [{"dise_codg": "I10"}, {"dise_codg": "E11.9"}],
                "fsi_operation_dtos": {"oprn_code": "36.06"},
                "fsi_order_dtos": [
                    {"rx_id": "1", "hosplist_code": "OWN", "hilist_code": "0031", "cnt": "2", "pric": 1.5,
                     "drord_begn_date": "2026-06-29 09:00:00", "curr_drord_flag": "0"},
                    {"rx_id": 2, "hosplist_code": "OTHER", "hilist_code": "0032", "cnt": -1, "sumamt": "-3.00",
                     "drord_begn_date": "2026-06-30"}]}]}}}})
    }

    #[test]
    fn lists_and_single_objects_are_both_read() {
        let text = request().to_string();
        let read = read_national(&serde_json::from_str(&text).unwrap(), &|code| code == "OWN").unwrap();
        assert_eq!((read.task.as_str(), read.scenario.as_str(), read.stays.len()), ("T1", "5", 1));
        let one = &read.stays[0];
        let encounter = &one.stay.encounter;
        assert_eq!(encounter.age, Some(Decimal::from(45)), "the birthday is the day after");
        assert_eq!((encounter.sex.as_str(), encounter.visit.as_str()), ("2", "inpatient"));
        assert_eq!(encounter.diagnoses, ["I10", "E11.9"]);
        assert_eq!(encounter.operations, ["36.06"]);
        let lines: Vec<_> =
            one.stay.lines.iter().map(|line| (line.item.as_str(), line.quantity, line.price)).collect();
        assert_eq!(lines, [("OWN", 2 * UNIT, 150), ("0032", -UNIT, 300)]);
        assert_eq!(one.new, [false, true]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let broken = |pointer: &str, value: Value| {
            let mut request = request();
            *request.pointer_mut(pointer).unwrap() = value;
            let text = request.to_string();
            read_national(&serde_json::from_str(&text).unwrap(), &|_| true).unwrap_err().to_string()
        };
        let line = "/input/data/patient_dtos/fsi_encounter_dtos/0/fsi_order_dtos/0";
        assert!(
            broken(&format!("{line}/cnt"), json!("两次")).contains("fsi_order_dtos[0].cnt：“两次”不是数字")
        );
        assert!(
            broken(&format!("{line}/drord_begn_date"), json!("昨天"))
                .contains("drord_begn_date：“昨天”不是时间")
        );
        assert!(broken("/input/data/patient_dtos", json!([])).contains("没有就诊"));
        assert!(broken("/input/data/patient_dtos", json!("x")).contains("应为 JSON 对象或其列表"));
        assert!(broken("/infno", json!("2204")).contains("应为 3101 或 3102"));
    }
}
