//! 收费审核 over the charge columns: all rules, a million pairs, one stay, one rule while a person waits.

use super::audit_peers::{Day, Pair, Peers};
use super::hospital::row;
use super::spaced;
use ::audit::{Encounter, Engine, LineColumns, Rule, Scratch, read_rules};
use anyhow::Context;
use mart::{AuditContext, AuditProgress, AuditScope, ChargeColumns, Mart};
use rayon::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

/// Codes that each of the hospital's items is spread over, so that there are as many as a large hospital's.
const SPREAD: u32 = 17;
/// 2026-06-30
const NOW: i64 = 20_634 * 86_400;

/// Measures over the files that an earlier run left.
pub(super) fn of_folder(data: &Path, postgres: Option<&str>) -> anyhow::Result<()> {
    let mart = Mart::open(data.join("mart.duckdb"))?;
    let columns = ChargeColumns::read(&data.join("mart.charges"))?;
    run(&mart, &columns, data, postgres)
}

/// Measures and prints its rows of the table.
pub(super) fn run(
    mart: &Mart,
    columns: &ChargeColumns,
    data: &Path,
    postgres: Option<&str>,
) -> anyhow::Result<()> {
    let context = AuditContext::load(mart)?.with_hospital_level(Some(3));
    let items: Vec<&str> =
        columns.items().keys().iter().map(String::as_str).filter(|key| !key.is_empty()).collect();
    let lines = spaced(columns.len() as u128);
    all_rules(columns, &context, &items, &lines)?;
    spread(columns, &items, &lines)?;
    check(columns, &context, &items, &lines)?;
    let (days, pairs) = (days(&items), pairs(&items));
    let mut timed = Vec::new();
    for (name, rules) in
        [("200 条“每日最多 n 次”", day_rules(&days)?), ("500 条“同日不得同收”", pair_rules(&pairs)?)]
    {
        let engine = Engine::with_codes(rules, context.codes());
        timed.push((
            name,
            best(|| {
                Ok(columns.audit(&context, &engine, AuditScope::all(NOW), &AuditProgress::default())?.len())
            })?,
        ));
    }
    let peers = Peers::with_lines_of(columns, data, postgres)?;
    for ((name, (found, took)), sql) in timed.into_iter().zip([Day::sql(&days), Pair::sql(&pairs)]) {
        let others = peers.run(mart, &sql)?;
        row(name, &format!("{lines} 行明细"), &format!("{}，{found} 条", milliseconds(took)), "—", &others);
    }
    Ok(())
}

/// The best of three runs and what it found.
fn best(mut work: impl FnMut() -> anyhow::Result<usize>) -> anyhow::Result<(usize, Duration)> {
    let (mut found, mut least) = (0, Duration::MAX);
    for _ in 0..3 {
        let began = Instant::now();
        found = work()?;
        least = least.min(began.elapsed());
    }
    Ok((found, least))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} 毫秒", time.as_secs_f64() * 1e3)
}

fn seconds(time: Duration) -> String {
    format!("{:.2} 秒", time.as_secs_f64())
}

