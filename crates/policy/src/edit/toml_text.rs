//! TOML 原文: values and entries of a TOML file with their places; comments, order and spelling of the rest stay.

use super::splice::{Splice, line_start, newline, next_line};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A TOML file as it is written.
pub(crate) struct TomlText<'t> {
    text: &'t str,
    root: DeTable<'t>,
}

/// A table of the file.
#[derive(Clone)]
pub(crate) struct TomlTable<'d> {
    table: &'d DeTable<'d>,
    /// Its header line's start; `None` for the root or a table without a header of its own.
    header: Option<usize>,
    /// `evidence` of this table or of those around it.
    pub(crate) evidence: String,
    /// 1-based line the loader reports for it.
    pub(crate) line: usize,
}

impl<'t> TomlText<'t> {
    /// `None` when the text is no TOML: the loader says why.
    pub(crate) fn parse(text: &'t str) -> Option<TomlText<'t>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        errors.is_empty().then(|| TomlText { text, root: root.into_inner() })
    }

    /// The root table.
    pub(crate) fn root(&self) -> TomlTable<'_> {
        TomlTable { table: &self.root, header: None, evidence: own_evidence(&self.root, ""), line: 1 }
    }

    /// A table by its path from the root; `None` when the file has none.
    pub(crate) fn table(&self, path: &[&str]) -> Option<TomlTable<'_>> {
        path.iter().try_fold(self.root(), |of, key| {
            let (_, value) = self.entry(&of, key)?;
            let DeValue::Table(table) = value.get_ref() else { return None };
            Some(self.found(table, value, &of.evidence))
        })
    }

    /// The entries of an array of tables within a table; empty when there is none.
    pub(crate) fn entries<'d>(&'d self, of: &TomlTable<'d>, key: &str) -> Vec<TomlTable<'d>> {
        let Some((_, value)) = self.entry(of, key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else { return Vec::new() };
        let tables = items.iter().filter_map(|item| match item.get_ref() {
            DeValue::Table(table) => Some(self.found(table, item, &of.evidence)),
            _ => None,
        });
        tables.collect()
    }

    /// A value as the loader reads it: texts and numbers as they are, `true`, lists joined by `;`.
    pub(crate) fn value(&self, of: &TomlTable<'_>, key: &str) -> String {
        self.entry(of, key).map_or(String::new(), |(_, value)| plain(value.get_ref()))
    }

    /// Sets a value that stands in the file, or puts it in behind the last one of its table. Blank takes it out.
    pub(crate) fn set(&self, of: &TomlTable<'_>, key: &str, value: &str) -> Option<Splice> {
        match self.entry(of, key) {
            Some((_, there)) if !value.is_empty() => Some(Splice::new(there.span(), value)),
            Some((name, there)) => {
                // A table on one line is not taken apart.
                let lines = line_start(self.text, name.start)..next_line(self.text, there.span().end);
                let before = self.text.get(lines.start..name.start)?;
                before.trim().is_empty().then(|| Splice::new(lines, ""))
            }
            None if value.is_empty() => Some(Splice::new(0..0, "")),
            None => self.insert(of, &format!("{} = {value}", named(key))),
        }
    }

    fn insert(&self, of: &TomlTable<'_>, line: &str) -> Option<Splice> {
        let end = newline(self.text);
        let (_, last) = self.own_values(of)?;
        match last.or(of.header) {
            Some(at) => {
                let next = next_line(self.text, at);
                let before = if self.text.get(..next)?.ends_with('\n') { "" } else { end };
                Some(Splice::new(next..next, format!("{before}{line}{end}")))
            }
            None => Some(Splice::new(0..0, format!("{line}{end}"))),
        }
    }

    /// First and last offset of the values that stand directly under a table's header; `None` for a table written on one line.
    #[allow(clippy::type_complexity, reason = "first and last")]
    fn own_values(&self, of: &TomlTable<'_>) -> Option<(Option<usize>, Option<usize>)> {
        let (mut first, mut last) = (None, None);
        for (key, value) in of.table {
            if self.has_header(value) {
                continue;
            }
            let (from, to) = (key.span().start, self.end_of(value));
            first = Some(first.map_or(from, |first: usize| first.min(from)));
            last = Some(last.map_or(to, |last: usize| last.max(to)));
        }
        let header = of.header.map_or("", |at| self.text.get(at..).unwrap_or_default());
        (!header.starts_with('{')).then_some((first, last))
    }

    /// The end of a value, of the last one inside for dotted keys.
    fn end_of(&self, value: &Spanned<DeValue<'_>>) -> usize {
        match value.get_ref() {
            DeValue::Table(table) if !self.starts_with(value, '{') => {
                table.iter().map(|(_, value)| self.end_of(value)).max().unwrap_or(value.span().end)
            }
            _ => value.span().end,
        }
    }

    /// The lines of an entry: its header and everything under it.
    pub(crate) fn block(&self, of: &TomlTable<'_>) -> Option<Range<usize>> {
        let header = of.header?;
        let (_, last) = self.own_values(of)?;
        Some(line_start(self.text, header)..next_line(self.text, last.unwrap_or(header).max(header)))
    }

    /// Takes an entry out, and the blank line behind it when there is one before it.
    pub(crate) fn remove(&self, of: &TomlTable<'_>) -> Option<Splice> {
        let mut lines = self.block(of)?;
        let blank_before = lines.start == 0 || self.text.get(..lines.start)?.ends_with("\n\n");
        if blank_before && self.text.get(lines.end..)?.starts_with('\n') {
            lines.end += 1;
        }
        Some(Splice::new(lines, ""))
    }

    /// Puts an entry `[[path]]` behind another one, before it, or at the end of the file.
    pub(crate) fn add(&self, path: &str, place: Place<'_, '_>, values: &[(&str, String)]) -> Option<Splice> {
        let end = newline(self.text);
        let lines: String =
            values.iter().map(|(key, value)| format!("{} = {value}{end}", named(key))).collect();
        let block = format!("[[{path}]]{end}{lines}");
        let at = match place {
            Place::Behind(other) => self.block(other)?.end,
            Place::Before(other) => self.block(other)?.start,
            Place::AtEnd => self.text.len(),
        };
        let before = match self.text.get(..at)? {
            "" => "",
            text if text.ends_with('\n') => "",
            _ => end,
        };
        Some(Splice::new(at..at, format!("{before}{block}")))
    }

    /// Puts a table that the file lacks behind everything.
    pub(crate) fn add_table(&self, path: &[&str], values: &[(&str, String)]) -> Splice {
        let end = newline(self.text);
        let lines: String =
            values.iter().map(|(key, value)| format!("{} = {value}{end}", named(key))).collect();
        let before = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { end };
        Splice::new(
            self.text.len()..self.text.len(),
            format!("{before}{end}[{}]{end}{lines}", path.join(".")),
        )
    }

    fn entry<'d>(
        &'d self,
        of: &TomlTable<'d>,
        key: &str,
    ) -> Option<(Range<usize>, &'d Spanned<DeValue<'d>>)> {
        of.table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span(), value))
    }

    fn found<'d>(&self, table: &'d DeTable<'d>, value: &Spanned<DeValue<'_>>, around: &str) -> TomlTable<'d> {
        let start = value.span().start;
        let header = (self.has_header(value) || self.starts_with(value, '{')).then_some(start);
        let line = self.text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
        TomlTable { table, header, evidence: own_evidence(table, around), line }
    }

    fn has_header(&self, value: &Spanned<DeValue<'_>>) -> bool {
        let inside = match value.get_ref() {
            DeValue::Table(_) => true,
            DeValue::Array(items) => items.iter().any(|item| matches!(item.get_ref(), DeValue::Table(_))),
            _ => false,
        };
        // `[annual]` may have no header of its own while `[[annual.sharing]]` under it has one.
        let headed_child = || match value.get_ref() {
            DeValue::Table(table) => table.iter().any(|(_, value)| self.has_header(value)),
            _ => false,
        };
        inside && ((self.starts_with(value, '[') && self.line_begins(value)) || headed_child())
    }

    fn starts_with(&self, value: &Spanned<DeValue<'_>>, c: char) -> bool {
        self.text.get(value.span()).is_some_and(|text| text.starts_with(c))
    }

    fn line_begins(&self, value: &Spanned<DeValue<'_>>) -> bool {
        let start = value.span().start;
        self.text.get(line_start(self.text, start)..start).is_some_and(|before| before.trim().is_empty())
    }
}

