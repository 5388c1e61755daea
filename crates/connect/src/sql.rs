//! The hospital's SQL with our named parameters. The text is never changed by values: parameters are bound.

use std::fmt::Write;

/// A parameter that a mapping's SQL may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// `:from`: the window's start.
    From,
    /// `:to`: the window's end.
    To,
    /// `:after_key`: the last key of the page before.
    AfterKey,
    /// `:limit`: rows a page.
    Limit,
}

impl Parameter {
    /// Its name in the SQL, without the colon.
    pub fn name(self) -> &'static str {
        match self {
            Parameter::From => "from",
            Parameter::To => "to",
            Parameter::AfterKey => "after_key",
            Parameter::Limit => "limit",
        }
    }

    fn named(name: &str) -> Option<Parameter> {
        use Parameter::{AfterKey, From, Limit, To};
        [From, To, AfterKey, Limit].into_iter().find(|parameter| parameter.name() == name)
    }
}

/// What differs between databases in finding and writing parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `?1`
    Sqlite,
    /// `$1`
    Postgres,
    /// `?`; `\` escapes in strings, `#` starts a comment.
    Mysql,
}

/// One statement of a mapping pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    text: String,
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

impl Sql {
    /// Checks that it is one statement that reads and uses only known parameters; the message says what to do.
    pub fn parse(text: &str) -> Result<Sql, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("sql 是空的：请写一条 SELECT".to_owned());
        }
        if text.contains('\0') {
            return Err("sql 含有控制字符".to_owned());
        }
        let mut plain = String::new();
        for piece in pieces(text, None) {
            match piece {
                Piece::Text(part) => plain.push_str(part),
                Piece::Name(name) if Parameter::named(name).is_none() => {
                    return Err(format!("sql 中的参数 :{name} 不认识：可用 :from、:to、:after_key、:limit"));
                }
                Piece::Name(_) => {}
            }
        }
        let outside: String = unquoted(&plain).collect();
        if outside.contains(';') {
            return Err("sql 只能有一条语句，不要写分号".to_owned());
        }
        let first: String =
            outside.trim_start_matches(['(', ' ', '\n', '\t', '\r']).chars().take(7).collect();
        let first = first.to_ascii_lowercase();
        if !(first.starts_with("select") || first.starts_with("with")) {
            return Err("sql 应以 SELECT 或 WITH 开头：对照包只读不写".to_owned());
        }
        Ok(Sql { text: text.to_owned() })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the parameter is used.
    pub fn uses(&self, parameter: Parameter) -> bool {
        pieces(&self.text, None).any(|piece| matches!(piece, Piece::Name(name) if name == parameter.name()))
    }

    /// The statement for a database, and the parameters in the order of its placeholders. `write` writes the n-th one (from 1).
    pub(crate) fn render(
        &self,
        dialect: Dialect,
        mut write: impl FnMut(&mut String, usize),
    ) -> (String, Vec<Parameter>) {
        let mut out = String::with_capacity(self.text.len() + 32);
        let mut order: Vec<Parameter> = Vec::new();
        for piece in pieces(&self.text, Some(dialect)) {
            match piece {
                Piece::Text(part) => out.push_str(part),
                Piece::Name(name) => {
                    let Some(parameter) = Parameter::named(name) else {
                        let _ = write!(out, ":{name}");
                        continue;
                    };
                    // MySQL's placeholders have no number: each is a new one.
                    let before = order.iter().position(|p| *p == parameter);
                    let at = before.filter(|_| dialect != Dialect::Mysql).unwrap_or_else(|| {
                        order.push(parameter);
                        order.len() - 1
                    });
                    write(&mut out, at + 1);
                }
            }
        }
        (out, order)
    }
}

