//! 范围: departments and doctors that a target may be for, by key and name.

use crate::app::App;
use crate::error::ApiError;
use model::canonical::Table;
use model::{DataScope, Viewer};
use std::collections::BTreeMap;
use store::{NamedRow, Target};

/// Names by key.
pub(super) struct Places {
    pub(super) departments: BTreeMap<String, String>,
    doctors: BTreeMap<String, Doctor>,
}

struct Doctor {
    name: String,
    department: String,
}

fn rows(app: &App, table: &str) -> Result<Vec<NamedRow>, ApiError> {
    let table = Table::named(table).ok_or_else(|| ApiError::internal("没有这个字典"))?;
    Ok(app.store().dictionary(table)?.into_iter().map(|row| row.row).collect())
}

impl Places {
    pub(super) fn read(app: &App) -> Result<Places, ApiError> {
        let name = |row: &NamedRow| row.text("name").to_owned();
        let departments =
            rows(app, "department")?.iter().map(|row| (row.key().to_owned(), name(row))).collect();
        let doctor =
            |row: &NamedRow| Doctor { name: name(row), department: row.text("department_key").to_owned() };
        let doctors = rows(app, "staff")?.iter().map(|row| (row.key().to_owned(), doctor(row))).collect();
        Ok(Places { departments, doctors })
    }

    /// Doctors by key and name, for the search box.
    pub(super) fn doctors(&self) -> BTreeMap<String, String> {
        self.doctors.iter().map(|(key, doctor)| (key.clone(), doctor.name.clone())).collect()
    }

    pub(super) fn department(&self, key: &str) -> String {
        self.departments.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    pub(super) fn doctor(&self, key: &str) -> String {
        self.doctors.get(key).map_or_else(|| key.to_owned(), |doctor| doctor.name.clone())
    }

    /// Key of the department that a target belongs to, a doctor's own included; empty for the hospital.
    pub(super) fn department_of<'p>(&'p self, target: &'p Target) -> &'p str {
        match self.doctors.get(&target.doctor_key) {
            Some(doctor) => &doctor.department,
            None => &target.department_key,
        }
    }

    /// `全院`, `心血管内科`, `张三（W001）`
    pub(super) fn name(&self, target: &Target) -> String {
        match (target.department_key.as_str(), target.doctor_key.as_str()) {
            ("", "") => "全院".to_owned(),
            (key, "") => self.department(key),
            (_, key) => format!("{}（{key}）", self.doctor(key)),
        }
    }

    /// Whether a target is the viewer's business.
    pub(super) fn sees(&self, viewer: &Viewer, target: &Target) -> bool {
        match &viewer.scope {
            DataScope::Nothing => false,
            DataScope::Hospital => true,
            DataScope::Doctor(key) => target.doctor_key == *key,
            DataScope::Departments(keys) => keys.contains(self.department_of(target)),
        }
    }

    /// The key of a department given by key or name; the error says what to do.
    pub(super) fn find_department(&self, text: &str) -> Result<String, String> {
        let names = self.departments.iter().map(|(key, name)| (key.as_str(), name.as_str()));
        find(names, text, "科室", "编号")
    }

    /// The key of a doctor given by 工号 or name.
    pub(super) fn find_doctor(&self, text: &str) -> Result<String, String> {
        let names = self.doctors.iter().map(|(key, doctor)| (key.as_str(), doctor.name.as_str()));
        find(names, text, "医师", "工号")
    }
}

fn find<'p>(
    names: impl Iterator<Item = (&'p str, &'p str)>,
    text: &str,
    what: &str,
    key_name: &str,
) -> Result<String, String> {
    let mut named = Vec::new();
    for (key, name) in names {
        if key == text {
            return Ok(key.to_owned());
        }
        if name == text {
            named.push(key);
        }
    }
    match named.as_slice() {
        [] => Err(format!("没有{what}“{text}”；请填写科室医师字典中的{key_name}或名称")),
        [key] => Ok((*key).to_owned()),
        several => Err(format!(
            "有 {} 个{what}叫“{text}”（{}）；请填写{key_name}",
            several.len(),
            several.join("、")
        )),
    }
}
