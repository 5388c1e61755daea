//! 表格说明: the CSV tables of a pack in a user's words, for exports, templates, comparisons and forms.

use terms::export::{self, Description};

/// What a cell or value of a pack may hold. What a form offers follows from it; the loader has the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text on one line.
    Text,
    /// A code of its own table (病种编码, 险种编码 …).
    Code,
    /// Conditions by codes: `/`, `+`, ranges, `@list`.
    Conditions,
    /// A decimal ≥ 0.
    Amount,
    /// A decimal of any sign.
    Decimal,
    /// A whole number ≥ 0.
    Whole,
    /// A day, `2025-01-31`.
    Date,
    /// An inclusive range, `0..28`.
    Span,
    /// One of a closed set: word of the pack, word on the screen.
    Choice(&'static [(&'static str, &'static str)]),
    /// `true` or `false` of a TOML file.
    Flag,
    /// Several of a closed set.
    Choices(&'static [(&'static str, &'static str)]),
    /// Several of a closed set, whose order matters.
    Order(&'static [(&'static str, &'static str)]),
    /// Several decimals, ascending.
    Decimals,
    /// Several texts.
    Texts,
    /// A group of the catalogue.
    Group,
    /// A hospital of `hospitals.csv`.
    Hospital,
    /// A level that a hospital of `hospitals.csv` has.
    HospitalLevel,
    /// An insurance type of `insurance_types.csv`.
    InsuranceType,
    /// A pool that an insurance type has.
    Pool,
    /// A way of `settlement_ways.csv`.
    SettlementWay,
    /// 依据
    Evidence,
}

impl FieldKind {
    /// Numbers stand on the right and are numbers in a workbook.
    pub fn is_number(self) -> bool {
        matches!(self, FieldKind::Amount | FieldKind::Decimal | FieldKind::Whole)
    }
}

/// One column or value: its name in the pack, its title on the screen, what to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    /// Name in the pack.
    pub name: &'static str,
    /// 中文名
    pub title: &'static str,
    /// 单位, empty for none.
    pub unit: &'static str,
    /// What it may hold.
    pub kind: FieldKind,
    /// May not be blank.
    pub needed: bool,
    /// What to write, in a sentence.
    pub help: &'static str,
}

impl ColumnDef {
    /// `价钱（元/分）`.
    pub fn title_with_unit(&self) -> String {
        if self.unit.is_empty() {
            self.title.to_owned()
        } else {
            format!("{}（{}）", self.title, self.unit)
        }
    }
}

/// One CSV table of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackTable {
    /// File without `.csv`: `catalogue`.
    pub stem: &'static str,
    /// 中文名
    pub title: &'static str,
    /// Columns that tell its rows apart.
    pub key: &'static [&'static str],
    /// Its columns, in the order a new file has them.
    pub columns: &'static [ColumnDef],
}

