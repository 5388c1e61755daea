//! Mapping packs load whole or not at all, with every problem named.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its data are not as they should be"
)]

mod support;

use connect::{Complete, Mapping, MappingFiles, Mode};

fn load(text: &str, codes: &[(&str, &[u8])]) -> Result<Mapping, connect::Problems> {
    let mut files = vec![("mapping.toml".to_owned(), text.as_bytes().to_vec())];
    files.extend(codes.iter().map(|(name, bytes)| (format!("codes/{name}.csv"), bytes.to_vec())));
    Mapping::load(&MappingFiles::new(files))
}

#[test]
fn the_small_pack_loads_and_is_the_manuals_example() {
    let files = MappingFiles::read_folder(&support::fixtures().join("small")).unwrap();
    let mapping = Mapping::load(&files).unwrap_or_else(|problems| panic!("{problems}"));
    let names: Vec<&str> = mapping.tasks.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["department", "encounter", "charge_line", "diagnosis_of_in_house"]);
    let window = mapping.task("diagnosis_of_in_house").unwrap();
    assert!(matches!(&window.mode, Mode::Window(w) if w.complete == Complete::Encounter && w.days.is_none()));
    assert!(mapping.hash.starts_with("sha256:"));
    let manual = std::fs::read_to_string(support::fixtures().join("../../docs/mapping-pack.md")).unwrap();
    let pack = std::str::from_utf8(files.get("mapping.toml").unwrap()).unwrap();
    assert!(manual.contains(pack), "docs/mapping-pack.md shows another pack");
}

#[test]
fn equal_packs_have_equal_hashes() {
    let text = "id = 'a'";
    let hash = |text: &str| MappingFiles::new([("mapping.toml".to_owned(), text.as_bytes().to_vec())]).hash();
    assert_eq!(hash(text), hash(text));
    assert_ne!(hash(text), hash("id = 'b'"));
}

/// Each file says in a comment `# ! words` what is wrong with the line: exactly these problems must be found.
#[test]
fn malformed_packs_are_refused_with_every_problem_and_its_line() {
    let mut seen = 0;
    for entry in std::fs::read_dir(support::fixtures().join("malformed")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let sex: (&str, &[u8]) = ("sex", "source,canonical\n男,1\n女,2\n".as_bytes());
        let problems = load(&text, &[sex]).expect_err(&path.display().to_string()).0;
        let found: Vec<String> = problems
            .iter()
            .filter(|problem| !problem.message.contains("没有任务用到这个代码对照"))
            .map(|problem| format!("{} {}", problem.line, problem.message))
            .collect();
        let expected: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .flat_map(|(at, line)| line.split("# !").skip(1).map(move |words| (at + 1, words.trim())))
            .collect();
        for (line, words) in &expected {
            let hit = found
                .iter()
                .any(|message| message.starts_with(&format!("{line} ")) && message.contains(words));
            assert!(hit, "{}:{line} {words}\n{}", path.display(), found.join("\n"));
        }
        assert_eq!(found.len(), expected.len(), "{}\n{}", path.display(), found.join("\n"));
        seen += 1;
    }
    assert!(seen >= 8);
}

#[test]
fn code_maps_are_checked_with_their_lines() {
    let pack = "id = 'a'\nname = 'a'\nversion = '1'\n[[task]]\ntable = 'department'\nmode = 'full'\nsql = 'SELECT 1'\n\
                key = ['a']\n[task.columns]\nname = 'b'\nactive = { column = 'c', codes = 'm' }\n";
    for (bytes, words) in [
        ("source,canonical\n是,1\n是,0\n".as_bytes(), "codes/m.csv:3：源值“是”与第 2 行重复"),
        ("source,canonical\n是,也许\n".as_bytes(), "codes/m.csv:2：用于“在用”（active）：“也许”不是是否"),
        ("source,kept\n是,1\n".as_bytes(), "codes/m.csv:1：不认识的列“kept”"),
        ("source,canonical\n是\n".as_bytes(), "codes/m.csv:2：本行有 1 列"),
        ("source,canonical\n,1\n".as_bytes(), "codes/m.csv:2：source 为空"),
        ("".as_bytes(), "文件是空的"),
    ] {
        let text: String = pack.replace("                ", "");
        let problems = load(&text, &[("m", bytes)]).unwrap_err().to_string();
        assert!(problems.contains(words), "{problems}");
    }
    let gbk = encoding_rs::GB18030.encode("source,canonical\n是,1\n").0.into_owned();
    assert!(load(pack, &[("m", &gbk)]).is_ok());
    let unused = load(pack, &[("m", b"source,canonical\n1,1\n"), ("n", b"source,canonical\n1,1\n")]);
    assert!(unused.unwrap_err().to_string().contains("codes/n.csv：没有任务用到"));
}

#[test]
fn a_pack_without_its_main_file_says_so() {
    let problems = Mapping::load(&MappingFiles::new([])).unwrap_err().to_string();
    assert_eq!(problems, "mapping.toml：缺少此文件");
    let problems = load("\u{feff}id = 1 2", &[]).unwrap_err().to_string();
    assert!(problems.contains("mapping.toml:1：TOML 语法错误"), "{problems}");
    let bytes = [("mapping.toml".to_owned(), vec![0xc4, 0xda])];
    assert!(Mapping::load(&MappingFiles::new(bytes)).unwrap_err().to_string().contains("不是 UTF-8"));
}
