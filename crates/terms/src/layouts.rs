//! 各类目录: ICD in both editions, the maps between them, and the 三大目录.

use crate::layout::{Field, FieldKind, Layout};
use FieldKind::{Decimal, Diagnosis, PlainCode, Procedure, Text};

/// 疾病诊断, 国家临床版.
pub const DIAGNOSIS_CLINICAL: Layout =
    Layout { id: "diagnosis_clinical", title: "疾病诊断（国家临床版）", fields: DIAGNOSIS };
/// 疾病诊断, 医保版.
pub const DIAGNOSIS_INSURER: Layout =
    Layout { id: "diagnosis_insurer", title: "疾病诊断（医保版）", fields: DIAGNOSIS };
/// 手术操作, 国家临床版.
pub const PROCEDURE_CLINICAL: Layout =
    Layout { id: "procedure_clinical", title: "手术操作（国家临床版）", fields: PROCEDURE };
/// 手术操作, 医保版.
pub const PROCEDURE_INSURER: Layout =
    Layout { id: "procedure_insurer", title: "手术操作（医保版）", fields: PROCEDURE };
/// 诊断对照: 国家临床版 → 医保版.
pub const DIAGNOSIS_MAP: Layout = Layout {
    id: "diagnosis_map",
    title: "疾病诊断对照（临床版→医保版）",
    fields: &[
        Field::key("clinical_code", "临床版编码", Diagnosis),
        Field::key("insurer_code", "医保版编码", Diagnosis),
        Field::optional("clinical_name", "临床版名称", Text),
        Field::optional("insurer_name", "医保版名称", Text),
        Field::edition(),
        Field::valid_from(),
        Field::valid_to(),
    ],
};
/// 手术操作对照: 国家临床版 → 医保版.
pub const PROCEDURE_MAP: Layout = Layout {
    id: "procedure_map",
    title: "手术操作对照（临床版→医保版）",
    fields: &[
        Field::key("clinical_code", "临床版编码", Procedure),
        Field::key("insurer_code", "医保版编码", Procedure),
        Field::optional("clinical_name", "临床版名称", Text),
        Field::optional("insurer_name", "医保版名称", Text),
        Field::edition(),
        Field::valid_from(),
        Field::valid_to(),
    ],
};
/// 三大目录: 药品.
pub const DRUG: Layout = Layout {
    id: "drug",
    title: "医保药品目录",
    fields: &[
        Field::key("code", "药品编码", PlainCode),
        Field::required("name", "药品名称", Text),
        Field::optional("form", "剂型", Text),
        Field::optional("spec", "规格", Text),
        Field::optional("unit", "计价单位", Text),
        Field::optional("maker", "生产企业", Text),
        Field::optional("approval", "批准文号", Text),
        Field::optional("category", "甲乙类", Text),
        Field::optional("self_pay_ratio", "先行自付比例", Decimal),
        Field::optional("price", "医保支付标准", Decimal),
        Field::optional("limit", "限定支付范围", Text),
        Field::edition(),
        Field::valid_from(),
        Field::valid_to(),
    ],
};
/// 三大目录: 医疗服务项目.
pub const SERVICE: Layout = Layout {
    id: "service",
    title: "医疗服务项目目录",
    fields: &[
        Field::key("code", "项目编码", PlainCode),
        Field::required("name", "项目名称", Text),
        Field::optional("content", "项目内涵", Text),
        Field::optional("excluded", "除外内容", Text),
        Field::optional("unit", "计价单位", Text),
        Field::optional("category", "甲乙类", Text),
        Field::optional("self_pay_ratio", "先行自付比例", Decimal),
        Field::optional("price", "价格", Decimal),
        Field::optional("limit", "限定支付范围", Text),
        Field::edition(),
        Field::valid_from(),
        Field::valid_to(),
    ],
};
/// 三大目录: 医用耗材.
pub const MATERIAL: Layout = Layout {
    id: "material",
    title: "医用耗材目录",
    fields: &[
        Field::key("code", "耗材编码", PlainCode),
        Field::required("name", "耗材名称", Text),
        Field::optional("spec", "规格", Text),
        Field::optional("model", "型号", Text),
        Field::optional("substance", "材质", Text),
        Field::optional("maker", "生产企业", Text),
        Field::optional("unit", "计价单位", Text),
        Field::optional("category", "甲乙类", Text),
        Field::optional("self_pay_ratio", "先行自付比例", Decimal),
        Field::optional("price", "医保支付标准", Decimal),
        Field::edition(),
        Field::valid_from(),
        Field::valid_to(),
    ],
};

/// Every layout of this crate.
pub const LAYOUTS: [&Layout; 9] = [
    &DIAGNOSIS_CLINICAL,
    &DIAGNOSIS_INSURER,
    &PROCEDURE_CLINICAL,
    &PROCEDURE_INSURER,
    &DIAGNOSIS_MAP,
    &PROCEDURE_MAP,
    &DRUG,
    &SERVICE,
    &MATERIAL,
];

const DIAGNOSIS: &[Field] = &[
    Field::key("code", "编码", Diagnosis),
    Field::required("name", "名称", Text),
    Field::edition(),
    Field::valid_from(),
    Field::valid_to(),
];
const PROCEDURE: &[Field] = &[
    Field::key("code", "编码", Procedure),
    Field::required("name", "名称", Text),
    Field::edition(),
    Field::valid_from(),
    Field::valid_to(),
];

/// A layout by id.
pub fn layout(id: &str) -> Option<&'static Layout> {
    LAYOUTS.into_iter().find(|layout| layout.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Role;
    use crate::table::{Hint, read_table};

    #[test]
    fn every_layout_has_a_key_an_edition_and_dates() {
        for layout in LAYOUTS {
            assert_eq!(super::layout(layout.id), Some(layout));
            assert_eq!(layout.fields[0].role, Role::Key, "{}", layout.id);
            for id in [crate::EDITION, crate::VALID_FROM, crate::VALID_TO] {
                assert!(layout.position(id).is_some(), "{} {id}", layout.id);
            }
            let mut ids: Vec<&str> = layout.fields.iter().map(|field| field.id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), layout.fields.len(), "{}", layout.id);
        }
    }

    #[test]
    fn a_template_reads_back_as_an_empty_table_with_its_titles() {
        for layout in LAYOUTS {
            let table = read_table(layout.template_csv().as_bytes(), &Hint::default()).unwrap();
            assert_eq!(table.header(), layout.template());
            assert!(table.is_empty());
        }
    }
}