impl PackTable {
    /// For a workbook.
    pub fn description(&self) -> Description {
        let column = |column: &ColumnDef| export::Column {
            name: column.name,
            title: column.title,
            meaning: column.meaning().into(),
            needed: column.needed,
            number: column.kind.is_number(),
            wide: matches!(column.name, "name" | "main_operation" | "related_operation" | "evidence"),
        };
        Description { title: self.title, columns: self.columns.iter().map(column).collect() }
    }

    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl ColumnDef {
    /// Help with unit and the words of a closed set, for places where nothing can be chosen from.
    pub fn meaning(&self) -> String {
        let words = match self.kind {
            FieldKind::Choice(words) | FieldKind::Choices(words) | FieldKind::Order(words) => {
                words.iter().map(|(word, title)| format!("{word} {title}")).collect::<Vec<_>>().join("，")
            }
            _ => String::new(),
        };
        let unit = if self.unit.is_empty() { String::new() } else { format!("单位：{}", self.unit) };
        let needed = if self.needed { "必填".to_owned() } else { String::new() };
        let parts = [needed, self.help.to_owned(), words, unit];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("；")
    }

    const fn unit(mut self, unit: &'static str) -> ColumnDef {
        self.unit = unit;
        self
    }

    const fn needed(mut self) -> ColumnDef {
        self.needed = true;
        self
    }
}

/// A column that may be blank; [`ColumnDef::needed`] makes it required.
pub(crate) const fn column(
    name: &'static str,
    title: &'static str,
    kind: FieldKind,
    help: &'static str,
) -> ColumnDef {
    ColumnDef { name, title, unit: "", kind, needed: false, help }
}

pub(crate) const EVIDENCE: ColumnDef = column(
    "evidence",
    "依据",
    FieldKind::Evidence,
    "文件与条款；尚未确认写 UNCONFIRMED；空白取政策包的缺省依据",
);

const YES_NO: FieldKind = FieldKind::Choice(&[("1", "是"), ("0", "否")]);
const KINDS: FieldKind =
    FieldKind::Choice(&[("core", "核心病种"), ("composite", "综合病种"), ("primary", "基层病种")]);
const CLASSES: FieldKind = FieldKind::Choice(&[
    ("conservative", "保守治疗"),
    ("diagnostic", "诊断性操作"),
    ("therapeutic", "治疗性操作"),
    ("interventional", "介入治疗"),
    ("surgical", "手术"),
]);
/// 系数种类
pub(crate) const COEFFICIENTS: &[(&str, &str)] =
    &[("hospital", "医院系数"), ("group", "病种系数"), ("bonus", "加成系数"), ("assessment", "考核系数")];
/// 分值价钱种类
pub(crate) const PRICES: &[(&str, &str)] = &[
    ("last_year", "上年分值价钱"),
    ("estimated", "测算分值价钱"),
    ("monthly", "月度预结价钱"),
    ("final", "年度清算价钱"),
];

/// All tables, in the order an export writes them. Lists (`lists/<name>.csv`) share [`LIST`].
pub const TABLES: [PackTable; 14] = [
    PackTable {
        stem: "catalogue",
        title: "病种分值库",
        key: &["code"],
        columns: &[
            column("code", "病种编码", FieldKind::Code, "不重复").needed(),
            column("name", "病种名称", FieldKind::Text, "").needed(),
            column(
                "set",
                "集合",
                FieldKind::Text,
                "分组阶段按此读取：core、composite、primary 等，须有阶段读取它",
            )
            .needed(),
            column("kind", "类型", KINDS, "").needed(),
            column("category", "分类", FieldKind::Text, "本市的叫法，如 二级核心病种"),
            column(
                "diagnosis",
                "主诊断",
                FieldKind::Conditions,
                "编码或前几位，/ 任一；类目范围 A00-B99；@清单；* 任意",
            )
            .needed(),
            column("other_diagnosis", "其他诊断", FieldKind::Conditions, "+ 同时，/ 任一"),
            column("main_operation", "主要操作", FieldKind::Conditions, "/ 任一，+ 同时；空白为无操作病种"),
            column("related_operation", "相关操作", FieldKind::Conditions, "+ 同时，/ 任一"),
            column(
                "operation_class",
                "操作类别",
                FieldKind::Text,
                "综合病种：conservative 保守、diagnostic 诊断性、therapeutic 治疗性、interventional 介入、surgical \
                 手术，或手术级别 level:1、level:3..4",
            ),
            column("sex", "性别", FieldKind::Choice(&[("1", "男"), ("2", "女")]), "空白不限"),
            column("age_years", "年龄", FieldKind::Span, "范围，含两端：0..17、65..、..6").unit("岁"),
            column("age_days", "日龄", FieldKind::Span, "范围，含两端").unit("天"),
            column("birth_weight_g", "出生体重", FieldKind::Span, "范围，含两端").unit("克"),
            column("stay_days", "住院天数", FieldKind::Span, "范围，含两端").unit("天"),
            column("points", "分值", FieldKind::Amount, "标准分，不小于 0").unit("分").needed(),
            column("reference_cost", "参照费用", FieldKind::Amount, "病种次均费用").unit("元"),
            column("mean_days", "平均住院日", FieldKind::Amount, "").unit("天"),
            column("cv", "变异系数", FieldKind::Amount, ""),
            column("cases", "例数", FieldKind::Whole, "测算所用病例数").unit("例"),
            column(
                "flags",
                "标识",
                FieldKind::Choices(&[
                    ("primary", "基层病种"),
                    ("fixed_quota", "项目定额"),
                    ("day_surgery", "日间手术"),
                    ("tcm", "中医优势病种"),
                    ("no_auxiliary", "不用辅助目录"),
                    ("bed_day", "床日"),
                ]),
                "多个用分号分隔",
            ),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "operations",
        title: "手术操作属性",
        key: &["code"],
        columns: &[
            column("code", "操作编码", FieldKind::Code, "编码或前几位，最长者优先").needed(),
            column("name", "名称", FieldKind::Text, ""),
            column("class", "类别", CLASSES, "综合病种按此归类").needed(),
            column(
                "level",
                "手术级别",
                FieldKind::Choice(&[("1", "一级"), ("2", "二级"), ("3", "三级"), ("4", "四级")]),
                "",
            ),
            column("minimally_invasive", "微创", YES_NO, ""),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "coefficients",
        title: "系数",
        key: &["coefficient", "name", "hospital", "hospital_level", "group", "kind", "insurance_type"],
        columns: &[
            column("coefficient", "系数种类", FieldKind::Choice(COEFFICIENTS), "").needed(),
            column("name", "名称", FieldKind::Text, "加成必填，如 重点专科；同名取最具体的一行，不同名合计"),
            column("hospital", "医院", FieldKind::Hospital, "空白为全部"),
            column("hospital_level", "医院等级", FieldKind::HospitalLevel, "空白为全部"),
            column("group", "病种编码", FieldKind::Group, "空白为全部"),
            column("kind", "病种类型", KINDS, "空白为全部"),
            column("insurance_type", "险种", FieldKind::InsuranceType, "空白为全部"),
            column("value", "系数", FieldKind::Decimal, "加成写增幅：0.05 为加 5%；其余须大于 0").needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "prices",
        title: "分值价钱",
        key: &["pool", "kind", "from"],
        columns: &[
            column("pool", "基金池", FieldKind::Pool, "空白为全部"),
            column("kind", "种类", FieldKind::Choice(PRICES), "").needed(),
            column("price", "价钱", FieldKind::Amount, "须大于 0；新价钱另起一行，有效期不得重叠")
                .unit("元/分")
                .needed(),
            column("from", "开始日期", FieldKind::Date, "2025-01-01；空白不限"),
            column("to", "结束日期", FieldKind::Date, "2025-12-31，含当日；空白不限"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "insurance_types",
        title: "险种",
        key: &["code"],
        columns: &[
            column("code", "险种编码", FieldKind::Code, "医保局编码，如 310").needed(),
            column("name", "名称", FieldKind::Text, "").needed(),
            column("pool", "基金池", FieldKind::Text, "同一基金池共用分值价钱").needed(),
            column("dip", "按DIP结算", YES_NO, "").needed(),
            column("reimbursement_ratio", "报销比例", FieldKind::Amount, "0～1，用于统筹预估"),
            column("deductible", "起付额", FieldKind::Amount, "空白取全市起付额").unit("元"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "settlement_ways",
        title: "结算方式",
        key: &["code"],
        columns: &[
            column("code", "结算方式编码", FieldKind::Code, "医院系统中的编码").needed(),
            column("name", "名称", FieldKind::Text, "").needed(),
            column(
                "pays",
                "付费方式",
                FieldKind::Choice(&[
                    ("dip", "按分值"),
                    ("item", "按项目"),
                    ("bed_day", "按床日"),
                    ("quota", "定额"),
                ]),
                "",
            )
            .needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "hospitals",
        title: "医院与床位",
        key: &["code"],
        columns: &[
            column("code", "医院编码", FieldKind::Code, "定点医疗机构编码").needed(),
            column("name", "名称", FieldKind::Text, "").needed(),
            column("level", "等级", FieldKind::Text, "3 三级，2 二级，1 一级；系数与费用按此取").needed(),
            column("beds", "编制床位", FieldKind::Whole, "床位使用率按此计算").unit("张"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "reference_costs",
        title: "分级参照费用",
        key: &["group", "hospital_level"],
        columns: &[
            column("group", "病种编码", FieldKind::Group, "").needed(),
            column("hospital_level", "医院等级", FieldKind::HospitalLevel, "").needed(),
            column("cost", "参照费用", FieldKind::Amount, "").unit("元").needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "fixed_quota",
        title: "项目定额病种",
        key: &["group", "hospital_level", "insurance_type"],
        columns: &[
            column("group", "病种编码", FieldKind::Group, "目录中带“项目定额”标识的病种").needed(),
            column("hospital_level", "医院等级", FieldKind::HospitalLevel, "空白为全部"),
            column("insurance_type", "险种", FieldKind::InsuranceType, "空白为全部"),
            column("amount", "定额", FieldKind::Amount, "按此支付，不按分值").unit("元").needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "bed_days",
        title: "床日标准",
        key: &["settlement_way", "hospital_level", "days"],
        columns: &[
            column("settlement_way", "结算方式", FieldKind::SettlementWay, "").needed(),
            column("hospital_level", "医院等级", FieldKind::HospitalLevel, "空白为全部"),
            column("days", "住院天数", FieldKind::Span, "范围，含两端：1..30、91..").unit("天").needed(),
            column("rate", "床日标准", FieldKind::Amount, "").unit("元/天").needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "separate_items",
        title: "独立计算项目",
        key: &["item"],
        columns: &[
            column("item", "项目编码", FieldKind::Code, "").needed(),
            column("name", "名称", FieldKind::Text, ""),
            column("ratio", "报销比例", FieldKind::Amount, "0～1").needed(),
            column("limit", "每次住院上限", FieldKind::Amount, "空白不限").unit("元"),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "auxiliary",
        title: "辅助目录系数",
        key: &["group", "type", "level"],
        columns: &[
            column("group", "病种编码", FieldKind::Group, "* 为全部").needed(),
            column("type", "分型", FieldKind::Text, "auxiliary.toml 中的分型 id").needed(),
            column("level", "等级", FieldKind::Text, "该分型的等级 id").needed(),
            column("coefficient", "系数", FieldKind::Amount, "").needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "code_map",
        title: "临床版与医保版对照",
        key: &["kind", "from"],
        columns: &[
            column(
                "kind",
                "种类",
                FieldKind::Choice(&[("diagnosis", "疾病诊断"), ("procedure", "手术操作")]),
                "",
            )
            .needed(),
            column("from", "临床版编码", FieldKind::Code, "").needed(),
            column("to", "医保版编码", FieldKind::Code, "").needed(),
            EVIDENCE,
        ],
    },
    PackTable {
        stem: "diagnoses",
        title: "医保版诊断",
        key: &["code"],
        columns: &[
            column("code", "诊断编码", FieldKind::Code, "").needed(),
            column("name", "名称", FieldKind::Text, ""),
            EVIDENCE,
        ],
    },
];

/// Any `lists/<name>.csv`.
pub const LIST: PackTable = PackTable {
    stem: "lists",
    title: "编码清单",
    key: &["code", "rule", "scope"],
    columns: &[
        column("code", "编码", FieldKind::Conditions, "编码、前几位或类目范围").needed(),
        column("name", "名称", FieldKind::Text, ""),
        column("rule", "规则", FieldKind::Text, "随用途：排除规则、查尔森分类、排除表号"),
        column("scope", "范围", FieldKind::Text, "随用途：适用诊断、权重"),
        EVIDENCE,
    ],
};

/// The table of a stem; `None` when a pack has none of that name.
pub fn table(stem: &str) -> Option<&'static PackTable> {
    TABLES.iter().find(|table| table.stem == stem)
}

/// The table that a file of a pack holds: `prices.csv`, `lists/burn.csv`.
pub fn of_file(file: &str) -> Option<&'static PackTable> {
    if file.starts_with("lists/") {
        return Some(&LIST);
    }
    table(file.strip_suffix(".csv")?)
}

/// Chinese title of a catalogue column.
pub fn column_title(name: &str) -> &str {
    let of_catalogue = TABLES.first().map_or(&[][..], |table| table.columns);
    of_catalogue.iter().find(|column| column.name == name).map_or(name, |column| column.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_a_column_and_the_catalogue_is_described_whole() {
        for table in TABLES.iter().chain([&LIST]) {
            assert!(table.key.iter().all(|key| table.column(key).is_some()), "{}", table.stem);
            assert_eq!(table.columns.last(), Some(&EVIDENCE), "{}", table.stem);
        }
        let names: Vec<&str> = TABLES[0].columns.iter().map(|column| column.name).collect();
        assert_eq!(names, crate::CATALOGUE_COLUMNS);
        assert_eq!(of_file("lists/burn.csv").map(|table| table.stem), Some("lists"));
        assert_eq!(of_file("pack.toml"), None);
    }

    #[test]
    fn help_says_what_may_be_written() {
        let price = table("prices").unwrap().column("price").unwrap();
        assert_eq!(price.title_with_unit(), "价钱（元/分）");
        assert!(price.meaning().starts_with("必填；须大于 0"));
        let kind = table("prices").unwrap().column("kind").unwrap();
        assert!(kind.meaning().contains("final 年度清算价钱"));
    }
}
