//! 首页费用分类 of a line: a code of the front page, always.

use model::canonical::FEE_CLASSES;

/// The line's own class, else its item's; a class that the front page does not know is 其他费, as in the mart.
pub(super) fn resolved_class(own: &str, of_item: &str) -> &'static str {
    let known = |code: &str| FEE_CLASSES.iter().find(|class| class.code == code);
    known(own).or_else(|| known(of_item)).map_or("other", |class| class.code)
}

/// [`resolved_class`] in SQL.
pub(super) fn class_sql() -> String {
    let codes: Vec<String> = FEE_CLASSES.iter().map(|class| format!("'{}'", class.code)).collect();
    let codes = codes.join(", ");
    format!(
        "CASE WHEN l.fee_class IN ({codes}) THEN l.fee_class \
         WHEN i.fee_class IN ({codes}) THEN i.fee_class ELSE 'other' END"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_the_front_pages() {
        assert_eq!(resolved_class("surgical", "nursing"), "surgical");
        assert_eq!(resolved_class("", "nursing"), "nursing");
        assert_eq!(resolved_class("?", ""), "other");
    }
}
