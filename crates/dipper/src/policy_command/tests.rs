//! Import, export and comparison on packs in a temporary folder.

use super::{diff, export, hash, import, show, template};
use std::path::{Path, PathBuf};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("dipper-policy-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)
        } else {
            std::fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

/// A copy of the small pack.
fn small(folder: &Folder) -> PathBuf {
    let dir = folder.join("small");
    copy_folder(&workspace().join("fixtures/imports/small"), &dir);
    dir
}

/// A city's parameters from `fixtures/imports`, `extends` leading to a copy of the parent.
fn city(folder: &Folder, name: &str) -> PathBuf {
    copy_folder(&workspace().join("packs/policy/base/2025"), &folder.join("base"));
    let dir = folder.join(name);
    copy_folder(&workspace().join("fixtures/imports").join(name), &dir);
    let pack = std::fs::read_to_string(dir.join("pack.toml")).unwrap();
    std::fs::write(dir.join("pack.toml"), pack.replace("../../../packs/policy/base/2025", "../base"))
        .unwrap();
    dir
}

fn import_arguments(pack: &Path, input: &Path, apply: bool) -> import::Arguments {
    import::Arguments { pack: pack.to_owned(), input: input.to_owned(), stats: None, map: None, apply }
}

fn export_to(dir: &Path, out: &Path, what: &[&str]) -> anyhow::Result<String> {
    let what = what.iter().map(|what| (*what).to_owned()).collect();
    export::run(&export::Arguments { dir: dir.to_owned(), out: out.to_owned(), what })
}

#[test]
fn an_export_imported_back_changes_nothing() {
    let folder = Folder::new("round-trip");
    let pack = small(&folder);
    let before = std::fs::read(pack.join("catalogue.csv")).unwrap();
    for (out, what) in
        [("all.xlsx", &["all"][..]), ("catalogue.xlsx", &["catalogue"]), ("catalogue.csv", &[])]
    {
        let out = folder.join(out);
        export_to(&pack, &out, what).unwrap();
        let outcome = import::run(&import_arguments(&pack, &out, true)).unwrap();
        assert_eq!(outcome.refused, "", "{}", outcome.text);
        assert!(outcome.text.contains("新增 0，修改 0，删除 0，不变 "), "{}", outcome.text);
        assert!(outcome.text.contains("与现有目录一致，无需写入"), "{}", outcome.text);
        assert_eq!(std::fs::read(pack.join("catalogue.csv")).unwrap(), before);
    }
    assert!(export_to(&pack, &folder.join("many.csv"), &["all"]).is_err(), "one table a CSV");
    assert!(export_to(&pack, &folder.join("x.pdf"), &[]).is_err());
    let unknown = export_to(&pack, &folder.join("x.xlsx"), &["catalog"]).unwrap_err().to_string();
    assert!(unknown.contains("政策包没有表 catalog：可选 catalogue、"), "{unknown}");
}

#[test]
fn a_dry_run_writes_nothing_and_apply_keeps_the_old_catalogue() {
    let folder = Folder::new("apply");
    let pack = small(&folder);
    let path = pack.join("catalogue.csv");
    let before = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = before.lines().map(str::to_owned).collect();
    let changed = lines.iter().position(|line| line.starts_with("A46.x,")).unwrap();
    lines[changed] = lines[changed].replace("462.7119", "500.5");
    let edited = folder.join("edited.csv");
    std::fs::write(&edited, lines.join("\n") + "\n").unwrap();

    let dry = import::run(&import_arguments(&pack, &edited, false)).unwrap();
    assert!(dry.text.contains("修改 1"), "{}", dry.text);
    assert!(dry.text.contains("A46.x 丹毒：分值 “462.7119”→“500.5”"), "{}", dry.text);
    assert!(dry.text.contains("尚未写入"), "{}", dry.text);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);

    let old_hash = hash::text(std::slice::from_ref(&pack)).unwrap();
    let done = import::run(&import_arguments(&pack, &edited, true)).unwrap();
    assert!(done.text.contains("已写入") && done.text.contains("catalogue.csv.bak-"), "{}", done.text);
    assert_ne!(hash::text(std::slice::from_ref(&pack)).unwrap(), old_hash);
    let kept: Vec<PathBuf> = std::fs::read_dir(&pack)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".bak-") || path.to_string_lossy().contains(".tmp-"))
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(std::fs::read_to_string(&kept[0]).unwrap(), before);
    crate::pack_dir::load(&pack).expect("the loader ignores the kept catalogue");
}

