//! Loading a pack: whole or not at all.

use crate::auxiliary::Auxiliary;
use crate::coefficients::Coefficients;
use crate::files::PackFiles;
use crate::lists::Lists;
use crate::operations::OperationTable;
use crate::reader::{Context, Section, Sheet, parse_toml};
use crate::{Policy, group, import, pack, prices, scoring, settlement, stages};
use model::Code;
use model::Problems;
use rustc_hash::{FxHashMap, FxHashSet};

const FILES: [&str; 20] = [
    "auxiliary.csv",
    "auxiliary.toml",
    "bed_days.csv",
    "catalogue.csv",
    "code_map.csv",
    "coefficients.csv",
    "diagnoses.csv",
    "fixed_quota.csv",
    "grouper.toml",
    "hospitals.csv",
    "import.toml",
    "insurance_types.csv",
    "operations.csv",
    "pack.toml",
    "prices.csv",
    "reference_costs.csv",
    "scoring.toml",
    "separate_items.csv",
    "settlement.toml",
    "settlement_ways.csv",
];
const NEEDED: [&str; 8] = [
    "pack.toml",
    "catalogue.csv",
    "operations.csv",
    "grouper.toml",
    "scoring.toml",
    "prices.csv",
    "settlement.toml",
    "insurance_types.csv",
];

impl Policy {
    /// Loads and validates a pack. `Err` holds every problem found, sorted by file and line.
    pub fn load(files: &PackFiles) -> Result<Policy, Problems> {
        let context = Context::new();
        let policy = read(&context, files);
        let mut problems = context.problems.into_inner();
        problems.0.sort();
        problems.0.dedup();
        if !problems.0.is_empty() {
            return Err(problems);
        }
        let register = context.register.into_inner();
        Ok(Policy { evidence: register.evidence, file_names: register.files, ..policy })
    }
}

/// Reads every file; whatever could not be read was reported and is left at its default.
fn read(context: &Context, files: &PackFiles) -> Policy {
    check_names(context, files);
    let texts: FxHashMap<&str, &str> =
        FILES.iter().filter_map(|f| Some((*f, text(context, files, f)?))).collect();
    let toml = |name: &'static str| texts.get(name).copied().unwrap_or("");
    let csv = |name: &str| files.get(name);

    let table = parse_toml(context, "pack.toml", toml("pack.toml"));
    let root = Section::root(context, "pack.toml", toml("pack.toml"), &table);
    let mut defaults = root.child("file_evidence").entries();
    defaults.push((String::new(), root.text("evidence").unwrap_or_default()));
    *context.defaults.borrow_mut() = defaults.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    let identity = pack::read(&root);

    let mut lists = Lists::default();
    for file in files.names() {
        if let (Some(name), Some(bytes)) = (list_name(file), files.get(file)) {
            lists.read(context, file, name, bytes);
        }
    }
    let mut auxiliary = Auxiliary::default();
    if csv("auxiliary.toml").is_some() {
        let table = parse_toml(context, "auxiliary.toml", toml("auxiliary.toml"));
        auxiliary
            .read_types(&Section::root(context, "auxiliary.toml", toml("auxiliary.toml"), &table), &lists);
    }
    if let Some(bytes) = csv("auxiliary.csv") {
        auxiliary.read_rows(context, "auxiliary.csv", bytes);
    }
    let grouper_table = parse_toml(context, "grouper.toml", toml("grouper.toml"));
    let scoring_table = parse_toml(context, "scoring.toml", toml("scoring.toml"));
    let settlement_table = parse_toml(context, "settlement.toml", toml("settlement.toml"));
    fn rows<T: Default>(
        context: &Context,
        files: &PackFiles,
        name: &str,
        read: fn(&Context, &str, &[u8]) -> T,
    ) -> T {
        files.get(name).map(|bytes| read(context, name, bytes)).unwrap_or_default()
    }
    let policy = Policy {
        identity,
        hash: files.hash(),
        evidence: Vec::new(),
        file_names: Vec::new(),
        groups: csv("catalogue.csv")
            .map(|b| group::read(context, "catalogue.csv", b, &lists))
            .unwrap_or_default(),
        operations: rows(context, files, "operations.csv", OperationTable::read),
        grouping: stages::read(
            &Section::root(context, "grouper.toml", toml("grouper.toml"), &grouper_table),
            &lists,
        ),
        scoring: scoring::read(&Section::root(context, "scoring.toml", toml("scoring.toml"), &scoring_table)),
        coefficients: rows(context, files, "coefficients.csv", Coefficients::read),
        prices: rows(context, files, "prices.csv", prices::read),
        settlement: settlement::read(&Section::root(
            context,
            "settlement.toml",
            toml("settlement.toml"),
            &settlement_table,
        )),
        insurance_types: rows(context, files, "insurance_types.csv", settlement::read_insurance_types),
        settlement_ways: rows(context, files, "settlement_ways.csv", settlement::read_ways),
        hospitals: rows(context, files, "hospitals.csv", settlement::read_hospitals),
        fixed_quotas: rows(context, files, "fixed_quota.csv", settlement::read_quotas),
        bed_days: rows(context, files, "bed_days.csv", settlement::read_bed_days),
        separate_items: rows(context, files, "separate_items.csv", settlement::read_separate_items),
        reference_costs: rows(context, files, "reference_costs.csv", settlement::read_reference_costs),
        auxiliary,
        diagnoses: csv("diagnoses.csv").map(|bytes| read_codes(context, "diagnoses.csv", bytes)),
        code_map: rows(context, files, "code_map.csv", CodeMap::read),
    };
    if let Some(text) = texts.get("import.toml") {
        import::read_map(context, "import.toml", text);
    }
    check_references(context, &policy);
    policy
}