/// Cuts a statement at its parameters; quoted texts, quoted names, comments and `::` casts hold none.
fn pieces(text: &str, dialect: Option<Dialect>) -> impl Iterator<Item = Piece<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut pending: Option<&str> = None;
    std::iter::from_fn(move || {
        if let Some(name) = pending.take() {
            return Some(Piece::Name(name));
        }
        let start = at;
        while at < bytes.len() {
            let next = skip_quoted(bytes, at, dialect);
            if next > at {
                at = next;
                continue;
            }
            let byte = bytes.get(at).copied().unwrap_or_default();
            if byte == b':' {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                if rest.first() == Some(&b':') {
                    at += 2;
                    continue;
                }
                let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                let starts = rest.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
                if starts {
                    let before = text.get(start..at);
                    pending = text.get(at + 1..at + 1 + length);
                    at += 1 + length;
                    if before.is_some_and(|part| !part.is_empty()) {
                        return before.map(Piece::Text);
                    }
                    return pending.take().map(Piece::Name);
                }
            }
            at += 1;
        }
        text.get(start..at).filter(|part| !part.is_empty()).map(Piece::Text)
    })
}

/// The statement's characters outside of quotes and comments.
fn unquoted(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let next = skip_quoted(text.as_bytes(), at, None);
            if next == at {
                break;
            }
            at = next;
        }
        let found = text.get(at..)?.chars().next()?;
        at += found.len_utf8();
        Some(found)
    })
}

/// The end of the quoted text or comment that starts here; the same place when none does.
fn skip_quoted(bytes: &[u8], at: usize, dialect: Option<Dialect>) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let until = |from: usize, mark: &[u8]| {
        let tail = rest.get(from..).unwrap_or_default();
        tail.windows(mark.len())
            .position(|w| w == mark)
            .map_or(bytes.len(), |end| at + from + end + mark.len())
    };
    match rest {
        [b'-', b'-', ..] => until(2, b"\n"),
        [b'#', ..] if dialect == Some(Dialect::Mysql) => until(1, b"\n"),
        [b'/', b'*', ..] => until(2, b"*/"),
        [quote @ (b'\'' | b'"' | b'`'), ..] => {
            let mut end = 1;
            while let Some(byte) = rest.get(end) {
                if *byte == b'\\' && dialect == Some(Dialect::Mysql) && *quote != b'`' {
                    end += 1;
                } else if byte == quote {
                    // A doubled quote starts the next quoted piece: the same in effect.
                    return at + end + 1;
                }
                end += 1;
            }
            bytes.len()
        }
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, dialect: Dialect) -> (String, Vec<Parameter>) {
        let mark = |out: &mut String, n: usize| {
            let _ = match dialect {
                Dialect::Sqlite => write!(out, "?{n}"),
                Dialect::Postgres => write!(out, "${n}"),
                Dialect::Mysql => write!(out, "?"),
            };
        };
        Sql::parse(text).unwrap().render(dialect, mark)
    }

    #[test]
    fn parameters_are_found_outside_of_quotes() {
        let sql = "SELECT a::text, ':from', \":to\", '08:00' -- :limit\nFROM v WHERE t > :from AND t <= :to OR t = :from";
        let (out, order) = render(sql, Dialect::Postgres);
        assert_eq!(
            out,
            "SELECT a::text, ':from', \":to\", '08:00' -- :limit\nFROM v WHERE t > $1 AND t <= $2 OR t = $1"
        );
        assert_eq!(order, [Parameter::From, Parameter::To]);
        let (out, order) = render(sql, Dialect::Mysql);
        assert!(out.ends_with("t > ? AND t <= ? OR t = ?"));
        assert_eq!(order.len(), 3);
        let (out, _) = render("SELECT 'it\\'s :from' WHERE a > :to", Dialect::Mysql);
        assert_eq!(out, "SELECT 'it\\'s :from' WHERE a > ?");
        let (out, _) = render("SELECT 列 FROM 视图 WHERE 时间>:from/* :to */", Dialect::Sqlite);
        assert_eq!(out, "SELECT 列 FROM 视图 WHERE 时间>?1/* :to */");
    }

    #[test]
    fn only_one_reading_statement_is_taken() {
        for bad in [
            "",
            "DELETE FROM v",
            "SELECT 1; DROP TABLE v",
            "SELECT * FROM v WHERE t > :since",
            "UPDATE v SET a = 1",
            "-- c\nDROP TABLE v",
        ] {
            assert!(Sql::parse(bad).is_err(), "{bad}");
        }
        for good in ["select ';' from v", "WITH a AS (SELECT 1) SELECT * FROM a", "-- c\n(SELECT 1)"] {
            assert!(Sql::parse(good).is_ok(), "{good}");
        }
    }
}
