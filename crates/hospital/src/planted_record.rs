//! Defects of the front page, of the codes, and between HIS and insurer.

use crate::draft_row::Shapes;
use crate::facts::Facts;
use crate::planted::Planted;
use crate::stay::Stay;
use model::Code;
use model::canonical::{Row, Value};

/// Kinds in the order in which they take their turn.
pub(crate) const KINDS: [&str; 17] = [
    "required",
    "valueset",
    "format",
    "logic",
    "fee",
    "duplicate",
    "icd_basic",
    "icd_limit",
    "icd_merge",
    "icd_corr",
    "icd_same",
    "icd_type_mutex",
    "icd_code_mutex",
    "only_his",
    "only_insurer",
    "amount_differs",
    "code_differs",
];

/// Plants the defect of this number; stays without a finished front page take none, and where one cannot be planted the
/// next one is.
pub(crate) fn plant(facts: &Facts<'_>, stay: &mut Stay, number: u32) {
    if facts.coded_at.is_none() {
        return;
    }
    let turn = facts.hospital.record_turn(number);
    // Few diagnoses ask for a companion: where one does, its defect goes before the ones that are possible everywhere.
    let rare = (turn < 7).then_some("icd_corr");
    let turns = (0..KINDS.len()).filter_map(|step| KINDS.get((turn + step) % KINDS.len()).copied());
    for kind in rare.into_iter().chain(turns) {
        let planted = Planter { facts, shapes: &facts.hospital.shapes, stay, number }.plant(kind);
        if let Some(planted) = planted {
            stay.planted.push(planted);
            return;
        }
    }
}

struct Planter<'p, 'h> {
    facts: &'p Facts<'h>,
    shapes: &'p Shapes,
    stay: &'p mut Stay,
    number: u32,
}

impl Planter<'_, '_> {
    fn plant(&mut self, kind: &'static str) -> Option<Planted> {
        match kind {
            "required" => {
                let columns = ["marriage", "occupation", "contact_name", "ethnicity", "chief_physician"];
                let column = columns.get(self.number as usize % columns.len()).copied()?;
                self.page(kind, column, Value::Null, "必填项为空")
            }
            "valueset" => {
                let columns =
                    [("marriage", "7"), ("occupation", "99"), ("blood_abo", "8"), ("admission_way", "5")];
                let (column, code) = columns.get(self.number as usize % columns.len()).copied()?;
                self.page(kind, column, code.into(), "值不在字典内")
            }
            "format" => {
                let columns =
                    [("id_number", "99990119801301123"), ("postcode", "99A00"), ("phone", "1001234")];
                let (column, text) = columns.get(self.number as usize % columns.len()).copied()?;
                self.page(kind, column, text.into(), "格式不符")
            }
            "logic" => {
                let days = self.stay.days + 7;
                self.page(kind, "stay_days", days.into(), "实际住院天数与出入院日期不符")
            }
            "fee" => {
                let at = self.shapes.at("front_page", "total_fee");
                let total = self.stay.rows("front_page").first()?.get(at)?.int()?;
                let mut planted =
                    self.page(kind, "total_fee", (total + 12_345).into(), "总费用不等于各项费用之和")?;
                planted.amount = 12_345;
                Some(planted)
            }
            "duplicate" => {
                let (code, name) = self.facts.variant.principal.clone();
                self.diagnoses(kind, &[(&code, &name)], "同一诊断编码重复")
            }
            "icd_basic" => self.diagnoses(kind, &[("K80.2", "胆囊结石不伴有胆囊炎")], "编码未到细目"),
            "icd_limit" if self.facts.age < 18 => None,
            "icd_limit" if self.facts.plan.woman => {
                self.diagnoses(kind, &[("N40.x00", "前列腺增生")], "女性不应有前列腺疾病编码")
            }
            "icd_limit" => {
                self.diagnoses(kind, &[("N80.000", "子宫的子宫内膜异位症")], "男性不应有妇科疾病编码")
            }
            "icd_merge" => {
                let pair = [("I10.x00", "特发性（原发性）高血压"), ("I50.900", "心力衰竭")];
                self.diagnoses(kind, &pair, "高血压与心力衰竭应合并编码 I11.0")
            }
            "icd_corr" => self.missing_companion(kind),
            "icd_same" => {
                let pair = [("N20.000", "肾结石"), ("N20.100", "输尿管结石")];
                self.diagnoses(kind, &pair, "应合并为 N20.2 肾结石伴有输尿管结石")
            }
            "icd_type_mutex" => {
                let pair = [("E10.900", "1型糖尿病"), ("E11.900", "2型糖尿病")];
                self.diagnoses(kind, &pair, "1型与2型糖尿病互斥")
            }
            "icd_code_mutex" => {
                let pair = [("K80.200", "胆囊结石不伴有胆囊炎"), ("K81.000", "急性胆囊炎")];
                self.diagnoses(kind, &pair, "不伴有胆囊炎与急性胆囊炎互斥")
            }
            "only_his" => {
                let lists = self.stay.rows_mut("settlement_list")?;
                if lists.is_empty() {
                    return None;
                }
                lists.clear();
                let key = self.final_settlement()?;
                Some(self.answer(kind, "settlement", vec![key], 0, "院内已结算，医保端没有结算清单"))
            }
            "only_insurer" => self.only_insurer(kind),
            "amount_differs" => {
                let at = self.shapes.at("settlement_list", "total");
                let row = self.stay.rows_mut("settlement_list")?.first_mut()?;
                let key = row.first()?.str().to_owned();
                let total = row.get(at)?.int()?;
                *row.get_mut(at)? = (total - 8_888).into();
                Some(self.answer(kind, "settlement_list", vec![key], 8_888, "结算清单总费用与院内结算不一致"))
            }
            "code_differs" => {
                let at = self.shapes.at("settlement_list", "principal_code");
                let row = self.stay.rows_mut("settlement_list")?.first_mut()?;
                let key = row.first()?.str().to_owned();
                *row.get_mut(at)? = "R69.x00".into();
                Some(self.answer(kind, "settlement_list", vec![key], 0, "结算清单主要诊断与病案首页不一致"))
            }
            _ => None,
        }
    }

