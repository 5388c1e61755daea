//! Rows to documents.

use super::description::{Case, Form, ImportDescription, Item, Source};
use super::{ImportNote, ImportedRules, NoteKind};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use terms::table::{Hint, Row, Table, read_table};

/// Where a row stands.
type Place = (String, usize);

pub(super) fn gather(
    description: &ImportDescription,
    file: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> ImportedRules {
    let mut gatherer = Gatherer::default();
    for source in &description.source {
        gatherer.source(source, file);
    }
    gatherer.imported
}

#[derive(Default)]
struct Gatherer {
    imported: ImportedRules,
    /// What was said of a code under a kind: its members, and where.
    said: HashMap<(String, String), (Value, Place)>,
    /// Pairs of main and sub.
    pairs: HashMap<(String, String), (Value, Place)>,
    /// 折价 groups of a code.
    groups: HashMap<String, (String, Place)>,
}

/// Rows that make one rule.
struct Group {
    name: String,
    items: Vec<Code>,
    members: Map<String, Value>,
    clause: String,
}

/// A named code.
struct Code {
    code: String,
    name: String,
    line: usize,
}

impl Code {
    fn text(&self) -> String {
        format!("{}|{}", self.code, self.name.replace('|', "／"))
    }
}

impl Gatherer {
    fn note(&mut self, file: &str, line: usize, kind: NoteKind, message: String) {
        self.imported.notes.push(ImportNote { file: file.to_owned(), line, kind, message });
    }

    fn table(&mut self, name: &str, file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Table> {
        let Some(bytes) = file(name) else {
            self.note(name, 0, NoteKind::Malformed, "没有这个文件".to_owned());
            return None;
        };
        match read_table(&bytes, &Hint::default()) {
            Ok(table) => {
                self.imported.rows.insert(name.to_owned(), table.len() + table.wrong.len());
                for wrong in &table.wrong {
                    self.note(name, wrong.line, NoteKind::Malformed, wrong.message.clone());
                }
                Some(table)
            }
            Err(error) => {
                self.note(name, 0, NoteKind::Malformed, error.to_string());
                None
            }
        }
    }

    fn source(&mut self, source: &Source, file: &dyn Fn(&str) -> Option<Vec<u8>>) {
        let Some(table) = self.table(&source.file, file) else { return };
        let codes = match &source.codes {
            Some(name) => match self.table(name, file) {
                Some(codes) => Some(self.codes_by_name(source, name, &codes)),
                None => return,
            },
            None => None,
        };
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut groups: Vec<Group> = Vec::new();
        let mut count = 0;
        for row in table.rows() {
            let line = row.line();
            let members = match members(&table, source, row) {
                Ok(members) => members,
                Err(why) => {
                    self.note(&source.file, line, NoteKind::Malformed, why);
                    continue;
                }
            };
            let get = |column: &str| cell(&table, row, column);
            for doubt in source.doubts.iter().filter(|doubt| get(&doubt.column).contains(&doubt.contains)) {
                self.note(&source.file, line, NoteKind::Doubtful, doubt.why.clone());
            }
            let clause = source.clause.as_deref().map_or("", get).to_owned();
            let mut rule = Map::new();
            if let (Some(main), Some(sub)) = (&source.main, &source.sub) {
                let pair = self.pair(source, &table, row, (main, sub), &members);
                let Some((main, sub)) = pair else { continue };
                rule.insert("main".into(), json!([main.text()]));
                rule.insert("sub".into(), json!([sub.text()]));
                rule.insert("name".into(), json!(format!("{}：{}含{}", source.title, main.name, sub.name)));
            } else {
                let name = get(&source.name).to_owned();
                let items = match &codes {
                    Some(codes) => {
                        used.insert(name.clone());
                        codes.get(&name).map(|codes| codes.iter().collect()).unwrap_or_default()
                    }
                    None => Vec::new(),
                };
                let own = Code { code: get(&source.code).to_owned(), name: name.clone(), line };
                let items = match (&codes, items.is_empty()) {
                    (Some(_), true) => {
                        self.note(&source.file, line, NoteKind::Malformed, format!("“{name}”没有对应的编码"));
                        continue;
                    }
                    (Some(_), false) => items,
                    (None, _) if !self.is_code(source, &source.file, &own) => continue,
                    (None, _) => vec![&own],
                };
                if let Some(column) = &source.group {
                    let group = get(column).to_owned();
                    if group.is_empty() {
                        self.note(&source.file, line, NoteKind::Malformed, format!("“{column}”为空"));
                    } else if self.is_new_in_group(source, &group, &own) {
                        match groups.iter_mut().find(|known| known.name == group) {
                            Some(known) => known.items.push(own),
                            None => groups.push(Group { name: group, items: vec![own], members, clause }),
                        }
                    }
                    continue;
                }
                let members = Value::Object(members.clone());
                let items: Vec<String> = items
                    .into_iter()
                    .filter(|code| self.is_new(source, code, line, &members))
                    .map(Code::text)
                    .collect();
                if items.is_empty() {
                    continue;
                }
                rule.insert("items".into(), json!(items));
                rule.insert("name".into(), json!(format!("{}：{name}", source.title)));
            }
            count += 1;
            rule.extend(members);
            self.finish(source, rule, count, &clause);
        }
        for Group { name, items, members, clause } in groups {
            let items: Vec<String> = items.iter().map(Code::text).collect();
            count += 1;
            let mut rule = members;
            rule.insert("items".into(), json!(items));
            rule.insert("name".into(), json!(format!("{}：{name}", source.title)));
            self.finish(source, rule, count, &clause);
        }
        if let (Some(codes), Some(file)) = (&codes, &source.codes) {
            for (name, list) in codes.iter().filter(|(name, _)| !used.contains(*name)) {
                let why = format!("“{name}”在 {} 中没有规则", source.file);
                self.note(file, list[0].line, NoteKind::Malformed, why);
            }
        }
    }

    fn finish(&mut self, source: &Source, mut rule: Map<String, Value>, number: usize, clause: &str) {
        rule.insert("id".into(), json!(format!("{}-{number:04}", source.id)));
        rule.insert("kind".into(), json!(source.kind));
        rule.insert("batch".into(), json!(source.batch));
        rule.insert("evidence".into(), json!({ "document": source.document, "clause": clause }));
        self.imported.documents.push(Value::Object(rule));
    }

    fn is_code(&mut self, source: &Source, file: &str, code: &Code) -> bool {
        let Code { code, line, .. } = code;
        if source.form.fits(code) {
            return true;
        }
        let why = if code.is_empty() {
            "编码为空".to_owned()
        } else {
            format!("编码“{code}”应为{}", Form::words(source.form))
        };
        self.note(file, *line, NoteKind::Malformed, why);
        false
    }

    /// The codes of each name, without those that are no codes.
    fn codes_by_name(&mut self, source: &Source, file: &str, table: &Table) -> BTreeMap<String, Vec<Code>> {
        let mut by_name: BTreeMap<String, Vec<Code>> = BTreeMap::new();
        for row in table.rows() {
            let name = cell(table, row, &source.name).to_owned();
            let code = Code { code: cell(table, row, &source.code).to_owned(), name, line: row.line() };
            if self.is_code(source, file, &code) {
                by_name.entry(code.name.clone()).or_default().push(code);
            }
        }
        by_name
    }

    /// Whether a code has not been said anything of under this kind.
    fn is_new(&mut self, source: &Source, code: &Code, line: usize, members: &Value) -> bool {
        // Frequencies of several windows stand beside each other; two limits of one kind do not.
        let window = members.get("window").map(Value::to_string).unwrap_or_default();
        let key = (format!("{} {window}", source.kind), code.code.clone());
        let place = match &source.codes {
            Some(file) => (file.clone(), code.line),
            None => (source.file.clone(), line),
        };
        let Some((before, at)) = self.said.get(&key) else {
            self.said.insert(key, (members.clone(), place));
            return true;
        };
        let kind = if before == members { NoteKind::Duplicate } else { NoteKind::Contradictory };
        let why = format!("{} {}：见 {} 第 {} 行", code.code, code.name, at.0, at.1);
        self.note(&place.0, place.1, kind, why);
        false
    }

    fn is_new_in_group(&mut self, source: &Source, group: &str, code: &Code) -> bool {
        let key = format!("{group} {}", code.code);
        if let Some((_, at)) = self.groups.get(&key) {
            let why = format!("{} {}：见 {} 第 {} 行", code.code, code.name, at.0, at.1);
            self.note(&source.file, code.line, NoteKind::Duplicate, why);
            return false;
        }
        let place = (source.file.clone(), code.line);
        if let Some((other, at)) = self.groups.get(&code.code) {
            let why = format!("{} {} 也在“{other}”（第 {} 行）", code.code, code.name, at.1);
            self.note(&source.file, code.line, NoteKind::Doubtful, why);
        } else {
            self.groups.insert(code.code.clone(), (group.to_owned(), place.clone()));
        }
        self.groups.insert(key, (group.to_owned(), place));
        true
    }

    fn pair(
        &mut self,
        source: &Source,
        table: &Table,
        row: Row<'_>,
        (main, sub): (&Item, &Item),
        members: &Map<String, Value>,
    ) -> Option<(Code, Code)> {
        let line = row.line();
        let code = |item: &Item| Code {
            code: cell(table, row, &item.code).to_owned(),
            name: cell(table, row, &item.name).to_owned(),
            line,
        };
        let (main, sub) = (code(main), code(sub));
        if !self.is_code(source, &source.file, &main) || !self.is_code(source, &source.file, &sub) {
            return None;
        }
        if main.code == sub.code {
            let why = format!("主项与从项是同一编码 {}", main.code);
            self.note(&source.file, line, NoteKind::Malformed, why);
            return None;
        }
        let members = Value::Object(members.clone());
        let key = (main.code.clone(), sub.code.clone());
        if let Some((before, at)) = self.pairs.get(&key) {
            let kind = if *before == members { NoteKind::Duplicate } else { NoteKind::Contradictory };
            let why = format!("{}含{}：见第 {} 行", main.name, sub.name, at.1);
            self.note(&source.file, line, kind, why);
            return None;
        }
        if let Some((_, at)) = self.pairs.get(&(sub.code.clone(), main.code.clone())) {
            let why = format!("{}与{}互相包含：见第 {} 行", main.name, sub.name, at.1);
            self.note(&source.file, line, NoteKind::Doubtful, why);
        }
        self.pairs.insert(key, (members, (source.file.clone(), line)));
        Some((main, sub))
    }
}

fn cell<'t>(table: &'t Table, row: Row<'t>, column: &str) -> &'t str {
    table.column(column).map_or("", |at| row.get(at))
}

/// What the row says, by the first case that fits it.
fn members(table: &Table, source: &Source, row: Row<'_>) -> Result<Map<String, Value>, String> {
    let fits = |case: &&Case| {
        let Some(column) = &case.column else { return true };
        let text = cell(table, row, column);
        case.is.as_ref().is_none_or(|is| text == is)
            && case.contains.as_ref().is_none_or(|part| text.contains(part.as_str()))
    };
    let Some(case) = source.cases.iter().find(fits) else {
        let columns: BTreeSet<&str> = source.cases.iter().filter_map(|case| case.column.as_deref()).collect();
        let said: Vec<String> =
            columns.iter().map(|column| format!("“{column}”为“{}”", cell(table, row, column))).collect();
        let clause = source.clause.as_deref().map_or("", |column| cell(table, row, column));
        let said = if said.is_empty() { format!("“{clause}”") } else { said.join("，") };
        return Err(format!("{said}，无法转换"));
    };
    let mut members = Map::new();
    for (name, value) in &case.set {
        members.insert(name.clone(), serde_json::to_value(value).map_err(|error| error.to_string())?);
    }
    let number = |column: &str| {
        let text = cell(table, row, column);
        let number = text.parse::<u32>().ok().filter(|number| *number > 0);
        number.ok_or_else(|| format!("“{column}”为“{text}”，应为大于 0 的整数"))
    };
    for (name, column) in &case.numbers {
        members.insert(name.clone(), json!(number(column)?));
    }
    if let Some(column) = &case.window_days {
        members.insert("window".into(), json!(format!("sliding_days:{}", number(column)?)));
    }
    Ok(members)
}
