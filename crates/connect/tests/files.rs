//! Files of any size and kind, right or broken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops where its data are not as they should be"
)]

mod support;

use connect::{ConnectError, Mapping};
use std::io::Write;
use support::Collected;

fn mapping(more: &str) -> Mapping {
    let text = format!(
        "[[task]]\ntable = 'department'\nmode = 'full'\nfile = '*.csv'\nkey = ['代码']\n{more}\n\
         [task.columns]\nname = '名称'\n"
    );
    support::mapping(&text, &[])
}

fn read_files(files: &[(&str, &[u8])], mapping: &Mapping) -> Result<Collected, ConnectError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let mut source = connect::open(&support::folder_at(folder.path())).unwrap();
    support::read(source.as_mut(), &mapping.tasks[0]).map(|(collected, _)| collected)
}

fn read(bytes: &[u8]) -> Result<Collected, ConnectError> {
    read_files(&[("a.csv", bytes)], &mapping(""))
}

fn names(collected: &Collected) -> Vec<String> {
    collected.rows.iter().map(|row| format!("{}={}", row.key(), row.row[1].str())).collect()
}

#[test]
fn separators_line_ends_and_marks_are_told() {
    for text in [
        "代码,名称\n1,内科\n2,外科\n",
        "代码,名称\r\n1,内科\r\n2,外科",
        "\u{feff}代码\t名称\n1\t内科\n\n2\t外科\n",
        "代码;名称\n1;内科\n2;外科\n",
        "\n\n 代码 , 名称 \n\"1\",\" 内科 \"\n2,外科,\n",
    ] {
        assert_eq!(names(&read(text.as_bytes()).unwrap()), ["1=内科", "2=外科"], "{text:?}");
        let gbk = encoding_rs::GB18030.encode(text.trim_start_matches('\u{feff}')).0.into_owned();
        assert_eq!(names(&read(&gbk).unwrap()), ["1=内科", "2=外科"], "{text:?} in GBK");
    }
}

#[test]
fn rows_that_cannot_be_trusted_are_refused_with_their_line() {
    let text = "代码,名称\r\n1,内科\r\n2\r\n3,\"外\r\n科\"\r\n\r\n4,儿科,多余\r\n5,妇科\r\n";
    let collected = read(text.as_bytes()).unwrap();
    assert_eq!(names(&collected), ["1=内科", "3=外\r\n科", "5=妇科"]);
    let refused: Vec<String> = collected.rejected.iter().map(ToString::to_string).collect();
    assert!(refused[0].starts_with("a.csv 第 3 行：本行有 1 列，表头有 2 列"), "{refused:?}");
    assert!(refused[1].starts_with("a.csv 第 7 行：本行有 3 列，表头有 2 列"), "{refused:?}");
    // Cells of such a row may stand under a wrong name, one of them somebody's: none is kept.
    assert!(collected.rejected.iter().all(|rejection| rejection.raw.is_empty()));
}

#[test]
fn the_line_of_the_last_row_is_right_without_a_line_end() {
    let collected = read("代码,名称\n1,内科\n2".as_bytes()).unwrap();
    assert_eq!(collected.rejected[0].number, 3);
    let collected = read("代码,名称\n1,内科\n2\n".as_bytes()).unwrap();
    assert_eq!(collected.rejected[0].number, 3);
}

#[test]
fn a_quote_that_never_closes_is_said() {
    let collected = read("代码,名称\n1,内科\n2,\"外科\n3,儿科\n4,妇科\n".as_bytes()).unwrap();
    assert_eq!(names(&collected), ["1=内科"]);
    assert!(collected.rejected[0].to_string().contains("第 3 行：引号没有成对"), "{}", collected.rejected[0]);
    // In a huge file it must not be read into memory to the end.
    let mut text = "代码,名称\n1,内科\n2,\"外科\n".to_owned();
    text += &"3,儿科\n".repeat(2_000_000);
    let error = read(text.as_bytes()).err().unwrap();
    assert!(matches!(error, ConnectError::UnclosedQuote { line: 3, .. }), "{error:?}");
    // An inch sign is none.
    assert_eq!(names(&read("代码,名称\n1,5\" 管\n2,外科\n".as_bytes()).unwrap()), ["1=5\" 管", "2=外科"]);
}

