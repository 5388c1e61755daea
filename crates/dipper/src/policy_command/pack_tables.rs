//! 表格说明: the CSV tables of a pack in a user's words, for exports, templates and comparisons.

use terms::export::{self, Description};

/// One column: canonical name, Chinese title, what to write.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) meaning: &'static str,
}

/// One table of a pack.
pub(super) struct PackTable {
    /// File stem: `catalogue`.
    pub(super) stem: &'static str,
    pub(super) title: &'static str,
    pub(super) columns: &'static [Column],
}

impl PackTable {
    /// For a workbook.
    pub(super) fn description(&self) -> Description {
        let column = |column: &Column| export::Column {
            name: column.name,
            title: column.title,
            meaning: column.meaning.into(),
            needed: self.stem == "catalogue" && NEEDED.contains(&column.name),
            number: NUMBERS.contains(&column.name),
            wide: matches!(column.name, "name" | "main_operation" | "related_operation" | "evidence"),
        };
        Description { title: self.title, columns: self.columns.iter().map(column).collect() }
    }
}

const fn column(name: &'static str, title: &'static str, meaning: &'static str) -> Column {
    Column { name, title, meaning }
}

const EVIDENCE: Column =
    column("evidence", "依据", "文件与条款；未确认写 UNCONFIRMED；空白取政策包的缺省依据");

/// Columns without which a catalogue row is refused.
pub(super) const NEEDED: [&str; 6] = ["code", "name", "set", "kind", "diagnosis", "points"];

/// Columns of numbers; everything else is text, codes above all.
const NUMBERS: [&str; 16] = [
    "points",
    "reference_cost",
    "mean_days",
    "cv",
    "cases",
    "value",
    "price",
    "coefficient",
    "cost",
    "amount",
    "rate",
    "beds",
    "reimbursement_ratio",
    "deductible",
    "limit",
    "ratio",
];

