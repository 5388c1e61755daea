//! 综合病种 clustering: combinations below the case threshold are taken together by 类目.

use model::Code;
use policy::OperationClass;
use std::collections::BTreeMap;

/// A combination of principal diagnosis and operations with its cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreCombination {
    /// 主要诊断 (亚目).
    pub diagnosis: Code,
    /// 主要手术操作, empty for none.
    pub main_operation: Code,
    /// 相关手术操作, empty for none.
    pub related_operation: Code,
    /// Operation property of the combination.
    pub property: OperationClass,
    /// Cases.
    pub cases: u64,
}

/// A composite group: 类目 × operation property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeCluster {
    /// 类目, three characters.
    pub category: String,
    /// 内科诊疗组 / 诊断性操作组 / 治疗性操作组 / 相关手术组.
    pub property: &'static str,
    /// Cases of all its combinations.
    pub cases: u64,
    /// It reaches the threshold itself; otherwise it is dropped.
    pub kept: bool,
}

/// The name of an operation property in composite groups; 介入 belongs to 相关手术组. Source: 「S3」第三章第三节.
pub fn property_name(class: OperationClass) -> &'static str {
    match class {
        OperationClass::Conservative => "内科诊疗组",
        OperationClass::Diagnostic => "诊断性操作组",
        OperationClass::Therapeutic => "治疗性操作组",
        OperationClass::Interventional | OperationClass::Surgical => "相关手术组",
    }
}

/// Splits combinations at the case threshold (临界值, 15 for most cities): those that reach it are core groups, the
/// others are clustered by 类目 and operation property. Source: 「S3」第三章第一节、第三节, 表 3-1.
pub fn cluster(
    combinations: &[CoreCombination],
    threshold: u64,
) -> (Vec<CoreCombination>, Vec<CompositeCluster>) {
    let mut core = Vec::new();
    let mut rest: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    for one in combinations {
        if one.cases >= threshold {
            core.push(one.clone());
        } else {
            let key = (one.diagnosis.prefix(3).to_owned(), property_name(one.property));
            *rest.entry(key).or_default() += one.cases;
        }
    }
    let composite = rest.into_iter().map(|((category, property), cases)| CompositeCluster {
        category,
        property,
        cases,
        kept: cases >= threshold,
    });
    (core, composite.collect())
}