#[test]
fn files_that_are_no_tables_are_said() {
    for (bytes, words) in [
        (&b""[..], "文件是空的"),
        (b"\n\n \n", "文件是空的"),
        (b"<html><table>", "网页格式"),
        (b"PK\x03\x04rubbish", "工作簿无法打开"),
        (&[0xd0, 0xcf, 0x11, 0xe0, 0xa1], "工作簿无法打开"),
        ("代码,标题\n1,a\n".as_bytes(), "对照的列不在结果中：名称"),
        ("代码,名称,名称\n1,a,b\n".as_bytes(), "“名称”列出现 2 次"),
    ] {
        let error = read(bytes).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = read_files(&[("b.txt", b"x")], &mapping("")).err().unwrap().to_string();
    assert!(error.contains("没有文件 *.csv"), "{error}");
}

#[test]
fn damaged_bytes_refuse_their_row_only() {
    let mut bytes = "代码,名称\n1,内科\n2,外".as_bytes().to_vec();
    bytes.extend([0xff, 0xfe]);
    bytes.extend("\n3,儿科\n".as_bytes());
    let collected = read(&bytes).unwrap();
    assert_eq!(names(&collected), ["1=内科", "3=儿科"]);
    assert!(
        collected.rejected[0].to_string().contains("（主键 2），科室名称：文字已损坏"),
        "{}",
        collected.rejected[0]
    );
}

#[test]
fn several_files_are_read_in_order_each_by_its_own_header() {
    let files: [(&str, &[u8]); 4] = [
        ("2.csv", "名称,代码\n外科,2\n".as_bytes()),
        ("1.csv", "代码,名称\n1,内科\n".as_bytes()),
        ("~$1.csv", b"rubbish"),
        ("3.txt", b"rubbish"),
    ];
    assert_eq!(names(&read_files(&files, &mapping("")).unwrap()), ["1=内科", "2=外科"]);
    let titled = "导出时间：2025-03-01\n代码,名称\n1,内科\n".as_bytes();
    let collected = read_files(&[("a.csv", titled)], &mapping("header_line = 2")).unwrap();
    assert_eq!(names(&collected), ["1=内科"]);
    let error = read_files(&[("a.csv", titled)], &mapping("header_line = 9")).err().unwrap().to_string();
    assert!(error.contains("第 9 行没有列名"), "{error}");
}

#[test]
fn a_huge_file_is_streamed() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.path().join("a.csv")).unwrap());
    writeln!(file, "代码,名称").unwrap();
    for n in 0..1_000_000 {
        writeln!(file, "{n},\"第 {n} 科\"").unwrap();
    }
    file.into_inner().unwrap();
    let mut source = connect::open(&support::folder_at(folder.path())).unwrap();
    struct Count(u64);
    impl connect::RowSink for Count {
        fn row(&mut self, _: connect::MappedRow) -> std::ops::ControlFlow<()> {
            self.0 += 1;
            std::ops::ControlFlow::Continue(())
        }
        fn rejected(&mut self, rejection: connect::Rejection) -> std::ops::ControlFlow<()> {
            panic!("{rejection}")
        }
    }
    let mut count = Count(0);
    let before = resident_megabytes();
    let mapping = mapping("");
    let report =
        connect::read_task(source.as_mut(), &mapping.tasks[0], &Default::default(), &mut count).unwrap();
    assert_eq!((count.0, report.complete), (1_000_000, true));
    if let (Some(before), Some(after)) = (before, resident_megabytes()) {
        assert!(after < before + 64, "{before} → {after} MB");
    }
}

/// Only Linux tells.
fn resident_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/statm").ok()?;
    status.split(' ').nth(1)?.parse::<u64>().ok().map(|pages| (pages * 4096) >> 20)
}
