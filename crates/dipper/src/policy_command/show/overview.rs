//! The whole pack on one page.

use policy::{CoefficientKind, DateBasis, Group, Kind, Policy, Price};
use policy::{unconfirmed, words};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const KINDS: [Kind; 3] = [Kind::Core, Kind::Composite, Kind::Primary];
const COEFFICIENTS: [(CoefficientKind, &str); 4] = [
    (CoefficientKind::Hospital, "医院系数"),
    (CoefficientKind::Group, "病种系数"),
    (CoefficientKind::Bonus, "加成系数"),
    (CoefficientKind::Assessment, "考核系数"),
];

pub(super) fn in_words(policy: &Policy) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let identity = &policy.identity;
    writeln!(text, "{}", identity.name)?;
    writeln!(
        text,
        "  编号 {}，版本 {}，{}，{} {} 年",
        identity.id,
        identity.version,
        identity.status.chinese(),
        identity.region,
        identity.year
    )?;
    let basis = match identity.date_basis {
        DateBasis::Discharge => "出院日期",
        DateBasis::Settlement => "结算日期",
    };
    writeln!(text, "  {basis}在 {} 至 {} 之间的病例适用", identity.effective_from, identity.effective_to)?;
    writeln!(text, "  {}", policy.hash)?;
    catalogue(policy, &mut text)?;
    writeln!(text, "\n入组")?;
    for line in words::grouping(&policy.grouping) {
        writeln!(text, "  {line}")?;
    }
    for (at, stage) in (1..).zip(&policy.grouping.stages) {
        writeln!(text, "  {at}. {}：{}{}", stage.name, words::stage(stage), words::mark(stage.source))?;
    }
    scoring(policy, &mut text)?;
    money(policy, &mut text)?;
    writeln!(text, "\n未确认参数（UNCONFIRMED）")?;
    let open = unconfirmed::list(policy);
    for entry in &open {
        writeln!(text, "  {}", entry.in_words())?;
    }
    if open.is_empty() {
        writeln!(text, "  无")?;
    }
    Ok(text)
}

fn catalogue(policy: &Policy, text: &mut String) -> std::fmt::Result {
    let listed = |counts: &[(String, usize)]| {
        counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join("，")
    };
    writeln!(text, "\n病种 {} 个", policy.groups.len())?;
    writeln!(text, "  类型：{}", listed(&by_kind(policy)))?;
    writeln!(text, "  集合：{}", listed(&counts(policy, |group| &group.set)))?;
    writeln!(text, "  分类：{}", listed(&counts(policy, |group| &group.category)))?;
    let with = |has: fn(&Group) -> bool| policy.groups.iter().filter(|group| has(group)).count();
    writeln!(
        text,
        "  有操作 {}，无操作 {}，按操作类别 {}；有参照费用 {}",
        with(|g| !g.main_operation.is_empty() || !g.related_operation.is_empty()),
        with(Group::is_bare),
        with(|g| g.class_rule.is_some()),
        with(|g| g.reference_cost.is_some())
    )?;
    if let (Some(lowest), Some(highest)) = (
        policy.groups.iter().min_by_key(|group| group.points),
        policy.groups.iter().max_by_key(|group| group.points),
    ) {
        writeln!(
            text,
            "  分值 {}（{}）至 {}（{}）",
            lowest.points, lowest.code, highest.points, highest.code
        )?;
    }
    Ok(())
}

fn scoring(policy: &Policy, text: &mut String) -> std::fmt::Result {
    let scoring = &policy.scoring;
    writeln!(text, "\n计分")?;
    let ratio = words::product(&scoring.denominator);
    let rounded = if scoring.rounded_ratio { "，舍入后参与计算" } else { "" };
    let mark = words::mark(scoring.source);
    writeln!(text, "  基准率 = {} ÷（{ratio}）{rounded}{mark}", scoring.numerator.chinese())?;
    for scheme in &scoring.schemes {
        writeln!(text, "  分段 {}", words::scheme(scheme))?;
        for segment in &scheme.segments {
            writeln!(text, "    {}{}", words::segment(segment), words::mark(segment.source))?;
        }
    }
    if !scoring.bands.labels.is_empty() {
        let bound = if scoring.bands.upper_inclusive { "上界归本区间" } else { "下界归本区间" };
        writeln!(text, "  展示区间：{}（{bound}）", scoring.bands.labels.join("，"))?;
    }
    let r = scoring.rounding;
    writeln!(
        text,
        "  小数位（四舍五入）：分值 {}，基准率 {}，分段系数 {}，系数 {}，价钱 {}",
        r.points, r.ratio, r.factor, r.coefficient, r.price
    )
}

