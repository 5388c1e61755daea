//! 结算: what the insurer, the person and the hospital pay of a stay, and what the insurer answers later.

use crate::bill::half_up;
use crate::charge_line::ChargeLine;
use crate::clock::DAY;
use crate::draft_row::Shapes;
use crate::facts::Facts;
use crate::random::Random;
use model::canonical::Row;
use model::{Case, Coded, Fen, Sex};
use policy::Pays;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use settle::Ask;

/// Sums of a stay's charges, 分.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) total: i64,
    pub(crate) own_pay: i64,
    pub(crate) first_self_pay: i64,
}

impl Sums {
    pub(crate) fn of(lines: &[ChargeLine]) -> Sums {
        lines.iter().fold(Sums::default(), |sums, line| Sums {
            total: sums.total + line.amount,
            own_pay: sums.own_pay + line.own_pay,
            first_self_pay: sums.first_self_pay + line.first_self_pay,
        })
    }

    pub(crate) fn in_scope(&self) -> i64 {
        self.total - self.own_pay - self.first_self_pay
    }

    /// `part ÷ 100` of each, so that both parts add up.
    fn split(&self, percent: i64) -> (Sums, Sums) {
        let part = |fen: i64| fen * percent / 100;
        let one = Sums {
            total: part(self.total),
            own_pay: part(self.own_pay),
            first_self_pay: part(self.first_self_pay),
        };
        let rest = Sums {
            total: self.total - one.total,
            own_pay: self.own_pay - one.own_pay,
            first_self_pay: self.first_self_pay - one.first_self_pay,
        };
        (one, rest)
    }
}

/// Rows of `settlement` and `settlement_fund`.
#[derive(Default)]
pub(crate) struct Settled {
    pub(crate) settlements: Vec<Row>,
    pub(crate) funds: Vec<Row>,
    /// Key of the final settlement.
    pub(crate) last: String,
    /// 个人负担 over all settlements, 分.
    pub(crate) personal: i64,
}

/// What one settlement pays.
struct Parts {
    pooled: i64,
    ratio: Decimal,
    deductible: i64,
    civil: i64,
    serious: i64,
    large: i64,
    hospital: i64,
    personal: i64,
    account: i64,
}

/// All settlements of a stay: mostly one; long stays an interim one before; some are cancelled and made again. Kinds `final`,
/// `interim` and `cancel` add up to the stay's charges; `preview` counts for nothing.
pub(crate) fn write(facts: &Facts<'_>, shapes: &Shapes, sums: &Sums, random: &mut Random) -> Settled {
    let mut settled = Settled::default();
    if facts.insurance.is_none() || facts.plan.voided {
        return settled;
    }
    let mut writer = Writer { facts, shapes, number: 0, settled: &mut settled };
    let Some(at) = facts.settled_at else {
        if facts.plan.in_house && facts.days > 5 && random.chance(0.3) {
            writer.add("preview", sums, facts.hospital.now - DAY, None, random);
        }
        return settled;
    };
    let mut rest = *sums;
    if facts.days > 40 {
        let (one, other) = sums.split(60);
        writer.add("interim", &one, facts.plan.admitted + 30 * DAY, None, random);
        rest = other;
    }
    if random.chance(0.006) {
        let first = writer.add("final", &rest, at - 3_600, None, random);
        writer.cancel(&first, at - 1_800);
    }
    writer.settled.last = writer.add("final", &rest, at, None, random);
    settled
}

struct Writer<'w, 'h> {
    facts: &'w Facts<'h>,
    shapes: &'w Shapes,
    number: u32,
    settled: &'w mut Settled,
}

impl Writer<'_, '_> {
    fn next_key(&mut self) -> String {
        self.number += 1;
        format!("S{:09}{:02}", self.facts.plan.number + 1, self.number)
    }

