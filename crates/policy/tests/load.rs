//! Every kind of problem the loader reports, provoked once, with its file and line.

mod small_pack;

use policy::PackFiles;
use small_pack::SmallPack;

/// The spoilt pack must report a problem that starts like this; others that follow from it may stand beside it.
#[track_caller]
fn says(pack: SmallPack, expected: &str) {
    let problems = pack.problems();
    assert!(
        problems.iter().any(|problem| problem.starts_with(expected)),
        "wanted {expected}\ngot {problems:#?}"
    );
}

/// As [`says`], and nothing else.
#[track_caller]
fn says_only(pack: SmallPack, expected: &str) {
    says(pack.clone(), expected);
    assert_eq!(pack.problems().len(), 1, "{:#?}", pack.problems());
}

fn small() -> SmallPack {
    SmallPack::new()
}

#[test]
fn the_small_pack_is_valid() {
    let policy = small().load();
    assert_eq!((policy.groups.len(), policy.prices.len(), policy.coefficients.rows.len()), (6, 2, 3));
    assert_eq!(policy.evidence_of(policy.groups[0].source), "小样市病种分值表（虚构）");
    assert!(!policy.groups[4].source.confirmed(), "the row's own word wins");
    assert_eq!(policy.place(policy.groups[4].source), "catalogue.csv:6");
    assert!(!policy.prices[0].source.confirmed(), "the file's word wins over the pack's");
    assert_eq!(policy.evidence_of(policy.coefficients.rows[0].source), "小样市医保办〔2025〕1号（虚构）");
}

#[test]
fn files_that_are_missing_or_do_not_belong() {
    for name in ["pack.toml", "catalogue.csv", "operations.csv", "grouper.toml", "scoring.toml"] {
        says(small().without(name), &format!("{name}：缺少此文件"));
    }
    for name in ["prices.csv", "settlement.toml", "insurance_types.csv"] {
        says(small().without(name), &format!("{name}：缺少此文件"));
    }
    says_only(small().with("catalog.csv", "code\n"), "catalog.csv：不是政策包的文件：请检查文件名");
    says_only(small().with("lists/deep/a.csv.toml", ""), "lists/deep/a.csv.toml：不是政策包的文件");
    assert_eq!(small().with("README.md", "read me").problems(), Vec::<String>::new());
    assert_eq!(small().with("catalogue.csv.bak-0a1b2c3d", "old").problems(), Vec::<String>::new());
}

#[test]
fn text_that_is_no_text() {
    let gbk = b"code,name,set,kind,diagnosis,points\nA46.x,\xb5\xa4\xb6\xbe,core,core,A46.x,462\n";
    says(small().with("catalogue.csv", gbk), "catalogue.csv:2：不是 UTF-8 文本：请另存为 UTF-8 编码");
    says(small().with("scoring.toml", b"a = \"\xff\""), "scoring.toml：不是 UTF-8 文本");
    says(small().edit("scoring.toml", "[ratio]", "[ratio"), "scoring.toml:1：TOML 语法错误");
    says(small().append("settlement.toml", "a = = 1"), "settlement.toml:3：TOML 语法错误");
    let marked = format!("\u{feff}{}", small().text("catalogue.csv"));
    assert_eq!(small().with("catalogue.csv", marked).problems(), Vec::<String>::new());
}

#[test]
fn columns_and_rows_of_tables() {
    says(
        small().edit("catalogue.csv", "category", "class"),
        "catalogue.csv:1：不认识的列“class”：可用的列为 code、",
    );
    says(small().edit("prices.csv", "pool,kind", "kind,kind"), "prices.csv:1：列“kind”重复");
    says(small().edit("prices.csv", "kind,price", "kind,from"), "prices.csv:1：缺少列“price”");
    says_only(
        small().append("reference_costs.csv", "A46.x,3"),
        "reference_costs.csv:4：应有 3 列，实有 2 列",
    );
    says(small().with("catalogue.csv", ""), "catalogue.csv:1：缺少列“code”");
    let header = small().text("catalogue.csv").lines().next().unwrap_or_default().to_owned();
    says(small().with("catalogue.csv", header + "\n"), "catalogue.csv:1：目录中没有任何病种");
    says(small().with("prices.csv", "pool,kind,price,from,to\n"), "prices.csv:1：没有任何分值价钱");
}