fn check_names(context: &Context, files: &PackFiles) {
    for name in NEEDED {
        if files.get(name).is_none() {
            context.problem(name, 0, "缺少此文件");
        }
    }
    for name in files.names() {
        if !FILES.contains(&name) && list_name(name).is_none() {
            context.problem(name, 0, "不是政策包的文件：请检查文件名");
        }
    }
}

pub(crate) fn list_name(file: &str) -> Option<&str> {
    file.strip_prefix("lists/")?.strip_suffix(".csv")
}

fn text<'a>(context: &Context, files: &'a PackFiles, name: &str) -> Option<&'a str> {
    let bytes = files.get(name).filter(|_| name.ends_with(".toml"))?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) => {
            context.problem(name, 0, "不是 UTF-8 文本：请另存为 UTF-8 编码");
            None
        }
    }
}

/// What one file says must exist in the other.
fn check_references(context: &Context, policy: &Policy) {
    let codes: FxHashSet<&str> = policy.groups.iter().map(|group| group.code.as_str()).collect();
    let known = |file: &str, line: u32, code: &str| {
        if !code.is_empty() && code != "*" && !codes.contains(code) {
            context.problem(file, line as usize, format!("目录中没有病种 {code}"));
        }
    };
    for row in &policy.coefficients.rows {
        known("coefficients.csv", row.source.line, &row.group);
    }
    for row in &policy.fixed_quotas {
        known("fixed_quota.csv", row.source.line, &row.group);
    }
    for row in &policy.reference_costs {
        known("reference_costs.csv", row.source.line, &row.group);
    }
    for row in policy.auxiliary.rows() {
        known("auxiliary.csv", row.source.line, &row.group);
    }
    for scheme in &policy.scoring.schemes {
        for code in &scheme.groups {
            known("scoring.toml", scheme.segments.first().map_or(0, |segment| segment.source.line), code);
        }
    }
    let sets: FxHashSet<&str> = policy.groups.iter().map(|group| group.set.as_str()).collect();
    for stage in &policy.grouping.stages {
        for set in stage.sets.iter().filter(|set| !sets.contains(set.as_str())) {
            context.problem(
                "grouper.toml",
                stage.source.line as usize,
                format!("目录中没有 set 为“{set}”的行"),
            );
        }
    }
    let read: FxHashSet<&str> =
        policy.grouping.stages.iter().flat_map(|s| &s.sets).map(String::as_str).collect();
    for group in policy.groups.iter().filter(|group| !read.contains(group.set.as_str())) {
        context.problem(
            "catalogue.csv",
            group.source.line as usize,
            format!("没有阶段读取 set“{}”", group.set),
        );
    }
    let ways: FxHashSet<&str> = policy.settlement_ways.iter().map(|way| way.code.as_str()).collect();
    for rate in policy.bed_days.iter().filter(|rate| !ways.contains(rate.settlement_way.as_str())) {
        let message = format!("settlement_ways.csv 中没有结算方式 {}", rate.settlement_way);
        context.problem("bed_days.csv", rate.source.line as usize, message);
    }
}

fn read_codes(context: &Context, file: &str, bytes: &[u8]) -> FxHashMap<Code, String> {
    let sheet = Sheet::read(context, file, bytes, &["code", "name", "evidence"], &["code"]);
    sheet
        .rows(context, file)
        .map(|row| (Code::diagnosis(row.needed("code")), row.text("name").to_owned()))
        .collect()
}

/// 临床版 → 医保版, applied before grouping.
#[derive(Clone, Debug, Default)]
pub struct CodeMap {
    /// Diagnoses.
    pub diagnoses: FxHashMap<Code, Code>,
    /// Operations.
    pub procedures: FxHashMap<Code, Code>,
}

impl CodeMap {
    /// The 医保版 diagnosis of a code; itself where nothing is mapped.
    pub fn diagnosis<'c>(&'c self, code: &'c Code) -> &'c Code {
        if self.diagnoses.is_empty() { code } else { self.diagnoses.get(code).unwrap_or(code) }
    }

    /// The 医保版 operation of a code; itself where nothing is mapped.
    pub fn procedure<'c>(&'c self, code: &'c Code) -> &'c Code {
        if self.procedures.is_empty() { code } else { self.procedures.get(code).unwrap_or(code) }
    }

    fn read(context: &Context, file: &str, bytes: &[u8]) -> CodeMap {
        let sheet =
            Sheet::read(context, file, bytes, &["kind", "from", "to", "evidence"], &["kind", "from", "to"]);
        let mut map = CodeMap::default();
        for row in sheet.rows(context, file) {
            let (from, to) = (row.needed("from"), row.needed("to"));
            row.needed("kind");
            let earlier = match row.choice("kind", &[("diagnosis", true), ("procedure", false)]) {
                Some(true) => map.diagnoses.insert(Code::diagnosis(from), Code::diagnosis(to)),
                Some(false) => map.procedures.insert(Code::procedure(from), Code::procedure(to)),
                None => None,
            };
            if earlier.is_some() {
                row.problem("from", format!("编码 {from} 有多个对照：入组前的对照须唯一"));
            }
        }
        map
    }
}
