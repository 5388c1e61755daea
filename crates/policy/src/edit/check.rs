//! 输入检查: what a person typed, made plain and checked before the whole pack is.

use super::options::Options;
use crate::tables::{ColumnDef, FieldKind};
use jiff::civil::Date;

/// What a person typed as the pack writes it: blanks around it go, full-width digits and signs become plain ones where a
/// number, day or range is meant, `2025/1/5` becomes `2025-01-05`.
pub fn normalised(column: &ColumnDef, typed: &str) -> String {
    let text = typed.trim().trim_matches('\u{feff}');
    match column.kind {
        FieldKind::Amount
        | FieldKind::Decimal
        | FieldKind::Whole
        | FieldKind::Date
        | FieldKind::Span
        | FieldKind::Decimals => {
            let plain: String = text.chars().map(half_width).filter(|c| !c.is_whitespace()).collect();
            match column.kind {
                FieldKind::Date => day(&plain).unwrap_or(plain),
                FieldKind::Decimals => list(&plain),
                _ => plain,
            }
        }
        FieldKind::Choices(_) | FieldKind::Order(_) | FieldKind::Texts => list(text),
        _ => text.to_owned(),
    }
}

fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '。' => '.',
        '−' | '—' => '-',
        c => c,
    }
}

/// `a，b; c` → `a;b;c`.
fn list(text: &str) -> String {
    let parts = text.split([';', '；', ',', '，', '、']).map(str::trim).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(";")
}

fn day(text: &str) -> Option<String> {
    let mut parts = text.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty());
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok().map(|date| date.to_string())
}

/// What is wrong with a value, with the remedy. What depends on other values is the loader's to say.
pub(super) fn wrong(column: &ColumnDef, value: &str, options: &Options) -> Option<String> {
    if value.is_empty() {
        return column.needed.then(|| "不能为空：请填写".to_owned());
    }
    if value.chars().any(char::is_control) {
        return Some("含有换行或控制字符：请写成一行".to_owned());
    }
    if value.chars().count() > 2000 {
        return Some("超过 2000 字：请缩短".to_owned());
    }
    match column.kind {
        FieldKind::Text | FieldKind::Evidence | FieldKind::Code
            if value.starts_with(['=', '+', '-', '@', '\t']) =>
        {
            Some("不能以 = + - @ 开头，表格软件会当作公式执行：请改写开头".to_owned())
        }
        FieldKind::Amount | FieldKind::Decimal => match model::parse_decimal(value) {
            None => Some(format!("“{value}”不是数字：请只填数字，不加千分位、单位和百分号")),
            Some(number)
                if column.kind == FieldKind::Amount && number.is_sign_negative() && !number.is_zero() =>
            {
                Some(format!("“{value}”是负数：请改为不小于 0 的数"))
            }
            Some(_) => None,
        },
        FieldKind::Whole => {
            value.parse::<u32>().is_err().then(|| format!("“{value}”不是非负整数：请填 0、1、2 这样的整数"))
        }
        FieldKind::Date => {
            value.parse::<Date>().is_err().then(|| format!("“{value}”不是日期：请写成 2025-01-31 的样子"))
        }
        FieldKind::Span => crate::Span::parse(value)
            .is_none()
            .then(|| format!("“{value}”不是范围：写成 0..28、65..、..6 或一个数")),
        FieldKind::Choice(words) => not_among(words, &[value]),
        FieldKind::Choices(words) | FieldKind::Order(words) => {
            not_among(words, &value.split(';').collect::<Vec<_>>())
        }
        FieldKind::Flag => not_among(&[("true", "是"), ("false", "否")], &[value]),
        FieldKind::Decimals => value
            .split(';')
            .find(|part| model::parse_decimal(part).is_none())
            .map(|part| format!("“{part}”不是数字：请写成 0;0.4;0.75 的样子")),
        _ => options.unknown(column.kind, value),
    }
}

fn not_among(words: &[(&str, &str)], values: &[&str]) -> Option<String> {
    let unknown = values.iter().find(|value| !words.iter().any(|(word, _)| word == *value))?;
    let titles: Vec<&str> = words.iter().map(|(_, title)| *title).collect();
    Some(format!("“{unknown}”不在可选值内：请选 {}", titles.join("、")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::table;

    fn column(stem: &str, name: &str) -> &'static ColumnDef {
        table(stem).unwrap().column(name).unwrap()
    }

    #[test]
    fn what_people_type_is_made_plain() {
        assert_eq!(normalised(column("prices", "price"), " ９．３５ "), "9.35");
        assert_eq!(normalised(column("prices", "from"), "2025/1/5"), "2025-01-05");
        assert_eq!(normalised(column("prices", "from"), "2025年1月31日"), "2025-01-31");
        assert_eq!(normalised(column("prices", "from"), "2025-02-30"), "2025-02-30");
        assert_eq!(normalised(column("catalogue", "flags"), "tcm， bed_day；"), "tcm;bed_day");
        assert_eq!(normalised(column("catalogue", "stay_days"), "１．．３"), "1..3");
        assert_eq!(normalised(column("catalogue", "name"), " 肺炎（重症） "), "肺炎（重症）");
    }

    #[test]
    fn what_cannot_be_kept_is_said_with_a_remedy() {
        let options = Options::default();
        let wrong = |stem, name, value| wrong(column(stem, name), value, &options).unwrap_or_default();
        assert!(wrong("prices", "price", "").contains("不能为空"));
        assert!(wrong("prices", "price", "-1").contains("负数"));
        assert!(wrong("prices", "price", "1,057.6").contains("千分位"));
        assert!(wrong("prices", "kind", "x").contains("上年分值价钱"));
        assert!(wrong("prices", "from", "2025-02-30").contains("不是日期"));
        assert!(wrong("prices", "evidence", "=cmd|' /C calc'!A0").contains("公式"));
        assert!(wrong("prices", "evidence", "a\nb").contains("一行"));
        assert!(wrong("hospitals", "beds", "1.5").contains("整数"));
        assert!(wrong("catalogue", "diagnosis", "@list").is_empty());
        assert!(wrong("coefficients", "value", "-0.05").is_empty());
    }
}