#[test]
fn unknown_keys_of_every_toml_file() {
    says_only(
        small().append("pack.toml", "").edit("pack.toml", "year =", "yeer = 1\nyear ="),
        "pack.toml:4：不认识的参数 yeer",
    );
    says_only(
        small().edit("grouper.toml", "[operations]", "[operations]\nmain_op = \"any\""),
        "grouper.toml:4：不认识的参数 main_op",
    );
    says_only(
        small().edit("grouper.toml", "ranges = true", "ranges = true\nrange = true"),
        "grouper.toml:19：不认识的参数 range",
    );
    says_only(
        small().edit("scoring.toml", "a = \"1\"", "a = \"1\"\nc = \"1\""),
        "scoring.toml:16：不认识的参数 c",
    );
    says_only(small().append("settlement.toml", "minos = \"none\""), "settlement.toml:3：不认识的参数 minos");
    says_only(
        small().with("auxiliary.toml", "kinds = [\"core\"]\nkind = 1\n"),
        "auxiliary.toml:2：不认识的参数 kind",
    );
    says(small().with("import.toml", "colums = 1\n"), "import.toml:1：不认识的参数 colums");
}

#[test]
fn evidence_is_needed_somewhere() {
    let bare = small().edit("pack.toml", "evidence = \"小样市医保办〔2025〕1号（虚构）\"\n", "");
    let problems = bare.problems();
    assert!(
        problems.contains(
            &"coefficients.csv:2：缺少依据：请填写 evidence（文件与条款）或 UNCONFIRMED".to_owned()
        )
    );
    assert!(problems.iter().any(|problem| problem.starts_with("scoring.toml:1：缺少依据")), "{problems:#?}");
    assert!(!problems.iter().any(|problem| problem.starts_with("catalogue.csv")), "the file has its own");
}

#[test]
fn cells_that_cannot_be_read() {
    let catalogue = |from: &str, to: &str| small().edit("catalogue.csv", from, to);
    says_only(catalogue("A46.x,丹毒", ",丹毒"), "catalogue.csv:3：列“code”：不能为空");
    says(catalogue("A46.x,丹毒", "A15.0,丹毒"), "catalogue.csv:3：列“code”：病种编码 A15.0 与第 2 行重复");
    says_only(
        catalogue("J18.9,肺炎,core,primary", "J18.9,肺炎,core,chief"),
        "catalogue.csv:5：列“kind”：“chief”不在可选值内：core、composite、primary",
    );
    says_only(catalogue("462.7119", ""), "catalogue.csv:3：列“points”：不能为空");
    says_only(catalogue("462.7119", "四百"), "catalogue.csv:3：列“points”：“四百”不是数字");
    says_only(catalogue("462.7119", "-462.7119"), "catalogue.csv:3：列“points”：“-462.7119”不能为负");
    says_only(catalogue(",286,,", ",2.5,,"), "catalogue.csv:3：列“cases”：“2.5”不是非负整数");
    says_only(catalogue(",1..,", ",6..1,"), "catalogue.csv:5：列“age_years”：“6..1”不是范围");
    says_only(catalogue(",,1..,", ",男,1..,"), "catalogue.csv:5：列“sex”：“男”不在可选值内：1、2");
    says_only(
        catalogue(",primary,\nE11", ",primery,\nE11"),
        "catalogue.csv:5：列“flags”：不认识的标识“primery”",
    );
    says_only(
        catalogue(",surgical,", ",level:9,"),
        "catalogue.csv:6：列“operation_class”：手术级别写成 level:1 到 level:4",
    );
    says_only(
        catalogue("A00-B99,@malignant", "B99-A00,@malignant"),
        "catalogue.csv:7：列“diagnosis”：“B99-A00”无法识别",
    );
    says_only(catalogue("40.5914+33.3903", "40.5914+"), "catalogue.csv:4：列“related_operation”：“”无法识别");
    says_only(
        small().edit("operations.csv", ",4,", ",5,"),
        "operations.csv:2：列“level”：手术级别只能是 1 到 4",
    );
    says_only(
        small().edit("operations.csv", ",4,", ",300,"),
        "operations.csv:2：列“level”：手术级别只能是 1 到 4",
    );
    says_only(
        small().append("operations.csv", "32,又一行,surgical,,"),
        "operations.csv:5：列“code”：编码 32 重复",
    );
}

