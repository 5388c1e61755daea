//! 列对应 (`import.toml`): how a city's published catalogue reads.

use super::check::{self, Check};
use super::code_cell::Separators;
use super::rule::{self, Rule};
use crate::group::COLUMNS;
use crate::reader::{Context, Section, parse_toml};
use crate::tables::TABLES;
use model::Problems;
use terms::table::Hint;

/// One canonical field and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldSource {
    /// Canonical column.
    pub(crate) field: &'static str,
    /// Source columns; their texts are joined.
    pub(crate) from: Vec<String>,
    /// Between the first and the second column, the second and the third …; the last one repeats.
    pub(crate) join: Vec<String>,
    /// Separators of codes.
    pub(crate) separators: Separators,
}

/// A second file with the statistics behind the scores, joined by group code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatisticsMap {
    /// Sheet and header line.
    pub hint: Hint,
    /// Its column of group codes.
    pub(crate) code: String,
    pub(crate) columns: Vec<FieldSource>,
}

/// How a city's published catalogue reads: the contents of `import.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// Sheet and header line of the catalogue.
    pub hint: Hint,
    /// The second file, when the city publishes one.
    pub statistics: Option<StatisticsMap>,
    /// Texts that mean an empty cell (`nan`).
    pub(crate) nothing: Vec<String>,
    pub(crate) columns: Vec<FieldSource>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) checks: Vec<Check>,
    /// Written to every row that has none of its own.
    pub(crate) evidence: String,
    /// The file is an export of ours: escaped cells are taken back, flags and ranges pass as they are.
    pub(crate) is_canonical: bool,
}

/// Fields without which a row is no group, in the words of a user.
pub(crate) const NEEDED: [(&str, &str); 6] = [
    ("code", "病种编码"),
    ("name", "病种名称"),
    ("set", "set（归入哪一集合）"),
    ("kind", "kind（核心、综合、基层）"),
    ("diagnosis", "主诊断编码"),
    ("points", "分值"),
];

impl ColumnMap {
    /// Reads a map; `file` is the name that problems show.
    pub fn read(file: &str, bytes: &[u8]) -> Result<ColumnMap, Problems> {
        let context = Context::new();
        let map = match std::str::from_utf8(bytes) {
            Ok(text) => Some(read(&context, file, text.strip_prefix('\u{feff}').unwrap_or(text))),
            Err(_) => {
                context.problem(file, 0, "不是 UTF-8 文本：请另存为 UTF-8 编码");
                None
            }
        };
        let mut problems = context.problems.into_inner();
        problems.0.sort();
        map.filter(|_| problems.0.is_empty()).ok_or(problems)
    }

    /// The map of our own exports and of the template: every column is what it is called.
    pub fn canonical() -> ColumnMap {
        let field = |name: &&'static str| FieldSource {
            field: name,
            from: vec![(*name).to_owned()],
            join: Vec::new(),
            separators: Separators { all: "+".to_owned(), any: "/".to_owned() },
        };
        ColumnMap {
            hint: Hint::default(),
            statistics: None,
            nothing: Vec::new(),
            columns: COLUMNS.iter().map(field).collect(),
            rules: Vec::new(),
            checks: Vec::new(),
            evidence: String::new(),
            is_canonical: true,
        }
    }

    /// The map of a table with our own header, as exports and the template have it, in names or in Chinese titles; `Err`
    /// names the columns that are missing or not ours.
    pub fn own(header: &[String]) -> Result<ColumnMap, String> {
        let columns = TABLES[0].columns;
        let titles = |name: &str| -> Vec<String> {
            let column = columns.iter().find(|column| column.name == name);
            column.map_or(Vec::new(), |c| vec![c.name.to_owned(), c.title.to_owned(), c.title_with_unit()])
        };
        let there = |name: &str| header.iter().find(|title| titles(name).contains(title));
        let missing: Vec<&str> =
            NEEDED.iter().filter(|(name, _)| there(name).is_none()).map(|n| n.1).collect();
        let foreign: Vec<&str> = header
            .iter()
            .filter(|title| !title.is_empty() && !COLUMNS.iter().any(|name| titles(name).contains(title)))
            .map(String::as_str)
            .collect();
        let mut wrong = Vec::new();
        if !missing.is_empty() {
            wrong.push(format!("缺少列 {}", missing.join("、")));
        }
        if !foreign.is_empty() {
            wrong.push(format!("不认识的列 {}", foreign.join("、")));
        }
        if !wrong.is_empty() {
            return Err(wrong.join("；"));
        }
        let mut map = ColumnMap::canonical();
        for source in &mut map.columns {
            source.from = there(source.field).cloned().into_iter().collect();
        }
        map.columns.retain(|source| !source.from.is_empty());
        Ok(map)
    }

    /// Whether a header is that of our own exports.
    pub fn is_canonical_header(header: &[String]) -> bool {
        NEEDED.iter().all(|(name, _)| header.iter().any(|title| title == name))
            && header.iter().filter(|title| !title.is_empty()).all(|title| COLUMNS.contains(&title.as_str()))
    }
}

