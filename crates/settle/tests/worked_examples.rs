//! Every worked example of `fixtures/worked_examples.json` but the grouper's: an unknown one fails, none is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod packs;

use model::{Code, Fen};
use packs::{Pack, case, d, jining_scoring, national_scoring, workspace, yuan};
use policy::OperationClass;
use rust_decimal::Decimal;
use serde_json::Value;
use settle::{Ask, EstimateTerms, Pricer, city, estimate_pooled_fund};
use std::sync::Arc;

struct Example<'a> {
    id: &'a str,
    inputs: &'a Value,
    expected: &'a Value,
    tolerance: Decimal,
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Example<'_> {
    fn input(&self, key: &str) -> Decimal {
        d(&text(&self.inputs[key]))
    }

    fn inputs(&self, key: &str) -> Vec<Decimal> {
        self.inputs[key].as_array().unwrap().iter().map(|v| d(&text(v))).collect()
    }

    fn weights(&self) -> Vec<u32> {
        self.inputs["weights"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
    }

    fn near(&self, key: &str, got: Decimal) {
        let expected = d(&text(&self.expected[key]));
        let apart = (got - expected).abs();
        assert!(apart <= self.tolerance, "{} {key}: {got}, expected {expected}", self.id);
    }

    /// Equal to every digit of the example.
    fn exact(&self, key: &str, got: Decimal) {
        assert_eq!(got.to_string(), text(&self.expected[key]), "{} {key}", self.id);
    }

    /// Equal once rounded to the digits of the example.
    fn rounded(&self, key: &str, got: Decimal) {
        let digits = text(&self.expected[key]).split_once('.').map_or(0, |(_, tail)| tail.len());
        self.exact(key, settle::half_up(got, digits as u32));
    }
}

#[test]
fn every_worked_example_comes_out() {
    let file = workspace().join("fixtures/worked_examples.json");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut done = 0;
    for one in all.as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        if id.starts_with("GRP-") {
            continue;
        }
        let tolerance = d(&text(&one["tolerance"]));
        let example = Example { id, inputs: &one["inputs"], expected: &one["expected"], tolerance };
        match one["category"].as_str().unwrap() {
            "related_op_threshold" => related_operation(&example),
            "composite_clustering" => clustering(&example),
            "rw" => weight(&example),
            "drug_rw" => drug_weight(&example),
            "time_weight" => {
                let mean = city::weighted_mean(&example.inputs("means"), &example.weights()).unwrap();
                example.rounded("weighted_mean", mean);
            }
            "aux_choice" => auxiliary(&example),
            "deviation" | "deviation_blank_group" => deviation(&example),
            "budget_price" => {
                let (costs, points) = (example.inputs("total_cost"), example.inputs("total_points"));
                example
                    .rounded("price", city::year_start_price(&costs, &points, &example.weights()).unwrap());
            }
            "year_end_settlement" => year_end(&example),
            "case_payment_less_self_pay" => less_self_pay(&example),
            "inpatient_fund_estimate" => estimate(&example),
            "mean_profit" => {
                let total = yuan(&text(&example.inputs["total_profit"]));
                let cases = example.inputs["cases"].as_u64().unwrap();
                example.rounded("mean_profit", city::mean_profit(total, cases).unwrap());
            }
            "profit_rate" => profit_rate(&example),
            "cmi" => {
                let of = |g: &Value| (d(&text(&g["rw"])), g["n"].as_u64().unwrap());
                let groups: Vec<_> = example.inputs["groups"].as_array().unwrap().iter().map(of).collect();
                example.rounded("cmi", city::case_mix_index(&groups).unwrap());
            }
            "cost_index" => {
                let of = |c: &Value| (d(&text(&c["cost"])), d(&text(&c["region"])));
                let cases: Vec<_> = example.inputs["cases"].as_array().unwrap().iter().map(of).collect();
                example.rounded("cost_index", city::cost_index(&cases).unwrap());
            }
            "visits_per_head" => {
                let pairs: Vec<(String, String)> =
                    serde_json::from_value(example.inputs["settlements"].clone()).unwrap();
                let pairs = pairs.iter().map(|(visit, person)| (visit.as_str(), person.as_str()));
                example.rounded("ratio", city::visits_per_head(pairs).unwrap());
            }
            other => panic!("{id}: no test handles the category {other}"),
        }
        done += 1;
    }
    println!("{done} worked examples");
    assert!(done >= 29, "the file lost examples: {done}");
}

