//! 测算表单: what somebody typed of a case, and a case of it; a real case can be taken as the beginning.

use super::code_names::{Which, name_of};
use crate::app::App;
use crate::error::ApiError;
use crate::query::Fields;
use crate::who::Who;
use casework::CaseError;
use model::{Case, Coded, Sex};
use policy::Policy;
use store::LogKind;

/// Codes of a list at most; the case reader takes no more.
const MOST_CODES: usize = 200;

/// A chosen code.
pub(super) struct Picked {
    pub(super) code: String,
    pub(super) name: String,
}

/// The form.
pub(super) struct Form {
    /// Single fields, named as in a case file.
    pub(super) fields: Fields,
    /// The first is the 主要诊断.
    pub(super) diagnoses: Vec<Picked>,
    pub(super) procedures: Vec<Picked>,
    /// Number of the real case it began with.
    pub(super) of: Option<i64>,
    /// The pack chosen; `None`: the one in force on the case's date.
    pub(super) pack: Option<i64>,
    pub(super) siblings: bool,
}

/// Fields of the form that are one value, with whether they stand behind 更多.
const SINGLE: [&str; 21] = [
    "sex",
    "age_years",
    "age_days",
    "birth_weight_g",
    "icu_days",
    "admitted",
    "discharged",
    "settled",
    "discharge_way",
    "insurance_type",
    "settlement_way",
    "hospital_level",
    "hospital",
    "total_cost",
    "insurer_cost",
    "in_scope_cost",
    "pooled_fund",
    "self_pay",
    "drug_cost",
    "treatment_cost",
    "as_of",
];

impl Form {
    /// `live`: a script asks while somebody types; then the search boxes hold no codes yet.
    pub(super) fn read(app: &App, who: &Who, asked: &Fields, live: bool) -> Result<Form, ApiError> {
        if let Some(number) = asked.whole("case", "病例")? {
            return Form::of_case(app, who, number);
        }
        let single = SINGLE.iter().map(|name| ((*name).to_owned(), asked.text(name).to_owned()));
        let mut form = Form {
            fields: Fields(single.filter(|(_, value)| !value.is_empty()).collect()),
            diagnoses: Vec::new(),
            procedures: Vec::new(),
            of: asked.whole("of", "病例")?,
            pack: asked.whole("pack", "政策包")?,
            siblings: asked.is_set("siblings"),
        };
        for (which, name) in [(Which::Diagnosis, "diagnosis"), (Which::Procedure, "procedure")] {
            let mut codes: Vec<String> = asked.all(name).map(str::to_owned).collect();
            if !live {
                // 无脚本: the boxes' text is taken over, and the buttons of a row do what they say.
                let typed = asked.text(&format!("add_{name}"));
                codes.extend(
                    typed.split([' ', ',', '，', '、', '|']).filter(|c| !c.is_empty()).map(str::to_owned),
                );
                rearrange(&mut codes, name, asked);
            }
            codes.truncate(MOST_CODES);
            let picked = codes.into_iter().map(|code| Picked { name: name_of(app, which, &code), code });
            match which {
                Which::Diagnosis => form.diagnoses = picked.collect(),
                Which::Procedure => form.procedures = picked.collect(),
            }
        }
        Ok(form)
    }

