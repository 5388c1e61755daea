//! 取值: what may stand in a limit, with the names of the insurer's code sets.

use crate::rule::Attribute;

/// Codes of an attribute with their names, in the order of a form; empty where the hospital's dictionaries decide.
pub fn values_of(of: Attribute) -> &'static [(&'static str, &'static str)] {
    match of {
        Attribute::Sex => &[("1", "男性"), ("2", "女性")],
        Attribute::Insurance => &[
            ("310", "职工基本医疗保险"),
            ("390", "城乡居民基本医疗保险"),
            ("340", "离休人员医疗保障"),
            ("410", "工伤保险"),
            ("510", "生育保险"),
        ],
        Attribute::MedicalType => &[
            ("21", "普通住院"),
            ("22", "外伤住院"),
            ("23", "转外诊治住院"),
            ("24", "急诊转住院"),
            ("52", "生育住院"),
            ("53", "计划生育手术"),
            ("11", "普通门诊"),
            ("13", "急诊"),
            ("14", "门诊慢特病"),
            ("41", "定点药店购药"),
            ("51", "生育门诊"),
        ],
        Attribute::Visit => &[("inpatient", "住院"), ("outpatient", "门诊"), ("purchase", "购药")],
        Attribute::Department | Attribute::Diagnosis | Attribute::Operation => &[],
    }
}
