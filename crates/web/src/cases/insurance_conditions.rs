//! 医保查询的条件: diagnosis, operation, sex, age and charged items, in any combination, as they stand in the address.
//!
//! `dx` and `op` are lines `编码|名称` or codes alone, each the beginning of a code; `dx_name` and `op_name` a part of the name;
//! `age_from`, `age_to` in years, or in days with `age_unit=days`; `item` lines of items, `item_mode=all` for 同时包含.

use super::list_filter::Filter;
use crate::error::ApiError;
use crate::query::Fields;
use crate::who::Who;
use metrics::{CHARGED_ITEM, Test, Value};
use model::Permission;

/// Codes of a condition at most.
const MOST_CODES: usize = 100;
/// Charged items at most: each is counted by itself.
const MOST_ITEMS: usize = 20;
/// Longest code and longest part of a name, letters.
const LONGEST: usize = 60;

/// 性别 in the form; `-` is what is not recorded.
pub(super) const SEXES: [(&str, &str); 4] = [("1", "男"), ("2", "女"), ("0", "未知"), ("9", "未说明")];

/// What counts of the items, for page and export.
pub(super) const COUNTS: &str = "按病例合计，数量扣除退费后大于 0 才算；全部退费的不算";

/// Narrows the filter by the conditions of this page.
pub(super) fn read(who: &Who, filter: &mut Filter) -> Result<(), ApiError> {
    let asked = filter.asked.clone();
    for (field, column, title) in [("dx", "principal_code", "主要诊断"), ("op", "operation_code", "主要手术")]
    {
        let codes = lines(&asked, field, title, MOST_CODES)?;
        if let Some((odd, _)) = codes.iter().find(|(code, _)| !is_code(code)) {
            return Err(ApiError::wrong(format!(
                "{title}“{odd}”不是编码；请从候选中选择，或把文字填在“{}名称含”",
                &title["主要".len()..]
            )));
        }
        if !codes.is_empty() {
            let begins = codes.iter().map(|(code, _)| capital(code)).collect();
            narrow(filter, column, Test::BeginsAny(begins), title, said(&codes));
        }
    }
    for (field, column, title) in
        [("dx_name", "principal_name", "诊断名称含"), ("op_name", "operation_name", "手术名称含")]
    {
        let text = asked.text(field);
        if text.chars().count() > LONGEST {
            return Err(ApiError::wrong(format!("“{title}”最多 {LONGEST} 个字")));
        }
        if !text.is_empty() {
            narrow(filter, column, Test::Contains(text.to_owned()), title, text.to_owned());
        }
    }
    if let Some(odd) =
        asked.all("sex").find(|sex| *sex != crate::selection::NO_VALUE && !SEXES.iter().any(|s| s.0 == *sex))
    {
        return Err(ApiError::wrong(format!("没有性别“{odd}”")));
    }
    age(filter, &asked)?;
    items(who, filter, &asked)
}

fn age(filter: &mut Filter, asked: &Fields) -> Result<(), ApiError> {
    let (column, unit, most) = match asked.text("age_unit") {
        "" | "years" => ("age_years", "岁", 150),
        "days" => ("age_days", "天", 366),
        odd => return Err(ApiError::wrong(format!("没有年龄单位“{odd}”：应为岁或天"))),
    };
    let (from, to) = (asked.whole("age_from", "年龄起")?, asked.whole("age_to", "年龄止")?);
    for (title, age) in [("年龄起", from), ("年龄止", to)] {
        if let Some(age) = age.filter(|age| !(0..=most).contains(age)) {
            return Err(ApiError::wrong(format!("{title}应在 0 与 {most} {unit}之间，现为 {age}")));
        }
    }
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        return Err(ApiError::wrong(format!("年龄起 {from} 大于年龄止 {to}")));
    }
    if let Some(from) = from {
        narrow(filter, column, Test::AtLeast(from.into()), "年龄", format!("≥ {from} {unit}"));
    }
    if let Some(to) = to {
        narrow(filter, column, Test::AtMost(to.into()), "年龄", format!("≤ {to} {unit}"));
    }
    Ok(())
}

fn items(who: &Who, filter: &mut Filter, asked: &Fields) -> Result<(), ApiError> {
    let all = match asked.text("item_mode") {
        "" | "any" => false,
        "all" => true,
        odd => {
            return Err(ApiError::wrong(format!("收费项目没有“{odd}”的选法：应为任意包含或同时包含")));
        }
    };
    let items = lines(asked, "item", "收费项目", MOST_ITEMS)?;
    if items.is_empty() {
        return Ok(());
    }
    // Whether an item was charged is as much as the charges say.
    if !who.viewer.may(Permission::Charges) {
        return Err(ApiError::forbidden(Permission::Charges.chinese()));
    }
    let values: Vec<Value> = items.iter().map(|(code, _)| Value::from(code.as_str())).collect();
    filter.items.clone_from(&values);
    let (test, how) = match all {
        true => (Test::AllOf(values), "同时包含"),
        false => (Test::In(values), "任意包含"),
    };
    narrow(filter, CHARGED_ITEM, test, "收费项目", format!("{how} {}（{COUNTS}）", said(&items)));
    Ok(())
}

fn narrow(filter: &mut Filter, on: &str, test: Test, title: &str, words: String) {
    filter.selection.filters.push(metrics::Filter { on: on.to_owned(), test });
    filter.words.push((title.to_owned(), words));
}

/// Codes with the names that stand beside them.
fn lines(asked: &Fields, field: &str, title: &str, most: usize) -> Result<Vec<(String, String)>, ApiError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in asked.all(field).flat_map(str::lines) {
        let (codes, name) = line.split_once('|').unwrap_or((line, ""));
        let codes = codes.split(|c: char| c.is_whitespace() || ",，;；、".contains(c));
        for code in codes.filter(|code| !code.is_empty()) {
            if code.chars().count() > LONGEST || code.chars().any(char::is_control) {
                return Err(ApiError::wrong(format!("{title}的编码有误：每行一个“编码|名称”")));
            }
            if !found.iter().any(|(known, _)| known == code) {
                found.push((code.to_owned(), name.trim().to_owned()));
            }
        }
    }
    if found.len() > most {
        return Err(ApiError::wrong(format!("{title}最多 {most} 个，现为 {} 个", found.len())));
    }
    Ok(found)
}

fn is_code(code: &str) -> bool {
    code.chars().all(|c| c.is_ascii_alphanumeric() || ".-+*/†".contains(c))
}

/// Codes begin with a capital; the x of an extension is small.
fn capital(code: &str) -> String {
    let mut letters = code.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn said(codes: &[(String, String)]) -> String {
    let one = |(code, name): &(String, String)| match name.as_str() {
        "" => code.clone(),
        name => format!("{code} {name}"),
    };
    codes.iter().map(one).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_codes_with_names_once_each() {
        let asked = Fields(vec![
            ("dx".into(), "I63|脑梗死, 未特指\r\nk35，K36 I63".into()),
            ("dx".into(), "I10.x00".into()),
        ]);
        let codes = lines(&asked, "dx", "主要诊断", 9).unwrap();
        let only: Vec<&str> = codes.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(only, ["I63", "k35", "K36", "I10.x00"]);
        assert_eq!(codes[0].1, "脑梗死, 未特指");
        assert_eq!(capital("k35.9x01"), "K35.9x01");
        assert!(lines(&asked, "dx", "主要诊断", 2).unwrap_err().sentence.contains("主要诊断最多 2 个"));
    }
}
