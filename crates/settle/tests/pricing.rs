//! What a price says about itself: explanations, missing numbers, bed days, bands, marks, confirmation.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

mod packs;

use model::{Case, Fen, parse_moment};
use packs::{Pack, case, d, national_scoring, sample, segment, yuan};
use policy::{Policy, PriceKind};
use settle::{Ask, CostRange, EstimateTerms, Missing, PaidBy, Pricer, estimate_pooled_fund, mark_schemes};
use std::sync::Arc;

fn pricer(policy: &Policy) -> Pricer {
    Pricer::new(Arc::new(policy.clone()))
}

fn group(policy: &Policy, code: &str) -> usize {
    policy.groups.iter().position(|group| group.code == code).unwrap()
}

#[test]
fn every_step_shows_the_numbers_of_the_price() {
    let policy = sample();
    let pricer = pricer(&policy);
    let mut checked = 0;
    for (cost, ask) in [
        ("9800.00", Ask::default()),
        ("1200", Ask::default()),
        ("99999.99", Ask { price_kind: Some(PriceKind::Final), day: None }),
    ] {
        for (at, _) in policy.groups.iter().enumerate() {
            let mut case = case(cost);
            case.age_years = Some(80);
            let priced = pricer.price(&case, at, &ask);
            let steps = pricer.explain(&case, at, &ask);
            let result =
                |name: &str| steps.iter().find(|step| step.name() == name).map(|s| s.result_text(&policy));
            let text = |value: Option<String>| Some(value.unwrap_or("—".to_owned()));
            assert_eq!(result("标准分"), Some(priced.standard_points.to_string()));
            assert_eq!(result("基准率"), text(priced.ratio.map(|r| r.to_string())));
            assert_eq!(result("得分"), text(priced.earned_points.map(|p| p.to_string())));
            assert_eq!(result("分值费用"), text(priced.payment.map(|p| p.to_string())));
            assert_eq!(result("结余"), text(priced.surplus.map(|s| s.to_string())));
            assert_eq!(steps.iter().all(|step| step.confirmed), priced.confirmed, "{steps:#?}");
            let mut sentences = steps.iter().map(|step| step.sentence(&policy));
            assert!(sentences.all(|sentence| sentence.ends_with('。') && !sentence.contains("。。")));
            checked += 1;
        }
    }
    assert!(checked > 1000);
}

#[test]
fn the_steps_of_one_case() {
    let policy = sample();
    let mut case = case("9800.00");
    case.age_years = Some(80);
    let steps = pricer(&policy).explain(&case, group(&policy, "J18.9"), &Ask::default());
    let sentences: Vec<String> = steps.iter().map(|step| step.sentence(&policy)).collect();
    for sentence in &sentences {
        println!("{sentence}");
    }
    let ratio = steps.iter().find(|step| step.name() == "基准率").unwrap();
    let (formula, sentence, place) = (ratio.formula(&policy), ratio.sentence(&policy), ratio.place(&policy));
    assert!(formula.starts_with("医保费用 9800.00 ÷（标准分 "), "{formula}");
    assert!(sentence.contains("，落在 "), "{sentence}");
    assert!(place.contains("scoring.toml:") && place.contains("prices.csv:"), "{place}");
    let priced = pricer(&policy).price(&case, group(&policy, "J18.9"), &Ask::default());
    let auxiliary = settle::half_up(priced.coefficients.auxiliary, 4);
    assert!(auxiliary > d("1"));
    let wanted = [
        "医院系数为 ".to_owned(),
        "加成系数 = 1 + 重点专科 ".to_owned(),
        format!("辅助目录系数为 {auxiliary}（年龄·65岁及以上 "),
        "得分 = 标准分 ".to_owned(),
        "按“".to_owned(),
        "分值费用 = max(得分 ".to_owned(),
        "结余 = 分值费用 ".to_owned(),
    ];
    for wanted in wanted {
        assert!(sentences.iter().any(|s| s.starts_with(&wanted)), "{wanted}: {sentences:#?}");
    }
    let price = format!("{} {}", priced.paid_by.unwrap().chinese(), priced.price.unwrap());
    assert!(sentences.iter().any(|s| s.contains(&price)), "{sentences:#?}");
}

