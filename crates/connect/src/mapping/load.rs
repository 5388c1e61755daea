//! Loading a mapping pack: whole or not at all.

use super::code_map::{CodeMap, Unmapped};
use super::field::{FieldFrom, FieldMap};
use super::files::{MAIN, MappingFiles, code_map_name};
use super::section::{Context, Entry, Section, parse_toml};
use super::task::{Complete, Mode, Page, Task, Void, Window};
use super::template::Template;
use super::{FileQuery, Mapping, Problems};
use crate::nearest_name::nearest_name;
use crate::period::Period;
use crate::sql::{Parameter, Sql};
use model::canonical::{Kind, TABLES, Table, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const USUAL_GUARD: u32 = 5;
const USUAL_BATCH: u32 = 5000;
const USUAL_OVERLAP: Period = Period(600);

pub(super) fn load(files: &MappingFiles) -> Result<Mapping, Problems> {
    let context = Context::default();
    let mapping = read(&context, files);
    let mut problems = context.problems.into_inner();
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(mapping) } else { Err(Problems(problems)) }
}

fn read(context: &Context, files: &MappingFiles) -> Mapping {
    let mut codes = BTreeMap::new();
    for file in files.names() {
        if let (Some(name), Some(bytes)) = (code_map_name(file), files.get(file)) {
            codes.insert(name.to_owned(), Arc::new(CodeMap::read(context, file, name, bytes)));
        }
    }
    let text = match files.get(MAIN).map(std::str::from_utf8) {
        Some(Ok(text)) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Some(Err(_)) => {
            context.problem(MAIN, 0, "不是 UTF-8 文本：请另存为 UTF-8 编码");
            ""
        }
        None => {
            context.problem(MAIN, 0, "缺少此文件");
            ""
        }
    };
    let table = parse_toml(context, MAIN, text);
    let root = Section::root(context, MAIN, text, &table);
    if !context.problems.borrow().is_empty() && text.is_empty() {
        return Mapping {
            id: String::new(),
            name: String::new(),
            version: String::new(),
            hash: files.hash(),
            tasks: Vec::new(),
        };
    }
    let loader = Loader {
        context,
        codes: &codes,
        used_codes: RefCell::default(),
        empty: root.texts("empty").unwrap_or_default(),
        guard_percent: root.whole("guard_percent", 0..=100).unwrap_or(USUAL_GUARD),
        batch: root.whole("batch", 1..=1_000_000).unwrap_or(USUAL_BATCH),
    };
    let mapping = Mapping {
        id: identifier(&root, "id"),
        name: root.needed("name"),
        version: root.needed("version"),
        hash: files.hash(),
        tasks: loader.tasks(&root),
    };
    if !root.has("task") {
        root.problem(1, "没有任务：至少写一个 [[task]]");
    }
    root.finish();
    for name in codes.keys().filter(|name| !loader.used_codes.borrow().contains(*name)) {
        context.problem(
            &format!("codes/{name}.csv"),
            0,
            "没有任务用到这个代码对照：请删去，或检查 codes 的名称",
        );
    }
    mapping
}

fn identifier(section: &Section<'_>, key: &'static str) -> String {
    let text = section.needed(key);
    if !is_identifier(&text) {
        section.problem(section.line_of(key), format!("{key} 的值“{text}”只能用字母、数字、- 与 _"));
    }
    text
}

fn is_identifier(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

struct Loader<'l> {
    context: &'l Context,
    codes: &'l BTreeMap<String, Arc<CodeMap>>,
    used_codes: RefCell<BTreeSet<String>>,
    empty: Vec<String>,
    guard_percent: u32,
    batch: u32,
}