    /// 以此病例测算: a real case as the engines saw it; its reading is logged.
    fn of_case(app: &App, who: &Who, number: i64) -> Result<Form, ApiError> {
        let missing = || ApiError::missing("此病例");
        let record = app.store().case_record(&who.viewer, number)?.ok_or_else(missing)?;
        let case = sync::stored_case(&record.input)?;
        app.log(who, LogKind::Read, "以病例测算", &format!("病例 {number}"), "入组测算")?;
        let picked = |which: Which, codes: &mut dyn Iterator<Item = &Coded>| {
            let codes = codes.filter(|coded| !coded.code.is_empty());
            codes
                .map(|coded| Picked {
                    code: coded.written.to_string(),
                    name: name_of(app, which, &coded.written),
                })
                .collect()
        };
        let mut diagnoses = std::iter::once(&case.principal_diagnosis).chain(&case.other_diagnoses);
        Ok(Form {
            diagnoses: picked(Which::Diagnosis, &mut diagnoses),
            procedures: picked(Which::Procedure, &mut case.procedures.iter()),
            fields: fields_of(&case),
            of: Some(number),
            pack: None,
            siblings: false,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.diagnoses.is_empty() && self.procedures.is_empty()
    }

    /// Whether a field behind 更多 is filled.
    pub(super) fn has_more(&self) -> bool {
        let more = [
            "settled",
            "discharge_way",
            "settlement_way",
            "hospital_level",
            "icu_days",
            "birth_weight_g",
            "pooled_fund",
            "in_scope_cost",
            "drug_cost",
            "treatment_cost",
            "as_of",
        ];
        self.of.is_none() && more.iter().any(|name| self.fields.is_set(name))
    }

    /// The case; the error names the field.
    pub(super) fn case(&self) -> Result<Case, CaseError> {
        let mut case = Case::default();
        casework::fill(&mut case, self)?;
        case.policy_date = match self.fields.text("as_of") {
            "" => None,
            text => {
                let wrong = |_| CaseError {
                    field: "as_of",
                    message: format!("“{text}”不是日期：写成 2025-03-01"),
                };
                Some(text.parse().map_err(wrong)?)
            }
        };
        Ok(case)
    }
}

impl casework::Fields for Form {
    fn text(&self, field: &'static str) -> Option<&str> {
        match field {
            "id" => Some("测算"),
            "principal_diagnosis" => self.diagnoses.first().map(|picked| picked.code.as_str()),
            field => Some(self.fields.text(field)),
        }
    }

    fn list(&self, field: &'static str, each: &mut dyn FnMut(&str)) {
        let picked = match field {
            "procedures" => self.procedures.as_slice(),
            _ => self.diagnoses.get(1..).unwrap_or_default(),
        };
        picked.iter().for_each(|picked| each(&picked.code));
    }
}

/// `drop=diagnosis:1`, `up=…`, `down=…`, `top=…`: counted from 0.
fn rearrange(codes: &mut Vec<String>, list: &str, asked: &Fields) {
    let place = |how: &str| {
        let (of, at) = asked.text(how).split_once(':')?;
        at.parse::<usize>().ok().filter(|at| of == list && *at < codes.len())
    };
    if let Some(at) = place("drop") {
        codes.remove(at);
    } else if let Some(at) = place("up").filter(|at| *at > 0) {
        codes.swap(at, at - 1);
    } else if let Some(at) = place("down").filter(|at| at + 1 < codes.len()) {
        codes.swap(at, at + 1);
    } else if let Some(at) = place("top") {
        codes[..=at].rotate_right(1);
    }
}

/// A case as the form's fields.
fn fields_of(case: &Case) -> Fields {
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    let money = |fen: Option<model::Fen>| fen.map(|fen| fen.to_string()).unwrap_or_default();
    let moment = |at: Option<jiff::civil::DateTime>| {
        at.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
    };
    let sex = match case.sex {
        Some(Sex::Male) => "1",
        Some(Sex::Female) => "2",
        None => "",
    };
    let all = [
        ("sex", sex.to_owned()),
        ("age_years", number(case.age_years)),
        ("age_days", number(case.age_days)),
        ("birth_weight_g", number(case.birth_weight_g)),
        ("icu_days", number(case.icu_days)),
        ("admitted", moment(case.admitted)),
        ("discharged", moment(case.discharged)),
        ("settled", moment(case.settled)),
        ("discharge_way", case.discharge_way.to_string()),
        ("insurance_type", case.insurance_type.to_string()),
        ("settlement_way", case.settlement_way.to_string()),
        ("total_cost", money(case.total_cost)),
        ("insurer_cost", money(case.insurer_cost)),
        ("in_scope_cost", money(case.in_scope_cost)),
        ("pooled_fund", money(case.pooled_fund)),
        ("self_pay", money(case.self_pay)),
        ("drug_cost", money(case.drug_cost)),
        ("treatment_cost", money(case.treatment_cost)),
    ];
    Fields(
        all.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// An entry of a choice.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// Entries with what is chosen; a chosen value that is not among them stands at the end.
pub(super) fn choices<'a>(chosen: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Choice> {
    let mut all: Vec<Choice> = entries
        .map(|(value, name)| Choice {
            value: value.to_owned(),
            name: name.to_owned(),
            chosen: value == chosen,
        })
        .collect();
    if !chosen.is_empty() && !all.iter().any(|choice| choice.chosen) {
        all.push(Choice { value: chosen.to_owned(), name: chosen.to_owned(), chosen: true });
    }
    all
}

/// 险种 of a pack.
pub(super) fn insurance(form: &Form, policy: Option<&Policy>) -> Vec<Choice> {
    let types = policy.map_or(&[][..], |policy| &policy.insurance_types);
    choices(
        form.fields.text("insurance_type"),
        types.iter().map(|row| (row.code.as_str(), row.name.as_str())),
    )
}

/// 结算方式 of a pack.
pub(super) fn ways(form: &Form, policy: Option<&Policy>) -> Vec<Choice> {
    let ways = policy.map_or(&[][..], |policy| &policy.settlement_ways);
    choices(form.fields.text("settlement_way"), ways.iter().map(|row| (row.code.as_str(), row.name.as_str())))
}

/// 医院等级 that a pack knows.
pub(super) fn levels(form: &Form, policy: Option<&Policy>) -> Vec<Choice> {
    let hospitals = policy.map_or(&[][..], |policy| &policy.hospitals);
    let mut levels: Vec<&str> = hospitals.iter().map(|row| row.level.as_str()).collect();
    levels.sort_unstable();
    levels.dedup();
    choices(form.fields.text("hospital_level"), levels.into_iter().map(|level| (level, level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_moved_by_buttons_without_a_script() {
        let after = |query: &str| {
            let mut codes = ["A", "B", "C"].map(str::to_owned).to_vec();
            rearrange(&mut codes, "diagnosis", &Fields::parse(query));
            codes.concat()
        };
        assert_eq!(after("drop=diagnosis:1"), "AC");
        assert_eq!(after("up=diagnosis:2"), "ACB");
        assert_eq!(after("down=diagnosis:0"), "BAC");
        assert_eq!(after("top=diagnosis:2"), "CAB");
        for nothing in [
            "top=procedure:2",
            "drop=diagnosis:3",
            "up=diagnosis:0",
            "down=diagnosis:2",
            "drop=x",
            "up=diagnosis:-1",
        ] {
            assert_eq!(after(nothing), "ABC", "{nothing}");
        }
    }
}
