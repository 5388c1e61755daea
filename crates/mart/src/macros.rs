//! Words of the facts' expressions, defined once.

use model::canonical::FEE_CLASSES;

/// Statements that define them for one connection.
pub(crate) fn create_macros() -> String {
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
        ("age_at(written, birth, moment)", "COALESCE(written, DATE_SUB('year', birth, CAST(moment AS DATE)))".to_owned()),
        (
            "age_band(years, days)",
            "CASE WHEN years IS NULL THEN NULL WHEN years = 0 AND days <= 28 THEN '新生儿' WHEN years < 1 THEN '不足1岁' \
             WHEN years < 7 THEN '1~6岁' WHEN years < 18 THEN '7~17岁' WHEN years < 45 THEN '18~44岁' \
             WHEN years < 60 THEN '45~59岁' WHEN years < 75 THEN '60~74岁' ELSE '75岁及以上' END"
                .to_owned(),
        ),
    ];
    let statements: Vec<String> =
        macros.iter().map(|(head, body)| format!("CREATE OR REPLACE TEMP MACRO {head} AS {body};")).collect();
    statements.join("\n")
}
