//! Two cities' published catalogues, imported whole by the maps under `fixtures/imports`.
#![allow(clippy::expect_used, reason = "a test stops where it fails")]

use policy::import::{self, ColumnMap, Imported, Plan};
use policy::{ClassRule, Flag, Group, Kind, OperationClass, PackFiles, Policy};
use std::path::{Path, PathBuf};
use terms::table::read_table;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the shared data; `None`, said aloud, where that is not laid out.
fn shared(file: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(workspace().join("../shared/data").join(file)).ok();
    if bytes.is_none() {
        println!("skipped: no shared data ({file})");
    }
    bytes
}

/// The parameters of a fixture pack, its parent laid underneath; no catalogue.
fn parameters(city: &str) -> PackFiles {
    let fixture = workspace().join("fixtures/imports").join(city);
    let mut files = folder(&fixture);
    let parent = fixture.join(files.extends().expect("extends"));
    files.inherit(folder(&parent));
    files
}

fn folder(dir: &Path) -> PackFiles {
    let mut found = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("entry").path();
            if path.is_file() {
                let name = path.file_name().expect("name").to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), std::fs::read(&path).expect("readable")));
            }
        }
    }
    PackFiles::new(found)
}

fn imported(city: &str, catalogue: &[u8], statistics: Option<&[u8]>) -> (PackFiles, Imported) {
    let files = parameters(city);
    let map = ColumnMap::read("import.toml", files.get("import.toml").expect("import.toml"));
    let map = map.unwrap_or_else(|problems| panic!("{problems}"));
    let table = read_table(catalogue, &map.hint).expect("catalogue");
    let statistics = statistics.map(|bytes| read_table(bytes, &Default::default()).expect("statistics"));
    let imported = import::import(&map, &table, statistics.as_ref()).expect("bound");
    (files, imported)
}

/// Our own text read by our own map is itself: an export can always be imported back.
fn comes_back(imported: &Imported) {
    let table = read_table(imported.catalogue.as_bytes(), &Default::default()).expect("canonical");
    assert!(ColumnMap::is_canonical_header(table.header()));
    let again = import::import(&ColumnMap::canonical(), &table, None).expect("bound");
    assert_eq!(again.wrong, []);
    assert!(again.catalogue == imported.catalogue, "the canonical text changed on its way back");
}

fn loaded(plan: Plan) -> Policy {
    assert!(plan.may_apply(), "{:?}\n{}", plan.changes.wrong, plan.problems);
    plan.policy.expect("policy")
}

fn group<'p>(policy: &'p Policy, code: &str) -> &'p Group {
    policy.groups.iter().find(|group| group.code == code).unwrap_or_else(|| panic!("no {code}"))
}

fn codes(terms: &[Vec<model::Code>]) -> String {
    let terms = terms.iter().map(|any| any.iter().map(|c| c.as_str()).collect::<Vec<_>>().join("/"));
    terms.collect::<Vec<_>>().join("+")
}

/// covers: DIP-1.03, DIP-1.08, REC-5.10
#[test]
fn pingdingshan_is_imported_whole() {
    let (Some(catalogue), Some(statistics)) =
        (shared("dip_pingdingshan_2025/catalogue.csv"), shared("dip_pingdingshan_2025/group_statistics.csv"))
    else {
        return;
    };
    let (files, imported) = imported("pingdingshan", &catalogue, Some(&statistics));
    assert_eq!(imported.lines.len(), 4444);
    assert_eq!((imported.wrong.len(), imported.skipped), (0, 0));
    assert_eq!(imported.warnings, [], "every code agrees with its columns, every score with its cost");
    assert_eq!(imported.notes.len(), 1);
    assert!(imported.notes[0].starts_with("统计文件中有 92 个编码不在目录中"), "{:?}", imported.notes);
    comes_back(&imported);
    let plan = import::plan(&files, imported);
    assert_eq!(plan.changes.summary(), "新增 4444，修改 0，删除 0，不变 0，出错 0");
    let again = plan.imported.clone();
    let files = plan.files.clone();
    let policy = loaded(plan);

    let count = |kind| policy.groups.iter().filter(|group| group.kind == kind).count();
    assert_eq!((count(Kind::Core), count(Kind::Composite), count(Kind::Primary)), (3877, 567, 0));
    let of_class = |class| {
        let rule = Some(ClassRule::Class(class));
        policy.groups.iter().filter(|group| group.class_rule == rule).count()
    };
    assert_eq!(of_class(OperationClass::Surgical), 293);
    assert_eq!(of_class(OperationClass::Therapeutic), 138);
    assert_eq!(of_class(OperationClass::Diagnostic), 100);
    assert_eq!(of_class(OperationClass::Conservative), 36);
    assert_eq!(policy.groups.iter().filter(|g| g.is_bare()).count(), 1468);
    assert_eq!(policy.groups.iter().filter(|g| !g.main_operation.is_empty()).count(), 2409);
    assert_eq!(policy.groups.iter().filter(|g| g.related_operation.len() == 1).count(), 366);
    assert_eq!(policy.groups.iter().filter(|g| g.related_operation.len() > 1).count(), 142);
    assert!(policy.groups.iter().all(|g| g.reference_cost.is_some() && g.source.confirmed()));

    let bare = group(&policy, "A46.x");
    assert_eq!((bare.name.as_str(), bare.set.as_str()), ("丹毒", "core"));
    assert_eq!(bare.points.to_string(), "563.66829");
    assert!(bare.is_bare() && bare.flags.is_empty());

    let pair = group(&policy, "A09.9:44.1300x001_45.2302");
    assert_eq!(pair.name, "未特指病因的胃肠炎和结肠炎：胃镜检查+电子结肠镜检查");
    assert_eq!(codes(&pair.main_operation), "44.1300x001");
    assert_eq!(codes(&pair.related_operation), "45.2302");
    assert_eq!(pair.points.to_string(), "676.623535");

    let several = group(&policy, "C34.1:32.4100_33.3903+40.5914");
    assert_eq!(codes(&several.related_operation), "33.3903+40.5914");
    assert_eq!(several.related_operation.len(), 2);
    assert_eq!(several.category, "核心病种");

    let composite = group(&policy, "E11:ZLXCZ");
    assert_eq!(composite.name, "2型糖尿病：治疗性操作");
    assert_eq!((composite.set.as_str(), composite.kind), ("composite", Kind::Composite));
    assert_eq!(composite.category, "综合病种（治疗性操作）");
    assert_eq!(composite.points.to_string(), "2331.893426");

    let joined = group(&policy, "G45.9:88.4101");
    assert_eq!(joined.reference_cost.unwrap().to_string(), "7617.038868");
    assert_eq!(joined.mean_days.unwrap().to_string(), "9.046312");
    assert_eq!(joined.cv.unwrap().to_string(), "0.253212");
    assert_eq!(joined.cases, Some(151));
    let cases: u64 = policy.groups.iter().filter_map(|group| group.cases).map(u64::from).sum();
    assert!(cases > 1_800_000, "{cases}");

    let repeated = import::plan(&files, again);
    assert_eq!(repeated.changes.summary(), "新增 0，修改 0，删除 0，不变 4444，出错 0");
    assert!(!repeated.changes_anything());
}