impl Loader<'_> {
    fn tasks(&self, root: &Section<'_>) -> Vec<Task> {
        let mut tasks: Vec<Task> = Vec::new();
        for section in root.children("task") {
            let Some(task) = self.task(&section) else { continue };
            if tasks.iter().any(|earlier| earlier.name == task.name) {
                let message = format!("任务 {} 出现多次：同一张表有几个任务时，请各写一个 name", task.name);
                section.problem(section.line(), message);
            }
            tasks.push(task);
        }
        tasks
    }

    fn task(&self, section: &Section<'_>) -> Option<Task> {
        let table_name = section.needed("table");
        let Some(table) = Table::named(&table_name) else {
            if !table_name.is_empty() {
                let near = nearest_name(&table_name, TABLES.iter().map(|table| table.name));
                let near = near.map(|near| format!("，是不是 {near}？")).unwrap_or_default();
                let all: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
                let message = format!("没有标准表“{table_name}”{near}可用：{}", all.join("、"));
                section.problem(section.line_of("table"), message);
            }
            return None;
        };
        let name = if section.has("name") { identifier(section, "name") } else { table_name };
        let sql = section.text("sql").and_then(|text| {
            Sql::parse(&text).map_err(|message| section.problem(section.line_of("sql"), message)).ok()
        });
        let file = self.file(section);
        if !section.has("sql") && !section.has("file") {
            section.problem(section.line(), format!("任务 {name} 缺少 sql 或 file"));
        }
        let mode = self.mode(section, table).unwrap_or(Mode::Full);
        let page = section.child("page").map(|page| {
            let read = Page { column: page.needed("column"), start: page.text("start").unwrap_or_default() };
            page.finish();
            read
        });
        if let Some(sql) = &sql {
            check_parameters(section, sql, &mode, page.is_some());
        }
        let files_have_no_span = matches!(&mode, Mode::Window(w) if w.complete != Complete::Encounter);
        if file.is_some() && files_have_no_span {
            let message = "文件没有时间参数：window 只能写 { complete = \"encounter\" }，或改用 full";
            section.problem(section.line_of("window"), message);
        }
        let mut empty = self.empty.clone();
        empty.extend(section.texts("empty").unwrap_or_default());
        let task = Task {
            name,
            table,
            sql,
            file,
            mode,
            page,
            key: self.template(section, "key"),
            void: section.child("void").map(|void| {
                let read =
                    Void { column: void.needed("column"), values: void.texts("values").unwrap_or_default() };
                if read.values.is_empty() {
                    void.problem(void.line(), "void 缺少 values：写出表示作废的值");
                }
                void.finish();
                read
            }),
            empty,
            guard_percent: section.whole("guard_percent", 0..=100).unwrap_or(self.guard_percent),
            batch: section.whole("batch", 1..=1_000_000).unwrap_or(self.batch),
            fields: self.fields(section, table),
        };
        section.finish();
        Some(task)
    }

    fn file(&self, section: &Section<'_>) -> Option<FileQuery> {
        let sheet = section.text("sheet");
        let header_line = section.whole("header_line", 1..=1_000_000).map(|line| line as usize);
        let Some(pattern) = section.text("file") else {
            if sheet.is_some() || header_line.is_some() {
                section.problem(section.line(), "sheet、header_line 只用于 file");
            }
            return None;
        };
        let query = FileQuery { pattern, sheet, header_line };
        if let Err(message) = query.check() {
            section.problem(section.line_of("file"), message);
        }
        Some(query)
    }

    fn mode(&self, section: &Section<'_>, table: &'static Table) -> Option<Mode> {
        #[derive(Clone, Copy, PartialEq)]
        enum Word {
            Watermark,
            Window,
            Full,
        }
        let choices = [("watermark", Word::Watermark), ("window", Word::Window), ("full", Word::Full)];
        section.needed("mode");
        let word = section.choice("mode", &choices)?;
        let (column, format) = (section.text("watermark"), self.format(section, "watermark_format"));
        let overlap = section.period("overlap");
        let window = section.child("window");
        if word != Word::Watermark && (column.is_some() || format.is_some() || overlap.is_some()) {
            section
                .problem(section.line(), "watermark、watermark_format、overlap 只用于 mode = \"watermark\"");
        }
        if let (Some(window), true) = (&window, word != Word::Window) {
            section.problem(window.line(), "window 只用于 mode = \"window\"");
        }
        match word {
            Word::Full => Some(Mode::Full),
            Word::Watermark => {
                let column = column.or_else(|| {
                    section.problem(section.line(), "缺少 watermark：写出源的更新时间列");
                    None
                })?;
                Some(Mode::Watermark { column, format, overlap: overlap.unwrap_or(USUAL_OVERLAP) })
            }
            Word::Window => {
                let Some(window) = window else {
                    section.problem(section.line(), "缺少 window：写出重读的结果对什么是完整的");
                    return None;
                };
                let read = self.window(&window, table);
                window.finish();
                read.map(Mode::Window)
            }
        }
    }

    fn window(&self, section: &Section<'_>, table: &'static Table) -> Option<Window> {
        let days = section.whole("days", 0..=3660);
        let complete = section.choice("complete", &[("encounter", Complete::Encounter)]);
        let column = section.text("column");
        let complete = match (complete, column) {
            (Some(_), Some(_)) => {
                section.problem(section.line(), "complete 与 column 只能写一个");
                None
            }
            (Some(complete), None) => {
                if table.encounter_column().is_none() {
                    let message =
                        format!("“{}”不属于住院就诊，不能写 complete = \"encounter\"", table.chinese);
                    section.problem(section.line(), message);
                }
                Some(complete)
            }
            (None, Some(column)) => {
                let position = table.position(&column);
                let of_time = |at: &usize| {
                    table.columns.get(*at).is_some_and(|c| matches!(c.kind, Kind::Day | Kind::Moment))
                };
                if position.as_ref().is_none_or(|at| !of_time(at)) {
                    let message = format!("“{}”中没有日期或时间列 {column}", table.chinese);
                    section.problem(section.line_of("column"), message);
                }
                if days.is_none() {
                    section.problem(section.line(), "window 写了 column，还缺少 days");
                }
                position.map(Complete::Column)
            }
            (None, None) => {
                section.problem(section.line(), "window 应写 complete = \"encounter\"，或 days 与 column");
                None
            }
        };
        complete.map(|complete| Window { days, complete })
    }

    fn template(&self, section: &Section<'_>, key: &'static str) -> Template {
        let Some(parts) = section.texts(key) else {
            section.problem(
                section.line_of(key),
                format!("缺少 {key}，如 {key} = [\"住院号\", \"-\", \"住院次数\"]"),
            );
            return Template::default();
        };
        Template::parse(&parts).unwrap_or_else(|message| {
            section.problem(section.line_of(key), format!("{key}：{message}"));
            Template::default()
        })
    }

    fn format(&self, section: &Section<'_>, key: &'static str) -> Option<String> {
        let format = section.text(key)?;
        let sample = jiff::civil::DateTime::constant(2025, 3, 1, 8, 5, 9, 0);
        let written = jiff::fmt::strtime::format(&format, sample);
        let back = written.and_then(|text| crate::mapper::parse_format(&format, &text));
        if back.is_err() {
            section
                .problem(section.line_of(key), format!("{key} 的值“{format}”不是日期格式：如 %Y%m%d%H%M%S"));
        }
        Some(format)
    }

    fn fields(&self, section: &Section<'_>, table: &'static Table) -> Vec<FieldMap> {
        let Some(columns) = section.child("columns") else {
            section.problem(section.line(), "缺少 [task.columns]");
            return Vec::new();
        };
        let mut fields: Vec<FieldMap> = Vec::new();
        for (name, line, entry) in columns.entries() {
            let Some(position) = table.position(name).filter(|at| *at > 0) else {
                let message = if name == "key" {
                    "主键写在任务的 key 中，不写在 columns 中".to_owned()
                } else {
                    let near = nearest_name(name, table.columns.iter().map(|column| column.name));
                    let near = near.map(|near| format!("，是不是 {near}？")).unwrap_or_default();
                    format!("“{}”（{}）没有列 {name}{near}", table.chinese, table.name)
                };
                section.problem(line, message);
                continue;
            };
            if let Some(field) = self.field(section, table, position, line, entry) {
                fields.push(field);
            }
        }
        let missing = table.columns.iter().enumerate().skip(1).filter(|(_, column)| column.required);
        for (_, column) in
            missing.filter(|(at, _)| !columns.has_column(table.columns.get(*at).map_or("", |c| c.name)))
        {
            let message = format!("缺少必填列 {}（{}）的来源", column.name, column.chinese);
            section.problem(columns.line(), message);
        }
        fields.sort_by_key(|field| field.position);
        fields
    }

    fn field(
        &self,
        task: &Section<'_>,
        table: &'static Table,
        position: usize,
        line: usize,
        entry: Entry<'_>,
    ) -> Option<FieldMap> {
        let column = table.columns.get(position)?;
        let plain = |from| FieldMap {
            position,
            from,
            codes: None,
            unmapped: Unmapped::Reject,
            format: None,
            empty: Vec::new(),
            default: None,
            round: false,
        };
        let section = match entry {
            Entry::Text(name) if name.trim().is_empty() => {
                task.problem(line, format!("{} 的源列为空", column.name));
                return None;
            }
            Entry::Text(name) => return Some(plain(FieldFrom::Column(name))),
            Entry::Table(section) => section,
        };
        let value = |key: &'static str| -> Option<Value> {
            let text = section.text(key)?;
            Value::read(column.kind, &text)
                .map_err(|error| section.problem(section.line_of(key), format!("{key}：{error}")))
                .ok()
        };
        let from = match (section.has("column"), section.has("const"), section.has("template")) {
            (true, false, false) => FieldFrom::Column(section.needed("column")),
            (false, true, false) => FieldFrom::Const(value("const").unwrap_or_default()),
            (false, false, true) => FieldFrom::Template(self.template(&section, "template")),
            _ => {
                section.problem(line, format!("{} 应写 column、const、template 中的一个", column.name));
                return None;
            }
        };
        let codes = section.text("codes").and_then(|name| {
            self.used_codes.borrow_mut().insert(name.clone());
            let map = self.codes.get(&name);
            match map {
                Some(map) => map.check(self.context, &format!("codes/{name}.csv"), column),
                None => section.problem(section.line_of("codes"), format!("没有代码对照 codes/{name}.csv")),
            }
            map.map(Arc::clone)
        });
        let policies = [("reject", Unmapped::Reject), ("keep", Unmapped::Keep), ("null", Unmapped::Null)];
        let unmapped = section.choice("unmapped", &policies);
        if unmapped.is_some() && !section.has("codes") {
            section.problem(section.line_of("unmapped"), "unmapped 只用于 codes");
        }
        let format = self.format(&section, "format");
        if format.is_some() && !matches!(column.kind, Kind::Day | Kind::Moment) {
            section.problem(
                section.line_of("format"),
                format!("format 只用于日期和时间，{} 是{}", column.name, column.kind.chinese()),
            );
        }
        let round = section.flag("round");
        if round && !matches!(column.kind, Kind::Money | Kind::Decimal4) {
            section.problem(
                section.line_of("round"),
                format!("round 只用于金额和小数，{} 是{}", column.name, column.kind.chinese()),
            );
        }
        let field = FieldMap {
            codes,
            unmapped: unmapped.unwrap_or_default(),
            format,
            empty: section.texts("empty").unwrap_or_default(),
            default: value("default"),
            round,
            ..plain(from)
        };
        section.finish();
        Some(field)
    }
}