fn money(policy: &Policy, text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n分值价钱（元/分）")?;
    for price in &policy.prices {
        writeln!(text, "  {}{}", price_in_words(price), words::mark(price.source))?;
    }
    writeln!(text, "\n系数")?;
    for (kind, name) in COEFFICIENTS {
        let rows: Vec<_> = policy.coefficients.rows.iter().filter(|row| row.coefficient == kind).collect();
        let values = rows.iter().map(|row| row.value);
        if let (Some(lowest), Some(highest)) = (values.clone().min(), values.max()) {
            writeln!(text, "  {name} {} 行，{lowest} 至 {highest}", rows.len())?;
        }
    }
    if policy.coefficients.rows.is_empty() {
        writeln!(text, "  无（一律为 1）")?;
    }
    if !policy.auxiliary.types.is_empty() {
        let types: Vec<&str> = policy.auxiliary.types.iter().map(|t| t.name.as_str()).collect();
        writeln!(text, "  辅助目录：{}，系数 {} 行", types.join("、"), policy.auxiliary.rows().count())?;
    }
    let settlement = &policy.settlement;
    writeln!(text, "\n结算")?;
    writeln!(text, "  {}{}", words::payment(settlement), words::mark(settlement.source))?;
    writeln!(text, "  结余 = 分值费用 − {}", settlement.surplus_against.chinese())?;
    let order: Vec<&str> = settlement.price_order.iter().map(|kind| kind.chinese()).collect();
    writeln!(text, "  价钱取用顺序：{}", order.join(" → "))?;
    let types: Vec<String> = policy
        .insurance_types
        .iter()
        .map(|kind| format!("{} {}{}", kind.code, kind.name, if kind.dip { "" } else { "（不按DIP）" }))
        .collect();
    writeln!(text, "  险种：{}", types.join("，"))?;
    for (count, name) in [
        (policy.settlement_ways.len(), "结算方式"),
        (policy.hospitals.len(), "医院"),
        (policy.fixed_quotas.len(), "项目定额"),
        (policy.bed_days.len(), "床日标准"),
        (policy.separate_items.len(), "独立计算项目"),
        (policy.reference_costs.len(), "分级参照费用"),
    ] {
        if count > 0 {
            writeln!(text, "  {name} {count} 行")?;
        }
    }
    Ok(())
}

fn price_in_words(price: &Price) -> String {
    let pool = if price.pool.is_empty() { "全部基金" } else { &price.pool };
    let day = |day: Option<jiff::civil::Date>| day.map_or("不限".to_owned(), |day| day.to_string());
    format!("{pool} {} {}（{} 至 {}）", price.kind.chinese(), price.price, day(price.from), day(price.to))
}

fn by_kind(policy: &Policy) -> Vec<(String, usize)> {
    let count = |kind: Kind| policy.groups.iter().filter(|group| group.kind == kind).count();
    KINDS.map(|kind| (kind.chinese().to_owned(), count(kind))).to_vec()
}

/// Counts in order of first appearance.
fn counts(policy: &Policy, label: fn(&Group) -> &String) -> Vec<(String, usize)> {
    let mut order: Vec<(String, usize)> = Vec::new();
    let mut at: BTreeMap<&str, usize> = BTreeMap::new();
    for group in &policy.groups {
        let label = label(group);
        let at = *at.entry(label).or_insert_with(|| {
            order.push((if label.is_empty() { "（无）".to_owned() } else { label.clone() }, 0));
            order.len() - 1
        });
        if let Some(entry) = order.get_mut(at) {
            entry.1 += 1;
        }
    }
    order
}

pub(super) fn in_json(policy: &Policy) -> Value {
    let identity = &policy.identity;
    let object = |counts: Vec<(String, usize)>| -> Value {
        counts
            .into_iter()
            .map(|(name, count)| (name, Value::from(count)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let kinds = KINDS.map(|kind| {
        (kind.name().to_owned(), policy.groups.iter().filter(|group| group.kind == kind).count())
    });
    let schemes: Vec<Value> = policy
        .scoring
        .schemes
        .iter()
        .map(|scheme| {
            let segments: Vec<Value> = scheme
                .segments
                .iter()
                .map(|segment| {
                    json!({
                        "name": segment.name,
                        "text": words::segment(segment),
                        "confirmed": segment.source.confirmed(),
                        "evidence": policy.evidence_of(segment.source),
                        "place": policy.place(segment.source),
                    })
                })
                .collect();
            json!({"id": scheme.id, "segments": segments})
        })
        .collect();
    let prices: Vec<Value> = policy
        .prices
        .iter()
        .map(|price| {
            json!({
                "pool": price.pool,
                "kind": price.kind.name(),
                "price": price.price.to_string(),
                "from": price.from.map(|day| day.to_string()),
                "to": price.to.map(|day| day.to_string()),
                "confirmed": price.source.confirmed(),
            })
        })
        .collect();
    let stages: Vec<Value> = policy
        .grouping
        .stages
        .iter()
        .map(|stage| json!({"id": stage.id, "name": stage.name, "text": words::stage(stage)}))
        .collect();
    let open: Vec<Value> = unconfirmed::list(policy)
        .iter()
        .map(|entry| json!({"file": entry.file, "what": entry.what, "lines": entry.lines}))
        .collect();
    json!({
        "id": identity.id,
        "name": identity.name,
        "region": identity.region,
        "year": identity.year,
        "version": identity.version,
        "status": identity.status.chinese(),
        "effective_from": identity.effective_from.to_string(),
        "effective_to": identity.effective_to.to_string(),
        "hash": policy.hash,
        "groups": {
            "total": policy.groups.len(),
            "by_kind": object(kinds.to_vec()),
            "by_set": object(counts(policy, |group| &group.set)),
            "by_category": object(counts(policy, |group| &group.category)),
        },
        "stages": stages,
        "grouping": words::grouping(&policy.grouping),
        "numerator": policy.scoring.numerator.chinese(),
        "denominator": words::product(&policy.scoring.denominator),
        "schemes": schemes,
        "bands": policy.scoring.bands.labels,
        "prices": prices,
        "coefficients": policy.coefficients.rows.len(),
        "payment": words::payment(&policy.settlement),
        "unconfirmed": open,
    })
}