#[test]
fn lists_that_are_not_there() {
    says_only(
        small().edit("catalogue.csv", "@malignant", "@cancer"),
        "catalogue.csv:7：列“other_diagnosis”：没有名为“cancer”的清单 lists/cancer.csv",
    );
    says_only(
        small().edit("grouper.toml", "match = \"exact\"", "match = \"exact\"\nexcluded = \"@none\""),
        "grouper.toml:3：excluded 的“@none”不是清单",
    );
    says(
        small().with("lists/malignant.csv", "code\n肺癌\n"),
        "catalogue.csv:7：列“other_diagnosis”：清单 malignant 中的“肺癌”无法识别",
    );
    let rule = small().with("lists/out.csv", "code,rule\n40,away\n");
    let rule = rule.edit("grouper.toml", "match = \"exact\"", "match = \"exact\"\nexcluded = \"@out\"");
    says_only(rule, "grouper.toml:3：排除操作 40 的规则“away”不在可选值内");
    let weights = "[[type]]\nid = \"cci\"\nweights = \"@none\"\n[[type.level]]\nid = \"1\"\ncci = \"1..\"\n";
    says(small().with("auxiliary.toml", weights), "auxiliary.toml:1：weights 的“@none”不是清单");
}

#[test]
fn groups_that_are_not_in_the_catalogue() {
    says_only(small().edit("coefficients.csv", "A15.0", "A15.1"), "coefficients.csv:4：目录中没有病种 A15.1");
    says_only(
        small().append("reference_costs.csv", "A15.2,3,1"),
        "reference_costs.csv:4：目录中没有病种 A15.2",
    );
    says_only(
        small().with("fixed_quota.csv", "group,amount\nA15.3,1\n"),
        "fixed_quota.csv:2：目录中没有病种 A15.3",
    );
    says_only(
        small().edit("scoring.toml", "id = \"default\"", "id = \"default\"\ngroups = [\"A15.4\"]"),
        "scoring.toml:11：目录中没有病种 A15.4",
    );
    let types = "[[type]]\nid = \"age\"\n[[type.level]]\nid = \"old\"\nage_years = \"65..\"\n";
    let auxiliary = |row: &str| {
        small()
            .with("auxiliary.toml", types)
            .with("auxiliary.csv", format!("group,type,level,coefficient\n{row}\n"))
    };
    says_only(auxiliary("A15.5,age,old,1.1"), "auxiliary.csv:2：目录中没有病种 A15.5");
    says_only(
        auxiliary("*,age,young,1.1"),
        "auxiliary.csv:2：列“level”：auxiliary.toml 中没有分型 age 的等级 young",
    );
    says_only(auxiliary("*,age,old,1.1\n*,age,old,1.2"), "auxiliary.csv:3：列“group”：与第 2 行重复");
}

#[test]
fn stages_and_sets_must_meet() {
    says_only(
        small().edit("catalogue.csv", "A46.x,丹毒,core", "A46.x,丹毒,heart"),
        "catalogue.csv:3：没有阶段读取 set“heart”",
    );
    says_only(
        small().edit("grouper.toml", "[\"composite\"]", "[\"composite\", \"pre\"]"),
        "grouper.toml:13：目录中没有 set 为“pre”的行",
    );
    says(
        small().edit("grouper.toml", "id = \"composite\"", "id = \"core\""),
        "grouper.toml:13：阶段 core 重复",
    );
    says(
        small().edit("grouper.toml", "key_lengths = [5]", "key_lengths = [0]"),
        "grouper.toml:10：key_lengths 的“0”应为 1 到 20 的整数或 full",
    );
    says(small().edit("grouper.toml", "key_lengths = [5]\n", ""), "grouper.toml:6：缺少 key_lengths");
    says(small().edit("grouper.toml", "sets = [\"core\"]\n", ""), "grouper.toml:6：缺少 sets");
    says_only(
        small().edit("grouper.toml", "most_terms", "most_lucky"),
        "grouper.toml:11：tie_break：“most_lucky”不在可选值内",
    );
    says_only(small().edit("grouper.toml", "core:*", "heart:*"), "grouper.toml:1：choose：没有阶段“heart”");
    says_only(
        small().edit("grouper.toml", "core:*", "core:magic"),
        "grouper.toml:1：choose：“magic”不是操作类别",
    );
    says_only(
        small().edit("grouper.toml", "core:*", "core:*?rain"),
        "grouper.toml:1：choose：不认识的条件“rain”",
    );
    says(small().with("grouper.toml", ""), "grouper.toml:1：没有任何阶段 [[stage]]");
}

