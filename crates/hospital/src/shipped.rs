//! The shipped lists under `data/`: departments, charge items, names, rules of who has which disease.

use crate::shipped_rows::Rows;

macro_rules! shipped {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $($(#[$doc])* pub(crate) fn $name() -> Rows { Rows::read(include_str!(concat!("../data/", $file))) })*
    };
}

shipped! {
    /// 科室
    departments = "departments.csv";
    /// Which department treats which diagnosis; the first row that fits decides.
    department_rules = "department_rules.csv";
    /// 收费项目 with the part each plays in a bill.
    charge_items = "charge_items.csv";
    /// Real codes and names for the sample catalogue's rows.
    diagnoses = "diagnoses.csv";
    /// Operation codes and names, with the ICD-10 chapters they belong to.
    operations = "operations.csv";
    /// 合并症 that older patients bring along.
    comorbidities = "comorbidities.csv";
    /// Pairs of diagnoses that coding rules object to: never drawn together unless planted.
    comorbidity_conflicts = "comorbidity_conflicts.csv";
    /// Sex and age that a diagnosis asks for.
    patient_rules = "patient_rules.csv";
    /// Characters of names.
    names = "names.csv";
    /// 职业
    occupations = "occupations.csv";
    /// Invented places.
    places = "places.csv";
    /// Charge defects to plant, with the audit rule that each breaks.
    planted_charges = "planted_charges.csv";
}
