//! A pack edited as data: the sample city's, one edit at a time.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use policy::edit::{
    Change, Edit, EditError, Form, FormRef, Record, Refusal, apply, apply_patches, merge, patches,
};
use policy::{PackFiles, Policy};
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

fn folder(dir: &Path) -> PackFiles {
    let mut found = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), std::fs::read(&path).unwrap()));
            }
        }
    }
    PackFiles::new(found)
}

static SAMPLE: LazyLock<PackFiles> = LazyLock::new(|| {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/policy");
    let mut files = folder(&packs.join("sample/2025"));
    files.inherit(folder(&packs.join("base/2025")));
    files
});

fn form(files: &PackFiles, id: &str) -> Form {
    Form::read(files, FormRef::find(id).unwrap())
}

/// A record of a form whose cells contain all the words.
fn record(form: &Form, words: &[&str]) -> Record {
    let has = |record: &&Record| words.iter().all(|word| record.cells.iter().any(|cell| cell == word));
    form.records.iter().find(has).unwrap_or_else(|| panic!("{words:?}")).clone()
}

/// A record with some cells changed.
fn set(form: &Form, record: &Record, values: &[(&str, &str)]) -> Edit {
    let mut cells = record.cells.clone();
    for (column, value) in values {
        cells[form.position(column).unwrap()] = (*value).to_owned();
    }
    Edit::Set { at: record.at, seen: record.cells.clone(), cells }
}

fn add(form: &Form, values: &[(&str, &str)]) -> Edit {
    let value = |name: &str| values.iter().find(|(column, _)| *column == name).map_or("", |(_, value)| value);
    Edit::Add { cells: form.columns.iter().map(|column| value(column.name).to_owned()).collect() }
}

fn remove(record: &Record) -> Edit {
    Edit::Remove { at: record.at, seen: record.cells.clone() }
}

fn change(id: &str, edits: Vec<Edit>) -> Change {
    Change::Form { form: id.to_owned(), edits }
}

fn text<'f>(files: &'f PackFiles, name: &str) -> &'f str {
    std::str::from_utf8(files.get(name).unwrap()).unwrap()
}