fn related_operation(example: &Example<'_>) {
    let (without, with) = (example.input("avg_cost_without"), example.input("avg_cost_with"));
    let tested = city::related_operation(without, with, example.input("threshold_pct")).unwrap();
    example.rounded("increase_pct", tested.increase_percent);
    assert_eq!(Some(tested.separate_group), example.expected["separate_group"].as_bool());
}

fn clustering(example: &Example<'_>) {
    let property = match example.inputs["op_property"].as_str().unwrap() {
        "手术" => OperationClass::Surgical,
        "介入治疗" => OperationClass::Interventional,
        "治疗性操作" => OperationClass::Therapeutic,
        "诊断性操作" => OperationClass::Diagnostic,
        "保守治疗" => OperationClass::Conservative,
        other => panic!("{}: operation property {other}", example.id),
    };
    let combos: Vec<(String, String, String, u64)> =
        serde_json::from_value(example.inputs["combos"].clone()).unwrap();
    let combinations: Vec<_> = combos
        .iter()
        .map(|(diagnosis, main, related, cases)| city::CoreCombination {
            diagnosis: Code::diagnosis(diagnosis),
            main_operation: Code::procedure(main),
            related_operation: Code::procedure(related),
            property,
            cases: *cases,
        })
        .collect();
    let (core, composite) = city::cluster(&combinations, example.inputs["case_threshold"].as_u64().unwrap());
    assert_eq!(Some(core.len() as u64), example.expected["core_groups"].as_u64());
    let [cluster] = composite.as_slice() else { panic!("{composite:?}") };
    assert!(cluster.kept);
    assert_eq!(Some(cluster.cases), example.expected["cases"].as_u64());
    // The example's name carries the 类目's term between code and property.
    let name = example.expected["composite_group"].as_str().unwrap();
    assert!(name.starts_with(&format!("{} ", cluster.category)), "{name}");
    assert!(name.ends_with(&format!(",{}", cluster.property)), "{name}");
}

fn weight(example: &Example<'_>) {
    let mean = example.input("m_i");
    let weight = match example.inputs["method"].as_str().unwrap() {
        "平均费用法" => city::weight_by_mean_cost(mean, example.input("M")),
        "基准病种法" => city::weight_by_benchmark_group(mean, example.input("M_benchmark")),
        "标准定额法" => city::weight_by_standard_quota(mean, example.input("quota")),
        other => panic!("{}: method {other}", example.id),
    };
    example.near("RW", weight.unwrap());
    example.rounded("RW", weight.unwrap());
}

fn drug_weight(example: &Example<'_>) {
    let means = example.inputs["drug_means"].as_object().unwrap();
    let cases = |group: &String| example.inputs["n"][group].as_u64().unwrap();
    let groups: Vec<_> = means.iter().map(|(group, mean)| (d(&text(mean)), cases(group))).collect();
    let city_mean = city::mean_cost_of_groups(&groups).unwrap();
    example.rounded("dM", city_mean);
    for (group, mean) in means {
        let weight = city::drug_weight(d(&text(mean)), city_mean).unwrap();
        assert_eq!(settle::half_up(weight, 4).to_string(), text(&example.expected["dRW"][group]), "{group}");
    }
}

fn auxiliary(example: &Example<'_>) {
    let group_mean = example.input("M");
    let matched = example.inputs["matched"].as_array().unwrap().iter().map(|name| {
        let name = name.as_str().unwrap();
        let subtype_mean = d(&text(&example.inputs["types"][name]));
        (name, city::auxiliary_coefficient(subtype_mean, group_mean).unwrap())
    });
    let (chosen, coefficient) = city::highest_coefficient(matched).unwrap();
    assert_eq!(Some(chosen), example.expected["chosen"].as_str());
    example.rounded("coef", coefficient);
}

