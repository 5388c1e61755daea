//! 口令规则: what a new password must be.

/// Fewest characters.
const SHORTEST: usize = 8;
/// Most characters: longer ones only cost time to hash.
const LONGEST: usize = 64;
/// 历史口令: so many of the latest ones may not come back.
pub(crate) const HISTORY: i64 = 5;
/// 口令有效期, days.
pub(crate) const MOST_DAYS: i64 = 90;

/// What the page says before one is typed.
pub(crate) const SAID: &str = "至少 8 个字符；大写字母、小写字母、数字、符号中至少三种；不含工号或姓名，不用常见口令，\
                               不与最近 5 个口令相同；每 90 天更换一次";

/// Parts that make a password easy to guess, in lower case.
const WEAK: &[&str] = &[
    "password",
    "passwd",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwerty",
    "qwer1234",
    "asdf",
    "zxcv",
    "1qaz",
    "2wsx",
    "qazwsx",
    "abc123",
    "abcd1234",
    "admin",
    "root",
    "test",
    "guest",
    "user",
    "welcome",
    "letmein",
    "iloveyou",
    "woaini",
    "5201314",
    "123456",
    "654321",
    "12345",
    "54321",
    "111111",
    "000000",
    "666666",
    "888888",
    "112233",
    "123123",
    "yiyuan",
    "hospital",
    "yibao",
    "dipper",
    "administrator",
    "changeme",
    "default",
];

/// What is wrong with a new password; `None`: nothing.
pub(crate) fn objection(password: &str, login: &str, name: &str) -> Option<String> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some(format!("新口令只有 {length} 个字符，至少要 {SHORTEST} 个"));
    }
    if length > LONGEST {
        return Some(format!("新口令有 {length} 个字符，最多 {LONGEST} 个"));
    }
    let has = |is: fn(char) -> bool| usize::from(password.chars().any(is));
    let classes = has(|c| c.is_ascii_uppercase())
        + has(|c| c.is_ascii_lowercase())
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_ascii_alphanumeric());
    if classes < 3 {
        return Some("新口令须含大写字母、小写字母、数字、符号中的至少三种".into());
    }
    let folded = password.to_lowercase();
    // A login of one or two characters is in many good passwords.
    if login.chars().count() > 2 && folded.contains(&login.to_lowercase()) {
        return Some("新口令不能包含工号".into());
    }
    if name.chars().count() > 1 && folded.contains(&name.to_lowercase()) {
        return Some("新口令不能包含姓名".into());
    }
    if own_part(&folded) < 4 || runs(&folded) || distinct(&folded) < 5 {
        return Some("新口令太常见，容易被猜到；请换一个没有规律的".into());
    }
    None
}

/// Characters that remain when everything easy to guess is taken out.
fn own_part(text: &str) -> usize {
    let mut weak = WEAK.to_vec();
    weak.sort_by_key(|part| std::cmp::Reverse(part.len()));
    weak.iter().fold(text.to_owned(), |rest, part| rest.replace(part, "")).chars().count()
}

/// More than half of it is one rising, falling or repeated run (`abcdefg`, `98765`, `aaaa`).
fn runs(text: &str) -> bool {
    let letters: Vec<u32> = text.chars().map(u32::from).collect();
    let mut longest = 1;
    for step in [-1_i64, 0, 1] {
        let mut run = 1;
        for pair in letters.windows(2) {
            let follows = i64::from(pair[1]) - i64::from(pair[0]) == step;
            run = if follows { run + 1 } else { 1 };
            longest = longest.max(run);
        }
    }
    longest * 2 > letters.len()
}

fn distinct(text: &str) -> usize {
    text.chars().collect::<std::collections::BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::objection;

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        for (password, why) in [
            ("Ab#4567", "至少要 8"),
            ("abcdefgh1", "三种"),
            ("12345678!", "三种"),
            ("Zk1001#xy", "工号"),
            ("张三丰Abc#9173", "姓名"),
            ("Password#1", "常见"),
            ("Admin@123456", "常见"),
            ("Qwer1234!", "常见"),
            ("Abcdefgh#1", "常见"),
            ("Aa1!Aa1!Aa1!", "常见"),
            ("Aaaaaaaa1!", "常见"),
        ] {
            let said = objection(password, "1001", "张三丰").unwrap_or_default();
            assert!(said.contains(why), "{password}: {said}");
        }
        assert!(objection(&"Ab3#".repeat(17), "1001", "").is_some_and(|why| why.contains("最多")));
        for good in ["Dipper#2026test", "kX7-morning-Rain", "春眠不觉晓Ab7", "mT4$vq9Lp"] {
            assert_eq!(objection(good, "1001", "张三丰"), None, "{good}");
        }
    }
}
