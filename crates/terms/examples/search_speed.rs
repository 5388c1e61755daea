//! Search times over a catalogue: `cargo run --release -p terms --example search_speed -- FILE.csv [FILE.csv …]`.
//! Each file has code and name in its first two columns.

use std::time::Instant;
use terms::search::Index;
use terms::table::{Hint, read_table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut terms: Vec<(String, String)> = Vec::new();
    for file in std::env::args().skip(1) {
        let table = read_table(&std::fs::read(file)?, &Hint::default())?;
        terms.extend(table.rows().map(|row| (row.get(0).to_owned(), row.get(1).to_owned())));
    }
    // Repeat up to the 50,000 terms the product must bear.
    let wanted = terms.len().max(50_000);
    let terms: Vec<_> = terms.iter().cycle().take(wanted).collect();
    let start = Instant::now();
    let index = Index::new(terms.iter().map(|(code, name)| (code, name)));
    println!("{} terms indexed in {:.0} ms", index.len(), start.elapsed().as_secs_f64() * 1e3);
    let usage = index.usage(terms.iter().enumerate().map(|(at, (code, _))| (code, (at % 97) as u32)));
    println!("{:<28}{:>9}{:>12}{:>12}{:>12}", "query", "hits", "best ms", "median ms", "worst ms");
    for query in QUERIES {
        let mut times: Vec<f64> = Vec::new();
        let mut total = 0;
        for _ in 0..200 {
            let start = Instant::now();
            total = std::hint::black_box(index.search(query, 20, Some(&usage))).total;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!("{query:<28}{total:>9}{:>12.2}{:>12.2}{:>12.2}", at(0.0), at(0.5), at(1.0));
    }
    Ok(())
}

const QUERIES: [&str; 24] = [
    "k",
    "K35",
    "K35.900",
    "高血压",
    "炎",
    "性",
    "x",
    "s",
    "z",
    "gxy",
    "jx",
    "zhongliu",
    "gaoxueya",
    "高xy",
    "gaoxy",
    "exzl",
    "腺 x e",
    "z s x",
    "xxxx",
    "zhzhzhzhzhzh",
    "jixinglanweiyan",
    "没有这样的病",
    "z s x y j g h l",
    "x x x x x x x x",
];