fn refused(error: EditError) -> Vec<Refusal> {
    match error {
        EditError::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn says(error: EditError, column: Option<&str>, words: &str) {
    let refused = refused(error);
    assert!(
        refused.iter().any(|r| r.column == column && r.message.contains(words)),
        "wanted {column:?} {words}\ngot {refused:#?}"
    );
}

#[test]
fn every_form_shows_what_the_sample_city_has() {
    for of in FormRef::all() {
        let form = Form::read(&SAMPLE, of);
        let id = form.of.id();
        let empty = ["group_coefficients", "bonus_coefficients", "assessment_coefficients"];
        assert!(!form.records.is_empty() || empty.contains(&id.as_str()), "{id} has no record");
        for record in &form.records {
            assert_eq!(record.cells.len(), form.columns.len(), "{id}");
            assert!(record.at > 0 && !record.evidence.is_empty(), "{id}:{}", record.at);
        }
    }
    let segments = form(&SAMPLE, "segments");
    let normal = record(&segments, &["default", "正常"]);
    assert_eq!(segments.cell(&normal, "hi_inclusive"), "true");
    assert_eq!(segments.name_of(&normal.cells), "default 正常");
    let quota = record(&segments, &["quota"]);
    assert_eq!(segments.cell(&quota, "coefficients"), "[]");
    let review = record(&segments, &["特例单议"]);
    assert!(review.evidence.contains("第二十一条"));
    let burns = form(&SAMPLE, "lists/burn");
    assert!(!burns.records.is_empty() && burns.of.title().contains("burn"));
    assert!(FormRef::find("lists/../x").is_none() && FormRef::find("nothing").is_none());
}

#[test]
fn a_price_is_changed_and_only_its_cell_differs() {
    let prices = form(&SAMPLE, "estimated_prices");
    let worker = record(&prices, &["职工"]);
    let edited =
        apply(&SAMPLE, &[change("estimated_prices", vec![set(&prices, &worker, &[("price", "９．４５")])])]);
    let edited = edited.unwrap();
    let before = text(&SAMPLE, "prices.csv");
    assert_eq!(
        text(&edited.files, "prices.csv"),
        before.replace("职工,estimated,9.3900", "职工,estimated,9.45")
    );
    assert_eq!(edited.changes.len(), 1);
    assert_eq!(edited.changes[0].field, "测算分值价钱 · 职工 2025-01-01 · 价钱");
    assert_eq!((edited.changes[0].before.as_str(), edited.changes[0].after.as_str()), ("9.3900", "9.45"));
    assert_ne!(edited.policy.hash, SAMPLE.hash());
}

#[test]
fn a_bound_moves_in_two_segments_at_once_and_comments_stay() {
    let segments = form(&SAMPLE, "segments");
    let (low, normal) =
        (record(&segments, &["default", "费用偏低"]), record(&segments, &["default", "正常"]));
    let alone = apply(&SAMPLE, &[change("segments", vec![set(&segments, &low, &[("hi", "0.8")])])]);
    says(alone.unwrap_err(), None, "分段之间有空档或重叠");
    let both = vec![set(&segments, &low, &[("hi", "0.8")]), set(&segments, &normal, &[("lo", "0.8")])];
    let edited = apply(&SAMPLE, &[change("segments", both)]).unwrap();
    let before = text(&SAMPLE, "scoring.toml");
    let after = before.replace("hi = \"0.75\"", "hi = \"0.8\"").replace("lo = \"0.75\"", "lo = \"0.8\"");
    assert_eq!(text(&edited.files, "scoring.toml"), after);
}

#[test]
fn a_segment_is_split_and_the_new_one_stands_in_its_place() {
    let segments = form(&SAMPLE, "segments");
    let normal = record(&segments, &["default", "正常"]);
    let new = [
        ("scheme", "default"),
        ("name", "略高"),
        ("lo", "1.5"),
        ("hi", "2"),
        ("hi_inclusive", "true"),
        ("a", "0"),
        ("b", "1"),
    ];
    let edits = vec![set(&segments, &normal, &[("hi", "1.5")]), add(&segments, &new)];
    let edited = apply(&SAMPLE, &[change("segments", edits)]).unwrap();
    let names: Vec<&str> =
        edited.policy.scoring.schemes[0].segments.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["费用极低", "费用偏低", "正常", "略高", "费用偏高", "费用极高"]);
    let after = form(&edited.files, "segments");
    let back = vec![
        remove(&record(&after, &["略高"])),
        set(&after, &record(&after, &["default", "正常"]), &[("hi", "2")]),
    ];
    let undone = apply(&edited.files, &[change("segments", back)]).unwrap();
    assert_eq!(undone.files, *SAMPLE);
}

#[test]
fn values_of_toml_files_are_set_added_and_taken_out() {
    let estimate = form(&SAMPLE, "estimate");
    let edited = apply(
        &SAMPLE,
        &[
            change("estimate", vec![set(&estimate, &estimate.records[0], &[("deductible", "900")])]),
            change("payment", {
                let payment = form(&SAMPLE, "payment");
                vec![set(&payment, &payment.records[0], &[("floor", ""), ("price_order", "final、monthly")])]
            }),
            change("identity", {
                let identity = form(&SAMPLE, "identity");
                vec![set(&identity, &identity.records[0], &[("version", "1.1"), ("year", "2025")])]
            }),
        ],
    )
    .unwrap();
    let after = text(&edited.files, "settlement.toml");
    let before = text(&SAMPLE, "settlement.toml");
    let wanted = before
        .replace("deductible = \"800\"", "deductible = \"900\"")
        .replace("floor = \"0\"\n", "")
        .replace("[\"final\", \"monthly\", \"estimated\", \"last_year\"]", "[\"final\", \"monthly\"]");
    assert_eq!(after, wanted);
    assert!(text(&edited.files, "pack.toml").contains("version = \"1.1\"\nstatus"));
    assert_eq!(edited.policy.identity.version, "1.1");
}

#[test]
fn beds_are_set_and_evidence_comes_with_a_new_column() {
    let hospitals = form(&SAMPLE, "hospitals");
    let first = record(&hospitals, &["H1"]);
    let edits = vec![set(&hospitals, &first, &[("beds", "1700"), ("evidence", "卫健委〔2025〕3号")])];
    let edited = apply(&SAMPLE, &[change("hospitals", edits)]).unwrap();
    let after = text(&edited.files, "hospitals.csv");
    assert!(
        after.starts_with(
            "code,name,level,beds,evidence\nH1,样例市人民医院（三级甲等）,3,1700,卫健委〔2025〕3号\n"
        ),
        "{after}"
    );
    assert!(after.contains("\nH2,样例市中医院（三级乙等）,3,820,\n"));
    let h1 = edited.policy.hospitals.iter().find(|h| h.code == "H1").unwrap();
    assert_eq!((h1.beds, edited.policy.evidence_of(h1.source)), (Some(1700), "卫健委〔2025〕3号"));
}

#[test]
fn a_file_that_the_pack_lacks_is_made() {
    let mut files = SAMPLE.clone();
    files.remove("separate_items.csv");
    let items = form(&files, "separate_items");
    let new = add(&items, &[("item", "SEP-01"), ("ratio", "0.8"), ("evidence", "UNCONFIRMED")]);
    let edited = apply(&files, &[change("separate_items", vec![new])]).unwrap();
    assert_eq!(
        text(&edited.files, "separate_items.csv"),
        "item,name,ratio,limit,evidence\nSEP-01,,0.8,,UNCONFIRMED\n"
    );
    assert!(!form(&edited.files, "separate_items").records[0].confirmed());
}

#[test]
fn what_cannot_be_kept_names_the_field_and_the_remedy() {
    let try_one = |id: &str, edit: &dyn Fn(&Form) -> Edit| {
        let before = SAMPLE.clone();
        let form = form(&before, id);
        let error = apply(&before, &[change(id, vec![edit(&form)])]).unwrap_err();
        assert_eq!(before, *SAMPLE);
        error
    };
    let first = |values: &'static [(&'static str, &'static str)]| {
        move |form: &Form| set(form, &form.records[0], values)
    };
    says(try_one("prices", &first(&[("price", "-9.3")])), Some("price"), "负数");
    says(try_one("prices", &first(&[("price", "0")])), Some("price"), "须大于 0");
    says(try_one("prices", &first(&[("to", "2024-01-01")])), Some("to"), "早于开始日期");
    says(try_one("prices", &first(&[("pool", "军人")])), Some("pool"), "没有“军人”");
    says(
        try_one("prices", &|form| {
            add(
                form,
                &[
                    ("pool", "职工"),
                    ("kind", "last_year"),
                    ("price", "9"),
                    ("from", "2025-06-01"),
                    ("to", "2025-06-30"),
                ],
            )
        }),
        Some("from"),
        "有效期重叠",
    );
    says(
        try_one("prices", &|form| {
            add(form, &[("pool", "职工"), ("kind", "last_year"), ("price", "9"), ("from", "2025/1/1")])
        }),
        Some("pool"),
        "重复：请修改那一行",
    );
    says(
        try_one("hospital_coefficients", &first(&[("group", "没有的病种")])),
        Some("group"),
        "目录中没有病种",
    );
    says(try_one("hospital_coefficients", &first(&[("value", "0")])), Some("value"), "须大于 0");
    says(try_one("hospital_coefficients", &first(&[("value", "1.06倍")])), Some("value"), "不是数字");
    says(try_one("fixed_quota", &first(&[("group", "Z99")])), Some("group"), "目录中没有病种");
    says(try_one("insurance_types", &first(&[("code", "390")])), Some("code"), "重复");
    says(try_one("insurance_types", &first(&[("name", "=HYPERLINK(\"x\")")])), Some("name"), "公式");
    says(try_one("hospitals", &first(&[("beds", "-1")])), Some("beds"), "整数");
    says(try_one("segments", &first(&[("a", "一")])), Some("a"), "不是数字");
    says(try_one("segments", &|form| remove(&form.records[1])), None, "空档或重叠");
    says(try_one("bands", &first(&[("bounds", "0;0.75;0.4")])), Some("bounds"), "递增");
    says(try_one("monthly", &first(&[("paid_ratio", "1.5")])), Some("paid_ratio"), "0 与 1 之间");
    says(try_one("identity", &first(&[("effective_to", "2024-12-31")])), Some("effective_to"), "早于");
    says(try_one("catalogue", &first(&[("set", "没人读")])), Some("set"), "没有阶段读取");
    says(try_one("catalogue", &|form| remove(&record(form, &["A15.0"]))), None, "目录中没有病种 A15.0");
    assert_eq!(
        apply(&SAMPLE, &[change("nothing", vec![])]).unwrap_err(),
        EditError::NoForm("nothing".into())
    );
}