#[test]
fn a_file_with_wrong_rows_or_a_broken_pack_is_never_written() {
    let folder = Folder::new("refused");
    let pack = small(&folder);
    let before = std::fs::read_to_string(pack.join("catalogue.csv")).unwrap();
    let input = folder.join("in.csv");

    std::fs::write(&input, before.replace("462.7119", "暂无")).unwrap();
    let wrong = import::run(&import_arguments(&pack, &input, true)).unwrap();
    assert_eq!(wrong.refused, "1 行出错，未写入：请按提示改正后重新导入");
    assert!(wrong.text.contains("删除 0"), "a refused row is not a removed group: {}", wrong.text);

    // Another file of the pack names a group that the new catalogue no longer holds.
    let without: Vec<&str> = before.lines().filter(|line| !line.starts_with("A15.0,")).collect();
    std::fs::write(&input, without.join("\n") + "\n").unwrap();
    let broken = import::run(&import_arguments(&pack, &input, true)).unwrap();
    assert!(broken.refused.contains("整包未通过校验"), "{}", broken.refused);
    assert!(broken.text.contains("reference_costs.csv:2：目录中没有病种 A15.0"), "{}", broken.text);

    // A line the loader refuses is reported with its line in the city's file.
    std::fs::write(&input, before.replace("J18.9,肺炎,core,primary,", "J18.9,肺炎,core,chief,")).unwrap();
    let loader = import::run(&import_arguments(&pack, &input, true)).unwrap();
    assert!(loader.text.contains("第 5 行：列“kind”：“chief”不在可选值内"), "{}", loader.text);
    assert_eq!(std::fs::read_to_string(pack.join("catalogue.csv")).unwrap(), before);
}

#[test]
fn a_city_is_imported_from_the_command_line() {
    let data = workspace().join("../shared/data/dip_pingdingshan_2025");
    if !data.is_dir() {
        println!("skipped: no shared data (dip_pingdingshan_2025)");
        return;
    }
    let folder = Folder::new("city");
    let pack = city(&folder, "pingdingshan");
    assert!(crate::pack_dir::load(&pack).is_err(), "no catalogue yet");
    let mut arguments = import_arguments(&pack, &data.join("catalogue.csv"), true);
    arguments.stats = Some(data.join("group_statistics.csv"));
    let outcome = import::run(&arguments).unwrap();
    assert_eq!(outcome.refused, "", "{}", outcome.text);
    assert!(outcome.text.contains("新增 4444，修改 0，删除 0，不变 0，出错 0"), "{}", outcome.text);
    let overview = show::text(&pack, None, false).unwrap();
    assert!(overview.contains("核心病种 3877，综合病种 567，基层病种 0"), "{overview}");
    assert!(overview.contains("0.5 ≤ 基准率 ≤ 2 正常：得分 = 标准分 × 1 × 医院系数"), "{overview}");
    assert!(overview.contains("prices.csv:2-3 分值价钱 2 处"), "{overview}");
    let group = show::text(&pack, Some("A09.9:44.1300X001_45.2302"), false).unwrap();
    assert!(group.contains("主要操作：44.1300x001") && group.contains("相关操作：45.2302"), "{group}");

    // All 4,444 rows survive the way through Excel and back.
    let out = folder.join("out.xlsx");
    export_to(&pack, &out, &["catalogue"]).unwrap();
    let back = import::run(&import_arguments(&pack, &out, false)).unwrap();
    assert!(back.text.contains("不变 4444"), "{}", back.text);
    assert!(back.text.contains("无需写入"), "{}", back.text);
}