/// All tables, in the order an export writes them. Lists (`lists/<name>.csv`) share [`LIST`].
pub(super) const TABLES: [PackTable; 14] = [
    PackTable {
        stem: "catalogue",
        title: "病种分值库",
        columns: &[
            column("code", "病种编码", "必填，不重复"),
            column("name", "病种名称", "必填"),
            column("set", "集合", "必填，分组阶段按此读取：core、composite、primary 等"),
            column("kind", "类型", "必填：core 核心，composite 综合，primary 基层"),
            column("category", "分类", "本市的叫法，如 二级核心病种"),
            column("diagnosis", "主诊断", "必填：编码或前几位，/ 任一；类目范围 A00-B99；@清单；* 任意"),
            column("other_diagnosis", "其他诊断", "+ 同时，/ 任一"),
            column("main_operation", "主要操作", "/ 任一，+ 同时；空白为无操作病种"),
            column("related_operation", "相关操作", "+ 同时，/ 任一"),
            column(
                "operation_class",
                "操作类别",
                "综合病种：conservative、diagnostic、therapeutic、interventional、surgical，或手术级别 level:1、level:3..4",
            ),
            column("sex", "性别", "1 男，2 女；空白不限"),
            column("age_years", "年龄（岁）", "范围，含两端：0..17、65..、..6"),
            column("age_days", "日龄（天）", "范围"),
            column("birth_weight_g", "出生体重（克）", "范围"),
            column("stay_days", "住院天数", "范围"),
            column("points", "分值", "必填，不小于 0 的数"),
            column("reference_cost", "参照费用（元）", "病种次均费用"),
            column("mean_days", "平均住院日", "天"),
            column("cv", "变异系数", ""),
            column("cases", "例数", "非负整数"),
            column(
                "flags",
                "标识",
                "分号分隔：primary 基层，fixed_quota 定额，day_surgery 日间，tcm 中医优势，no_auxiliary \
                 不用辅助目录，bed_day 床日",
            ),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "operations",
        title: "手术操作属性",
        columns: &[
            column("code", "操作编码", "编码或前几位，最长者优先"),
            column("name", "名称", ""),
            column("class", "类别", "conservative、diagnostic、therapeutic、interventional、surgical"),
            column("level", "手术级别", "1～4"),
            column("minimally_invasive", "微创", "1 是，0 否"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "coefficients",
        title: "系数",
        columns: &[
            column("coefficient", "系数种类", "hospital 医院，group 病种，bonus 加成，assessment 考核"),
            column("name", "加成名称", "加成必填"),
            column("hospital", "医院", "空白为全部"),
            column("hospital_level", "医院等级", "空白为全部"),
            column("group", "病种编码", "空白为全部"),
            column("kind", "类型", "空白为全部"),
            column("insurance_type", "险种", "空白为全部"),
            column("value", "系数", "加成写增幅：0.05 为加 5%"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "prices",
        title: "分值价钱",
        columns: &[
            column("pool", "基金池", "空白为全部"),
            column("kind", "种类", "last_year 上年，estimated 测算，monthly 月度预结，final 年度清算"),
            column("price", "价钱（元/分）", ""),
            column("from", "开始日期", "2025-01-01"),
            column("to", "结束日期", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "insurance_types",
        title: "险种",
        columns: &[
            column("code", "险种编码", ""),
            column("name", "名称", ""),
            column("pool", "基金池", ""),
            column("dip", "按DIP结算", "1 是，0 否"),
            column("reimbursement_ratio", "报销比例", "0～1"),
            column("deductible", "起付额（元）", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "settlement_ways",
        title: "结算方式",
        columns: &[
            column("code", "编码", ""),
            column("name", "名称", ""),
            column("pays", "付费方式", "dip 按分值，item 按项目，bed_day 按床日，quota 定额"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "hospitals",
        title: "医院",
        columns: &[
            column("code", "医院编码", ""),
            column("name", "名称", ""),
            column("level", "等级", ""),
            column("beds", "编制床位", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "reference_costs",
        title: "分级参照费用",
        columns: &[
            column("group", "病种编码", ""),
            column("hospital_level", "医院等级", ""),
            column("cost", "参照费用（元）", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "fixed_quota",
        title: "项目定额病种",
        columns: &[
            column("group", "病种编码", ""),
            column("hospital_level", "医院等级", "空白为全部"),
            column("insurance_type", "险种", "空白为全部"),
            column("amount", "定额（元）", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "bed_days",
        title: "床日标准",
        columns: &[
            column("settlement_way", "结算方式", ""),
            column("hospital_level", "医院等级", "空白为全部"),
            column("days", "住院天数", "范围"),
            column("rate", "每日（元）", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "separate_items",
        title: "独立计算项目",
        columns: &[
            column("item", "项目编码", ""),
            column("name", "名称", ""),
            column("ratio", "报销比例", "0～1"),
            column("limit", "每次住院上限（元）", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "auxiliary",
        title: "辅助目录",
        columns: &[
            column("group", "病种编码", "* 为全部"),
            column("type", "分型", ""),
            column("level", "等级", ""),
            column("coefficient", "系数", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "code_map",
        title: "临床版与医保版对照",
        columns: &[
            column("kind", "种类", "diagnosis 诊断，procedure 操作"),
            column("from", "临床版编码", ""),
            column("to", "医保版编码", ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "diagnoses",
        title: "医保版诊断",
        columns: &[column("code", "诊断编码", ""), column("name", "名称", ""), EVIDENCE],
    },
];

/// Any `lists/<name>.csv`.
pub(super) const LIST: PackTable = PackTable {
    stem: "lists",
    title: "编码清单",
    columns: &[
        column("code", "编码", "编码、前几位或类目范围"),
        column("name", "名称", ""),
        column("rule", "规则", "随用途：排除规则、查尔森分类、排除表号"),
        column("scope", "范围", "随用途：适用诊断、权重"),
        EVIDENCE,
    ],
};

/// The table of a stem; `None` when a pack has none of that name.
pub(super) fn table(stem: &str) -> Option<&'static PackTable> {
    TABLES.iter().find(|table| table.stem == stem)
}

/// Chinese title of a catalogue column.
pub(super) fn column_title(name: &str) -> &str {
    let of_catalogue = TABLES.first().map_or(&[][..], |table| table.columns);
    of_catalogue.iter().find(|column| column.name == name).map_or(name, |column| column.title)
}