/// Reads `import.toml`; problems go to the context.
pub(crate) fn read(context: &Context, file: &str, text: &str) -> ColumnMap {
    let table = parse_toml(context, file, text);
    let root = Section::root(context, file, text, &table);
    let statistics = root.child("statistics");
    let map = ColumnMap {
        hint: read_hint(&root.child("file")),
        nothing: root.one_or_more("nothing"),
        columns: read_columns(&root.child("columns")),
        statistics: statistics.exists().then(|| read_statistics(&statistics)),
        rules: root.children("rule").iter().map(rule::read).collect(),
        checks: root.children("check").iter().filter_map(check::read).collect(),
        evidence: root.text("evidence").unwrap_or_default(),
        is_canonical: false,
    };
    for (name, title) in NEEDED {
        let decided = map.columns.iter().any(|column| column.field == name)
            || map.rules.iter().any(|rule| rule.values.iter().any(|(field, _)| *field == name));
        if !decided {
            root.problem(
                1,
                format!("没有说明{title}从何而来：请在 [columns] 中写 {name}，或用 [[rule]] 给出"),
            );
        }
    }
    root.finish();
    map
}

fn read_hint(section: &Section<'_>) -> Hint {
    let hint = Hint {
        sheet: section.text("sheet"),
        header_line: section.whole("header_line").map(|line| line as usize),
        ..Hint::default()
    };
    section.finish();
    hint
}

fn read_columns(section: &Section<'_>) -> Vec<FieldSource> {
    let columns = COLUMNS.iter().filter_map(|field| read_column(section, field)).collect();
    section.finish();
    columns
}

fn read_column(section: &Section<'_>, field: &'static str) -> Option<FieldSource> {
    if !section.holds_table(field) {
        let from = section.one_or_more(field);
        let plain = FieldSource { field, from, join: Vec::new(), separators: Separators::default() };
        return (!plain.from.is_empty()).then_some(plain);
    }
    let long = section.child(field);
    let source = FieldSource {
        field,
        from: long.one_or_more("from"),
        join: long.one_or_more("join"),
        separators: Separators {
            all: long.text("all").unwrap_or_default(),
            any: long.text("any").unwrap_or_default(),
        },
    };
    if source.from.is_empty() {
        long.problem(long.line(), format!("{field} 缺少 from：取自哪一列"));
    }
    if !source.separators.all.is_empty() && source.separators.all == source.separators.any {
        long.problem(long.line(), format!("{field} 的 all 与 any 不能是同一个分隔符"));
    }
    long.finish();
    Some(source)
}

fn read_statistics(section: &Section<'_>) -> StatisticsMap {
    let map = StatisticsMap {
        hint: Hint {
            sheet: section.text("sheet"),
            header_line: section.whole("header_line").map(|line| line as usize),
            ..Hint::default()
        },
        code: section.needed("code"),
        columns: read_columns(&section.child("columns")),
    };
    if let Some(key) = map.columns.iter().map(|column| column.field).find(|field| *field == "code") {
        section
            .problem(section.line(), format!("[statistics.columns] 不能写 {key}：写在 [statistics] 的 code"));
    }
    section.finish();
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(usize, String)> {
        let problems = ColumnMap::read("import.toml", text.as_bytes()).unwrap_err();
        problems.0.into_iter().map(|problem| (problem.line, problem.message)).collect()
    }

    #[test]
    fn every_mistake_of_a_map_has_its_line() {
        let text = "nothing = [\"nan\"]\n[columns]\ncode = \"编码\"\nname = \"名称\"\ndiagnosis = \"诊断\"\n\
            main_operation = { from = \"操作\", all = \",\", any = \",\" }\npointz = \"分值\"\n\
            [[rule]]\nset = \"core\"\nkind = \"chief\"\n\
            [[rule]]\nwhen = [{ column = \"类型\", is = \"1\", prefix = \"2\" }]\nflags = [\"rare\"]\n\
            [[check]]\nname = \"编码\"\nfield = \"code\"\nequals = \"{diagnosis\"\n";
        let found = problems(text);
        for (line, part) in [
            (1, "没有说明分值从何而来"),
            (6, "不能是同一个分隔符"),
            (7, "不认识的参数 pointz"),
            (10, "“chief”不在可选值内"),
            (12, "恰有"),
            (13, "“rare”不在可选值内"),
            (14, "没有配对"),
        ] {
            assert!(
                found.iter().any(|(at, text)| *at == line && text.contains(part)),
                "{line} {part}: {found:?}"
            );
        }
    }

    #[test]
    fn our_own_header_is_known() {
        let own: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
        assert!(ColumnMap::is_canonical_header(&own));
        assert!(!ColumnMap::is_canonical_header(&["code".to_owned(), "病种名称".to_owned()]));
        let chinese: Vec<String> = TABLES[0].columns.iter().map(|column| column.title_with_unit()).collect();
        assert_eq!(ColumnMap::own(&chinese).unwrap().columns.len(), COLUMNS.len());
        assert_eq!(ColumnMap::own(&own).unwrap(), ColumnMap::canonical());
        let wrong =
            ColumnMap::own(&["病种编码".to_owned(), "病种名称".to_owned(), "权重".to_owned()]).unwrap_err();
        assert!(wrong.contains("主诊断编码、分值") && wrong.contains("不认识的列 权重"), "{wrong}");
    }
}
