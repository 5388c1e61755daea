//! The whole way of a hospital's data: HIS, collection, computing, mart, on SQLite and on PostgreSQL.

use super::spaced;
use crate::demo::{DemoArgs, Times, gather};
use crate::installation::Installation;
use crate::long_work::LongWork;
use anyhow::Context;
use mart::{ChargeColumns, Mart};
use model::canonical::Table;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{CollectedRow, Of, Origin, Scan, Store};
use sync::{PackSet, RegroupScope};

/// Charge lines of the bulk load alone.
const BULK: usize = 2_000_000;
/// Rows a transaction of the bulk load.
const BULK_BATCH: usize = 20_000;

/// Builds a hospital of so many discharges in `data`, measures, prints its rows of the table, and takes the files away; with
/// `keep` it goes on with those of the last time and leaves them.
pub(super) fn run(
    discharges: u32,
    data: &Path,
    Parts { keep, pages_only, times }: Parts,
    postgres: Option<&str>,
) -> anyhow::Result<()> {
    let demo = DemoArgs {
        data: data.to_owned(),
        policy: Vec::new(),
        discharges,
        in_house: (discharges / 133).max(20),
        seed: 20_250_301,
        today: Some(jiff::civil::date(2026, 6, 30)),
        store: None,
        fresh: !keep,
        no_serve: true,
        listen: crate::serve_command::ListenArgs::default(),
    };
    let mut work = LongWork::begin();
    let mut peaks = Peaks::begin();
    let (mut installation, laps) = demo.build(&mut work)?;
    work.end();
    peaks.note("SQLite 整条路");
    if pages_only && times > 1 {
        let copy = data.join("mart_multiplied.duckdb");
        std::fs::copy(&installation.configuration.mart, &copy)?;
        installation.configuration.mart = copy.clone();
        installation.mart()?.multiply(times - 1)?;
        let measured = super::web::run(&installation, &Size::of(&installation)?.text, data, postgres);
        std::fs::remove_file(&copy)?;
        return measured;
    }
    let size = Size::of(&installation)?;
    if pages_only {
        return super::web::run(&installation, &size.text, data, postgres);
    }
    let other = postgres.map(|url| OnPostgres::measure(url, &demo, &installation, &size)).transpose()?;
    if other.is_some() {
        peaks.note("PostgreSQL 整条路");
    }
    print_way(&size, &laps, other.as_ref());
    bulk(&installation, data, postgres, &size)?;
    regroup(&installation, &size)?;
    refresh_one_month(&installation, &size)?;
    start(&installation, &size)?;
    peaks.note("批量装入、重算、启动");
    super::audit::run(
        &installation.mart()?,
        &ChargeColumns::read(&installation.charge_columns())?,
        data,
        postgres,
    )?;
    peaks.note("收费审核，含 130 万对规则");
    super::web::run(&installation, &size.text, data, postgres)?;
    peaks.note("网页，20 人同时");
    sizes(&installation, data, other.as_ref(), &size);
    peaks.print(&size);
    drop(installation);
    if keep {
        std::fs::remove_file(data.join("bulk.db")).with_context(|| format!("删除 {}", data.display()))?;
        return Ok(());
    }
    std::fs::remove_dir_all(data).with_context(|| format!("删除 {}", data.display()))
}

/// What is measured, and whether the data stay.
pub(super) struct Parts {
    pub(super) keep: bool,
    pub(super) pages_only: bool,
    /// How many times over the pages see the cases.
    pub(super) times: u32,
}

/// How much data there is.
struct Size {
    cases: u64,
    lines: u64,
    text: String,
}

impl Size {
    fn of(installation: &Installation) -> anyhow::Result<Size> {
        let mart = installation.mart()?;
        let count = |fact: &str| -> anyhow::Result<u64> {
            match mart.query(&format!("SELECT COUNT(*) FROM {fact}"), &[])?.rows[0][0] {
                mart::Cell::Whole(n) => Ok(u64::try_from(n)?),
                _ => Ok(0),
            }
        };
        let (cases, lines) = (count("case_fact")?, count("charge_fact")?);
        let text = format!("{} 例，{} 行明细", spaced(u128::from(cases)), spaced(u128::from(lines)));
        Ok(Size { cases, lines, text })
    }
}

/// The same HIS collected into PostgreSQL.
struct OnPostgres {
    times: Times,
    bytes: i64,
}

impl OnPostgres {
    fn measure(
        server: &str,
        demo: &DemoArgs,
        sqlite: &Installation,
        size: &Size,
    ) -> anyhow::Result<OnPostgres> {
        let place = Database::new(server, "way")?;
        let mut configuration = sqlite.configuration.clone();
        configuration.store = place.address.clone();
        configuration.mart = demo.data.join("mart_postgres.duckdb");
        let installation = Installation {
            store: Store::open(&configuration.store)?,
            configuration,
            offset: sqlite.offset,
            rules: sqlite.rules.clone(),
        };
        let mut times = Times::begin();
        let mut work = LongWork::begin();
        gather(&installation, &demo.packs(), &mut times, &mut work)?;
        work.end();
        anyhow::ensure!(Size::of(&installation)?.lines == size.lines, "PostgreSQL 与 SQLite 的明细行数不同");
        Ok(OnPostgres { times, bytes: place.bytes()? })
    }
}