#[test]
fn a_gbk_file_is_left_alone_and_said() {
    let mut files = SAMPLE.clone();
    files.put("prices.csv", b"pool,kind,price\n\xd6\xb0\xb9\xa4,last_year,9\n".to_vec());
    let prices = form(&files, "prices");
    let error = apply(&files, &[change("prices", vec![add(&prices, &[("kind", "final"), ("price", "9")])])]);
    assert_eq!(error.unwrap_err(), EditError::Layout("prices.csv".into()));
    let error = apply(&files, &[]).unwrap_err();
    says(error, None, "不是 UTF-8 文本");
}

#[test]
fn saving_twice_is_harmless() {
    let ways = form(&SAMPLE, "settlement_ways");
    let changes = [change(
        "settlement_ways",
        vec![
            set(&ways, &ways.records[0], &[("name", "按病种分值")]),
            add(&ways, &[("code", "9"), ("name", "其他"), ("pays", "item")]),
            remove(&record(&ways, &["项目定额"])),
        ],
    )];
    let once = apply(&SAMPLE, &changes).unwrap();
    assert_eq!(once.changes.len(), 3);
    let twice = apply(&once.files, &changes).unwrap();
    assert_eq!((twice.files == once.files, twice.changes.len()), (true, 0));
}

#[test]
fn two_editors_meet_only_in_the_same_cell() {
    let quota = form(&SAMPLE, "fixed_quota");
    let seen = &quota.records[0];
    let theirs =
        apply(&SAMPLE, &[change("fixed_quota", vec![set(&quota, seen, &[("amount", "6800")])])]).unwrap();
    // A row in front shifts the lines; another cell of the same row was changed by the other.
    let mine = set(&quota, seen, &[("evidence", "第七条")]);
    let both = apply(&theirs.files, &[change("fixed_quota", vec![mine])]).unwrap();
    let now = form(&both.files, "fixed_quota");
    assert_eq!(
        (now.cell(&now.records[0], "amount"), now.cell(&now.records[0], "evidence")),
        ("6800", "第七条")
    );

    let clash =
        apply(&theirs.files, &[change("fixed_quota", vec![set(&quota, seen, &[("amount", "6900")])])]);
    let EditError::Conflict(conflicts) = clash.unwrap_err() else { panic!() };
    assert_eq!(conflicts.len(), 1);
    let conflict = &conflicts[0];
    assert_eq!(conflict.column, Some("amount"));
    assert_eq!(
        (conflict.seen.as_str(), conflict.current.as_deref(), conflict.mine.as_str()),
        ("6760", Some("6800"), "6900")
    );

    let gone = apply(&SAMPLE, &[change("fixed_quota", vec![remove(seen)])]).unwrap();
    let clash = apply(&gone.files, &[change("fixed_quota", vec![set(&quota, seen, &[("amount", "6900")])])]);
    let EditError::Conflict(conflicts) = clash.unwrap_err() else { panic!() };
    assert_eq!((conflicts[0].column, conflicts[0].current.as_deref()), (None, None));

    let removed = apply(&theirs.files, &[change("fixed_quota", vec![remove(seen)])]);
    assert!(matches!(removed.unwrap_err(), EditError::Conflict(_)));
}