/// Deviations go through a pack and the pricer, as a city's would.
fn deviation(example: &Example<'_>) {
    let field = |key: &str| text(&example.inputs[key]);
    let code = if example.inputs["dip_code"].is_string() { field("dip_code") } else { "G".to_owned() };
    let mean = if example.inputs["avg_cost"].is_string() { "avg_cost" } else { "avg_cost_same_level" };
    let catalogue = format!(
        "code,name,set,kind,diagnosis,points,reference_cost\n{code},g,core,core,A,{},{}",
        field("standard_score"),
        field(mean)
    );
    let scoring = match field("policy").as_str() {
        "national-1.0" => national_scoring("total_cost", "['reference_cost_of_level']"),
        // The scheme of 空白病种 names a group, which then must be in the catalogue.
        "jining-370800" if code == "KBBZ" => jining_scoring(),
        "jining-370800" => jining_scoring().replace("groups=['KBBZ']", "flags=['fixed_quota']"),
        other => panic!("{}: policy {other}", example.id),
    };
    let policy = Pack::new()
        .with("catalogue.csv", &catalogue)
        .with("scoring.toml", &scoring)
        .with("coefficients.csv", &format!("coefficient,value\nhospital,{}", field("hospital_coef")))
        .with("reference_costs.csv", &format!("group,hospital_level,cost\n{code},3,{}", field(mean)))
        .load();
    let priced = Pricer::new(Arc::new(policy.clone())).price(&case(&field("total_cost")), 0, &Ask::default());
    example.exact("factor", priced.factor.unwrap());
    example.exact("settle_score", priced.earned_points.unwrap());
    if let Some(deviation) = example.expected["deviation"].as_str() {
        assert_eq!(priced.segment_name(&policy), deviation, "{}", example.id);
    }
}

fn year_end(example: &Example<'_>) {
    let cases = example.inputs["cases"].as_array().unwrap().iter().map(|one| city::PoolCase {
        points: d(&text(&one["points"])),
        fund_ratio: d(&text(&one["fund_ratio"])),
    });
    let deductions = yuan(&text(&example.inputs["audit_deduct"]));
    let total =
        city::year_end_settlement(cases, example.input("price"), example.input("assess_coef"), deductions);
    example.exact("total", total.unwrap().yuan());
}

/// Through the city formula and through a pack that subtracts what the patient paid: both must agree.
fn less_self_pay(example: &Example<'_>) {
    let field = |key: &str| text(&example.inputs[key]);
    let (total, fund) = (yuan(&field("total_cost")), yuan(&field("fund_booked")));
    let account = city::case_account(
        total,
        fund,
        example.input("base_score"),
        example.input("hospital_coef"),
        example.input("price"),
    )
    .unwrap();
    example.exact("payment_standard", account.payment_standard.yuan());
    example.exact("patient_paid", account.patient_paid.yuan());
    example.exact("dip_accounted", account.accounted.yuan());
    example.exact("surplus", account.surplus.yuan());
    example.rounded("collect_rate", account.collection_rate.unwrap());

    let policy = Pack::new()
        .with(
            "catalogue.csv",
            &format!("code,name,set,kind,diagnosis,points\nG,g,core,core,A,{}", field("base_score")),
        )
        .with("scoring.toml", &national_scoring("total_cost", "['standard_points','price']"))
        .with("coefficients.csv", &format!("coefficient,value\nhospital,{}", field("hospital_coef")))
        .with("prices.csv", &format!("pool,kind,price\n,estimated,{}", field("price")))
        .with(
            "settlement.toml",
            "[payment]\nfactors=['earned_points','price']\nminus='patient_paid'\nfloor='0'\nsurplus_against='pooled_fund'",
        )
        .load();
    let mut case = case(&field("total_cost"));
    case.pooled_fund = Some(fund);
    let priced = Pricer::new(Arc::new(policy)).price(&case, 0, &Ask::default());
    assert_eq!((priced.payment, priced.surplus), (Some(account.accounted), Some(account.surplus)));
}

fn estimate(example: &Example<'_>) {
    let field = |key: &str| text(&example.inputs[key]);
    let insurance = format!(
        "code,name,pool,dip,reimbursement_ratio,deductible\n310,a,p,1,{},{}",
        field("reimburse_ratio"),
        field("deductible")
    );
    let policy = Pack::new()
        .with("scoring.toml", &national_scoring("total_cost", "['standard_points','price']"))
        .with("insurance_types.csv", &insurance)
        .load();
    let terms = EstimateTerms {
        total_cost: yuan(&field("total_cost")),
        self_pay: yuan(&field("self_paid")),
        insurance_type: "310".to_owned(),
        items: Vec::new(),
    };
    let estimate = estimate_pooled_fund(&policy, &terms).unwrap();
    example.exact("est_fund_cost", estimate.fund.yuan());
}

fn profit_rate(example: &Example<'_>) {
    let cases = example.inputs["cases"].as_u64().unwrap();
    let mean = yuan(&text(&example.inputs["mean_total_cost"]));
    let total_cost = Fen(mean.0 * cases as i64);
    let rate = city::profit_rate_percent(yuan(&text(&example.inputs["total_profit"])), total_cost).unwrap();
    example.near("profit_rate_pct", rate);
}