/// The SQL's parameters must be those that the mode gives values to.
fn check_parameters(section: &Section<'_>, sql: &Sql, mode: &Mode, paged: bool) {
    let line = section.line_of("sql");
    let span = match mode {
        Mode::Watermark { .. } => true,
        Mode::Window(window) => window.days.is_some(),
        Mode::Full => false,
    };
    for parameter in [Parameter::From, Parameter::To, Parameter::AfterKey, Parameter::Limit] {
        let name = parameter.name();
        let given = match parameter {
            Parameter::From | Parameter::To => span,
            Parameter::AfterKey | Parameter::Limit => paged,
        };
        if sql.uses(parameter) && !given {
            let remedy = if matches!(parameter, Parameter::From | Parameter::To) {
                "mode = \"full\" 与不带 days 的 window 没有时间窗口"
            } else {
                "请写 page = { column = … }"
            };
            section.problem(line, format!("sql 用了 :{name}，但这个任务没有它的值：{remedy}"));
        }
        let must = match mode {
            Mode::Watermark { .. } => given,
            Mode::Window(window) if window.complete != Complete::Encounter => given,
            _ => given && paged && matches!(parameter, Parameter::AfterKey | Parameter::Limit),
        };
        if must && !sql.uses(parameter) {
            section.problem(line, format!("sql 没有用 :{name}：不按它筛选会每次读全部数据，或漏读"));
        }
    }
}