#[test]
fn rows_that_name_groups_a_new_catalogue_lacks_go_with_it() {
    let found = policy::edit::orphans(&SAMPLE, |code| code == "A15.0");
    let of = |id: &str| found.iter().find(|(form, _, _)| form.id() == id).map(|(_, _, rows)| *rows);
    assert_eq!(of("fixed_quota"), Some(form(&SAMPLE, "fixed_quota").records.len()));
    assert!(of("reference_costs").unwrap() < form(&SAMPLE, "reference_costs").records.len());
    assert_eq!(of("catalogue"), None);
}

#[test]
fn two_drafts_come_together() {
    let prices = form(&SAMPLE, "estimated_prices");
    let one = set(&prices, &record(&prices, &["职工"]), &[("price", "9.5")]);
    let hospitals = form(&SAMPLE, "hospitals");
    let other = set(&hospitals, &hospitals.records[0], &[("beds", "1700")]);
    let mine = apply(&SAMPLE, &[change("estimated_prices", vec![one])]).unwrap();
    let theirs = apply(&SAMPLE, &[change("hospitals", vec![other])]).unwrap();
    let merged = merge(&SAMPLE, &mine.files, &theirs.files).unwrap();
    assert!(Policy::load(&merged).is_ok());
    assert_eq!(patches(&theirs.files, &merged), patches(&SAMPLE, &mine.files));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever row and column, an edit and the edit back leave every byte, and a draft without edits has the same hash.
    #[test]
    fn an_edit_and_its_inverse_leave_every_byte(
        id in prop::sample::select(vec!["hospitals", "fixed_quota", "insurance_types", "segments", "settlement_ways", "payment"]),
        row in 0_usize..4, column in 0_usize..10, value in "[A-Za-z0-9一二 ,\"']{1,8}",
    ) {
        let before = form(&SAMPLE, id);
        let record = &before.records[row % before.records.len()];
        let name = before.columns[column % before.columns.len()].name;
        if let Ok(edited) = apply(&SAMPLE, &[change(id, vec![set(&before, record, &[(name, &value)])])]) {
            let undo: Vec<_> = patches(&SAMPLE, &edited.files).iter().map(|patch| patch.inverse()).collect();
            prop_assert_eq!(&apply_patches(&edited.files, &undo).unwrap(), &*SAMPLE);
            let after = form(&edited.files, id);
            let there = after.records.iter().find(|r| r.at == record.at).unwrap();
            let back = Edit::Set { at: there.at, seen: there.cells.clone(), cells: record.cells.clone() };
            let back = apply(&edited.files, &[change(id, vec![back])]).unwrap();
            prop_assert_eq!(Form::read(&back.files, before.of.clone()).records, before.records);
        }
        prop_assert_eq!(apply(&SAMPLE, &[change(id, vec![])]).unwrap().policy.hash, SAMPLE.hash());
    }
}
