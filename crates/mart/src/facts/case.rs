//! 病例事实: one row a computed encounter, with everything that a report may ask of it.

use super::case_parts::PARTS;
use crate::fact::{Fact, FactColumn, day, decimal4, decimal6, fen, flag, lookup, moment, text, whole};

/// 病例
pub(crate) const CASE: Fact = Fact {
    name: "case_fact",
    chinese: "病例",
    columns: COLUMNS,
    parts: PARTS,
    from: "stage_case c JOIN stage_encounter e ON e.key = c.encounter_key \
        LEFT JOIN stage_patient p ON p.key = e.patient_key \
        LEFT JOIN fee ON fee.number = c.number \
        LEFT JOIN special ON special.number = c.number \
        LEFT JOIN settled s ON s.encounter_key = e.key \
        LEFT JOIN last_settlement latest ON latest.encounter_key = e.key \
        LEFT JOIN list ON list.encounter_key = e.key \
        LEFT JOIN page ON page.encounter_key = e.key \
        LEFT JOIN diagnoses d ON d.encounter_key = e.key \
        LEFT JOIN operations o ON o.encounter_key = e.key \
        LEFT JOIN stays t ON t.encounter_key = e.key \
        LEFT JOIN icu ON icu.encounter_key = e.key \
        LEFT JOIN bed_days bd ON bd.encounter_key = e.key",
    lookups: &[
        lookup("ad", "department", "e.admission_department_key", "fact.admission_department_key"),
        lookup("dd", "department", "e.discharge_department_key", "fact.discharge_department_key"),
        lookup("dp", "department", "dd.parent_key", "dd.parent_key"),
        lookup("att", "staff", "e.attending_key", "fact.attending_key"),
        lookup("res", "staff", "e.resident_key", "fact.resident_key"),
        lookup("sur", "staff", "o.surgeon_key", "fact.surgeon_key"),
    ],
};

