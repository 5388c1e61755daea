//! Words of the facts' expressions, defined once.

use crate::{MartError, recognition};
use model::canonical::FEE_CLASSES;

/// ICD-10 chapters: from, to, value.
const ICD_CHAPTERS: &[(&str, &str, &str)] = &[
    ("A00", "B99", "01"),
    ("C00", "D48", "02"),
    ("D50", "D89", "03"),
    ("E00", "E90", "04"),
    ("F00", "F99", "05"),
    ("G00", "G99", "06"),
    ("H00", "H59", "07"),
    ("H60", "H95", "08"),
    ("I00", "I99", "09"),
    ("J00", "J99", "10"),
    ("K00", "K93", "11"),
    ("L00", "L99", "12"),
    ("M00", "M99", "13"),
    ("N00", "N99", "14"),
    ("O00", "O99", "15"),
    ("P00", "P96", "16"),
    ("Q00", "Q99", "17"),
    ("R00", "R99", "18"),
    ("S00", "T98", "19"),
    ("V01", "Y98", "20"),
    ("Z00", "Z99", "21"),
    ("U00", "U99", "22"),
];

/// Chapters of ICD-9-CM-3: from, to, value.
const OPERATION_CHAPTERS: &[(&str, &str, &str)] = &[
    ("00", "00", "00"),
    ("01", "05", "01"),
    ("06", "07", "06"),
    ("08", "16", "08"),
    ("17", "17", "17"),
    ("18", "20", "18"),
    ("21", "29", "21"),
    ("30", "34", "30"),
    ("35", "39", "35"),
    ("40", "41", "40"),
    ("42", "54", "42"),
    ("55", "59", "55"),
    ("60", "64", "60"),
    ("65", "71", "65"),
    ("72", "75", "72"),
    ("76", "84", "76"),
    ("85", "86", "85"),
    ("87", "99", "87"),
];

fn chapters(all: &[(&str, &str, &str)], code: &str, digits: u8) -> String {
    let when = |(from, to, value): &(&str, &str, &str)| {
        format!("WHEN LEFT({code}, {digits}) BETWEEN '{from}' AND '{to}' THEN '{value}'")
    };
    all.iter().map(when).collect::<Vec<_>>().join(" ")
}

