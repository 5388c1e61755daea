//! 计分规则 (`scoring.toml`): benchmark ratio, segments, display bands, rounding.

use crate::evidence::Source;
use crate::group::Flag;
use crate::prices::PriceKind;
use crate::reader::Section;
use model::Ratio;
use rust_decimal::Decimal;

/// A cost of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// 总费用
    Total,
    /// 医保费用
    Insurer,
    /// 范围内费用
    InScope,
    /// 统筹记账
    PooledFund,
}

impl Cost {
    pub(crate) const NAMES: [(&'static str, Cost); 4] = [
        ("total_cost", Cost::Total),
        ("insurer_cost", Cost::Insurer),
        ("in_scope_cost", Cost::InScope),
        ("pooled_fund", Cost::PooledFund),
    ];

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Cost::Total => "总费用",
            Cost::Insurer => "医保费用",
            Cost::InScope => "范围内费用",
            Cost::PooledFund => "统筹记账",
        }
    }
}

/// A factor of the denominator or of the payment: the closed set that formulas are built from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// 标准分
    StandardPoints,
    /// 得分 (payment only)
    EarnedPoints,
    /// 参照费用 of the group.
    ReferenceCost,
    /// 参照费用 of the group at the hospital's level.
    ReferenceCostOfLevel,
    /// 分值价钱 used for payment.
    Price,
    /// 分值价钱 of one kind.
    PriceOf(PriceKind),
    /// 医院系数
    HospitalCoefficient,
    /// 病种系数
    GroupCoefficient,
    /// 加成系数, as 1+J.
    BonusCoefficient,
    /// 辅助目录系数
    AuxiliaryCoefficient,
    /// 报销比例 of the insurance type (payment only).
    FundRatio,
}

impl Factor {
    pub(crate) const NAMES: [(&'static str, Factor); 14] = [
        ("standard_points", Factor::StandardPoints),
        ("earned_points", Factor::EarnedPoints),
        ("reference_cost", Factor::ReferenceCost),
        ("reference_cost_of_level", Factor::ReferenceCostOfLevel),
        ("price", Factor::Price),
        ("price.last_year", Factor::PriceOf(PriceKind::LastYear)),
        ("price.estimated", Factor::PriceOf(PriceKind::Estimated)),
        ("price.monthly", Factor::PriceOf(PriceKind::Monthly)),
        ("price.final", Factor::PriceOf(PriceKind::Final)),
        ("hospital_coefficient", Factor::HospitalCoefficient),
        ("group_coefficient", Factor::GroupCoefficient),
        ("bonus_coefficient", Factor::BonusCoefficient),
        ("auxiliary_coefficient", Factor::AuxiliaryCoefficient),
        ("fund_ratio", Factor::FundRatio),
    ];

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            Factor::StandardPoints => "标准分",
            Factor::EarnedPoints => "得分",
            Factor::ReferenceCost => "病种参照费用",
            Factor::ReferenceCostOfLevel => "同级别病种参照费用",
            Factor::Price => "分值价钱",
            Factor::PriceOf(kind) => kind.chinese(),
            Factor::HospitalCoefficient => "医院系数",
            Factor::GroupCoefficient => "病种系数",
            Factor::BonusCoefficient => "加成系数",
            Factor::AuxiliaryCoefficient => "辅助目录系数",
            Factor::FundRatio => "报销比例",
        }
    }
}

/// A coefficient that may be multiplied into 得分.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointsCoefficient {
    /// 医院系数
    Hospital,
    /// 病种系数
    Group,
    /// 加成系数
    Bonus,
    /// 辅助目录系数
    Auxiliary,
}

impl PointsCoefficient {
    const NAMES: [(&'static str, PointsCoefficient); 4] = [
        ("hospital", PointsCoefficient::Hospital),
        ("group", PointsCoefficient::Group),
        ("bonus", PointsCoefficient::Bonus),
        ("auxiliary", PointsCoefficient::Auxiliary),
    ];

    /// As on a screen.
    pub fn chinese(self) -> &'static str {
        match self {
            PointsCoefficient::Hospital => "医院系数",
            PointsCoefficient::Group => "病种系数",
            PointsCoefficient::Bonus => "加成系数",
            PointsCoefficient::Auxiliary => "辅助目录系数",
        }
    }
}

/// 基准率分段: factor = a·ratio + b (+ hospital coefficient) between two bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// 名称 (低倍率, 正常, 高倍率 …)
    pub name: String,
    /// Lower bound.
    pub lo: Ratio,
    /// Whether `lo` itself belongs here.
    pub lo_inclusive: bool,
    /// Upper bound; `None`: open.
    pub hi: Option<Ratio>,
    /// Whether `hi` itself belongs here.
    pub hi_inclusive: bool,
    /// Slope.
    pub a: Ratio,
    /// Intercept.
    pub b: Ratio,
    /// Adds the hospital coefficient to the intercept.
    pub add_hospital: bool,
    /// Coefficients multiplied in this segment.
    pub coefficients: Vec<PointsCoefficient>,
    /// Flag for review (特例单议), empty for none.
    pub review: String,
    /// Where it stands.
    pub source: Source,
}