fn plain() -> Pack {
    Pack::new().with("scoring.toml", &national_scoring("total_cost", "['standard_points','price.last_year']"))
}

#[test]
fn what_is_missing_is_said_and_never_zero() {
    let policy = plain().load();
    let pricer = pricer(&policy);
    let ask = Ask::default();
    let full = pricer.price(&case("900.00"), 0, &ask);
    assert_eq!((full.missing(), full.payment, full.surplus), (None, Some(yuan("1000")), Some(yuan("100"))));

    let none = Case { total_cost: None, ..case("1.00") };
    let priced = pricer.price(&none, 0, &ask);
    let cost = Missing::Cost(policy::Cost::Total);
    assert_eq!(
        (priced.ratio_missing, priced.payment_missing, priced.payment),
        (Some(cost), Some(cost), None)
    );
    assert!(priced.missing().unwrap().chinese().contains("总费用"));

    let negative = Case { total_cost: Some(Fen(-1)), ..case("1.00") };
    assert!(matches!(pricer.price(&negative, 0, &ask).ratio_missing, Some(Missing::NegativeCost(_))));
    assert_eq!(pricer.price(&case("1.00"), 99, &ask).missing(), Some(Missing::Group));
    let forced = Ask { price_kind: Some(PriceKind::Final), day: None };
    let missing = pricer.price(&case("900.00"), 0, &forced).payment_missing;
    assert_eq!(missing, Some(Missing::Price(Some(PriceKind::Final))));

    let dated = plain()
        .with("prices.csv", "pool,kind,price,from,to\n职工,last_year,10,2025-01-01,2025-12-31\n")
        .load();
    let pricer = Pricer::new(Arc::new(dated));
    let undated = Case { discharged: None, ..case("900.00") };
    assert_eq!(pricer.price(&undated, 0, &ask).missing(), Some(Missing::Day));
    let day = Ask { price_kind: None, day: Some(jiff::civil::date(2025, 5, 1)) };
    assert_eq!(pricer.price(&undated, 0, &day).payment, Some(yuan("1000")));
    let elsewhere = Case { insurance_type: "777".into(), ..case("900.00") };
    assert_eq!(pricer.price(&elsewhere, 0, &ask).missing(), Some(Missing::InsuranceType));
    let resident = Case { insurance_type: "390".into(), ..case("900.00") };
    assert_eq!(pricer.price(&resident, 0, &ask).missing(), Some(Missing::Price(Some(PriceKind::LastYear))));

    let zero = plain().with("catalogue.csv", "code,name,set,kind,diagnosis,points\nG,g,core,core,A,0").load();
    let priced = Pricer::new(Arc::new(zero)).price(&case("900.00"), 0, &ask);
    assert_eq!((priced.missing(), priced.earned_points), (Some(Missing::ZeroDenominator), None));
}