/// Statements that define them for one connection, those of the shipped 识别规则 among them.
pub(crate) fn create_macros() -> Result<String, MartError> {
    let classes: Vec<String> = FEE_CLASSES.iter().map(|class| format!("'{}'", class.code)).collect();
    let classes = classes.join(", ");
    let in_groups = |groups: &[&str]| {
        let codes: Vec<String> = FEE_CLASSES
            .iter()
            .filter(|class| groups.contains(&class.group))
            .map(|class| format!("'{}'", class.code))
            .collect();
        codes.join(", ")
    };
    let drugs = in_groups(&["西药类", "中药类"]);
    let materials = in_groups(&["耗材类"]);
    let groups = FEE_CLASSES.iter().map(|class| format!("WHEN '{}' THEN '{}'", class.code, class.group));
    let groups: Vec<String> = groups.collect();
    let macros = [
        ("year_month(t)", "YEAR(t) * 100 + MONTH(t)".to_owned()),
        ("year_quarter(t)", "YEAR(t) * 10 + QUARTER(t)".to_owned()),
        // GREATEST alone would make a number of an unknown one.
        ("days_at_least(days, least)", "CASE WHEN days IS NOT NULL THEN GREATEST(days, least) END".to_owned()),
        // 四舍五入, in whole numbers; neither may be negative.
        ("quotient(a, b)", "(2 * CAST(a AS HUGEINT) + CAST(b AS HUGEINT)) // (2 * CAST(b AS HUGEINT))".to_owned()),
        ("fee_of(classes, class)", "COALESCE(classes[class], 0)".to_owned()),
        (
            // The line's own class, else the item's; a class that the front page does not know is 其他费.
            "resolved_fee_class(own, of_item)",
            format!("CASE WHEN own IN ({classes}) THEN own WHEN of_item IN ({classes}) THEN of_item ELSE 'other' END"),
        ),
        ("fee_group(class)", format!("CASE class {} END", groups.join(" "))),
        ("is_drug(class)", format!("class IN ({drugs})")),
        ("is_consumable(class)", format!("class IN ({materials})")),
        // 类目: the first three characters of an ICD-10 code.
        ("diagnosis_category(code)", "NULLIF(UPPER(LEFT(TRIM(code), 3)), '')".to_owned()),
        (
            "operation_level(written)",
            "CASE WHEN written IN ('1', '一', '一级', 'Ⅰ') THEN 1 WHEN written IN ('2', '二', '二级', 'Ⅱ') THEN 2 \
             WHEN written IN ('3', '三', '三级', 'Ⅲ') THEN 3 WHEN written IN ('4', '四', '四级', 'Ⅳ') THEN 4 END"
                .to_owned(),
        ),
        ("icd_chapter(category)", format!("CASE {} END", chapters(ICD_CHAPTERS, "category", 3))),
        ("operation_chapter(code)", format!("CASE {} END", chapters(OPERATION_CHAPTERS, "code", 2))),
        ("agrees(one, other)", "CASE WHEN diagnosis_category(one) IS NOT NULL AND diagnosis_category(other) IS NOT NULL \
            THEN CASE WHEN diagnosis_category(one) = diagnosis_category(other) THEN 1 ELSE 0 END END".to_owned()),
        // The fifth digit of a morphology code, /3 and the like malignant, /0 benign, against the principal diagnosis' category.
        ("pathology_agrees(principal, morphology)", "CASE WHEN morphology LIKE 'M%/%' AND diagnosis_category(principal) IS NOT NULL \
            THEN CASE RIGHT(TRIM(morphology), 1) \
                WHEN '0' THEN CAST(diagnosis_category(principal) BETWEEN 'D10' AND 'D36' AS INTEGER) \
                WHEN '1' THEN CAST(diagnosis_category(principal) BETWEEN 'D37' AND 'D48' AS INTEGER) \
                WHEN '2' THEN CAST(diagnosis_category(principal) BETWEEN 'D00' AND 'D09' AS INTEGER) \
                ELSE CAST(diagnosis_category(principal) BETWEEN 'C00' AND 'C97' AS INTEGER) END END".to_owned()),
        ("diagnosis_band(n)", "CASE WHEN n >= 6 THEN '6+' WHEN n >= 3 THEN '3~5' ELSE '0~2' END".to_owned()),
        ("incision_class(written)", "CASE WHEN LEFT(written, 1) = '0' THEN '0' \
            WHEN LEFT(written, 1) IN ('1', 'Ⅰ') OR written LIKE 'I/%' THEN '1' \
            WHEN LEFT(written, 1) IN ('2', 'Ⅱ') OR written LIKE 'II/%' THEN '2' \
            WHEN LEFT(written, 1) IN ('3', 'Ⅲ') OR written LIKE 'III/%' THEN '3' END".to_owned()),
        ("healing_grade(written)", "CASE WHEN written LIKE '%甲' THEN '1' WHEN written LIKE '%乙' THEN '2' WHEN written LIKE '%丙' THEN '3' \
            WHEN LENGTH(written) = 2 AND RIGHT(written, 1) IN ('1', '2', '3') THEN RIGHT(written, 1) \
            WHEN written IS NOT NULL AND written <> '0' THEN '9' END".to_owned()),
        ("age_at(written, birth, moment)", "COALESCE(written, DATE_SUB('year', birth, CAST(moment AS DATE)))".to_owned()),
        (
            "age_band(years, days)",
            "CASE WHEN years IS NULL THEN NULL WHEN years = 0 AND days <= 28 THEN '新生儿' WHEN years < 1 THEN '不足1岁' \
             WHEN years < 7 THEN '1~6岁' WHEN years < 18 THEN '7~17岁' WHEN years < 45 THEN '18~44岁' \
             WHEN years < 60 THEN '45~59岁' WHEN years < 75 THEN '60~74岁' ELSE '75岁及以上' END"
                .to_owned(),
        ),
    ];
    let define = |(head, body): &(&str, String)| format!("CREATE OR REPLACE TEMP MACRO {head} AS {body};");
    let statements: Vec<String> = macros.iter().chain(recognition::macros()?).map(define).collect();
    Ok(statements.join("\n"))
}
