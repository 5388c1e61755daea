//! 科室 and 床位.

use crate::code_range::CodeRange;
use crate::disease::Disease;
use crate::shipped;

/// A department with its beds and doctors.
#[derive(Clone, Debug)]
pub struct Department {
    /// `K003`
    pub code: String,
    /// 名称
    pub name: String,
    /// 科别代码 (HQMS).
    pub standard_code: String,
    /// 临床, 重症, 医技 …
    pub category: String,
    /// 上级科室, empty for most.
    pub parent: String,
    /// 开放床位
    pub beds: u16,
    /// How many doctors.
    pub doctors: u16,
}

/// All departments, and who treats what.
#[derive(Debug)]
pub(crate) struct Departments {
    pub(crate) list: Vec<Department>,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    range: CodeRange,
    surgical: Option<bool>,
    ages: (i64, i64),
    department: usize,
}

/// Departments that the bill names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rooms {
    pub(crate) icu: u16,
    pub(crate) anaesthesia: u16,
    pub(crate) imaging: u16,
    pub(crate) ultrasound: u16,
    pub(crate) laboratory: u16,
    pub(crate) pathology: u16,
    pub(crate) blood_bank: u16,
    pub(crate) theatre: u16,
}

impl Departments {
    /// Without beds yet: those follow the patients ([`Departments::open_beds`]).
    pub(crate) fn new() -> Departments {
        let rows = shipped::departments();
        let list: Vec<Department> = rows
            .iter()
            .map(|row| Department {
                code: row.text("code").to_owned(),
                name: row.text("name").to_owned(),
                standard_code: row.text("standard_code").to_owned(),
                category: row.text("category").to_owned(),
                parent: row.text("parent").to_owned(),
                beds: 0,
                doctors: u16::try_from(row.number("doctors")).unwrap_or_default(),
            })
            .collect();
        let at = |code: &str| list.iter().position(|department| department.code == code);
        let rules = shipped::department_rules()
            .iter()
            .filter_map(|row| {
                let (lo, hi) = row.text("age").split_once("..").unwrap_or(("", ""));
                Some(Rule {
                    range: CodeRange::parse(row.text("diagnosis")),
                    surgical: match row.text("class") {
                        "surgical" => Some(true),
                        "medical" => Some(false),
                        _ => None,
                    },
                    ages: (lo.parse().unwrap_or(0), hi.parse().unwrap_or(200)),
                    department: at(row.text("department"))?,
                })
            })
            .collect();
        Departments { list, rules }
    }

    /// 开放床位 for about so many patients in house, by the bed days that each department's diseases take.
    pub(crate) fn open_beds(&mut self, patients: u32, loads: &[f64]) {
        let all: f64 = loads.iter().sum();
        for (department, load) in self.list.iter_mut().zip(loads) {
            let own = f64::from(patients) * 1.12 * load / all.max(1.0);
            let least = match department.category.as_str() {
                "重症" => 6.0_f64.max(f64::from(patients) * 0.03),
                "临床" => 4.0,
                "急诊" => 3.0,
                _ => continue,
            };
            // A float turned into a whole number stays within it.
            department.beds = own.max(least).ceil() as u16;
        }
    }

    /// Who treats a disease.
    fn treating(&self, diagnosis: &str, surgical: bool, age: i64) -> u16 {
        let rule = self.rules.iter().find(|rule| {
            rule.range.holds(diagnosis)
                && rule.surgical.is_none_or(|asks| asks == surgical)
                && (rule.ages.0..=rule.ages.1).contains(&age)
        });
        rule.map_or_else(|| self.named("K011"), |rule| u16::try_from(rule.department).unwrap_or_default())
    }

    /// Who treats a group's case with this principal diagnosis.
    pub(crate) fn of(&self, disease: &Disease, principal: &str, age: i64) -> u16 {
        match disease.day_surgery {
            true => self.named("K038"),
            false => self.treating(principal, disease.surgical, age),
        }
    }

    pub(crate) fn named(&self, code: &str) -> u16 {
        let at = self.list.iter().position(|department| department.code == code);
        u16::try_from(at.unwrap_or_default()).unwrap_or_default()
    }

    pub(crate) fn get(&self, at: u16) -> &Department {
        // The list is never empty and positions come from it.
        self.list.get(usize::from(at)).unwrap_or(&self.list[0])
    }

    pub(crate) fn rooms(&self) -> Rooms {
        Rooms {
            icu: self.named("K039"),
            anaesthesia: self.named("K041"),
            imaging: self.named("K042"),
            ultrasound: self.named("K045"),
            laboratory: self.named("K043"),
            pathology: self.named("K044"),
            blood_bank: self.named("K046"),
            theatre: self.named("K050"),
        }
    }
}

impl Department {
    /// 病区: large departments have two.
    pub(crate) fn ward(&self, bed: u16) -> String {
        let second = self.beds > 40 && bed > self.beds / 2;
        format!("{}{}病区", self.name, if second { "二" } else { "一" })
    }

    /// 床号; beyond the open beds a 加床.
    pub(crate) fn bed_number(&self, bed: u16) -> String {
        if bed > self.beds { format!("加{:02}", bed - self.beds) } else { format!("{bed:02}") }
    }

    /// Key of a bed: department and number.
    pub(crate) fn bed_key(&self, bed: u16) -> String {
        format!("{}-{}", self.code, self.bed_number(bed))
    }
}