impl Segment {
    /// Whether a ratio falls into the segment.
    pub fn holds(&self, ratio: Ratio) -> bool {
        let above = ratio > self.lo || (self.lo_inclusive && ratio == self.lo);
        above && self.hi.is_none_or(|hi| ratio < hi || (self.hi_inclusive && ratio == hi))
    }
}

/// A list of segments and the groups it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// Id; `default` serves all groups without their own.
    pub id: String,
    /// Group codes.
    pub groups: Vec<String>,
    /// Flags.
    pub flags: Vec<Flag>,
    /// Ascending, without gap or overlap.
    pub segments: Vec<Segment>,
}

/// 展示区间
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bands {
    /// Ascending lower bounds; the last band is open.
    pub bounds: Vec<Ratio>,
    /// Whether a bound belongs to the band below it.
    pub upper_inclusive: bool,
    /// `0~0.4`, …, `2+`, one a band.
    pub labels: Vec<String>,
}

impl Bands {
    /// Index of the band a ratio falls into; below the first bound counts as the first.
    pub fn index(&self, ratio: Ratio) -> usize {
        let above = |bound: &Ratio| if self.upper_inclusive { ratio > *bound } else { ratio >= *bound };
        self.bounds.iter().skip(1).take_while(|bound| above(bound)).count()
    }

    /// The band's label, empty without bands.
    pub fn label(&self, ratio: Ratio) -> &str {
        self.labels.get(self.index(ratio)).map_or("", String::as_str)
    }
}

/// Digits of what is stored and shown, 四舍五入.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// 分值
    pub points: u32,
    /// 基准率
    pub ratio: u32,
    /// Segment factor.
    pub factor: u32,
    /// Coefficients.
    pub coefficient: u32,
    /// 分值价钱
    pub price: u32,
}

/// The whole of `scoring.toml`.
#[derive(Clone, Debug)]
pub struct Scoring {
    /// Numerator of 基准率.
    pub numerator: Cost,
    /// Factors of its denominator.
    pub denominator: Vec<Factor>,
    /// The rounded ratio enters the formulas.
    pub rounded_ratio: bool,
    /// Several 加成 multiply instead of adding up.
    pub bonus_multiplies: bool,
    /// Several auxiliary coefficients multiply instead of the highest winning.
    pub auxiliary_multiplies: bool,
    /// Schemes; the first is the default.
    pub schemes: Vec<Scheme>,
    /// 展示区间
    pub bands: Bands,
    /// Digits.
    pub rounding: Rounding,
    /// Where the ratio is defined.
    pub source: Source,
}

pub(crate) fn read(root: &Section<'_>) -> Scoring {
    let ratio = root.child("ratio");
    let points = root.child("points");
    let coefficients = points.choices("coefficients", &PointsCoefficient::NAMES).unwrap_or_default();
    let mut schemes: Vec<Scheme> =
        root.children("scheme").iter().map(|section| read_scheme(section, &coefficients)).collect();
    match schemes.iter().position(|scheme| scheme.id == "default") {
        Some(at) => schemes.swap(0, at),
        None => root.problem(1, "缺少 id 为 default 的 [[scheme]]"),
    }
    let rounding = root.child("rounding");
    let digits = |key| {
        let digits = rounding.whole(key).unwrap_or(4);
        if digits > 10 {
            rounding.problem(rounding.line(), format!("{key} 的小数位数不能超过 10"));
        }
        digits.min(10)
    };
    if !ratio.exists() {
        root.problem(1, "缺少 [ratio]：基准率的分子与分母");
    }
    let scoring = Scoring {
        numerator: ratio.choice("numerator", &Cost::NAMES).unwrap_or(Cost::Total),
        denominator: ratio.choices("denominator", &Factor::NAMES).unwrap_or_default(),
        rounded_ratio: ratio.flag("rounded"),
        bonus_multiplies: points.choice("bonus", &[("add", false), ("multiply", true)]).unwrap_or(false),
        auxiliary_multiplies: points
            .choice("auxiliary", &[("max", false), ("product", true)])
            .unwrap_or(false),
        schemes,
        bands: read_bands(&root.child("bands")),
        rounding: Rounding {
            points: digits("points"),
            ratio: digits("ratio"),
            factor: digits("factor"),
            coefficient: digits("coefficient"),
            price: digits("price"),
        },
        source: ratio.source(),
    };
    if scoring.denominator.is_empty() {
        ratio.problem(ratio.line(), "缺少 denominator：分母由哪些因子相乘");
    }
    for factor in &scoring.denominator {
        if matches!(factor, Factor::EarnedPoints | Factor::FundRatio) {
            ratio.problem(ratio.line(), format!("{}不能用于基准率分母", factor.chinese()));
        }
    }
    for section in [&ratio, &points, &rounding, root] {
        section.finish();
    }
    scoring
}

