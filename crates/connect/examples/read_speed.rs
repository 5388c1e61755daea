//! How fast charge lines are read and mapped: `cargo run --release -p connect --example read_speed [rows]`.
#![allow(clippy::unwrap_used)]

use connect::{
    ConnectError, MappedRow, Mapping, MappingFiles, Query, ReadOptions, Rejection, RowReader, RowSink,
    SourceConfig, TextRow, read_task,
};
use std::ops::ControlFlow;
use std::time::Instant;

const COLUMNS: [&str; 20] = [
    "key",
    "encounter_key",
    "refund_of",
    "order_key",
    "charged_at",
    "item_key",
    "item_name",
    "insurer_code",
    "fee_class",
    "insurer_class",
    "level",
    "quantity",
    "price",
    "amount",
    "in_scope",
    "own_pay",
    "ordering_department_key",
    "ordering_doctor_key",
    "performing_department_key",
    "updated",
];

struct Count(u64);

impl RowReader for Count {
    fn columns(&mut self, _: &[String]) -> Result<(), ConnectError> {
        Ok(())
    }

    fn row(&mut self, row: &TextRow<'_>) -> ControlFlow<()> {
        self.0 += row.cells().filter(Option::is_some).count() as u64;
        ControlFlow::Continue(())
    }
}

impl RowSink for Count {
    fn row(&mut self, row: MappedRow) -> ControlFlow<()> {
        self.0 += row.row.len() as u64;
        ControlFlow::Continue(())
    }

    fn rejected(&mut self, rejection: Rejection) -> ControlFlow<()> {
        println!("{rejection}");
        ControlFlow::Break(())
    }
}

/// Wall clock and processor time: other work on the machine counts only in the first.
#[derive(Clone, Copy)]
struct Clock(Instant, Option<u64>);

impl Clock {
    fn start() -> Clock {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        Clock(Instant::now(), text.and_then(|text| text.split(' ').next()?.parse().ok()))
    }

    fn elapsed(self) -> Took {
        let nanoseconds = self.1.and_then(|before| Clock::start().1.map(|now| now - before));
        Took(self.0.elapsed().as_secs_f64(), nanoseconds.map(|n| n as f64 / 1e9))
    }
}

struct Took(f64, Option<f64>);

impl Took {
    fn speed(&self, rows: u32) -> String {
        let per_second = |seconds: f64| (f64::from(rows) / seconds) as u64;
        let processor =
            self.1.map_or_else(String::new, |s| format!(" ({} per processor second)", per_second(s)));
        format!("{} rows/s{processor}", per_second(self.0))
    }
}

fn mapping() -> Mapping {
    let columns: Vec<String> = COLUMNS[1..19].iter().map(|name| format!("{name} = '{name}'")).collect();
    let text = format!(
        "id = 's'\nname = 's'\nversion = '1'\nempty = ['-', 'NULL']\n[[task]]\ntable = 'charge_line'\nmode = 'full'\n\
         file = 'lines.csv'\nsql = 'SELECT * FROM v'\nkey = ['key']\n[task.columns]\n{}\n",
        columns.join("\n")
    );
    Mapping::load(&MappingFiles::new([("mapping.toml".to_owned(), text.into_bytes())])).unwrap()
}

fn main() {
    let rows: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("his.db");
    let line = |n: u32| {
        let day = n % 28 + 1;
        [
            format!("{n}"),
            format!("ZY{:06}-1", n / 100),
            String::new(),
            format!("O{}", n / 3),
            format!("2025-03-{day:02} 08:{:02}:00", n % 60),
            format!("2502030{:03}", n % 500),
            "血细胞分析（五分类）".to_owned(),
            "002502030010000".to_owned(),
            "laboratory".to_owned(),
            "05".to_owned(),
            "01".to_owned(),
            "1".to_owned(),
            "20.0000".to_owned(),
            "20.00".to_owned(),
            "18.00".to_owned(),
            String::new(),
            "0101".to_owned(),
            format!("D{:04}", n % 300),
            "0501".to_owned(),
            format!("2025-03-{day:02} 09:00:00"),
        ]
    };
    let mut db = rusqlite::Connection::open(&path).unwrap();
    let mut csv = csv::Writer::from_path(folder.path().join("lines.csv")).unwrap();
    csv.write_record(COLUMNS).unwrap();
    let real = |name: &str| matches!(name, "quantity" | "price" | "amount" | "in_scope" | "own_pay");
    let types: Vec<String> =
        COLUMNS.iter().map(|name| format!("{name} {}", if real(name) { "REAL" } else { "TEXT" })).collect();
    db.execute_batch(&format!("CREATE TABLE v ({})", types.join(", "))).unwrap();
    let transaction = db.transaction().unwrap();
    {
        let marks = vec!["?"; COLUMNS.len()].join(", ");
        let mut insert = transaction.prepare(&format!("INSERT INTO v VALUES ({marks})")).unwrap();
        for n in 0..rows {
            let cells = line(n);
            csv.write_record(&cells).unwrap();
            let cells = cells.iter().map(|cell| Some(cell).filter(|cell| !cell.is_empty()));
            insert.execute(rusqlite::params_from_iter(cells)).unwrap();
        }
    }
    transaction.commit().unwrap();
    csv.flush().unwrap();
    let mapping = mapping();
    let task = &mapping.tasks[0];
    let sql = task.sql.as_ref().unwrap();
    let sqlite = format!("id = 's'\nkind = 'sqlite'\naddress = '{}'", path.display());
    let files = format!("id = 's'\nkind = 'files'\naddress = '{}'", folder.path().display());
    for (label, config) in [("sqlite", sqlite), ("csv", files)] {
        let mut source = connect::open(&SourceConfig::parse(&config).unwrap()).unwrap();
        for round in 1..=3 {
            let start = Clock::start();
            let query = match &task.file {
                Some(file) if label == "csv" => Query::File(file),
                _ => Query::Sql { sql, bindings: connect::Bindings::default() },
            };
            source.read(&query, &mut Count(0)).unwrap();
            let read = start.elapsed();
            let start = Clock::start();
            read_task(source.as_mut(), task, &ReadOptions::default(), &mut Count(0)).unwrap();
            let mapped = start.elapsed();
            println!("{label} {round}: read {}, read and mapped {}", read.speed(rows), mapped.speed(rows));
        }
    }
}