#[test]
fn segments_cover_every_ratio_once() {
    let scoring = |from: &str, to: &str| small().edit("scoring.toml", from, to);
    let above = "name = \"正常\"\nlo = \"0.5\"";
    says_only(
        scoring(above, "name = \"正常\"\nlo = \"0.6\""),
        "scoring.toml:16：分段之间有空档或重叠：lo 应等于上段的 hi",
    );
    says_only(
        scoring(above, "name = \"正常\"\nlo = \"0.4\""),
        "scoring.toml:16：分段之间有空档或重叠：lo 应等于上段的 hi",
    );
    says_only(
        scoring("hi = \"0.5\"", "hi = \"0.5\"\nhi_inclusive = true"),
        "scoring.toml:17：0.5 同时属于两个分段",
    );
    says_only(scoring("lo_inclusive = true\nb", "b"), "scoring.toml:16：0.5 不属于任何分段");
    says_only(scoring("lo = \"0\"", "lo = \"0.1\""), "scoring.toml:10：首个分段须从 0（含）开始");
    says_only(scoring("b = \"1\"", "b = \"1\"\nhi = \"9\""), "scoring.toml:8：最后一个分段不能有上限 hi");
    says(scoring("hi = \"0.5\"", "hi = \"-1\""), "scoring.toml:10：分段为空：hi 应大于 lo");
    says(scoring("hi = \"0.5\"", "hi = \"half\""), "scoring.toml:14：hi 的值“half”不是数字");
    says_only(
        scoring("id = \"default\"", "id = \"standard\""),
        "scoring.toml:1：缺少 id 为 default 的 [[scheme]]",
    );
    says(
        scoring("id = \"default\"\n", "id = \"default\"\n[[scheme]]\nid = \"empty\"\n"),
        "scoring.toml:8：没有任何分段",
    );
}

#[test]
fn formulas_are_made_of_known_factors() {
    says_only(
        small().edit("scoring.toml", "\"standard_points\"", "\"standard_point\""),
        "scoring.toml:3：denominator：“standard_point”不在可选值内",
    );
    says_only(
        small().edit("scoring.toml", "\"standard_points\"", "\"earned_points\""),
        "scoring.toml:1：得分不能用于基准率分母",
    );
    says(small().edit("scoring.toml", "[ratio]", "[rate]"), "scoring.toml:1：缺少 [ratio]");
    says(
        small().edit("scoring.toml", "insurer_cost", "drug_cost"),
        "scoring.toml:2：numerator：“drug_cost”不在可选值内",
    );
    says(
        small().edit(
            "scoring.toml",
            "denominator = [\"standard_points\", \"price.last_year\", \"hospital_coefficient\"]\n",
            "",
        ),
        "scoring.toml:1：缺少 denominator",
    );
    says_only(
        small().edit("scoring.toml", "[\"0\", \"0.5\", \"1\"]", "[\"0\", \"1\", \"0.5\"]"),
        "scoring.toml:23：bounds 的“0.5”应为递增的数",
    );
    says_only(
        small().append("scoring.toml", "[rounding]\npoints = 12"),
        "scoring.toml:24：points 的小数位数不能超过 10",
    );
    says(
        small().with("settlement.toml", "evidence = \"甲\"\n"),
        "settlement.toml:1：缺少 [payment]：分值费用的公式",
    );
    says_only(
        small().append("settlement.toml", "[monthly]\npaid_ratio = \"1.2\""),
        "settlement.toml:3：paid_ratio 应在 0 与 1 之间",
    );
}

#[test]
fn prices_do_not_overlap() {
    says_only(
        small().append("prices.csv", ",last_year,10,2025-06-01,"),
        "prices.csv:4：列“from”：与第 2 行的有效期重叠",
    );
    assert_eq!(small().append("prices.csv", ",last_year,10,2026-01-01,").problems(), Vec::<String>::new());
    assert_eq!(
        small().append("prices.csv", "职工,last_year,10,2025-06-01,").problems(),
        Vec::<String>::new()
    );
    says(
        small().append("prices.csv", ",monthly,1,2025-02-01,2025-01-01"),
        "prices.csv:4：列“to”：结束日期早于开始日期",
    );
    says(small().append("prices.csv", ",monthly,0,,"), "prices.csv:4：列“price”：分值价钱须大于 0");
    says(
        small().append("prices.csv", ",monthly,1,2025年1月,"),
        "prices.csv:4：列“from”：“2025年1月”不是日期：写成 2025-01-31",
    );
    says(small().append("prices.csv", ",weekly,1,,"), "prices.csv:4：列“kind”：“weekly”不在可选值内");
}