/// 7,000 rules on items, of every kind that looks at one item, as the national points are mixed; and 900 pairs.
fn item_rules(items: &[&str], random: &mut fastrand::Rng) -> anyhow::Result<Vec<Rule>> {
    let rules = (0..7_000).map(|n| {
        let item = items[random.usize(..items.len())];
        let body = match n % 20 {
            0..8 => r#""kind":"sex","allow":["1","2"]"#.to_owned(),
            8..12 => format!(r#""kind":"age","min_age":0,"max_age":{}"#, random.i32(80..120)),
            12 => r#""kind":"visit_type","allow":["inpatient"]"#.to_owned(),
            13 => r#""kind":"hosp_level","min":2"#.to_owned(),
            14 => format!(r#""kind":"course_days","max":{}"#, random.i32(10..60)),
            15 | 16 => format!(r#""kind":"freq","max":{},"window":"sliding_days:7""#, random.i32(20..200)),
            17 => format!(
                r#""kind":"total_amount","max_fen":{},"window":"calendar_day""#,
                random.i32(100_000..1_000_000)
            ),
            _ => format!(r#""kind":"freq","max":{},"window":"calendar_day""#, random.i32(3..40)),
        };
        format!(r#"{{"id":"r{n}","items":["{item}"],{body}}}"#)
    });
    let mut text: Vec<String> = rules.collect();
    text.extend((0..900).map(|n| {
        let (main, sub) = (items[random.usize(..items.len())], items[random.usize(..items.len())]);
        let window = ["calendar_day", "encounter", "sliding_hours:6"][n % 3];
        format!(
            r#"{{"id":"p{n}","kind":"dup_main_sub","main":["{main}"],"sub":["{sub}"],"window":"{window}"}}"#
        )
    }));
    rules_of(&text)
}

fn rules_of(text: &[String]) -> anyhow::Result<Vec<Rule>> {
    read_rules(&text.join("\n")).map_err(|errors| anyhow::anyhow!("{}", errors[0]))
}

fn all_rules(
    columns: &ChargeColumns,
    context: &AuditContext,
    items: &[&str],
    lines: &str,
) -> anyhow::Result<()> {
    let rules = item_rules(items, &mut fastrand::Rng::with_seed(1))?;
    let engine = Engine::with_codes(rules, context.codes());
    let (found, took) =
        best(|| Ok(columns.audit(context, &engine, AuditScope::all(NOW), &AuditProgress::default())?.len()))?;
    let data = format!("{lines} 行明细，{} 个项目，7 000 条单项规则 + 900 对", items.len());
    row(
        "全部规则，全院内存，含退费与依据",
        &data,
        &format!("{}，{found} 条", seconds(took)),
        "20 000 000 行 ≤ 3 秒",
        "—",
    );
    Ok(())
}

/// The same lines with each item spread over many codes, and rules on these.
fn spread(columns: &ChargeColumns, items: &[&str], lines: &str) -> anyhow::Result<()> {
    let codes: Vec<String> = columns
        .items()
        .keys()
        .iter()
        .flat_map(|key| (0..SPREAD).map(move |n| format!("{key}_{n}")))
        .collect();
    let spread =
        |stay: i64, item: u32| item * SPREAD + (stay as u32 ^ item.wrapping_mul(2_654_435_761)) % SPREAD;
    let item: Vec<Vec<u32>> = columns
        .iter()
        .map(|stay| stay.item.iter().map(|item| spread(stay.number, *item)).collect())
        .collect();
    let names: Vec<&str> = codes.iter().map(String::as_str).filter(|code| !code.starts_with('_')).collect();
    let random = &mut fastrand::Rng::with_seed(2);
    let data = |what: &str| format!("{lines} 行明细，{} 个项目，{what}", items.len() * SPREAD as usize);
    let small = Engine::new(item_rules(&names, random)?);
    let few = over(columns, &item, &codes, &small)?;
    row("全部规则，全院内存，项目多", &data("7 000 条单项规则 + 900 对"), &few, "20 000 000 行 ≤ 3 秒", "—");
    // 1.3 million pairs in rules of one pair each.
    let mut rules = item_rules(&names, random)?;
    for from in (0..1_300_000).step_by(100_000) {
        let pairs = (from..from + 100_000).map(|n| {
            let (main, sub) = (names[random.usize(..names.len())], names[random.usize(..names.len())]);
            format!(r#"{{"id":"{n}","kind":"dup_main_sub","main":["{main}"],"sub":["{sub}"],"window":"calendar_day"}}"#)
        });
        rules.extend(rules_of(&pairs.collect::<Vec<_>>())?);
    }
    let engine = Engine::new(rules);
    let many = over(columns, &item, &codes, &engine)?;
    row("全部规则加 130 万对", &data("7 000 条单项规则 + 1 300 900 对"), &many, "20 000 000 行 ≤ 8 秒", "—");
    for (name, engine) in [("900 对", &small), ("1 300 900 对", &engine)] {
        let took = one_stay(columns, &item, &codes, engine)?;
        row("审核一次住院（1 000 行）", &format!("7 000 条单项规则 + {name}"), &took, "≤ 1 毫秒", "—");
    }
    Ok(())
}

fn lines<'a>(stay: &mart::Stay<'a>, item: &'a [u32]) -> LineColumns<'a> {
    LineColumns {
        time: stay.time,
        item,
        quantity: stay.quantity,
        amount: stay.amount,
        refund_of: stay.refund_of,
        department: stay.department,
        departments: &[],
        full_prices: &[],
    }
}

fn patient() -> Encounter {
    Encounter {
        sex: "1".into(),
        age: Some(50.into()),
        visit: "inpatient".into(),
        hospital_level: Some(3),
        ..Encounter::default()
    }
}

/// Every stay on all cores.
fn over(
    columns: &ChargeColumns,
    items: &[Vec<u32>],
    codes: &[String],
    engine: &Engine,
) -> anyhow::Result<String> {
    let table = engine.table(codes.iter().map(String::as_str));
    let patient = patient();
    let judge = |scratch: &mut Scratch, at: usize| {
        let Some(stay) = columns.stay(at) else { return 0 };
        engine.judge_columns(&table, &patient, &lines(&stay, &items[at]), scratch).entries.len()
    };
    let all = || (0..items.len()).into_par_iter().with_min_len(256).map_init(Scratch::default, judge).sum();
    let (found, took) = best(|| Ok(all()))?;
    Ok(format!("{}，{found} 条", seconds(took)))
}

/// A stay of a thousand lines, made of neighbouring ones in order of time.
fn one_stay(
    columns: &ChargeColumns,
    items: &[Vec<u32>],
    codes: &[String],
    engine: &Engine,
) -> anyhow::Result<String> {
    let table = engine.table(codes.iter().map(String::as_str));
    let mut all: Vec<(u32, u32, i64, i64)> = Vec::new();
    for (stay, item) in columns.iter().zip(items) {
        let charged = (0..stay.len()).filter(|line| stay.quantity[*line] > 0);
        // All in one fortnight.
        all.extend(charged.map(|line| {
            (stay.time[line] % (14 * 86_400), item[line], stay.quantity[line], stay.amount[line])
        }));
        if all.len() >= 1_000 {
            break;
        }
    }
    all.truncate(1_000);
    all.sort_unstable();
    let time: Vec<u32> = all.iter().map(|line| line.0).collect();
    let item: Vec<u32> = all.iter().map(|line| line.1).collect();
    let quantity: Vec<i64> = all.iter().map(|line| line.2).collect();
    let amount: Vec<i64> = all.iter().map(|line| line.3).collect();
    let (refund_of, department) = (vec![mart::NO_REFUND; all.len()], vec![0; all.len()]);
    let columns = LineColumns {
        time: &time,
        item: &item,
        quantity: &quantity,
        amount: &amount,
        refund_of: &refund_of,
        department: &department,
        departments: &[],
        full_prices: &[],
    };
    let (mut scratch, patient) = (Scratch::default(), patient());
    let mut times: Vec<Duration> = (0..1_000)
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(engine.judge_columns(&table, &patient, &columns, &mut scratch));
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let found = engine.judge_columns(&table, &patient, &columns, &mut scratch).entries.len();
    Ok(format!("中位 {}，p99 {}，{found} 条", milliseconds(times[500]), milliseconds(times[990])))
}

/// 实时校验 of the rule that stands most often, with a published version beside it.
fn check(columns: &ChargeColumns, context: &AuditContext, items: &[&str], lines: &str) -> anyhow::Result<()> {
    let mut used = vec![0_u64; columns.items().keys().len()];
    columns.iter().flat_map(|stay| stay.item).for_each(|item| used[*item as usize] += 1);
    let often = (0..used.len()).max_by_key(|item| used[*item]).context("没有项目")?;
    let often = columns.items().key(often as u32);
    let rule = |max: u32| -> anyhow::Result<Rule> {
        let text =
            format!(r#"{{"id":"c","kind":"freq","items":["{often}"],"max":{max},"window":"calendar_day"}}"#);
        Ok(rules_of(&[text])?.remove(0))
    };
    let (rule, published) = (rule(1)?, rule(2)?);
    let (found, took) = best(|| {
        let scope = AuditScope::all(NOW);
        Ok(columns.check(context, &rule, Some(&published), scope, 20, &AuditProgress::default())?.abnormal
            as usize)
    })?;
    let data = format!("{lines} 行明细，{} 个项目中最常用的一个", items.len());
    row(
        "规则实时校验，与发布版比较",
        &data,
        &format!("{}，{found} 条", milliseconds(took)),
        "20 000 000 行 ≤ 2 秒",
        "—",
    );
    Ok(())
}

fn days<'i>(items: &[&'i str]) -> Vec<Day<'i>> {
    let mut random = fastrand::Rng::with_seed(3);
    (0..200).map(|_| Day { item: items[random.usize(..items.len())], most: random.i64(1..5) }).collect()
}

fn pairs<'i>(items: &[&'i str]) -> Vec<Pair<'i>> {
    let mut random = fastrand::Rng::with_seed(4);
    let mut pairs = Vec::new();
    while pairs.len() < 500 {
        let (main, sub) = (items[random.usize(..items.len())], items[random.usize(..items.len())]);
        if main != sub {
            pairs.push(Pair { main, sub });
        }
    }
    pairs
}

fn day_rules(days: &[Day<'_>]) -> anyhow::Result<Vec<Rule>> {
    let text = days.iter().enumerate().map(|(n, Day { item, most })| {
        format!(r#"{{"id":"{n}","kind":"freq","items":["{item}"],"max":{most},"window":"calendar_day"}}"#)
    });
    rules_of(&text.collect::<Vec<_>>())
}

fn pair_rules(pairs: &[Pair<'_>]) -> anyhow::Result<Vec<Rule>> {
    let text = pairs.iter().enumerate().map(|(n, Pair { main, sub })| {
        format!(r#"{{"id":"{n}","kind":"dup_main_sub","main":["{main}"],"sub":["{sub}"],"window":"calendar_day"}}"#)
    });
    rules_of(&text.collect::<Vec<_>>())
}