#[test]
fn settlement_ways_decide_what_pays() {
    let policy = plain()
        .with(
            "catalogue.csv",
            "code,name,set,kind,diagnosis,points,flags\nG,g,core,core,A,100,\nQ,q,core,core,B,50,fixed_quota\n",
        )
        .with("settlement_ways.csv", "code,name,pays\n1,a,dip\n2,b,item\n3,c,bed_day\n4,d,quota\n")
        .with(
            "bed_days.csv",
            "settlement_way,hospital_level,days,rate\n3,,1..30,100\n3,3,1..30,420\n3,3,31..90,360\n3,3,91..,300\n",
        )
        .with(
            "insurance_types.csv",
            "code,name,pool,dip,reimbursement_ratio\n310,a,a,1,0.85\n340,c,c,0,1\n390,b,b,1,0.7\n",
        )
        .with("fixed_quota.csv", "group,hospital_level,insurance_type,amount\nQ,3,310,3320\nQ,3,390,2990\n")
        .load();
    let pricer = pricer(&policy);
    let ask = Ask::default();
    let by = |way: &str| Case { settlement_way: way.into(), ..case("20000.00") };
    assert_eq!(pricer.price(&by("2"), 0, &ask).payment_missing, Some(Missing::PaidByItem));
    assert_eq!(pricer.price(&by("8"), 0, &ask).payment_missing, Some(Missing::SettlementWay));
    let retired = Case { insurance_type: "340".into(), ..case("20000.00") };
    assert_eq!(pricer.price(&retired, 0, &ask).payment_missing, Some(Missing::NotDip));

    // 100 days at level 3: 30 × 420 + 60 × 360 + 10 × 300.
    let mut long = by("3");
    long.discharged = parse_moment("2025-06-09T08:00");
    let days = pricer.bed_day_payment(&long).unwrap();
    assert_eq!((days.days, days.amount, days.parts.len()), (100, yuan("37200"), 3));
    let priced = pricer.price(&long, 0, &ask);
    assert_eq!((priced.paid_by, priced.payment), (Some(PaidBy::BedDay), Some(yuan("37200"))));
    assert_eq!((priced.price_kind(), priced.surplus), (Some("bed_day"), Some(yuan("17200"))));
    let steps = pricer.explain(&long, 0, &ask);
    assert!(
        steps.iter().any(|step| step.formula(&policy) == "30 天 × 420.00 + 60 天 × 360.00 + 10 天 × 300.00")
    );
    long.discharged = None;
    assert_eq!(pricer.bed_day_payment(&long).err(), Some(Missing::StayDays));
    assert_eq!(pricer.bed_day_payment(&by("1")).err(), Some(Missing::BedDayRate));

    let quota = group(&policy, "Q");
    let priced = pricer.price(&Case { insurance_type: "390".into(), ..case("3000.00") }, quota, &ask);
    assert_eq!((priced.price_kind(), priced.payment), (Some("fixed_quota"), Some(yuan("2990"))));
    let elsewhere = Case { hospital_level: "9".into(), ..case("3000.00") };
    assert_eq!(pricer.price(&elsewhere, quota, &ask).payment_missing, Some(Missing::Quota));
    assert_eq!(pricer.price(&by("4"), 0, &ask).payment_missing, Some(Missing::Quota));
}

/// Each kind of parameter, unconfirmed alone, makes the result unconfirmed when it is used.
#[test]
fn one_unconfirmed_parameter_is_enough() {
    let scoring = national_scoring("total_cost", "['standard_points','price.last_year']");
    let confirmed = plain()
        .with("coefficients.csv", "coefficient,value,evidence\nhospital,1.1,a\ngroup,1.2,UNCONFIRMED\n")
        .with(
            "settlement.toml",
            "evidence='x'\n[payment]\nfactors=['earned_points','price']\nsurplus_against='total_cost'",
        );
    let price =
        |pack: &Pack, cost: &str| pricer(&pack.load()).price(&case(cost), 0, &Ask::default()).confirmed;
    assert!(price(&confirmed, "900.00"), "an unused coefficient does not count");
    for (file, text) in [
        ("catalogue.csv", "code,name,set,kind,diagnosis,points,evidence\nG,g,core,core,A,100,UNCONFIRMED"),
        ("coefficients.csv", "coefficient,value,evidence\nhospital,1.1,UNCONFIRMED\n"),
        ("prices.csv", "pool,kind,price,evidence\n,last_year,10,UNCONFIRMED"),
        ("settlement.toml", "evidence='UNCONFIRMED'\n[payment]\nfactors=['earned_points','price']"),
        ("scoring.toml", scoring.replace("[ratio]", "[ratio]\nevidence='UNCONFIRMED'").as_str()),
    ] {
        assert!(!price(&confirmed.clone().with(file, text), "900.00"), "{file}");
    }
    let segment = scoring.replace("name='高倍率'", "name='高倍率'\nevidence='UNCONFIRMED'");
    let segment = confirmed.with("scoring.toml", &segment);
    assert!(price(&segment, "900.00"), "the segment is not used");
    assert!(!price(&segment, "2900.00"), "the segment is used");
}

