//! 规则类型: what each kind of rule is called and which fields its form has.

use audit::Attribute;

/// A field of a form beside the lists of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// 允许的取值
    Allow(Attribute),
    /// 最低、最高医院级别
    Levels,
    /// 最小、最大年龄
    Ages,
    /// 上限: a number, or days of the stay times a number.
    Most,
    /// 按数量还是按次数
    Unit,
    /// 最多天数
    Days,
    /// 最高金额
    Money,
    /// 时间窗口
    Window,
    /// 保留哪一组
    Keep,
    /// 折价比例
    Ratio,
    /// 每 1 个对应几个
    Times,
    /// A number of the document: member, words before it, unit.
    Number(&'static str, &'static str, &'static str),
    /// 总费用不超过; may be left out.
    Cost,
    /// 计划再住院是否除外
    Planned,
}

/// A kind with its form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KindForm {
    /// As documents write it.
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    /// Lists of items: member of the document, title. `sets` stands for several.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    pub(crate) inputs: &'static [Input],
    /// 限定谁能用: 医保目录预警.
    limit: bool,
}

impl KindForm {
    /// Whether it limits whom an item is for; else it counts charges.
    pub(crate) fn is_catalogue_limit(&self) -> bool {
        self.limit
    }

    pub(crate) fn named(code: &str) -> Option<&'static KindForm> {
        KINDS.iter().find(|kind| kind.code == code)
    }
}

const ITEMS: &[(&str, &str)] = &[("items", "收费项目")];
const SETS: &[(&str, &str)] = &[("sets", "项目组")];
const A_B: &[(&str, &str)] = &[("a", "收取的项目"), ("b", "须同时收取的项目")];

const fn limit(code: &'static str, name: &'static str, inputs: &'static [Input]) -> KindForm {
    KindForm { code, name, parts: ITEMS, inputs, limit: true }
}

const fn charge(
    code: &'static str,
    name: &'static str,
    parts: &'static [(&'static str, &'static str)],
    inputs: &'static [Input],
) -> KindForm {
    KindForm { code, name, parts, inputs, limit: false }
}

/// Every kind, in the order of the menus.
pub(crate) const KINDS: &[KindForm] = &[
    limit("sex", "限定性别", &[Input::Allow(Attribute::Sex)]),
    limit("insurance", "限定医疗类别（险种）", &[Input::Allow(Attribute::Insurance)]),
    limit("med_type", "限定医疗类别（就诊类别）", &[Input::Allow(Attribute::MedicalType)]),
    limit("visit_type", "限定就医方式", &[Input::Allow(Attribute::Visit)]),
    limit("hosp_level", "限定医院级别", &[Input::Levels]),
    limit("age", "限定年龄", &[Input::Ages]),
    limit("diagnosis", "限定诊断", &[Input::Allow(Attribute::Diagnosis)]),
    limit("operation", "限定手术操作", &[Input::Allow(Attribute::Operation)]),
    limit("course_days", "限定疗程", &[Input::Days]),
    charge("dept", "限定科室", ITEMS, &[Input::Allow(Attribute::Department)]),
    charge("freq", "限定频次", ITEMS, &[Input::Window, Input::Most, Input::Unit]),
    charge("total_qty", "限定总量", ITEMS, &[Input::Most, Input::Unit]),
    charge("total_amount", "限定总额", ITEMS, &[Input::Window, Input::Money]),
    charge(
        "dup_main_sub",
        "重复收费（主项含从项）",
        &[
            ("main", "主项（其内容包含从项）"),
            ("sub", "从项（不得再收）"),
            ("except_if", "例外：同时有这些项目时不算（可不填）"),
        ],
        &[Input::Window],
    ),
    charge("dup_mutual", "重复收费（多合集互斥）", SETS, &[Input::Window, Input::Keep]),
    charge("corr_single", "对应收费（正向单一）", A_B, &[Input::Window]),
    charge("corr_all", "对应收费（正向多项目）", A_B, &[Input::Window]),
    charge("corr_sets", "对应收费（多方对应）", SETS, &[Input::Window]),
    charge(
        "corr_ratio",
        "对应收费（比例）",
        &[("a", "受限的项目"), ("b", "对应的项目")],
        &[Input::Window, Input::Times],
    ),
    charge("discount", "第二及以后手术折价", ITEMS, &[Input::Window, Input::Ratio]),
    charge(
        "readmission",
        "疑似分解住院",
        &[],
        &[
            Input::Number("days", "上次出院后", "天内再次住院"),
            Input::Number("same", "主要诊断编码前", "位相同（0 为不论诊断，3 为同一类目）"),
            Input::Planned,
        ],
    ),
    charge("long_stay", "超长住院", &[], &[Input::Number("days", "住院超过", "天")]),
    charge(
        "low_admission",
        "疑似低标准入院",
        &[("items", "检查检验项目")],
        &[
            Input::Number("max_days", "住院不超过", "天，且没有手术操作"),
            Input::Number("share", "上列项目的费用占总费用不低于", "（0 到 1，如 0.8）"),
            Input::Cost,
        ],
    ),
    charge(
        "idle_bed",
        "疑似挂床",
        &[("items", "床位、护理等不算治疗的项目")],
        &[Input::Number("days", "只有上列项目收费的日子达到", "天")],
    ),
];

/// A kind as on a screen.
pub(crate) fn kind_name(code: &str) -> String {
    KindForm::named(code).map_or_else(|| code.to_owned(), |kind| kind.name.to_owned())
}

/// 时间窗口: value in forms, name; those with n say so.
pub(super) const WINDOWS: [(&str, &str); 7] = [
    ("line", "每笔明细"),
    ("calendar_day", "同一日（当天）"),
    ("clock_hour", "同一小时（整点之间）"),
    ("sliding_hours", "n 小时内（如 1、2、6、72 小时）"),
    ("iso_week", "同一周（周一至周日）"),
    ("sliding_days", "n 天内"),
    ("encounter", "住院周期（一次住院）"),
];
