//! 年度参数与分值库的全部表单.

use super::form::{FormArea, FormDef, FormPlace};
use crate::tables::{ColumnDef, EVIDENCE, FieldKind, column};

const fn needed(mut column: ColumnDef) -> ColumnDef {
    column.needed = true;
    column
}

const fn unit(mut column: ColumnDef, unit: &'static str) -> ColumnDef {
    column.unit = unit;
    column
}

const fn rows(
    id: &'static str,
    title: &'static str,
    group: &'static str,
    table: &'static str,
    only: Option<(&'static str, &'static [&'static str])>,
    help: &'static str,
) -> FormDef {
    FormDef {
        id,
        title,
        help,
        area: FormArea::Parameters,
        group,
        place: FormPlace::Rows { table, only },
        columns: &[],
        key: &[],
        order: "",
    }
}

const fn values(
    id: &'static str,
    title: &'static str,
    group: &'static str,
    file: &'static str,
    table: &'static [&'static str],
    columns: &'static [ColumnDef],
    help: &'static str,
) -> FormDef {
    FormDef {
        id,
        title,
        help,
        area: FormArea::Parameters,
        group,
        place: FormPlace::Values { file, table },
        columns,
        key: &[],
        order: "",
    }
}

const fn of_points(mut form: FormDef) -> FormDef {
    form.area = FormArea::Points;
    form
}

const COSTS: FieldKind = FieldKind::Choice(&[
    ("total_cost", "总费用"),
    ("insurer_cost", "医保费用"),
    ("in_scope_cost", "范围内费用"),
    ("pooled_fund", "统筹记账"),
]);
const RATIO_FACTORS: FieldKind = FieldKind::Choices(&[
    ("standard_points", "标准分"),
    ("reference_cost", "病种参照费用"),
    ("reference_cost_of_level", "同级别病种参照费用"),
    ("price", "分值价钱"),
    ("price.last_year", "上年分值价钱"),
    ("price.estimated", "测算分值价钱"),
    ("price.monthly", "月度预结价钱"),
    ("price.final", "年度清算价钱"),
    ("hospital_coefficient", "医院系数"),
    ("group_coefficient", "病种系数"),
    ("bonus_coefficient", "加成系数（1+J）"),
    ("auxiliary_coefficient", "辅助目录系数"),
]);
const PAYMENT_FACTORS: FieldKind = FieldKind::Choices(&[
    ("earned_points", "得分"),
    ("standard_points", "标准分"),
    ("price", "分值价钱"),
    ("price.last_year", "上年分值价钱"),
    ("price.estimated", "测算分值价钱"),
    ("price.monthly", "月度预结价钱"),
    ("price.final", "年度清算价钱"),
    ("hospital_coefficient", "医院系数"),
    ("group_coefficient", "病种系数"),
    ("bonus_coefficient", "加成系数（1+J）"),
    ("auxiliary_coefficient", "辅助目录系数"),
    ("reference_cost", "病种参照费用"),
    ("reference_cost_of_level", "同级别病种参照费用"),
    ("fund_ratio", "报销比例"),
]);
const POINTS_COEFFICIENTS: FieldKind = FieldKind::Choices(&[
    ("hospital", "医院系数"),
    ("group", "病种系数"),
    ("bonus", "加成系数"),
    ("auxiliary", "辅助目录系数"),
    ("[]", "都不乘"),
]);
const PRICE_ORDER: FieldKind = FieldKind::Order(&[
    ("final", "年度清算价钱"),
    ("monthly", "月度预结价钱"),
    ("estimated", "测算分值价钱"),
    ("last_year", "上年分值价钱"),
]);

/// In the order of the page.
pub(super) static FORMS: [FormDef; 29] = [
    values(
        "identity",
        "政策包",
        "总则",
        "pack.toml",
        &[],
        &[
            needed(column("id", "编号", FieldKind::Code, "本院各政策包中不重复，如 sample-2025")),
            needed(column("name", "名称", FieldKind::Text, "")),
            needed(column("region", "统筹区", FieldKind::Text, "")),
            needed(column("year", "年度", FieldKind::Whole, "")),
            needed(column("version", "版本", FieldKind::Text, "修改后建议改版本号，如 1.1")),
            needed(column(
                "status",
                "状态",
                FieldKind::Choice(&[
                    ("draft", "草稿"),
                    ("estimated", "测算"),
                    ("official", "正式"),
                    ("final", "清算"),
                ]),
                "",
            )),
            needed(column("effective_from", "生效日期", FieldKind::Date, "第一天，如 2025-01-01")),
            needed(column("effective_to", "失效日期", FieldKind::Date, "最后一天，如 2025-12-31")),
            column(
                "date_basis",
                "按哪个日期",
                FieldKind::Choice(&[("discharge", "出院日期"), ("settlement", "结算日期")]),
                "病例的哪个日期落在有效期内",
            ),
            EVIDENCE,
        ],
        "政策包的名称、年度与有效期。依据一栏是全包的缺省依据，各表各行没有自己的依据时取它。",
    ),
    values(
        "file_evidence",
        "各表依据",
        "总则",
        "pack.toml",
        &["file_evidence"],
        &[
            column("catalogue.csv", "病种分值库", FieldKind::Evidence, "文件与条款；未确认写 UNCONFIRMED"),
            column("operations.csv", "手术操作属性", FieldKind::Evidence, ""),
            column("coefficients.csv", "系数", FieldKind::Evidence, ""),
            column("prices.csv", "分值价钱", FieldKind::Evidence, ""),
            column("insurance_types.csv", "险种", FieldKind::Evidence, ""),
            column("settlement_ways.csv", "结算方式", FieldKind::Evidence, ""),
            column("hospitals.csv", "医院与床位", FieldKind::Evidence, ""),
            column("reference_costs.csv", "分级参照费用", FieldKind::Evidence, ""),
            column("fixed_quota.csv", "项目定额病种", FieldKind::Evidence, ""),
            column("bed_days.csv", "床日标准", FieldKind::Evidence, ""),
            column("separate_items.csv", "独立计算项目", FieldKind::Evidence, ""),
            column("auxiliary.csv", "辅助目录系数", FieldKind::Evidence, ""),
            column("code_map.csv", "临床版与医保版对照", FieldKind::Evidence, ""),
        ],
        "各表没有自己写依据的行取这里；空白取“政策包”的缺省依据。",
    ),
    rows(
        "hospitals",
        "医院与床位数",
        "医院",
        "hospitals",
        None,
        "本统筹区的定点医疗机构；本院以配置文件中的医院编码为准，没有写时取第一行。床位数用于床位使用率。",
    ),
    rows(
        "hospital_coefficients",
        "医院系数",
        "系数",
        "coefficients",
        Some(("coefficient", &["hospital"])),
        "空白为不限；多行都符合时取填得最具体的一行。基层病种不用医院系数：病种类型写“基层病种”，系数写 1。",
    ),
    rows(
        "group_coefficients",
        "病种系数",
        "系数",
        "coefficients",
        Some(("coefficient", &["group"])),
        "某些病种、某类病种或某个险种的系数；空白为不限，取最具体的一行。",
    ),
    rows(
        "bonus_coefficients",
        "加成系数",
        "系数",
        "coefficients",
        Some(("coefficient", &["bonus"])),
        "重点专科、中医优势病种等加成；写增幅 J，0.05 为加 5%。名称相同的取最具体的一行，名称不同的合计。",
    ),
    rows(
        "assessment_coefficients",
        "考核系数",
        "系数",
        "coefficients",
        Some(("coefficient", &["assessment"])),
        "年度考核结果，清算时使用。",
    ),
    rows(
        "auxiliary",
        "辅助目录系数",
        "系数",
        "auxiliary",
        None,
        "年龄、并发症、重症监护等分型的系数；病种写 * 为全部病种。",
    ),
    FormDef {
        id: "segments",
        title: "基准率分段",
        help: "基准率落在哪一段，得分就按哪一段折算：分段系数 = a × 基准率 + b（+ 医院系数）。各段须首尾相接，从 0（含）到无上限，不能有空档或重叠；改一段的界限要同时改相邻的一段。",
        area: FormArea::Parameters,
        group: "计分",
        place: FormPlace::Entries { file: "scoring.toml", list: &["scheme", "segment"], within: true },
        columns: &[
            needed(column("scheme", "方案", FieldKind::Text, "default 为一般病种；其他方案只管其列出的病种")),
            needed(column("name", "分段名称", FieldKind::Text, "如 费用偏低、正常、费用偏高")),
            needed(column("lo", "下限", FieldKind::Amount, "")),
            column("lo_inclusive", "含下限", FieldKind::Flag, ""),
            column("hi", "上限", FieldKind::Amount, "空白为无上限，只能是最后一段"),
            column("hi_inclusive", "含上限", FieldKind::Flag, ""),
            column("a", "a（乘基准率）", FieldKind::Decimal, "空白为 0"),
            column("b", "b（常数）", FieldKind::Decimal, "空白为 0，可为负"),
            column("add_hospital", "加医院系数", FieldKind::Flag, "分段系数再加医院系数"),
            column("coefficients", "再乘系数", POINTS_COEFFICIENTS, "空白取“得分系数”的设置"),
            column("review", "标记", FieldKind::Text, "如 特例单议"),
            EVIDENCE,
        ],
        key: &["scheme", "name"],
        order: "lo",
    },
    values(
        "ratio",
        "基准率公式",
        "计分",
        "scoring.toml",
        &["ratio"],
        &[
            needed(column("numerator", "分子", COSTS, "")),
            needed(column("denominator", "分母各项相乘", RATIO_FACTORS, "")),
            column("rounded", "用舍入后的基准率计分", FieldKind::Flag, ""),
            EVIDENCE,
        ],
        "基准率 = 分子 ÷ 分母各项之积。",
    ),
    values(
        "points_rules",
        "得分系数",
        "计分",
        "scoring.toml",
        &["points"],
        &[
            column("coefficients", "得分再乘", POINTS_COEFFICIENTS, "各分段没有自己写的，取这里"),
            column(
                "bonus",
                "多项加成",
                FieldKind::Choice(&[("add", "相加（1+ΣJ）"), ("multiply", "连乘 Π(1+J)")]),
                "",
            ),
            column(
                "auxiliary",
                "多项辅助目录",
                FieldKind::Choice(&[("max", "取最高"), ("product", "连乘")]),
                "",
            ),
            EVIDENCE,
        ],
        "系数如何进入得分。",
    ),
    values(
        "bands",
        "展示区间",
        "计分",
        "scoring.toml",
        &["bands"],
        &[
            column("bounds", "区间界限", FieldKind::Decimals, "从小到大，分号分隔：0;0.4;0.75;1;1.2;2"),
            column("upper_inclusive", "界限归下一区间之前", FieldKind::Flag, "是：0.75 属于 0.4~0.75"),
        ],
        "报表中按基准率分区间时的界限，与计分分段无关。",
    ),
    values(
        "rounding",
        "小数位数",
        "计分",
        "scoring.toml",
        &["rounding"],
        &[
            unit(column("points", "分值", FieldKind::Whole, "0～10，四舍五入"), "位"),
            unit(column("ratio", "基准率", FieldKind::Whole, ""), "位"),
            unit(column("factor", "分段系数", FieldKind::Whole, ""), "位"),
            unit(column("coefficient", "系数", FieldKind::Whole, ""), "位"),
            unit(column("price", "分值价钱", FieldKind::Whole, ""), "位"),
        ],
        "保留几位小数，四舍五入；空白为 4 位。",
    ),
    rows(
        "prices",
        "分值价钱",
        "价钱",
        "prices",
        Some(("kind", &["last_year", "monthly", "final"])),
        "医保局公布的价钱：上年、月度预结、年度清算。同一基金池同一种类的有效期不得重叠。",
    ),
    rows(
        "estimated_prices",
        "测算分值价钱",
        "价钱",
        "prices",
        Some(("kind", &["estimated"])),
        "本院自行测算的价钱；没有月度与清算价钱的日期用它估算收入，页面上注明“测算”。",
    ),
    rows(
        "insurance_types",
        "险种管理",
        "结算",
        "insurance_types",
        None,
        "哪些险种按 DIP 结算、属于哪个基金池、报销比例与起付额。",
    ),
    rows(
        "settlement_ways",
        "结算方式",
        "结算",
        "settlement_ways",
        None,
        "医院系统中的结算方式各按什么付费；病例没有结算方式时按分值。",
    ),
    rows(
        "fixed_quota",
        "项目定额病种",
        "结算",
        "fixed_quota",
        None,
        "按定额支付的病种，各等级、各险种的金额。",
    ),
    rows("bed_days", "床日标准", "结算", "bed_days", None, "按床日付费的结算方式，住院各天的每日标准。"),
    rows(
        "separate_items",
        "独立计算项目",
        "结算",
        "separate_items",
        None,
        "统筹预估时单独按自己的比例和上限计算的项目。",
    ),
    values(
        "payment",
        "分值费用公式",
        "结算",
        "settlement.toml",
        &["payment"],
        &[
            needed(column("factors", "各项相乘", PAYMENT_FACTORS, "")),
            column(
                "minus",
                "减去",
                FieldKind::Choice(&[
                    ("none", "不减"),
                    ("self_pay", "个人自费自付"),
                    ("patient_paid", "总费用 − 统筹记账"),
                ]),
                "",
            ),
            unit(column("floor", "不低于", FieldKind::Decimal, "空白不限"), "元"),
            column("surplus_against", "结余相对于", COSTS, "结余 = 分值费用 − 此项"),
            column("price_order", "价钱取用顺序", PRICE_ORDER, "前面的没有时取后面的"),
            EVIDENCE,
        ],
        "分值费用 = 各项之积 − 减去的项。",
    ),
    values(
        "monthly",
        "月度预结",
        "结算",
        "settlement.toml",
        &["monthly"],
        &[
            column("advance_ratio", "预结比例", FieldKind::Amount, "0～1"),
            column("paid_ratio", "当月拨付比例", FieldKind::Amount, "0～1，其余为质量保证金"),
            EVIDENCE,
        ],
        "月度预结金额与当月拨付的比例。",
    ),
    values(
        "annual",
        "年度清算",
        "结算",
        "settlement.toml",
        &["annual"],
        &[
            unit(
                column("readmission_days", "再入院天数", FieldKind::Whole, "出院后几天内再住院算再入院"),
                "天",
            ),
            EVIDENCE,
        ],
        "年度清算的参数。",
    ),
    FormDef {
        id: "sharing",
        title: "结余留用与超支分担",
        help: "按分值费用 ÷ 记账费用分档：下限含，上限不含，最后一档上限空白。",
        area: FormArea::Parameters,
        group: "结算",
        place: FormPlace::Entries { file: "settlement.toml", list: &["annual", "sharing"], within: false },
        columns: &[
            needed(column("lo", "下限（含）", FieldKind::Amount, "")),
            column("hi", "上限（不含）", FieldKind::Amount, "空白为无上限"),
            needed(column("share", "留用或分担比例", FieldKind::Amount, "0～1")),
            EVIDENCE,
        ],
        key: &["lo"],
        order: "lo",
    },
    values(
        "estimate",
        "统筹费用预估",
        "结算",
        "settlement.toml",
        &["estimate"],
        &[
            unit(column("deductible", "起付额", FieldKind::Amount, "险种没有自己的起付额时取它"), "元"),
            EVIDENCE,
        ],
        "在院病人统筹费用的预估。",
    ),
    of_points(rows(
        "catalogue",
        "病种分值库",
        "分值库",
        "catalogue",
        None,
        "一行一个病种。少量订正在这里改；整库更新请用“导入”。",
    )),
    of_points(rows(
        "reference_costs",
        "分级参照费用",
        "分值库",
        "reference_costs",
        None,
        "各等级医院的病种参照费用。",
    )),
    of_points(rows(
        "operations",
        "手术操作属性",
        "分值库",
        "operations",
        None,
        "手术操作的类别与级别：决定综合病种和保守治疗。",
    )),
    of_points(rows(
        "code_map",
        "临床版与医保版对照",
        "分值库",
        "code_map",
        None,
        "入组之前按此把临床版编码换成医保版。",
    )),
];

/// Of any `lists/<name>.csv`.
pub(super) static LIST_FORM: FormDef = FormDef {
    id: "lists",
    title: "编码清单",
    help: "政策中按名字引用的编码清单。",
    area: FormArea::Points,
    group: "清单",
    place: FormPlace::Rows { table: "lists", only: None },
    columns: &[],
    key: &[],
    order: "",
};