/// A database for one measurement, gone afterwards.
pub(super) struct Database {
    server: String,
    name: String,
    pub(super) address: String,
}

impl Database {
    pub(super) fn new(server: &str, purpose: &str) -> anyhow::Result<Database> {
        let name = format!("dipper_bench_{purpose}_{}", std::process::id());
        let (base, _) = server.rsplit_once('/').context("PostgreSQL 地址应以 /库名 结尾")?;
        let address = format!("{base}/{name}");
        postgres::Client::connect(server, postgres::NoTls)?
            .batch_execute(&format!("CREATE DATABASE {name}"))?;
        Ok(Database { server: server.to_owned(), name, address })
    }

    fn bytes(&self) -> anyhow::Result<i64> {
        let mut client = postgres::Client::connect(&self.server, postgres::NoTls)?;
        Ok(client.query_one("SELECT pg_database_size($1::text)", &[&self.name])?.try_get(0)?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut client) = postgres::Client::connect(&self.server, postgres::NoTls) {
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

fn print_way(size: &Size, times: &Times, other: Option<&OnPostgres>) {
    for (part, time) in &times.laps {
        let peer = other.and_then(|other| other.times.laps.iter().find(|(name, _)| name == part));
        let peer = peer
            .map_or("—".to_owned(), |(_, time)| format!("PostgreSQL {}", with_speed(part, *time, size)));
        row(&format!("{part}（整条路）"), &size.text, &with_speed(part, *time, size), "—", &peer);
    }
}

fn with_speed(part: &str, time: Duration, size: &Size) -> String {
    let (count, unit) =
        if part == "分组计价" { (size.cases, "例/秒") } else { (size.lines, "行明细/秒") };
    format!("{}（{} {unit}）", seconds(time), per_second(count, time))
}

/// Charge lines into an empty store, nothing else: rows are in memory already.
fn bulk(installation: &Installation, data: &Path, server: Option<&str>, size: &Size) -> anyhow::Result<()> {
    let table = Table::named("charge_line").context("没有 charge_line")?;
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let mut rows = Vec::with_capacity(BULK.min(usize::try_from(size.lines)?));
    let mut enough = 0;
    let read =
        installation.store.reader()?.scan(Scan { table, columns: &columns, of: Of::All }, &mut |row| {
            if rows.len() >= BULK {
                enough += 1;
                return Err(store::StoreError::Cancelled);
            }
            rows.push(CollectedRow { row: row.to_vec(), updated_at: 1, deleted: false });
            Ok(())
        });
    if enough == 0 {
        read?;
    }
    let load = |store: &Store| -> anyhow::Result<Duration> {
        let began = Instant::now();
        for batch in rows.chunks(BULK_BATCH) {
            store.collect(table, batch, &Origin { source: "bench", run: 0, now: 1 }, &|_, _| Ok(()))?;
        }
        Ok(began.elapsed())
    };
    let file = data.join("bulk.db");
    let sqlite = load(&Store::open(&file.display().to_string())?)?;
    let peer = match server {
        None => "—".to_owned(),
        Some(server) => {
            let place = Database::new(server, "bulk")?;
            let time = load(&Store::open(&place.address)?)?;
            format!("PostgreSQL {} 行/秒", per_second(rows.len() as u64, time))
        }
    };
    let speed = format!("{} 行/秒", per_second(rows.len() as u64, sqlite));
    row("批量装入费用明细", &format!("{} 行", spaced(rows.len() as u128)), &speed, "≥ 150 000 行/秒", &peer);
    Ok(())
}

/// All cases through a new pack, results stored.
fn regroup(installation: &Installation, size: &Size) -> anyhow::Result<()> {
    let store = &installation.store;
    let now = installation.now();
    let packs = PackSet::in_force(store, &installation.rules)?;
    let run = sync::begin_regroup(store, &packs, &RegroupScope { from: None, to: None }, now)?;
    let began = Instant::now();
    let mut work = LongWork::begin();
    sync::continue_regroup(store, &packs, run, crate::hospital_clock::today(now), now, &mut work)?;
    work.end();
    let time = began.elapsed();
    let million = time.as_secs_f64() * 1e6 / size.cases as f64;
    let took = format!("{}，折合 1 000 000 例 {million:.1} 秒", seconds(time));
    row("重新分组计价，结果入库", &size.text, &took, "1 000 000 例 ≤ 10 秒", "—");
    Ok(())
}

/// One late charge: its case is computed and laid out anew.
fn refresh_one_month(installation: &Installation, size: &Size) -> anyhow::Result<()> {
    let table = Table::named("charge_line").context("没有 charge_line")?;
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let mut late = None;
    let read =
        installation.store.reader()?.scan(Scan { table, columns: &columns, of: Of::All }, &mut |row| {
            late = Some(row.to_vec());
            Err(store::StoreError::Cancelled)
        });
    let mut line = late.with_context(|| format!("没有费用明细（{read:?}）"))?;
    line[0] = "BENCH".into();
    let now = installation.now();
    let change = |deleted, at| -> anyhow::Result<(Duration, Duration)> {
        let late = CollectedRow { row: line.clone(), updated_at: at, deleted };
        let origin = Origin { source: "bench", run: 0, now: at };
        installation.store.collect(table, &[late], &origin, &|_, _| Ok(()))?;
        let began = Instant::now();
        let mut work = LongWork::begin();
        installation.compute(&mut work)?;
        let computed = began.elapsed();
        installation.refresh_mart(&mut work)?;
        work.end();
        Ok((computed, began.elapsed() - computed))
    };
    let (computed, refreshed) = change(false, now)?;
    let took = format!("重算 {}，分析库 {}", seconds(computed), seconds(refreshed));
    row("迟到一笔费用：重算病例、更新分析库", &size.text, &took, "—", "—");
    // Data that are kept stay what they were.
    change(true, now + 1)?;
    Ok(())
}

/// From the files on the disk to answering.
fn start(installation: &Installation, size: &Size) -> anyhow::Result<()> {
    let snapshot = installation.charge_columns();
    let mut work = LongWork::begin();
    let began = Instant::now();
    ChargeColumns::load(&installation.mart()?, &snapshot, &mut work)?;
    let filled = began.elapsed();
    work.end();
    row("费用列：从分析库生成并写快照", &size.text, &seconds(filled), "—", "—");
    let began = Instant::now();
    let columns = ChargeColumns::read(&snapshot)?;
    let read = began.elapsed();
    anyhow::ensure!(columns.is_sorted(), "费用列没有按住院与时间排序");
    row("费用列：读快照", &size.text, &seconds(read), "20 000 000 行 ≤ 2 秒", "—");
    drop(columns);
    let began = Instant::now();
    let store = Store::open(&installation.configuration.store)?;
    let mart = Mart::open(&installation.configuration.mart)?;
    let cases = mart.query("SELECT COUNT(*) FROM case_fact", &[])?;
    let columns = ChargeColumns::read(&snapshot)?;
    let took = began.elapsed();
    drop((store, cases, columns));
    row("启动：数据仓、分析库、费用列全部就绪", &size.text, &seconds(took), "首页 ≤ 5 秒", "—");
    Ok(())
}

fn sizes(installation: &Installation, data: &Path, other: Option<&OnPostgres>, size: &Size) {
    let bytes = |file: &Path| std::fs::metadata(file).map(|meta| meta.len()).unwrap_or_default();
    let gigabytes = |bytes: u64| format!("{:.2} GB", bytes as f64 / 1e9);
    let store = bytes(Path::new(&installation.configuration.store));
    let peer = other.map_or("—".to_owned(), |other| {
        format!("PostgreSQL {}", gigabytes(u64::try_from(other.bytes).unwrap_or_default()))
    });
    row("数据仓大小", &size.text, &gigabytes(store), "—", &peer);
    row("分析库大小", &size.text, &gigabytes(bytes(&installation.configuration.mart)), "—", "—");
    row("费用列快照大小", &size.text, &gigabytes(bytes(&installation.charge_columns())), "—", "—");
    row("模拟 HIS 大小", &size.text, &gigabytes(bytes(&data.join("his.db"))), "—", "—");
}

/// The most memory that each part of the run had at once.
struct Peaks(Vec<(&'static str, String)>);

impl Peaks {
    fn begin() -> Peaks {
        let peaks = Peaks(Vec::new());
        peaks.forget();
        peaks
    }

    /// Notes the peak since the last note.
    fn note(&mut self, part: &'static str) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let peak = peak.and_then(|kb| kb.trim().parse::<u64>().ok());
        let text = peak.map_or("—".to_owned(), |kb| format!("{:.2} GiB", kb as f64 / 1024.0 / 1024.0));
        self.0.push((part, text));
        self.forget();
    }

    /// Linux counts anew from here; elsewhere nothing is shown anyway.
    fn forget(&self) {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }

    fn print(&self, size: &Size) {
        for (part, peak) in &self.0 {
            row(&format!("内存峰值：{part}"), &size.text, peak, "≤ 4 GiB", "—");
        }
    }
}

pub(super) fn row(work: &str, data: &str, result: &str, bar: &str, peer: &str) {
    println!("| {work} | {data} | {result} | {bar} | {peer} |");
}

fn seconds(time: Duration) -> String {
    format!("{:.1} 秒", time.as_secs_f64())
}

fn per_second(count: u64, time: Duration) -> String {
    spaced(u128::from(count) * 1_000_000_000 / time.as_nanos().max(1))
}