/// Where a new entry goes.
pub(crate) enum Place<'p, 'd> {
    Behind(&'p TomlTable<'d>),
    Before(&'p TomlTable<'d>),
    AtEnd,
}

/// A list without members, which is not the same as no list.
pub(crate) const EMPTY_LIST: &str = "[]";

fn own_evidence(table: &DeTable<'_>, around: &str) -> String {
    let own = table.get("evidence").and_then(|value| value.get_ref().as_str());
    own.unwrap_or(around).to_owned()
}

fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(items) if items.is_empty() => EMPTY_LIST.to_owned(),
        DeValue::Array(items) => items.iter().map(|item| plain(item.get_ref())).collect::<Vec<_>>().join(";"),
        DeValue::Table(_) => String::new(),
    }
}

/// A key as TOML writes it.
fn named(key: &str) -> String {
    let bare = key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if bare { key.to_owned() } else { quoted(key) }
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use super::super::splice::spliced;
    use super::*;

    const TEXT: &str = "# 总则\nevidence = \"第一条\" # 依据\nyear = 2025\n\n[payment] # 公式\nfactors = [\n  \"price\", # 价\n]\nfloor = \"0\"\n\n[[annual.sharing]]\nlo = '0' # 起\nhi = \"1\"\n[[annual.sharing]]\nlo = \"1\"\nevidence = \"第九条\"\n\n[estimate]\n";

    fn edited(edit: impl Fn(&TomlText<'_>) -> Option<Splice>) -> String {
        let text = TomlText::parse(TEXT).unwrap();
        spliced(TEXT, vec![edit(&text).unwrap()])
    }

    #[test]
    fn values_are_read_with_their_evidence() {
        let text = TomlText::parse(TEXT).unwrap();
        let payment = text.table(&["payment"]).unwrap();
        assert_eq!(
            (text.value(&payment, "factors"), text.value(&payment, "floor")),
            ("price".into(), "0".into())
        );
        assert_eq!((payment.evidence.as_str(), payment.line), ("第一条", 5));
        let annual = text.table(&["annual"]).unwrap();
        let sharing = text.entries(&annual, "sharing");
        assert_eq!(
            sharing.iter().map(|s| (s.line, s.evidence.as_str())).collect::<Vec<_>>(),
            [(11, "第一条"), (14, "第九条")]
        );
        assert!(text.table(&["monthly"]).is_none());
    }

    #[test]
    fn one_value_is_set_and_comments_stay() {
        let set = edited(|text| text.set(&text.table(&["payment"])?, "floor", "\"5\""));
        assert_eq!(set, TEXT.replace("floor = \"0\"", "floor = \"5\""));
        let new = edited(|text| text.set(&text.table(&["payment"])?, "minus", "\"none\""));
        assert_eq!(new, TEXT.replace("floor = \"0\"\n", "floor = \"0\"\nminus = \"none\"\n"));
        let gone = edited(|text| text.set(&text.table(&["payment"])?, "floor", ""));
        assert_eq!(gone, TEXT.replace("floor = \"0\"\n", ""));
        let root = edited(|text| text.set(&text.root(), "version", "\"1.1\""));
        assert_eq!(root, TEXT.replace("year = 2025\n", "year = 2025\nversion = \"1.1\"\n"));
        let under_header = edited(|text| text.set(&text.table(&["estimate"])?, "deductible", "\"800\""));
        assert_eq!(under_header, format!("{TEXT}deductible = \"800\"\n"));
        let list = edited(|text| text.set(&text.table(&["payment"])?, "factors", "[\"a\"]"));
        assert_eq!(list, TEXT.replace("[\n  \"price\", # 价\n]", "[\"a\"]"));
    }

    #[test]
    fn an_entry_is_added_and_taken_out() {
        let text = TomlText::parse(TEXT).unwrap();
        let annual = text.table(&["annual"]).unwrap();
        let sharing = text.entries(&annual, "sharing");
        let values = [("lo", "\"0.5\"".to_owned())];
        let behind = text.add("annual.sharing", Place::Behind(&sharing[0]), &values).unwrap();
        let with = spliced(TEXT, vec![behind]);
        assert_eq!(with, TEXT.replace("hi = \"1\"\n", "hi = \"1\"\n[[annual.sharing]]\nlo = \"0.5\"\n"));
        let again = TomlText::parse(&with).unwrap();
        let annual = again.table(&["annual"]).unwrap();
        let middle = again.entries(&annual, "sharing").swap_remove(1);
        assert_eq!(spliced(&with, vec![again.remove(&middle).unwrap()]), TEXT);
        let table = text.add_table(&["monthly"], &[("paid_ratio", "\"0.9\"".into())]);
        assert_eq!(spliced(TEXT, vec![table]), format!("{TEXT}\n[monthly]\npaid_ratio = \"0.9\"\n"));
    }

    #[test]
    fn a_table_on_one_line_is_not_taken_apart() {
        let text = TomlText::parse("m = { a = \"1\", b = \"2\" }\n").unwrap();
        let m = text.table(&["m"]).unwrap();
        assert!(text.set(&m, "b", "").is_none() && text.set(&m, "c", "\"3\"").is_none());
        assert!(text.set(&m, "b", "\"9\"").is_some());
    }
}