/// covers: DIP-4.05
#[test]
fn cost_bands_end_where_the_price_changes() {
    let policy = sample();
    let pricer = pricer(&policy);
    let ask = Ask::default();
    for code in ["J18.9", "I50.0", "N47.x:64.0x00"] {
        let at = group(&policy, code);
        let bands = pricer.cost_bands(&case("9000.00"), at, &ask).unwrap();
        let price = |cost: Fen| {
            let cost = Some(cost);
            pricer.price(&Case { total_cost: cost, insurer_cost: cost, ..case("9000.00") }, at, &ask)
        };
        assert_eq!(bands.bands.len(), 6);
        for (index, band) in bands.bands.iter().enumerate() {
            let costs = band.costs.unwrap();
            assert_eq!(price(costs.from).band.map(usize::from), Some(index));
            assert_eq!(price(costs.from).band_label(&policy), band.label);
            if index > 0 {
                assert_eq!(price(costs.from - Fen(1)).band.map(usize::from), Some(index - 1));
            }
            if let Some(to) = costs.to {
                assert_eq!(price(to).band.map(usize::from), Some(index));
            }
        }
        let range = bands.recommended.unwrap();
        let (first, last) = (price(range.from), price(range.to.unwrap()));
        assert!(first.surplus >= Some(Fen::ZERO) && last.surplus >= Some(Fen::ZERO));
        assert!(price(range.to.unwrap() + Fen(1)).surplus < Some(Fen::ZERO));
        assert_eq!(first.segment, last.segment);
        assert_eq!(bands.best_surplus, first.surplus);
    }
    // National: 100 points at 10 yuan, normal from half to twice the cost, paid 1000.
    let national = plain().load();
    let bands = Pricer::new(Arc::new(national)).cost_bands(&case("1.00"), 0, &ask).unwrap();
    let range = |from: &str, to: &str| Some(CostRange { from: yuan(from), to: Some(yuan(to)) });
    assert_eq!((bands.base_cost, bands.normal), (d("1000"), range("500", "2000")));
    assert_eq!((bands.recommended, bands.best_surplus), (range("500", "1000"), Some(yuan("500"))));
    // A normal segment that always loses has nothing to recommend.
    let scoring = format!(
        "[ratio]\nnumerator='total_cost'\ndenominator=['standard_points','price.last_year']\n[[scheme]]\nid='default'\n{}",
        segment("亏", "[0,)", "0.5", "-0.01", "")
    );
    let losing = Pack::new().with("scoring.toml", &scoring).load();
    let bands = Pricer::new(Arc::new(losing)).cost_bands(&case("1.00"), 0, &ask).unwrap();
    assert_eq!(bands.recommended, None);
}

/// covers: DIP-4.02
#[test]
fn marks_are_given_once_each() {
    let policy = sample();
    let pricer = pricer(&policy);
    let schemes: Vec<_> = ["J18.9", "I50.0", "J18.9"]
        .iter()
        .map(|code| pricer.price(&case("9000.00"), group(&policy, code), &Ask::default()))
        .collect();
    let marks = mark_schemes(&schemes, Some(2));
    let best = usize::from(schemes[1].earned_points > schemes[0].earned_points);
    let count = |of: fn(&settle::SchemeMarks) -> bool| marks.iter().filter(|mark| of(mark)).count();
    assert_eq!(
        (count(|m| m.first_choice), count(|m| m.highest_points), count(|m| m.best_surplus)),
        (1, 1, 1)
    );
    assert!(marks[2].first_choice);
    // Equal schemes: the first choice wins over the earlier one.
    assert!(marks[if best == 1 { 1 } else { 2 }].highest_points);
    let nothing = pricer.price(&Case { insurer_cost: None, ..case("1.00") }, 0, &Ask::default());
    assert_eq!(mark_schemes(&[nothing], None)[0], settle::SchemeMarks::default());
}

