//! 列对应的猜测: which column of a foreign file is probably which field; a person confirms it.

use terms::{Field, FieldKind, Layout, Table};

/// For each field of the layout a column's name, or nothing. No column is offered twice.
pub(super) fn guess(layout: &Layout, table: &Table) -> Vec<Option<String>> {
    let header: Vec<&String> = table.header().iter().filter(|title| !title.is_empty()).collect();
    let mut taken = vec![false; header.len()];
    let mut take = |wanted: &dyn Fn(&str) -> bool| -> Option<String> {
        let at = (0..header.len()).find(|at| !taken[*at] && wanted(&header[*at].to_lowercase()))?;
        taken[at] = true;
        Some(header[at].clone())
    };
    // Exact names first, so that a looser guess does not take a column from its field.
    let mut columns: Vec<Option<String>> = layout
        .fields
        .iter()
        .map(|field| take(&|title| title == field.title.to_lowercase() || title == field.id))
        .collect();
    for (field, column) in layout.fields.iter().zip(&mut columns) {
        if column.is_none() {
            *column = take(&|title| looks_like(layout, field, title));
        }
    }
    columns
}

fn looks_like(layout: &Layout, field: &Field, title: &str) -> bool {
    let any = |words: &[&str]| words.iter().any(|word| title.contains(word));
    let code = &["编码", "代码", "code"];
    let name = &["名称", "name"];
    let clinical = &["临床", "国临", "clinical"];
    let insurer = &["医保", "yibao", "insur"];
    match field.id {
        "clinical_code" => any(clinical) && any(code),
        "clinical_name" => any(clinical) && any(name),
        "insurer_code" => any(insurer) && any(code) && !any(clinical),
        "insurer_name" => any(insurer) && any(name) && !any(clinical),
        "code" => any(code) && !any(&["原", "旧"]) && wanted_kind(layout, title),
        "name" => any(name) && !any(&["商品", "企业", "厂家"]),
        terms::EDITION => any(&["版本", "edition"]),
        terms::VALID_FROM => any(&["生效", "开始日期", "启用"]),
        terms::VALID_TO => any(&["失效", "结束日期", "停用", "终止"]),
        "maker" => any(&["企业", "厂家", "厂商"]),
        "price" => any(&["支付标准", "价格", "单价", "price"]),
        "self_pay_ratio" => any(&["自付比例", "自负比例"]),
        "category" => any(&["甲乙", "类别", "等级"]),
        "spec" => any(&["规格"]),
        "unit" => any(&["单位"]) && !any(&["企业"]),
        _ => false,
    }
}

/// `手术编码` is no code of diagnoses, `诊断编码` none of operations.
fn wanted_kind(layout: &Layout, title: &str) -> bool {
    match layout.fields.first().map(|field| field.kind) {
        Some(FieldKind::Diagnosis) => !["手术", "操作"].iter().any(|word| title.contains(word)),
        Some(FieldKind::Procedure) => !["诊断", "疾病"].iter().any(|word| title.contains(word)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use terms::layouts::{DIAGNOSIS_INSURER, DIAGNOSIS_MAP, DRUG, PROCEDURE_INSURER};

    fn guessed(layout: &Layout, header: &[&str]) -> Vec<String> {
        let table = Table::from_rows(header, Vec::<Vec<&str>>::new());
        guess(layout, &table).into_iter().map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn usual_names_are_recognised() {
        assert_eq!(
            guessed(&DIAGNOSIS_INSURER, &["序号", "诊断代码", "诊断名称"])[..2],
            ["诊断代码", "诊断名称"]
        );
        let both = ["诊断编码", "手术编码", "手术名称"];
        assert_eq!(guessed(&PROCEDURE_INSURER, &both)[..2], ["手术编码", "手术名称"]);
        assert_eq!(
            guessed(&DIAGNOSIS_MAP, &["clinical_code", "clinical_name", "yibao_code", "yibao_name"])[..4],
            ["clinical_code", "yibao_code", "clinical_name", "yibao_name"]
        );
        let drug = guessed(&DRUG, &["药品代码", "注册名称", "商品名称", "生产企业", "规格", "最小计价单位"]);
        assert_eq!(drug[0..2], ["药品代码", "注册名称"]);
        assert_eq!(
            (drug[3].as_str(), drug[4].as_str(), drug[5].as_str()),
            ("规格", "最小计价单位", "生产企业")
        );
    }

    #[test]
    fn no_column_is_offered_twice_and_exact_names_win() {
        let columns = guessed(&DIAGNOSIS_INSURER, &["疾病编码", "编码", "名称"]);
        assert_eq!(columns, ["编码", "名称", "", "", ""]);
    }
}