    /// Changes one field of the front page.
    fn page(&mut self, kind: &'static str, column: &str, value: Value, note: &str) -> Option<Planted> {
        let at = self.shapes.at("front_page", column);
        let row = self.stay.rows_mut("front_page")?.first_mut()?;
        let key = row.first()?.str().to_owned();
        if row.get(at)? == &value {
            return None;
        }
        *row.get_mut(at)? = value;
        Some(self.answer(kind, "front_page", vec![key], 0, &format!("{column}：{note}")))
    }

    /// Adds coded diagnoses behind the others. Those that already stand there are not added again, except when that is the defect.
    fn diagnoses(&mut self, kind: &'static str, codes: &[(&str, &str)], note: &str) -> Option<Planted> {
        let origin = self.shapes.at("diagnosis", "origin");
        let kinds = self.shapes.at("diagnosis", "kind");
        let code_at = self.shapes.at("diagnosis", "code");
        let coded: Vec<&Row> = self
            .stay
            .rows("diagnosis")
            .iter()
            .filter(|row| {
                row.get(origin).is_some_and(|v| v.str() == "coded")
                    && row.get(kinds).is_some_and(|v| v.str() == "western")
            })
            .collect();
        let taken = |code: &str| {
            coded.iter().any(|row| row.get(code_at).is_some_and(|v| v.str().get(..3) == code.get(..3)))
        };
        // A code of the same category would make another defect of it.
        if kind != "duplicate" && codes.iter().any(|(code, _)| taken(code)) {
            return None;
        }
        let mut number = i64::try_from(coded.len()).unwrap_or_default();
        let mut keys = Vec::new();
        let mut rows = Vec::new();
        for (code, name) in codes {
            number += 1;
            let key = format!("{}-coded-western-{number}", self.facts.key);
            let row = self
                .shapes
                .row("diagnosis", &key)
                .set("encounter_key", self.facts.key.as_str())
                .set("origin", "coded")
                .set("kind", "western")
                .set("sequence", number)
                .flag("principal", false)
                .set("code", Code::diagnosis(code).as_str())
                .set("name", *name)
                .set("admission_condition", "1");
            rows.push(row.done());
            keys.push(key);
        }
        self.stay.put("diagnosis", rows);
        Some(self.answer(kind, "diagnosis", keys, 0, note))
    }

    /// 对应编码: takes out what the principal diagnosis asks for (外因, 病理, 分娩结局).
    fn missing_companion(&mut self, kind: &'static str) -> Option<Planted> {
        let origin = self.shapes.at("diagnosis", "origin");
        let kinds = self.shapes.at("diagnosis", "kind");
        let code = self.shapes.at("diagnosis", "code");
        let rows = self.stay.rows_mut("diagnosis")?;
        let at = rows.iter().position(|row| {
            let text = |at: usize| row.get(at).map_or("", Value::str);
            text(origin) == "coded"
                && (matches!(text(kinds), "external" | "pathology") || text(code).starts_with("Z37"))
        })?;
        let taken = rows.remove(at);
        let note = format!("主要诊断应有对应编码，缺 {}", taken.get(code).map_or("", Value::str));
        let key = format!("{}-coded-western-1", self.facts.key);
        Some(self.answer(kind, "diagnosis", vec![key], 0, &note))
    }

    /// The insurer has a list for a settlement that the hospital does not know.
    fn only_insurer(&mut self, kind: &'static str) -> Option<Planted> {
        let list = self.stay.rows("settlement_list").first()?.clone();
        let mut row = list;
        let key = format!("{}X", row.first()?.str());
        for (column, value) in [
            ("key", Value::from(key.as_str())),
            ("list_number", Value::from(key.as_str())),
            ("settlement_key", Value::Null),
            ("total", Value::Int(123_400)),
        ] {
            *row.get_mut(self.shapes.at("settlement_list", column))? = value;
        }
        self.stay.put("settlement_list", vec![row]);
        Some(self.answer(kind, "settlement_list", vec![key], 123_400, "医保端有清单，院内没有对应结算"))
    }

    fn final_settlement(&self) -> Option<String> {
        let kind = self.shapes.at("settlement", "kind");
        let rows = self.stay.rows("settlement");
        let row = rows.iter().rev().find(|row| row.get(kind).is_some_and(|v| v.str() == "final"))?;
        Some(row.first()?.str().to_owned())
    }

    fn answer(
        &self,
        kind: &str,
        table: &'static str,
        row_keys: Vec<String>,
        amount: i64,
        note: &str,
    ) -> Planted {
        Planted {
            kind: kind.into(),
            rule: note.to_owned(),
            encounter_key: self.facts.key.clone(),
            table,
            row_keys,
            amount,
            quantity: 0,
            note: note.to_owned(),
        }
    }
}
