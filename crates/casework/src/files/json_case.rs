//! One JSON line of the contract (`design.md` 6) → [`Case`].

use crate::record::{CaseError, Fields, fill};
use model::Case;
use serde::Deserialize;
use serde::de::{self, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The contract's object; numbers may be written as numbers or strings. Unknown members are allowed: callers add theirs.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    principal_diagnosis: Text<'a>,
    #[serde(borrow, default)]
    other_diagnoses: Texts<'a>,
    #[serde(borrow, default)]
    procedures: Texts<'a>,
    #[serde(borrow, default)]
    sex: Text<'a>,
    #[serde(borrow, default)]
    age_years: Text<'a>,
    #[serde(borrow, default)]
    age_days: Text<'a>,
    #[serde(borrow, default)]
    birth_weight_g: Text<'a>,
    #[serde(borrow, default)]
    icu_days: Text<'a>,
    #[serde(borrow, default)]
    admitted: Text<'a>,
    #[serde(borrow, default)]
    discharged: Text<'a>,
    #[serde(borrow, default)]
    settled: Text<'a>,
    #[serde(borrow, default)]
    discharge_way: Text<'a>,
    #[serde(borrow, default)]
    insurance_type: Text<'a>,
    #[serde(borrow, default)]
    settlement_way: Text<'a>,
    #[serde(borrow, default)]
    hospital_level: Text<'a>,
    #[serde(borrow, default)]
    hospital: Text<'a>,
    #[serde(borrow, default)]
    total_cost: Text<'a>,
    #[serde(borrow, default)]
    insurer_cost: Text<'a>,
    #[serde(borrow, default)]
    in_scope_cost: Text<'a>,
    #[serde(borrow, default)]
    pooled_fund: Text<'a>,
    #[serde(borrow, default)]
    self_pay: Text<'a>,
    #[serde(borrow, default)]
    drug_cost: Text<'a>,
    #[serde(borrow, default)]
    treatment_cost: Text<'a>,
}

impl Fields for Record<'_> {
    fn text(&self, field: &'static str) -> Option<&str> {
        let text = match field {
            "id" => &self.id,
            "principal_diagnosis" => &self.principal_diagnosis,
            "sex" => &self.sex,
            "age_years" => &self.age_years,
            "age_days" => &self.age_days,
            "birth_weight_g" => &self.birth_weight_g,
            "icu_days" => &self.icu_days,
            "admitted" => &self.admitted,
            "discharged" => &self.discharged,
            "settled" => &self.settled,
            "discharge_way" => &self.discharge_way,
            "insurance_type" => &self.insurance_type,
            "settlement_way" => &self.settlement_way,
            "hospital_level" => &self.hospital_level,
            "hospital" => &self.hospital,
            "total_cost" => &self.total_cost,
            "insurer_cost" => &self.insurer_cost,
            "in_scope_cost" => &self.in_scope_cost,
            "pooled_fund" => &self.pooled_fund,
            "self_pay" => &self.self_pay,
            "drug_cost" => &self.drug_cost,
            "treatment_cost" => &self.treatment_cost,
            _ => return None,
        };
        text.0.as_deref()
    }

    fn list(&self, field: &'static str, each: &mut dyn FnMut(&str)) {
        let texts = if field == "procedures" { &self.procedures } else { &self.other_diagnoses };
        texts.0.iter().filter_map(|text| text.0.as_deref()).for_each(each);
    }
}

/// Reads one line into `case`.
pub(crate) fn read(line: &str, case: &mut Case) -> Result<(), CaseError> {
    // A list would be read as the members in order.
    if !line.trim_start().starts_with('{') {
        return Err(CaseError::new("", "不是合法的 JSON 对象：每行应为 {…}"));
    }
    let record: Record<'_> = serde_json::from_str(line).map_err(|error| {
        CaseError::new("", format!("不是合法的 JSON 对象（第 {} 列：{error}）", error.column()))
    })?;
    fill(case, &record)
}

/// A string, number or null.
#[derive(Default)]
struct Text<'a>(Option<Cow<'a, str>>);

/// A list of codes; null is an empty one.
#[derive(Default)]
struct Texts<'a>(Vec<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl<'de> Visitor<'de> for Scalar {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("文字、数字或 null")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Owned(text.to_owned()))))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Owned(number.to_string()))))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Owned(number.to_string()))))
            }
            /// The shortest text that reads back as the same number: what was written, up to 15 digits.
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Owned(number.to_string()))))
            }
            fn visit_unit<E: de::Error>(self) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Texts(Option::<Vec<Text<'a>>>::deserialize(deserializer)?.unwrap_or_default()))
    }
}
