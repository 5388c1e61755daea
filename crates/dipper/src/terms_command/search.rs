//! `dipper terms search`: terms as coders type them.

use super::{catalogue_folder, day, kind};
use anyhow::ensure;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use terms::EDITION;
use terms::search::{Index, Place};

/// Arguments of `dipper terms search`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// 目录文件夹
    #[arg(long)]
    dir: PathBuf,
    /// 目录种类
    #[arg(long)]
    kind: String,
    /// 编码、名称、首字母、拼音或混合；几个词都要符合
    #[arg(required = true)]
    query: Vec<String>,
    /// 最多显示几条
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// 只查哪一天有效的编码，缺省今天
    #[arg(long)]
    as_of: Option<String>,
    /// 只查哪一版本，缺省全部
    #[arg(long)]
    edition: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<String> {
    let layout = kind::of(&arguments.kind)?;
    ensure!(
        !layout.is_map(),
        "{}是对照，不能检索：请检索编码目录，或用 dipper terms map 查对照",
        layout.title
    );
    let on = day::as_of(arguments.as_of.as_deref())?;
    let catalogue = catalogue_folder::load(&arguments.dir, layout)?;
    let wanted = |record: &&terms::Record| {
        let edition = arguments.edition.as_deref();
        record.in_force(layout, on) && edition.is_none_or(|edition| record.get(layout, EDITION) == edition)
    };
    // A term that several editions share is one term.
    let terms: BTreeSet<(&str, &str)> = catalogue
        .records()
        .iter()
        .filter(wanted)
        .map(|record| (record.get(layout, "code"), record.get(layout, "name")))
        .collect();
    let index = Index::new(terms);
    let query = arguments.query.join(" ");
    let hits = index.search(&query, arguments.limit, None);
    let mut text = String::new();
    writeln!(
        text,
        "“{query}”：{} {on} 有效 {} 条，命中 {} 条，显示 {} 条",
        layout.title,
        index.len(),
        hits.total,
        hits.rows.len()
    )?;
    if index.is_empty() {
        writeln!(
            text,
            "这一天没有有效的编码：请核对 --as-of 与 --edition（dipper terms list 列出版本与有效期）"
        )?;
    }
    for hit in hits.rows {
        let place = match hit.place {
            Place::Exact => "完全一致",
            Place::Prefix => "开头",
            Place::Inside => "中间",
        };
        writeln!(text, "{}\t{}\t{}，{place}", hit.code, hit.name, hit.kind.title())?;
    }
    Ok(text)
}
