//! 首页费用分类: the front page's fee columns, one class a charge item.

/// A class of charges.
#[derive(Debug, PartialEq, Eq)]
pub struct FeeClass {
    /// Code in `charge_item.fee_class`; with `_fee` the front page's column.
    pub code: &'static str,
    /// As on the front page.
    pub chinese: &'static str,
    /// The ten classes of the front page (综合医疗服务类 …).
    pub group: &'static str,
    /// The front page's column that contains this one (其中：…).
    pub within: Option<&'static str>,
}

/// Every class in the front page's order; each charge belongs to exactly one, and a column's sum includes what is `within` it.
pub const FEE_CLASSES: &[FeeClass] = &[
    class("general_service", "一般医疗服务费", "综合医疗服务类"),
    class("general_treatment", "一般治疗操作费", "综合医疗服务类"),
    class("nursing", "护理费", "综合医疗服务类"),
    class("other_service", "综合医疗服务类其他费用", "综合医疗服务类"),
    class("pathology", "病理诊断费", "诊断类"),
    class("laboratory", "实验室诊断费", "诊断类"),
    class("imaging", "影像学诊断费", "诊断类"),
    class("clinical_diagnosis", "临床诊断项目费", "诊断类"),
    class("non_surgical", "非手术治疗项目费", "治疗类"),
    part("physiotherapy", "临床物理治疗费", "治疗类", "non_surgical"),
    class("surgical", "手术治疗费", "治疗类"),
    part("anaesthesia", "麻醉费", "治疗类", "surgical"),
    part("operation", "手术费", "治疗类", "surgical"),
    class("rehabilitation", "康复费", "康复类"),
    class("chinese_treatment", "中医治疗费", "中医类"),
    class("western_drug", "西药费", "西药类"),
    part("antibiotic", "抗菌药物费", "西药类", "western_drug"),
    class("patent_drug", "中成药费", "中药类"),
    class("herbal_drug", "中草药费", "中药类"),
    class("blood", "血费", "血液和血液制品类"),
    class("albumin", "白蛋白类制品费", "血液和血液制品类"),
    class("globulin", "球蛋白类制品费", "血液和血液制品类"),
    class("clotting_factor", "凝血因子类制品费", "血液和血液制品类"),
    class("cytokine", "细胞因子类制品费", "血液和血液制品类"),
    class("examination_material", "检查用一次性医用材料费", "耗材类"),
    class("treatment_material", "治疗用一次性医用材料费", "耗材类"),
    class("operation_material", "手术用一次性医用材料费", "耗材类"),
    class("other", "其他费", "其他类"),
];

const fn class(code: &'static str, chinese: &'static str, group: &'static str) -> FeeClass {
    FeeClass { code, chinese, group, within: None }
}

const fn part(
    code: &'static str,
    chinese: &'static str,
    group: &'static str,
    within: &'static str,
) -> FeeClass {
    FeeClass { code, chinese, group, within: Some(within) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Table;

    #[test]
    fn every_class_has_its_front_page_column() {
        let page = Table::named("front_page").unwrap();
        for class in FEE_CLASSES {
            let column = page.columns.iter().find(|c| c.name == format!("{}_fee", class.code));
            assert_eq!(column.map(|c| c.chinese), Some(class.chinese));
        }
    }
}