#[test]
fn other_tables() {
    says_only(
        small().edit("coefficients.csv", "1.06", "0"),
        "coefficients.csv:3：列“value”：系数“0”须大于 0",
    );
    says_only(small().edit("coefficients.csv", "重点专科", ""), "coefficients.csv:4：列“name”：不能为空");
    says_only(
        small().with("bed_days.csv", "settlement_way,days,rate\n52,..60,300\n"),
        "bed_days.csv:2：settlement_ways.csv 中没有结算方式 52",
    );
    says_only(
        small().with("code_map.csv", "kind,from,to\ndiagnosis,A1,A2\ndiagnosis,A1,A3\n"),
        "code_map.csv:3：列“from”：编码 A1 有多个对照",
    );
    says_only(
        small().append("insurance_types.csv", "390,居民,居民,"),
        "insurance_types.csv:3：列“dip”：不能为空",
    );
    says_only(
        small().append("insurance_types.csv", "310,职工,职工,1"),
        "insurance_types.csv:3：列“code”：编码 310 与第 2 行重复",
    );
    says_only(
        small().with("settlement_ways.csv", "code,name,pays\n52,床日,\n"),
        "settlement_ways.csv:2：列“pays”：不能为空",
    );
    says_only(
        small().with("hospitals.csv", "code,name\nH1,甲\nH1,乙\n"),
        "hospitals.csv:3：列“code”：编码 H1 与第 2 行重复",
    );
}

#[test]
fn identity() {
    let pack = |from: &str, to: &str| small().edit("pack.toml", from, to);
    says_only(pack("2025-12-31", "2024-12-31"), "pack.toml:1：effective_to 早于 effective_from");
    says_only(pack("\"2025-12-31\"", "\"年底\""), "pack.toml:1：effective_to 的值“年底”不是日期");
    says_only(pack("id = \"small-2025\"\n", ""), "pack.toml:1：缺少 id");
    says_only(
        pack("official", "offical"),
        "pack.toml:6：status：“offical”不在可选值内：draft、estimated、official、final",
    );
    assert_eq!(
        pack("\"2025-12-31\"", "2025-12-31").problems(),
        Vec::<String>::new(),
        "bare TOML dates are dates"
    );
}

#[test]
fn a_child_takes_only_the_files_it_lacks() {
    let child = PackFiles::new([
        ("pack.toml".to_owned(), "id = \"child\"\nextends = \"../base\"\n".into()),
        ("prices.csv".to_owned(), b"child".to_vec()),
    ]);
    assert_eq!(child.extends().as_deref(), Some("../base"));
    let mut files = child.clone();
    files.inherit(small().files());
    assert_eq!(files.get("prices.csv"), Some(&b"child"[..]), "never merged");
    assert!(files.get("pack.toml").is_some_and(|text| text.starts_with(b"id = \"child\"")));
    assert_eq!(files.get("catalogue.csv"), small().files().get("catalogue.csv"));
    assert_ne!(files.hash(), child.hash());
    assert_eq!(PackFiles::new([]).extends(), None);
}

#[test]
fn the_hash_knows_every_byte_and_no_order() {
    let names = SmallPack::names();
    let hash = small().files().hash();
    assert!(hash.starts_with("sha256:") && hash.len() == 71);
    let reversed: Vec<_> =
        names.iter().rev().map(|name| ((*name).to_owned(), small().text(name).into_bytes())).collect();
    assert_eq!(PackFiles::new(reversed).hash(), hash);
    for name in &names {
        assert_ne!(small().append(name, "").files().hash(), hash, "{name}");
        assert_ne!(small().without(name).files().hash(), hash, "{name}");
    }
    assert_eq!(small().with("README.md", "no part of it").files().hash(), hash);
    // A byte that moves from one file to the next is a change.
    let moved =
        |a: &str, b: &str| PackFiles::new([("a.csv".to_owned(), a.into()), ("b.csv".to_owned(), b.into())]);
    assert_ne!(moved("xy", "z").hash(), moved("x", "yz").hash());
    assert_eq!(small().load().hash, hash);
}