#[test]
fn formulas_in_a_pack_leave_it_disarmed_and_come_back_whole() {
    let folder = Folder::new("formula");
    let pack = small(&folder);
    let path = pack.join("catalogue.csv");
    let text = std::fs::read_to_string(&path).unwrap().replacen(",丹毒,", ",-丹毒,", 1);
    std::fs::write(&path, text).unwrap();
    let out = folder.join("out.csv");
    export_to(&pack, &out, &[]).unwrap();
    let csv = std::fs::read(&out).unwrap();
    assert!(csv.starts_with(b"\xef\xbb\xbf"), "Excel needs the mark to read UTF-8");
    assert!(String::from_utf8(csv).unwrap().contains(",'-丹毒,"));
    let back = import::run(&import_arguments(&pack, &out, false)).unwrap();
    assert!(back.text.contains("修改 0") && back.text.contains("像 Excel 公式"), "{}", back.text);
}

#[test]
fn a_comparison_names_fields_and_lines() {
    let (old, new) = (Folder::new("diff-old"), Folder::new("diff-new"));
    let (before, after) = (small(&old), small(&new));
    assert!(diff::text(&before, &after, false).unwrap().contains("两包内容相同"));
    let edit = |file: &str, from: &str, to: &str| {
        let path = after.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} {from}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    edit("catalogue.csv", "462.7119,5460", "470,5546");
    edit("prices.csv", "9.8600", "9.9000");
    let words = diff::text(&before, &after, false).unwrap();
    for part in [
        "修改 1",
        "~ A46.x 丹毒",
        "分值：462.7119 → 470",
        "参照费用：5460 → 5546",
        "prices.csv：减 1 行，增 1 行",
        "|",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let json: serde_json::Value = serde_json::from_str(&diff::text(&before, &after, true).unwrap()).unwrap();
    assert_eq!(json["groups"]["changed"][0]["fields"][0]["column"], "points");
    assert_eq!(json["files"][0]["file"], "prices.csv");
    assert_eq!(json["same"], false);
}

#[test]
fn the_template_is_an_empty_catalogue_that_explains_itself() {
    let folder = Folder::new("template");
    let pack = small(&folder);
    for name in ["template.xlsx", "template.csv"] {
        let out = folder.join(name);
        template::run(&out).unwrap();
        let table = terms::table::read_table(&std::fs::read(&out).unwrap(), &Default::default()).unwrap();
        assert_eq!(table.header(), policy::CATALOGUE_COLUMNS);
        assert!(table.is_empty());
        let outcome = import::run(&import_arguments(&pack, &out, true)).unwrap();
        assert!(outcome.refused.contains("未通过校验"), "an empty catalogue is refused: {}", outcome.text);
    }
    let book = std::fs::read(folder.join("template.xlsx")).unwrap();
    let sheet = |name: &str, header_line| {
        let hint = terms::table::Hint { sheet: Some(name.to_owned()), header_line, ..Default::default() };
        terms::table::read_table(&book, &hint).unwrap()
    };
    assert_eq!(sheet("示例", None).len(), 4);
    assert_eq!(sheet("说明", Some(3)).len(), 22);
}

#[test]
fn show_answers_in_words_and_in_json() {
    let folder = Folder::new("show");
    let pack = small(&folder);
    let json: serde_json::Value = serde_json::from_str(&show::text(&pack, None, true).unwrap()).unwrap();
    assert_eq!(json["id"], "small-2025");
    let words = show::text(&pack, Some("A46.x"), false).unwrap();
    assert!(words.contains("主诊断：A46.x…") && words.contains("依据："), "{words}");
    let json: serde_json::Value =
        serde_json::from_str(&show::text(&pack, Some("A46.x"), true).unwrap()).unwrap();
    assert_eq!(json["points"], "462.7119");
    let unknown = show::text(&pack, Some("A46.9"), false).unwrap_err().to_string();
    assert!(unknown.contains("没有病种 A46.9；相近的有 A46.x"), "{unknown}");
}