    fn add(
        &mut self,
        kind: &str,
        sums: &Sums,
        at: i64,
        cancels: Option<&str>,
        random: &mut Random,
    ) -> String {
        let facts = self.facts;
        let parts = parts(facts, sums, random);
        let key = self.next_key();
        let insurance = facts.insurance.map_or("", |insurance| insurance.code.as_str());
        let fund_total = sums.total - parts.hospital - parts.personal;
        let balance = random.between(0, 800_000);
        let mut row = self
            .shapes
            .row("settlement", &key)
            .set("encounter_key", facts.key.as_str())
            .set("settlement_number", key.as_str())
            .set("insurer_visit", format!("M{:012}", facts.plan.number + 1).as_str())
            .set("insured_number", facts.person.insured_number.as_str())
            .set("kind", kind)
            .set("cancels", cancels.unwrap_or_default())
            .set("settled_at", at)
            .set("insurance_type", insurance)
            .set("person_type", person_type(insurance, facts.age))
            .flag("civil_servant", insurance == "320")
            .set("pay_way", "01")
            .set("medical_type", if facts.disease.day_surgery { "2106" } else { "21" })
            .set("total", sums.total)
            .set("own_pay", sums.own_pay)
            .set("over_limit", 0)
            .set("first_self_pay", sums.first_self_pay)
            .set("in_scope", sums.in_scope())
            .set("deductible", parts.deductible)
            .set("pooled_fund", parts.pooled)
            .set("pooled_ratio", (parts.ratio * Decimal::from(10_000)).to_i64())
            .set("civil_servant_fund", parts.civil)
            .set("enterprise_fund", 0)
            .set("serious_illness_fund", parts.serious)
            .set("large_amount_fund", parts.large)
            .set("medical_aid", 0)
            .set("other_fund", 0)
            .set("fund_total", fund_total)
            .set("hospital_part", parts.hospital)
            .set("personal_part", parts.personal)
            .set("personal_account", parts.account)
            .set("cash", parts.personal - parts.account)
            .set("family_account", 0)
            .set("account_balance", balance)
            .set("clearing_office", "999900")
            .set("clearing_way", facts.settlement_way.unwrap_or_default())
            .set("clearing_type", "21");
        // The city answers in the month after next.
        if kind == "final"
            && at + 45 * DAY < facts.hospital.now
            && let Some(answer) = insurer_answer(facts, sums, parts.pooled)
        {
            row = row
                .set("insurer_points", answer.0)
                .set("insurer_earned_points", answer.1)
                .set("insurer_payable", answer.2)
                .set("insurer_paid", answer.2.map(|fen| half_up(fen * 95, 100)));
        }
        self.settled.settlements.push(row.done());
        if kind != "preview" {
            self.settled.personal += parts.personal;
        }
        let funds = [
            ("310100", "基本医疗保险统筹基金", parts.pooled),
            ("320100", "公务员医疗补助基金", parts.civil),
            ("390200", "城乡居民大病保险资金", parts.serious),
            ("330100", "职工大额医疗费用补助基金", parts.large),
        ];
        for (number, (code, name, paid)) in (1..).zip(funds.into_iter().filter(|fund| fund.2 != 0)) {
            let fund = self
                .shapes
                .row("settlement_fund", &format!("{key}-{number}"))
                .set("encounter_key", facts.key.as_str())
                .set("settlement_key", key.as_str())
                .set("fund_type", code)
                .set("fund_name", name)
                .set("in_scope", sums.in_scope())
                .set("payable_limit", 60_000_000)
                .set("paid", paid);
            self.settled.funds.push(fund.done());
        }
        key
    }

    /// 冲销: the same amounts with the other sign.
    fn cancel(&mut self, first: &str, at: i64) {
        let key = self.next_key();
        let Some(original) = self.settled.settlements.last().cloned() else { return };
        let mut row = original;
        let signed = [
            "total",
            "own_pay",
            "first_self_pay",
            "in_scope",
            "pooled_fund",
            "civil_servant_fund",
            "serious_illness_fund",
            "large_amount_fund",
            "fund_total",
            "hospital_part",
            "personal_part",
            "personal_account",
            "cash",
        ];
        for column in signed {
            let at = self.shapes.at("settlement", column);
            if let Some(value) = row.get_mut(at) {
                *value = value.int().map(|n| -n).into();
            }
        }
        for column in ["insurer_points", "insurer_earned_points", "insurer_payable", "insurer_paid"] {
            for row in [Some(&mut row), self.settled.settlements.last_mut()].into_iter().flatten() {
                if let Some(value) = row.get_mut(self.shapes.at("settlement", column)) {
                    *value = None.into();
                }
            }
        }
        let put = |row: &mut Row, column: &str, text: &str| {
            if let Some(value) = row.get_mut(self.shapes.at("settlement", column)) {
                *value = text.into();
            }
        };
        put(&mut row, "key", &key);
        put(&mut row, "settlement_number", &key);
        put(&mut row, "kind", "cancel");
        put(&mut row, "cancels", first);
        if let Some(value) = row.get_mut(self.shapes.at("settlement", "settled_at")) {
            *value = at.into();
        }
        let paid = row.get(self.shapes.at("settlement", "personal_part")).and_then(|value| value.int());
        self.settled.personal += paid.unwrap_or_default();
        let funds: Vec<Row> = self
            .settled
            .funds
            .iter()
            .filter(|fund| {
                fund.get(self.shapes.at("settlement_fund", "settlement_key"))
                    .is_some_and(|v| v.str() == first)
            })
            .cloned()
            .collect();
        for (number, mut fund) in (1..).zip(funds) {
            let put = |fund: &mut Row, column: &str, value: model::canonical::Value| {
                if let Some(slot) = fund.get_mut(self.shapes.at("settlement_fund", column)) {
                    *slot = value;
                }
            };
            let paid = fund.get(self.shapes.at("settlement_fund", "paid")).and_then(|value| value.int());
            put(&mut fund, "key", format!("{key}-{number}").as_str().into());
            put(&mut fund, "settlement_key", key.as_str().into());
            put(&mut fund, "paid", paid.map(|n| -n).into());
            self.settled.funds.push(fund);
        }
        self.settled.settlements.push(row);
    }
}

