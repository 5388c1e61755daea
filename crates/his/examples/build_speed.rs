//! How fast a HIS is drawn and written: `cargo run --release -p his --example build_speed FILE [discharges] [pack]`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use his::{SqliteHis, build};
use hospital::{Hospital, Options};
use policy::{PackFiles, Policy};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn folder(dir: &Path) -> PackFiles {
    let mut found = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                found.push((format!("{prefix}{name}"), std::fs::read(entry.path()).unwrap()));
            }
        }
    }
    PackFiles::new(found)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("a file to write");
    let discharges = arguments.next().map_or(5_000, |n| n.parse().unwrap());
    let pack = arguments.next().unwrap_or_else(|| "packs/policy/sample/2025".to_owned());
    let mut files = folder(Path::new(&pack));
    if let Some(parent) = files.extends() {
        files.inherit(folder(&Path::new(&pack).join(parent)));
    }
    let policy = Arc::new(Policy::load(&files).unwrap_or_else(|problems| panic!("{problems}")));
    let today = jiff::civil::date(2026, 11, 27);
    let sized = if discharges > 50_000 { Options::bench(today) } else { Options::demo(today) };

    let started = Instant::now();
    let hospital = Hospital::new(&policy, Options { discharges, ..sized }).unwrap();
    println!("dictionaries and groups: {:.2} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let lines: usize = hospital.stays().map(|stay| stay.lines.len()).sum();
    let seconds = started.elapsed().as_secs_f64();
    println!("drawn only: {lines} lines in {seconds:.2} s = {:.0} lines/s", lines as f64 / seconds);

    let started = Instant::now();
    let built = build(&hospital, &mut SqliteHis::create(Path::new(&path)).unwrap(), |_| ()).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let size = std::fs::metadata(&path).unwrap().len() / 1_000_000;
    println!(
        "drawn and written: {} stays, {} lines, {} rows, {size} MB in {seconds:.2} s = {:.0} lines/s",
        built.stays,
        built.charge_lines,
        built.rows,
        built.charge_lines as f64 / seconds
    );
}
