//! Definitions load whole or not at all, with every problem's file and line.

#![allow(clippy::unwrap_used, reason = "tests stop where they fail")]

mod support;

use metrics::{Direction, Format, Layer, Schema, Style};
use support::{DEFINITIONS, layer, schema};

fn problems(text: &str) -> Vec<String> {
    let problems = Layer::load(&[("good.toml", DEFINITIONS), ("bad.toml", text)], &schema()).unwrap_err();
    problems.0.iter().map(ToString::to_string).collect()
}

#[test]
fn a_measure_knows_what_a_reader_asks() {
    let layer = layer();
    let measure = layer.measure("surplus_per_case").unwrap();
    assert_eq!((measure.name.as_str(), measure.short.as_str(), measure.version), ("次均结余", "次均结余", 2));
    assert_eq!(measure.format, Format { style: Style::Money, decimals: 2, unit: "元".into() });
    assert!(!measure.confirmed() && !measure.is_additive());
    let surplus = layer.measure("surplus").unwrap();
    assert!(surplus.confirmed() && surplus.is_additive() && surplus.direction == Direction::Up);
    assert_eq!(layer.dimension("band").unwrap().parent.as_deref(), Some("kind"));
    assert_eq!(layer.measure("xx").unwrap_err().to_string(), "没有指标“xx”；请从指标列表中选择");
}

#[test]
fn every_problem_is_found_in_one_pass_with_its_line() {
    let text = r#"
[[measure]]
id = "cases"
name = "例数"
format = "count"
numerator = { count = "number" }
definition = ""
evidence = "e"

[[measure]]
id = "Bad Id"
name = "x"
format = "monney"
numerator = { sum = "no_such" }
definition = "d"
evidence = "e"

[[measure]]
id = "two"
name = "x"
format = "count"
numerator = { count = "number", sum = "surplus" }
denominator = { sum = ["surplus", "-points"] }
definition = "d"
evidence = "e"

[[measure]]
id = "three"
name = "x"
format = "count"
numerator = { count = "number", where = [
  "no_flag",
  "band",
  "surplus > viel",
  "grouped > 1",
  "!nobody",
] }
definition = "d"
evidence = "e"
directoin = "up"

[[measure]]
id = "four"
name = "x"
format = "count"
numerator = { count = "number", where = [
  "no_flag",
  "band",
  "surplus > viel",
  "grouped > 1",
  "!nobody",
] }
definition = "d"
evidence = "e"

[[measure]]
id = "five"
name = "x"
format = "money"
direction = "upwards"
fact = "operation_fact"
numerator = { sum = "surplus" }
definition = "d"

[[measure]]
id = "six"
name = "x"
format = "money"
fact = "operation_fact"
numerator = { sum = "surplus" }
definition = "d"
evidence = "e"

[[measure]]
id = "seven"
name = "x"
format = "money"
fact = "nothing_fact"
numerator = { min = "band" }
definition = "d"
evidence = "e"

[[dimension]]
id = "d1"
name = "x"
column = "nothing"
parent = "nowhere"

[[dimension]]
id = "d2"
name = "x"
calendar = "month"
column = "month"

[[dimension]]
id = "d3"
name = "x"
calendar = "day"
discharge = "month"

[[population]]
id = "grouped"
name = "x"
definition = "d"
where = ["kind known"]

[[report]]
id = "r"
"#;
    let expected = [
        "bad.toml:3：id “cases”重复",
        "bad.toml:7：definition 不能为空",
        "bad.toml:11：id “Bad Id”只能用小写字母、数字和下划线",
        "bad.toml:13：format 不在可选值内：count、money、points、ratio、percent、days、number",
        "bad.toml:14：case_fact 没有列 no_such",
        "bad.toml:22：count、distinct、sum、min、max 应写且只写一个",
        "bad.toml:23：相加减的列单位应相同",
        "bad.toml:40：不认识的参数 directoin",
        "bad.toml:47：case_fact 没有列 no_flag",
        "bad.toml:48：band 不是标志列；请写成 列 = 值、列 known 等",
        "bad.toml:49：“viel”不是 surplus 的值",
        "bad.toml:50：“true”不能与 grouped 比较",
        "bad.toml:51：case_fact 没有列 nobody",
        "bad.toml:60：“upwards”不在可选值内：up、down、none",
        "bad.toml:70：surplus 是病例的列，不能在 operation_fact 中汇总",
        "bad.toml:79：没有事实表 nothing_fact",
        "bad.toml:86：case_fact 没有列 nothing",
        "bad.toml:87：没有维度 nowhere",
        "bad.toml:89：请写 column，或写 calendar 与 discharge、settlement、admission",
        "bad.toml:99：month 不是日历列",
        "bad.toml:102：id “grouped”重复",
        "bad.toml:107：不认识 report；可写 [[population]]、[[dimension]]、[[measure]]",
    ];
    assert_eq!(problems(text), expected);
}

#[test]
fn what_is_no_toml_is_said_with_its_line() {
    let found = problems("[[measure]]\nid = \"x\nname = 3\n");
    assert!(found[0].starts_with("bad.toml:2：TOML 语法错误："), "{found:?}");
    assert_eq!(found[1], "bad.toml:3：内容错误：invalid type: integer `3`, expected a string");
    assert_eq!(problems("measure = 3")[0], "bad.toml:1：measure 应为表列 [[measure]]");
    let nothing = Layer::load(&[], &Schema::default()).unwrap_err();
    assert_eq!(nothing.to_string(), "：事实表缺少 case_fact");
}