fn person_type(insurance: &str, age: i64) -> &'static str {
    match (insurance, age) {
        ("390", ..18) => "1402",
        ("390", _) => "14",
        (_, 60..) => "12",
        _ => "11",
    }
}

fn parts(facts: &Facts<'_>, sums: &Sums, random: &mut Random) -> Parts {
    let ratio = facts.insurance.and_then(|i| i.reimbursement_ratio).unwrap_or(Decimal::new(8, 1));
    let code = facts.insurance.map_or("", |insurance| insurance.code.as_str());
    let scaled = (ratio * Decimal::from(10_000)).to_i64().unwrap_or(8_000);
    let deductible =
        facts.insurance.and_then(|i| i.deductible).and_then(Fen::from_yuan).map_or(0, |fen| fen.0);
    let deductible = deductible.min(sums.in_scope().max(0));
    let pooled = half_up((sums.in_scope() - deductible).max(0) * scaled, 10_000);
    let mut rest = sums.total - pooled;
    let mut take = |fen: i64| {
        let fen = fen.clamp(0, rest.max(0));
        rest -= fen;
        fen
    };
    let in_scope_rest = (sums.in_scope() - pooled).max(0);
    let civil = if code == "320" { take(in_scope_rest / 2) } else { 0 };
    let serious = if code == "390" { take((in_scope_rest - 1_400_000).max(0) * 6 / 10) } else { 0 };
    let large = if code == "310" { take((in_scope_rest - 2_000_000).max(0) * 8 / 10) } else { 0 };
    let hospital = if random.chance(0.03) { take(random.between(1, 200) * 100) } else { 0 };
    let personal = rest;
    let account = match code {
        "310" | "320" => personal.min(random.between(0, 300_000)).max(0),
        _ => 0,
    };
    Parts { pooled, ratio, deductible, civil, serious, large, hospital, personal, account }
}

/// 对照病种分值, 实际结算分值 (ten-thousandths), 应付 (分): the city computes as the pack says.
type Answer = (Option<i64>, Option<i64>, Option<i64>);

fn insurer_answer(facts: &Facts<'_>, sums: &Sums, pooled: i64) -> Option<Answer> {
    let hospital = facts.hospital;
    let policy = &hospital.policy;
    let dip = facts.insurance.is_some_and(|insurance| insurance.dip);
    let way = policy.settlement_ways.iter().find(|way| Some(way.code.as_str()) == facts.settlement_way);
    if !dip || way.is_some_and(|way| way.pays != Pays::Dip) {
        return None;
    }
    let moment = |seconds: i64| model::canonical::moment_of(seconds);
    let first = policy.hospitals.first();
    let case = Case {
        principal_diagnosis: Coded::diagnosis(&facts.variant.principal.0),
        procedures: facts.variant.operations.iter().map(|op| Coded::procedure(&op.code)).collect(),
        sex: Some(if facts.plan.woman { Sex::Female } else { Sex::Male }),
        age_years: u32::try_from(facts.age).ok(),
        age_days: facts.age_days.and_then(|days| u32::try_from(days).ok()),
        admitted: moment(facts.plan.admitted),
        discharged: facts.discharged.and_then(moment),
        discharge_way: facts.discharge_way.into(),
        policy_date: facts.discharged.and_then(moment).map(|at| {
            // One pack stands for all years here; a date outside it is priced as its nearest day.
            at.date().clamp(policy.identity.effective_from, policy.identity.effective_to)
        }),
        insurance_type: facts.insurance?.code.as_str().into(),
        settlement_way: facts.settlement_way.unwrap_or_default().into(),
        hospital: first.map_or("", |hospital| hospital.code.as_str()).into(),
        hospital_level: first.map_or("", |hospital| hospital.level.as_str()).into(),
        total_cost: Some(Fen(sums.total)),
        insurer_cost: Some(Fen(sums.in_scope())),
        in_scope_cost: Some(Fen(sums.in_scope())),
        pooled_fund: Some(Fen(pooled)),
        self_pay: Some(Fen(sums.total - pooled)),
        ..Case::default()
    };
    let priced = hospital.pricer.price(&case, facts.disease.group, &Ask::default());
    let ten_thousandths = |points: Decimal| (points * Decimal::from(10_000)).round().to_i64();
    Some((
        ten_thousandths(priced.standard_points),
        priced.earned_points.and_then(ten_thousandths),
        priced.payment.map(|fen| fen.0),
    ))
}