const COLUMNS: &[FactColumn] = &[
    // 病例
    whole("number", "病例号", "c.number"),
    whole("month", "出院月份", "c.month"),
    text("encounter_key", "住院就诊", "e.key"),
    text("patient_key", "患者", "e.patient_key"),
    text("inpatient_number", "住院号", "e.inpatient_number"),
    text("record_number", "病案号", "e.record_number"),
    whole("visit_number", "住院次数", "e.visit_number"),
    text("insurer_visit", "就诊流水号", "e.insurer_visit"),
    text("state", "状态", "e.state"),
    flag("in_house", "在院", "c.month = 0"),
    // 时间: quarters are yyyyq, weeks yyyyww (ISO), weekdays 1 (星期一) to 7
    moment("admitted_at", "入院时间", "e.admitted_at"),
    day("admission_day", "入院日期", "e.admitted_at"),
    whole("admission_year", "入院年份", "YEAR(e.admitted_at)"),
    whole("admission_quarter", "入院季度", "year_quarter(e.admitted_at)"),
    whole("admission_month", "入院月份", "year_month(e.admitted_at)"),
    moment("discharged_at", "出院时间", "e.discharged_at"),
    day("discharge_day", "出院日期", "e.discharged_at"),
    whole("discharge_year", "出院年份", "YEAR(e.discharged_at)"),
    whole("discharge_quarter", "出院季度", "year_quarter(e.discharged_at)"),
    whole("discharge_week", "出院周", "YEARWEEK(e.discharged_at)"),
    whole("discharge_weekday", "出院星期", "ISODOW(e.discharged_at)"),
    moment("settled_at", "结算时间", "s.settled_at"),
    day("settlement_day", "结算日期", "s.settled_at"),
    whole("settlement_year", "结算年份", "YEAR(s.settled_at)"),
    whole("settlement_quarter", "结算季度", "year_quarter(s.settled_at)"),
    whole("settlement_month", "结算月份", "year_month(s.settled_at)"),
    // 科室与医师
    text("admission_department_key", "入院科室", "e.admission_department_key"),
    text("admission_department_name", "入院科室名称", "ad.name"),
    text("admission_department_category", "入院科室类别", "ad.category"),
    text("admission_ward", "入院病区", "e.admission_ward"),
    text("discharge_department_key", "出院科室", "e.discharge_department_key"),
    text("discharge_department_name", "出院科室名称", "dd.name"),
    text("discharge_department_category", "出院科室类别", "dd.category"),
    text("discharge_department_standard", "出院科别代码", "dd.standard_code"),
    text("discharge_parent_key", "出院科室的上级", "dd.parent_key"),
    text("discharge_parent_name", "出院科室的上级名称", "dp.name"),
    text("discharge_ward", "出院病区", "e.discharge_ward"),
    // Whose case it is: where the patient was discharged from, or lies now.
    text(
        "department_key",
        "所在科室",
        "COALESCE(e.discharge_department_key, t.last_department, e.admission_department_key)",
    ),
    text("bed", "床号", "e.bed"),
    text("attending_key", "主诊医师", "e.attending_key"),
    text("attending_name", "主诊医师姓名", "att.name"),
    text("attending_title", "主诊医师职称", "att.title"),
    text("resident_key", "住院医师", "e.resident_key"),
    text("resident_name", "住院医师姓名", "res.name"),
    text("surgeon_key", "术者", "o.surgeon_key"),
    text("surgeon_name", "术者姓名", "sur.name"),
    // 患者
    text("sex", "性别", "p.sex"),
    whole("age_years", "年龄", "age_at(e.age_years, p.birth_date, e.admitted_at)"),
    whole("age_days", "日龄", "e.age_days"),
    text("age_band", "年龄段", "age_band(age_at(e.age_years, p.birth_date, e.admitted_at), e.age_days)"),
    flag(
        "newborn",
        "新生儿",
        "COALESCE(age_at(e.age_years, p.birth_date, e.admitted_at), 0) = 0 AND COALESCE(e.age_days <= 28, FALSE)",
    ),
    whole("birth_weight", "新生儿出生体重", "e.birth_weight"),
    whole("admission_weight", "新生儿入院体重", "e.admission_weight"),
    text("region", "现住址行政区划", "p.region"),
    text("nationality", "国籍", "p.nationality"),
    text("ethnicity", "民族", "p.ethnicity"),
    text("marriage", "婚姻", "page.marriage"),
    text("occupation", "职业", "page.occupation"),
    // 医保
    text("insurance_type", "险种类型", "COALESCE(e.insurance_type, latest.insurance_type)"),
    flag("has_insurance", "医保患者", "COALESCE(e.insurance_type, latest.insurance_type) IS NOT NULL"),
    text("insured_region", "参保地区划", "e.insured_region"),
    text("person_type", "人员类别", "latest.person_type"),
    flag("civil_servant", "公务员", "COALESCE(latest.civil_servant, FALSE)"),
    text("medical_type", "医疗类别", "COALESCE(e.medical_type, latest.medical_type)"),
    text("settlement_way", "清算方式", "COALESCE(latest.clearing_way, e.settlement_way)"),
    text("clearing_type", "清算类别", "latest.clearing_type"),
    text("pay_method", "医疗付费方式", "page.pay_method"),
    text(
        "case_type",
        "病例分型",
        "CASE WHEN e.discharge_way = '5' OR icu.stays > 0 THEN 'D' \
        WHEN o.highest = 4 OR COALESCE(NULLIF(d.coded_count, 0), d.clinical_count) >= 6 THEN 'C' \
        WHEN e.admission_way = '1' THEN 'B' ELSE 'A' END",
    ),
    // 入出院与天数
    text("admission_way", "入院途径", "e.admission_way"),
    text("discharge_way", "离院方式", "e.discharge_way"),
    text("receiving_hospital", "拟接收机构", "e.receiving_hospital"),
    flag("readmission_planned", "31天内再住院计划", "COALESCE(e.readmission_planned, FALSE)"),
    // 同日入出院 counts as one day.
    whole("stay_days", "住院天数", "days_at_least(DATE_DIFF('day', e.admitted_at, e.discharged_at), 1)"),
    whole("recorded_stay_days", "首页住院天数", "page.stay_days"),
    whole("bed_days", "占用床日", "COALESCE(bd.days, 0)"),
    whole("preoperative_days", "术前住院日", "days_at_least(DATE_DIFF('day', e.admitted_at, o.first_at), 0)"),
    whole("department_stays", "在科次数", "COALESCE(t.stays, 0)"),
    whole("department_count", "经过科室数", "COALESCE(t.departments, 0)"),
    whole("transfer_count", "转科次数", "COALESCE(t.transfers, 0)"),
    whole("icu_stays", "重症监护次数", "COALESCE(icu.stays, 0)"),
    whole("icu_minutes", "重症监护分钟数", "icu.minutes"),
    // A day begun counts.
    whole("icu_days", "重症监护天数", "(icu.minutes + 1439) // 1440"),
    decimal4("ventilator_hours", "呼吸机使用小时", "icu.ventilator_hours"),
    // 诊断: principal_* is the best there is: coded, insurer's, clinical, admission
    text("principal_code", "主要诊断编码", "d.code"),
    text("principal_name", "主要诊断名称", "d.name"),
    text("principal_origin", "主要诊断来源", "d.origin"),
    text("principal_category", "主要诊断类目", "diagnosis_category(d.code)"),
    text("principal_chapter", "主要诊断首字母", "diagnosis_category(d.code)[1]"),
    text("principal_icd_chapter", "主要诊断章", "icd_chapter(diagnosis_category(d.code))"),
    text("single_disease", "单病种", "single_disease(d.code, o.code)"),
    flag("injured", "损伤中毒", "COALESCE(icd_chapter(diagnosis_category(d.code)) = '19', FALSE)"),
    text("principal_condition", "主要诊断入院病情", "d.admission_condition"),
    text("coded_principal_code", "编码主要诊断编码", "d.coded"),
    text("coded_principal_name", "编码主要诊断名称", "d.coded_name"),
    text("clinical_principal_code", "临床主要诊断编码", "d.clinical"),
    text("clinical_principal_name", "临床主要诊断名称", "d.clinical_name"),
    text("insurer_principal_code", "医保主要诊断编码", "d.insurer"),
    text("insurer_principal_name", "医保主要诊断名称", "d.insurer_name"),
    text("admission_principal_code", "入院主要诊断编码", "d.admission"),
    text("admission_principal_name", "入院主要诊断名称", "d.admission_name"),
    text("outpatient_code", "门急诊诊断编码", "d.outpatient"),
    text("outpatient_name", "门急诊诊断名称", "d.outpatient_name"),
    whole("coded_diagnoses", "编码诊断数", "COALESCE(d.coded_count, 0)"),
    whole("clinical_diagnoses", "临床诊断数", "COALESCE(d.clinical_count, 0)"),
    whole("insurer_diagnoses", "清单诊断数", "COALESCE(d.insurer_count, 0)"),
    // 符合: 1 or 0, empty where one of the two is missing. Compared by category; an illness and what it is told apart from
    // (未做, 不肯定) are not recorded.
    whole("outpatient_agrees", "门急诊与出院诊断符合", "agrees(d.outpatient, d.code)"),
    whole("admission_agrees", "入院与出院诊断符合", "agrees(d.admission, d.code)"),
    whole("pathology_agrees", "临床与病理诊断符合", "pathology_agrees(d.code, d.pathology)"),
    text(
        "diagnosis_band",
        "诊断数分档",
        "diagnosis_band(COALESCE(NULLIF(d.coded_count, 0), d.clinical_count, 0))",
    ),
    flag("infected_here", "医院感染", "COALESCE(d.infections > 0, FALSE)"),
    flag("coded_differs_from_clinical", "编码与临床主诊断不一致", "COALESCE(d.coded <> d.clinical, FALSE)"),
    // 手术操作: of the coder, else of the settlement list, else clinical
    text("operation_code", "主要手术操作编码", "o.code"),
    text("operation_name", "主要手术操作名称", "o.name"),
    whole("operation_level", "主要手术级别", "o.grade"),
    text("operation_origin", "手术操作来源", "o.origin"),
    text("anaesthesia", "麻醉方式", "o.anaesthesia"),
    text("incision_healing", "切口愈合等级", "o.incision_healing"),
    text("operation_chapter", "主要手术操作章", "operation_chapter(o.code)"),
    text("incision", "切口类别", "incision_class(o.incision_healing)"),
    text("healing", "切口愈合", "healing_grade(o.incision_healing)"),
    text("anaesthesia_type", "麻醉类型", "LEFT(o.anaesthesia, 2)"),
    whole("minimally_invasive", "微创手术数", "COALESCE(o.minimally_invasive, 0)"),
    flag("elective", "择期手术", "COALESCE(o.elective, FALSE)"),
    moment("first_operation_at", "首次手术时间", "o.first_at"),
    whole("operation_minutes", "手术分钟数", "o.minutes"),
    whole("operation_count", "手术操作数", "COALESCE(o.operations, 0)"),
    whole("surgery_count", "手术数", "COALESCE(o.surgeries, 0)"),
    whole("level1_surgeries", "一级手术数", "COALESCE(o.level1, 0)"),
    whole("level2_surgeries", "二级手术数", "COALESCE(o.level2, 0)"),
    whole("level3_surgeries", "三级手术数", "COALESCE(o.level3, 0)"),
    whole("level4_surgeries", "四级手术数", "COALESCE(o.level4, 0)"),
    whole("highest_surgery_level", "最高手术级别", "o.highest"),
    // 费用: 28 classes as on the front page (a class contains its 其中 parts), then the ten groups, whose sum is total_fee
    whole("charge_lines", "费用明细数", "COALESCE(fee.lines, 0)"),
    fen("total_fee", "总费用", "COALESCE(fee.total, 0)"),
    fen("general_service_fee", "一般医疗服务费", "fee_of(fee.classes, 'general_service')"),
    fen("general_treatment_fee", "一般治疗操作费", "fee_of(fee.classes, 'general_treatment')"),
    fen("nursing_fee", "护理费", "fee_of(fee.classes, 'nursing')"),
    fen("other_service_fee", "综合医疗服务类其他费用", "fee_of(fee.classes, 'other_service')"),
    fen("pathology_fee", "病理诊断费", "fee_of(fee.classes, 'pathology')"),
    fen("laboratory_fee", "实验室诊断费", "fee_of(fee.classes, 'laboratory')"),
    fen("imaging_fee", "影像学诊断费", "fee_of(fee.classes, 'imaging')"),
    fen("clinical_diagnosis_fee", "临床诊断项目费", "fee_of(fee.classes, 'clinical_diagnosis')"),
    fen(
        "non_surgical_fee",
        "非手术治疗项目费",
        "fee_of(fee.classes, 'non_surgical') + fee_of(fee.classes, 'physiotherapy')",
    ),
    fen("physiotherapy_fee", "临床物理治疗费", "fee_of(fee.classes, 'physiotherapy')"),
    fen(
        "surgical_fee",
        "手术治疗费",
        "fee_of(fee.classes, 'surgical') + fee_of(fee.classes, 'anaesthesia') + fee_of(fee.classes, 'operation')",
    ),
    fen("anaesthesia_fee", "麻醉费", "fee_of(fee.classes, 'anaesthesia')"),
    fen("operation_fee", "手术费", "fee_of(fee.classes, 'operation')"),
    fen("rehabilitation_fee", "康复费", "fee_of(fee.classes, 'rehabilitation')"),
    fen("chinese_treatment_fee", "中医治疗费", "fee_of(fee.classes, 'chinese_treatment')"),
    fen(
        "western_drug_fee",
        "西药费",
        "fee_of(fee.classes, 'western_drug') + fee_of(fee.classes, 'antibiotic')",
    ),
    fen("antibiotic_fee", "抗菌药物费", "fee_of(fee.classes, 'antibiotic')"),
    fen("patent_drug_fee", "中成药费", "fee_of(fee.classes, 'patent_drug')"),
    fen("herbal_drug_fee", "中草药费", "fee_of(fee.classes, 'herbal_drug')"),
    fen("blood_fee", "血费", "fee_of(fee.classes, 'blood')"),
    fen("albumin_fee", "白蛋白类制品费", "fee_of(fee.classes, 'albumin')"),
    fen("globulin_fee", "球蛋白类制品费", "fee_of(fee.classes, 'globulin')"),
    fen("clotting_factor_fee", "凝血因子类制品费", "fee_of(fee.classes, 'clotting_factor')"),
    fen("cytokine_fee", "细胞因子类制品费", "fee_of(fee.classes, 'cytokine')"),
    fen("examination_material_fee", "检查用一次性医用材料费", "fee_of(fee.classes, 'examination_material')"),
    fen("treatment_material_fee", "治疗用一次性医用材料费", "fee_of(fee.classes, 'treatment_material')"),
    fen("operation_material_fee", "手术用一次性医用材料费", "fee_of(fee.classes, 'operation_material')"),
    fen("other_fee", "其他费", "fee_of(fee.classes, 'other')"),
    fen(
        "service_group_fee",
        "综合医疗服务类",
        "fee_of(fee.classes, 'general_service') + fee_of(fee.classes, 'general_treatment') + fee_of(fee.classes, 'nursing') + fee_of(fee.classes, 'other_service')",
    ),
    fen(
        "diagnostic_group_fee",
        "诊断类",
        "fee_of(fee.classes, 'pathology') + fee_of(fee.classes, 'laboratory') + fee_of(fee.classes, 'imaging') + fee_of(fee.classes, 'clinical_diagnosis')",
    ),
    fen(
        "treatment_group_fee",
        "治疗类",
        "fee_of(fee.classes, 'non_surgical') + fee_of(fee.classes, 'physiotherapy') + fee_of(fee.classes, 'surgical') + fee_of(fee.classes, 'anaesthesia') + fee_of(fee.classes, 'operation')",
    ),
    fen("rehabilitation_group_fee", "康复类", "fee_of(fee.classes, 'rehabilitation')"),
    fen("chinese_group_fee", "中医类", "fee_of(fee.classes, 'chinese_treatment')"),
    fen(
        "western_drug_group_fee",
        "西药类",
        "fee_of(fee.classes, 'western_drug') + fee_of(fee.classes, 'antibiotic')",
    ),
    fen(
        "chinese_drug_group_fee",
        "中药类",
        "fee_of(fee.classes, 'patent_drug') + fee_of(fee.classes, 'herbal_drug')",
    ),
    fen(
        "blood_group_fee",
        "血液和血液制品类",
        "fee_of(fee.classes, 'blood') + fee_of(fee.classes, 'albumin') + fee_of(fee.classes, 'globulin') + fee_of(fee.classes, 'clotting_factor') + fee_of(fee.classes, 'cytokine')",
    ),
    fen(
        "material_group_fee",
        "耗材类",
        "fee_of(fee.classes, 'examination_material') + fee_of(fee.classes, 'treatment_material') + fee_of(fee.classes, 'operation_material')",
    ),
    fen("other_group_fee", "其他类", "fee_of(fee.classes, 'other')"),
    fen("drug_fee", "药品费", "COALESCE(fee.drug, 0)"),
    // Told by the names of items (packs/mart/recognition.toml): the front page's classes do not know them.
    fen("interventional_fee", "介入治疗费", "COALESCE(special.interventional, 0)"),
    fen("oxygen_fee", "输氧费", "COALESCE(special.oxygen, 0)"),
    fen("radiology_fee", "放射费", "COALESCE(special.radiology, 0)"),
    fen("outsourced_fee", "外院检查检验费", "COALESCE(special.outsourced, 0)"),
    whole("rescue_count", "抢救次数", "COALESCE(special.rescues, 0)"),
    fen("consumable_fee", "耗材费", "COALESCE(fee.consumable, 0)"),
    fen(
        "effective_revenue",
        "有效收入",
        "COALESCE(fee.total - COALESCE(fee.drug, 0) - COALESCE(fee.consumable, 0), 0)",
    ),
    fen("in_scope_fee", "明细政策范围金额", "COALESCE(fee.in_scope, 0)"),
    fen("own_pay_fee", "明细全自费金额", "COALESCE(fee.own_pay, 0)"),
    whole("refund_lines", "退费明细数", "COALESCE(fee.refund_lines, 0)"),
    fen("refunded_fee", "退费金额", "COALESCE(fee.refunds, 0)"),
    fen("recorded_total_fee", "首页总费用", "page.total_fee"),
    fen("prepaid", "预交金", "e.prepaid"),
    // 结算: sums over the settlements that stand; empty when there is none
    whole("settlement_count", "结算次数", "COALESCE(s.times, 0)"),
    text("settlement_number", "结算序号", "latest.settlement_number"),
    fen("settled_total", "结算总费用", "s.total"),
    fen("settled_own_pay", "结算全自费金额", "s.own_pay"),
    fen("settled_in_scope", "结算医保认可费用总额", "s.in_scope"),
    fen("over_limit", "超限价自费", "s.over_limit"),
    fen("first_self_pay", "先行自付", "s.first_self_pay"),
    fen("deductible", "起付线", "s.deductible"),
    fen("pooled_fund", "统筹基金支出", "s.pooled_fund"),
    fen("civil_servant_fund", "公务员补助支出", "s.civil_servant_fund"),
    fen("enterprise_fund", "企业补充支出", "s.enterprise_fund"),
    fen("serious_illness_fund", "居民大病支出", "s.serious_illness_fund"),
    fen("large_amount_fund", "职工大额支出", "s.large_amount_fund"),
    fen("medical_aid", "医疗救助支出", "s.medical_aid"),
    fen("other_fund", "其他支出", "s.other_fund"),
    fen("fund_total", "基金支付总额", "s.fund_total"),
    fen("hospital_part", "医院负担金额", "s.hospital_part"),
    fen("personal_part", "个人负担总金额", "s.personal_part"),
    fen("personal_account", "个人账户支出", "s.personal_account"),
    fen("cash", "个人现金支出", "s.cash"),
    fen("family_account", "账户共济支付金额", "s.family_account"),
    fen("account_balance", "个人账户支出后余额", "latest.account_balance"),
    decimal4("insurer_points", "医保对照病种分值", "latest.insurer_points"),
    decimal4("insurer_earned_points", "医保实际结算分值", "latest.insurer_earned_points"),
    fen("insurer_payable", "医保应付结算金额", "s.insurer_payable"),
    fen("insurer_paid", "医保实际结算金额", "s.insurer_paid"),
    text("list_state", "清单上传状态", "list.state"),
    moment("list_uploaded_at", "清单上传时间", "list.uploaded_at"),
    // DIP: the current result
    whole("compute_run", "计算批次", "c.run"),
    text("pack_hash", "政策包", "c.pack_hash"),
    text("kind", "病种类型", "c.kind"),
    text("group_code", "病种编码", "c.group_code"),
    text("group_name", "病种名称", "c.group_name"),
    decimal6("standard_points", "标准分", "c.standard_points"),
    decimal6("benchmark_ratio", "基准率", "c.benchmark_ratio"),
    text("band", "基准率区间", "c.band"),
    text("segment", "计分分段", "c.segment"),
    decimal6("factor", "分段系数", "c.factor"),
    decimal6("hospital_coefficient", "医院系数", "c.hospital_coefficient"),
    decimal6("group_coefficient", "病种系数", "c.group_coefficient"),
    decimal6("bonus_coefficient", "加成系数", "c.bonus_coefficient"),
    decimal6("auxiliary_coefficient", "辅助目录系数", "c.auxiliary_coefficient"),
    decimal6("earned_points", "得分", "c.earned_points"),
    text("price_kind", "付费依据", "c.price_kind"),
    decimal6("point_price", "分值价钱", "c.point_price"),
    fen("ratio_cost", "基准率分子费用", "c.ratio_cost"),
    // Results of before it was kept have 基准费用 only as a quotient: exact to the ratio's decimals.
    fen(
        "base_cost",
        "基准费用",
        "CASE WHEN c.benchmark_ratio > 0 THEN COALESCE(c.base_cost, \
            quotient(c.ratio_cost * 1000000, c.benchmark_ratio * 1000000)) END",
    ),
    fen("payment", "分值费用", "c.payment"),
    fen("surplus", "结余", "c.surplus"),
    text("reason", "未入组或未测算原因", "c.reason"),
    // 标志
    flag("grouped", "已入组", "c.group_code IS NOT NULL"),
    flag("loss", "亏损", "COALESCE(c.surplus < 0, FALSE)"),
    // 偏差病例: the segment does not take the points as they are.
    flag("deviates_low", "费用偏低", "COALESCE(c.factor <> 1 AND c.benchmark_ratio < 1, FALSE)"),
    flag("deviates_high", "费用偏高", "COALESCE(c.factor <> 1 AND c.benchmark_ratio > 1, FALSE)"),
    flag("over_reference", "超基准费用", "COALESCE(c.benchmark_ratio > 1, FALSE)"),
    flag("review", "特例单议", "c.review"),
    flag("confirmed", "参数已确认", "c.confirmed"),
    flag("trial", "试算", "c.trial"),
    flag("died", "死亡", "COALESCE(e.discharge_way = '5', FALSE)"),
    flag("left_against_advice", "非医嘱离院", "COALESCE(e.discharge_way = '4', FALSE)"),
    flag("sent_on", "医嘱转院转社区", "COALESCE(e.discharge_way IN ('2', '3'), FALSE)"),
    flag("day_surgery", "日间手术", "COALESCE(e.day_surgery, FALSE)"),
    flag("operated", "有手术操作", "COALESCE(o.operations > 0, FALSE)"),
    flag("had_surgery", "有手术", "COALESCE(o.surgeries > 0, FALSE)"),
    flag("had_level4_surgery", "有四级手术", "COALESCE(o.level4 > 0, FALSE)"),
    flag("used_icu", "进重症监护", "COALESCE(icu.stays > 0, FALSE)"),
    flag("transferred", "有转科", "COALESCE(t.transfers > 0, FALSE)"),
    flag("settled", "已结算", "COALESCE(s.finished, FALSE)"),
    flag("refunded", "有退费", "COALESCE(fee.refund_lines > 0, FALSE)"),
    flag("hospital_pays", "医院有负担", "COALESCE(s.hospital_part > 0, FALSE)"),
    flag("record_finished", "病历完成", "COALESCE(e.record_finished, FALSE)"),
    // 再入院: filled in by readmission.rs, for they depend on the patient's other stays
    whole("days_since_discharge", "距上次出院天数", "NULL"),
    whole("days_to_readmission", "距下次入院天数", "NULL"),
    whole("days_to_same_category", "距下次同类目入院天数", "NULL"),
    flag("readmitted_7", "7日内再入院", "FALSE"),
    flag("readmitted_15", "15日内再入院", "FALSE"),
    flag("readmitted_31", "31日内再入院", "FALSE"),
    flag("readmitted_same_7", "7日内同类目再入院", "FALSE"),
    flag("readmitted_same_15", "15日内同类目再入院", "FALSE"),
    flag("readmitted_same_31", "31日内同类目再入院", "FALSE"),
    flag("is_readmission_7", "系7日内再入院", "FALSE"),
    flag("is_readmission_15", "系15日内再入院", "FALSE"),
    flag("is_readmission_31", "系31日内再入院", "FALSE"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use model::canonical::FEE_CLASSES;

    /// A fee class added to the model must come into the fact, with its parts and in its group.
    #[test]
    fn fee_columns_follow_the_front_page() {
        for class in FEE_CLASSES {
            let of = |name: &str| format!("fee_of(fee.classes, '{name}')");
            let parts = FEE_CLASSES.iter().filter(|part| part.within == Some(class.code));
            let sum: Vec<String> = std::iter::once(class).chain(parts).map(|c| of(c.code)).collect();
            let name = format!("{}_fee", class.code);
            let column = COLUMNS.iter().find(|c| c.name == name).unwrap();
            assert_eq!((column.chinese, column.sql), (class.chinese, sum.join(" + ").as_str()));

            let group: Vec<String> =
                FEE_CLASSES.iter().filter(|c| c.group == class.group).map(|c| of(c.code)).collect();
            let column = COLUMNS.iter().find(|c| c.chinese == class.group).unwrap();
            assert_eq!(column.sql, group.join(" + "), "{}", class.group);
        }
    }
}