/// covers: DIP-4.03
#[test]
fn separate_items_have_their_own_ratio_and_limit() {
    let policy = plain()
        .with(
            "separate_items.csv",
            "item,name,ratio,limit\nSEP-03,心脏起搏器,0.70,30000\nSEP-05,血液,0.60,5000\n",
        )
        .with(
            "insurance_types.csv",
            "code,name,pool,dip,reimbursement_ratio,deductible\n310,a,a,1,0.85,800\n",
        )
        .load();
    let terms = EstimateTerms {
        total_cost: yuan("60000"),
        self_pay: yuan("1500"),
        insurance_type: "310".to_owned(),
        items: vec![
            ("SEP-03".to_owned(), yuan("36000")),
            ("SEP-05".to_owned(), yuan("3000")),
            ("SEP-05".to_owned(), yuan("4000")),
        ],
    };
    let estimate = estimate_pooled_fund(&policy, &terms).unwrap();
    // General: 60000 − 43000 − 1500 − 800 = 14700 × 0.85; pacemaker 30000 of 36000 × 0.7; blood 5000 of 7000 × 0.6.
    let funds: Vec<Fen> = estimate.lines.iter().map(|line| line.fund).collect();
    assert_eq!(funds, [yuan("12495"), yuan("21000"), yuan("1800"), yuan("1200")]);
    assert_eq!((estimate.fund, estimate.deductible, estimate.confirmed), (yuan("36495"), yuan("800"), true));
    let small = EstimateTerms { total_cost: yuan("500"), items: Vec::new(), ..terms.clone() };
    assert_eq!(estimate_pooled_fund(&policy, &small).unwrap().fund, Fen::ZERO);
    let unknown = EstimateTerms { insurance_type: "0".to_owned(), ..terms.clone() };
    assert!(estimate_pooled_fund(&policy, &unknown).unwrap_err().to_string().contains("险种“0”"));
    let item = EstimateTerms { items: vec![("X".to_owned(), Fen(1))], ..terms };
    assert!(estimate_pooled_fund(&policy, &item).unwrap_err().to_string().contains("项目“X”"));
}

#[test]
fn auxiliary_conditions_see_insurer_codes() {
    let auxiliary = "kinds=['core']\n[[type]]\nid='tumour'\n[[type.level]]\nid='both'\n\
                     principal_diagnosis='C00-C97'\nother_diagnosis='J96'\noperation='99.25'\n";
    let policy = Pack::new()
        .with(
            "scoring.toml",
            &national_scoring("total_cost", "['standard_points','price']")
                .replace("'hospital'", "'auxiliary'"),
        )
        .with("auxiliary.toml", auxiliary)
        .with("auxiliary.csv", "group,type,level,coefficient\n*,tumour,both,1.5")
        .with(
            "code_map.csv",
            "kind,from,to\ndiagnosis,X34.1,C34.1\ndiagnosis,R09.2,J96.0\nprocedure,88.88,99.2503",
        )
        .load();
    let pricer = pricer(&policy);
    let points = |principal: &str, other: &str, procedure: &str| {
        let mut case = case("1000");
        case.principal_diagnosis = model::Coded::diagnosis(principal);
        case.other_diagnoses = vec![model::Coded::diagnosis(other)];
        case.procedures = vec![model::Coded::procedure(procedure)];
        case.total_cost = Some(yuan("1000"));
        pricer.price(&case, 0, &Ask::default()).earned_points
    };
    assert_eq!(points("C34.1", "J96.0", "99.2503"), Some(d("150.0000")));
    assert_eq!(points("X34.1", "R09.2", "88.88"), Some(d("150.0000")), "国临版 codes are mapped first");
    assert_eq!(points("D34.1", "J96.0", "99.2503"), Some(d("100.0000")));
}