#[test]
fn pingdingshan_without_statistics_keeps_the_scores() {
    let Some(catalogue) = shared("dip_pingdingshan_2025/catalogue.csv") else { return };
    let (files, imported) = imported("pingdingshan", &catalogue, None);
    assert!(imported.notes.is_empty());
    let policy = loaded(import::plan(&files, imported));
    assert_eq!(policy.groups.len(), 4444);
    assert!(policy.groups.iter().all(|group| group.reference_cost.is_none() && !group.points.is_zero()));
}

#[test]
fn a_code_that_contradicts_its_columns_is_a_warning_with_its_row() {
    let Some(catalogue) = shared("dip_pingdingshan_2025/catalogue.csv") else { return };
    let text = String::from_utf8(catalogue).unwrap();
    let text = text.replace("9,A09.9:45.1300x004,1,A09.9,", "9,A09.9:45.1300x004,1,A09.0,");
    let (_, imported) = imported("pingdingshan", text.as_bytes(), None);
    let found: Vec<_> = imported.warnings.iter().filter(|warning| warning.message.contains("应为")).collect();
    assert_eq!(found.len(), 1, "{:?}", imported.warnings);
    assert_eq!((found[0].line, found[0].column.as_str()), (10, "病种编码"));
    let message = &found[0].message;
    assert!(message.contains("“A09.9:45.1300x004”") && message.contains("“A09.0:45.1300x004”"), "{message}");
}

#[test]
fn fengshun_is_imported_whole() {
    let Some(catalogue) = shared("dip_fengshun/dip_2_0_scores_sample.csv") else { return };
    let (files, imported) = imported("fengshun", &catalogue, None);
    assert_eq!((imported.lines.len(), imported.wrong.len()), (333, 0));
    let lines: Vec<usize> = imported.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(lines, [118, 122, 125, 133, 136, 137, 138, 139], "rows of the sample that list codes twice");
    assert!(imported.warnings.iter().all(|warning| warning.message.contains("等编码重复，只取一次")));
    comes_back(&imported);
    let policy = loaded(import::plan(&files, imported));
    let count = |kind| policy.groups.iter().filter(|group| group.kind == kind).count();
    assert_eq!((count(Kind::Core), count(Kind::Primary), count(Kind::Composite)), (247, 86, 0));
    let of_category = |name| policy.groups.iter().filter(|group| group.category == name).count();
    assert_eq!(of_category("一级核心病种"), 1);
    assert_eq!(of_category("二级核心病种"), 259);
    assert_eq!(of_category("三级核心病种"), 73);
    assert_eq!(policy.groups.iter().filter(|group| group.is_bare()).count(), 145);
    assert!(policy.groups.iter().all(|group| !group.source.confirmed()));

    let alternatives = group(&policy, "A41.5:33.2400x002/33.2403/33.2405");
    assert_eq!(codes(&alternatives.main_operation), "33.2400x002/33.2403/33.2405");
    assert_eq!((alternatives.points.to_string().as_str(), alternatives.kind), ("1485", Kind::Core));
    assert!(alternatives.related_operation.is_empty());

    let both = group(&policy, "C11.8:86.0701_99.2800x005/99.2801+99.2500/99.2503");
    assert_eq!(codes(&both.main_operation), "86.0701");
    assert_eq!(codes(&both.related_operation), "99.2800x005/99.2801+99.2500/99.2503");
    assert_eq!(both.related_operation.len(), 2);
    assert_eq!(both.category, "二级核心病种");

    let primary = group(&policy, "A93.8:nan");
    assert_eq!((primary.kind, primary.set.as_str()), (Kind::Primary, "core"));
    assert!(primary.has(Flag::Primary) && primary.is_bare());
    assert_eq!(primary.points.to_string(), "83");

    let first_level = policy.groups.iter().find(|group| group.category == "一级核心病种").unwrap();
    assert!(first_level.code.starts_with('P') && first_level.points > 0.into());
}