fn read_scheme(section: &Section<'_>, coefficients: &[PointsCoefficient]) -> Scheme {
    let words = |key| section.texts(key).unwrap_or_default().into_iter().map(|(text, _)| text).collect();
    let scheme = Scheme {
        id: section.needed("id"),
        groups: words("groups"),
        flags: section.choices("flags", &Flag::NAMES).unwrap_or_default(),
        segments: section.children("segment").iter().map(|s| read_segment(s, coefficients)).collect(),
    };
    check_cover(section, &scheme.segments);
    section.finish();
    scheme
}

fn read_segment(section: &Section<'_>, coefficients: &[PointsCoefficient]) -> Segment {
    let number = |key, default: Decimal| section.decimal(key).unwrap_or(default);
    let segment = Segment {
        name: section.needed("name"),
        lo: number("lo", Decimal::ZERO),
        lo_inclusive: section.flag("lo_inclusive"),
        hi: section.decimal("hi"),
        hi_inclusive: section.flag("hi_inclusive"),
        a: number("a", Decimal::ZERO),
        b: number("b", Decimal::ZERO),
        add_hospital: section.flag("add_hospital"),
        coefficients: section
            .choices("coefficients", &PointsCoefficient::NAMES)
            .unwrap_or_else(|| coefficients.to_vec()),
        review: section.text("review").unwrap_or_default(),
        source: section.source(),
    };
    section.finish();
    segment
}

/// Segments must cover every ratio ≥ 0 exactly once.
fn check_cover(section: &Section<'_>, segments: &[Segment]) {
    let Some(first) = segments.first() else {
        section.problem(section.line(), "没有任何分段 [[scheme.segment]]");
        return;
    };
    if !first.lo.is_zero() || !first.lo_inclusive {
        section.problem(first.source.line as usize, "首个分段须从 0（含）开始");
    }
    for pair in segments.windows(2) {
        let [below, above] = pair else { continue };
        let line = above.source.line as usize;
        match below.hi {
            Some(hi) if hi == above.lo && below.hi_inclusive != above.lo_inclusive => {}
            Some(hi) if hi == above.lo && below.hi_inclusive => {
                section.problem(
                    line,
                    format!("{hi} 同时属于两个分段：lo_inclusive 与上段 hi_inclusive 只能有一个为 true"),
                );
            }
            Some(hi) if hi == above.lo => {
                section.problem(
                    line,
                    format!("{hi} 不属于任何分段：lo_inclusive 或上段 hi_inclusive 应为 true"),
                );
            }
            _ => section.problem(line, "分段之间有空档或重叠：lo 应等于上段的 hi"),
        }
    }
    for segment in segments {
        if segment.hi.is_some_and(|hi| {
            hi < segment.lo || (hi == segment.lo && !(segment.lo_inclusive && segment.hi_inclusive))
        }) {
            section.problem(segment.source.line as usize, "分段为空：hi 应大于 lo");
        }
    }
    if segments.last().is_some_and(|last| last.hi.is_some()) {
        section.problem(section.line(), "最后一个分段不能有上限 hi");
    }
}

fn read_bands(section: &Section<'_>) -> Bands {
    let mut bounds = Vec::new();
    for (text, line) in section.texts("bounds").unwrap_or_default() {
        match model::parse_decimal(&text) {
            Some(bound) if bounds.last().is_none_or(|last| *last < bound) => bounds.push(bound),
            _ => section.problem(line, format!("bounds 的“{text}”应为递增的数")),
        }
    }
    let mut labels: Vec<String> = bounds.windows(2).map(|pair| format!("{}~{}", pair[0], pair[1])).collect();
    labels.extend(bounds.last().map(|last| format!("{last}+")));
    let bands = Bands { bounds, upper_inclusive: section.flag("upper_inclusive"), labels };
    section.finish();
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn six(upper_inclusive: bool) -> Bands {
        let bounds =
            ["0", "0.4", "0.75", "1", "1.2", "2"].iter().filter_map(|b| model::parse_decimal(b)).collect();
        let labels = ["0~0.4", "0.4~0.75", "0.75~1", "1~1.2", "1.2~2", "2+"].map(str::to_owned).to_vec();
        Bands { bounds, upper_inclusive, labels }
    }

    #[test]
    fn a_bound_belongs_to_one_band_only() {
        let at = |text: &str| model::parse_decimal(text).unwrap();
        assert_eq!(six(false).label(at("0.75")), "0.75~1");
        assert_eq!(six(true).label(at("0.75")), "0.4~0.75");
        assert_eq!(six(true).label(at("0")), "0~0.4");
        assert_eq!(six(false).label(at("1.1999")), "1~1.2");
        assert_eq!(six(false).label(at("7")), "2+");
    }
}
