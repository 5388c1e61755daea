//! `dipper demo`: a hospital that exists nowhere, from its HIS to the numbers of a manager.
//!
//! The hospital is written into a vendor-style database and then collected through a mapping pack, as a real one is.

mod accounts;
mod answer_key;
mod audit_rules;
mod catalogues;
mod summary;

use crate::installation::{Installation, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use crate::serve_command::ListenArgs;
use crate::sync_command::collect;
use crate::{hospital_clock, pack_dir};
use anyhow::{Context, bail};
use clap::Args;
use hospital::{Hospital, Options};
use jiff::civil::Date;
use policy::Policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Progress, RunState, Store};

/// The mapping pack of the demonstration's HIS, so that one binary is a working system.
static MAPPING: include_dir::Dir<'_> =
    include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../packs/mappings/demo-his");

/// Packs of the built-in sample city, one a year.
const SAMPLE: [&str; 4] = ["sample/2023", "sample/2024", "sample/2025", "sample/2026"];

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// 数据文件夹（模拟 HIS、数据仓、分析库、配置）
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    pub(crate) data: PathBuf,
    /// 政策包文件夹或内置政策包名，可多个；第一个决定合成医院的病种（默认内置样例市 2023 至 2026 年）
    #[arg(long, value_name = "DIR")]
    pub(crate) policy: Vec<PathBuf>,
    /// 出院病例数
    #[arg(long, default_value_t = 5000)]
    pub(crate) discharges: u32,
    /// 在院人数
    #[arg(long, default_value_t = 300)]
    pub(crate) in_house: u32,
    /// 随机种子
    #[arg(long, default_value_t = 20_250_301)]
    pub(crate) seed: u64,
    /// 数据截止日（默认今天）
    #[arg(long, value_name = "日期")]
    pub(crate) today: Option<Date>,
    /// 数据仓：默认数据文件夹内的 SQLite；也可写 postgres://…（须为空库）
    #[arg(long, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// 丢弃上次的演示数据，重新生成
    #[arg(long)]
    pub(crate) fresh: bool,
    /// 只建数据并打印汇总，不打开网页
    #[arg(long)]
    pub(crate) no_serve: bool,
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
}

/// How long each part took.
pub(crate) struct Times {
    at: Instant,
    pub(crate) laps: Vec<(&'static str, Duration)>,
}

impl Times {
    pub(crate) fn begin() -> Times {
        Times { at: Instant::now(), laps: Vec::new() }
    }

    pub(crate) fn lap(&mut self, part: &'static str) {
        self.laps.push((part, self.at.elapsed()));
        self.at = Instant::now();
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, (part, time)) in self.laps.iter().enumerate() {
            write!(f, "{}{part} {:.1}", if at > 0 { "，" } else { "" }, time.as_secs_f64())?;
        }
        Ok(())
    }
}

/// Offset of the demonstration's clock: the sample city lies in China.
const OFFSET: i64 = 8 * 3600;

impl DemoArgs {
    /// Builds, collects, computes, prints the page.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let started = Instant::now();
        let mut work = LongWork::begin();
        let (installation, times) = self.build(&mut work)?;
        let page = summary::page(&installation.mart()?)?;
        work.end();
        print(&page)?;
        print(&format!(
            "\n用时 {:.1} 秒（{times}）；数据在 {}，配置为 {}\n",
            started.elapsed().as_secs_f64(),
            self.data.display(),
            self.configuration().display()
        ))?;
        if self.no_serve {
            return Ok(());
        }
        let app = self.listen.open(&installation)?;
        print(&accounts::ready(&app, &self.data)?)?;
        self.listen.serve(&app)
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.data.join("dipper.toml")
    }

    /// A hospital that is collected, computed and in the mart; what stands there from an earlier call is gone on with.
    pub(crate) fn build(&self, work: &mut dyn Progress) -> anyhow::Result<(Installation, Times)> {
        let mut times = Times::begin();
        let his = self.data.join("his.db");
        let made = self.data.join("demo.txt");
        let wanted = self.description();
        if self.fresh || std::fs::read_to_string(&made).ok().as_deref() != Some(wanted.as_str()) {
            // A pack that cannot be used is found before an earlier demonstration is taken away.
            let hospital = self.hospital()?;
            for pack in self.packs() {
                pack_dir::load(&pack)?;
            }
            self.clear()?;
            if let Some(store) = &self.store
                && !Store::open(store)?.runs(None, 1)?.is_empty()
            {
                bail!("--store 的数据库不是空的；演示需要一个空库，请删除并重建该库后再试");
            }
            self.write_his(&hospital, &his, work)?;
            self.write_configuration()?;
            std::fs::write(&made, wanted)?;
        }
        times.lap("生成模拟 HIS");
        let installation = InstallationArgs { config: self.configuration() }.open()?;
        gather(&installation, &self.packs(), &mut times, work)?;
        let first =
            if self.policy.is_empty() { PathBuf::from("sample/2025") } else { self.packs().swap_remove(0) };
        catalogues::fill(&installation, &first)?;
        times.lap("编码目录");
        audit_rules::fill(&installation)?;
        installation.audit(work)?;
        times.lap("收费审核");
        Ok((installation, times))
    }

    pub(crate) fn packs(&self) -> Vec<PathBuf> {
        if self.policy.is_empty() { SAMPLE.iter().map(PathBuf::from).collect() } else { self.policy.clone() }
    }

    /// The last day whose data can be there: it ends at ten in the morning.
    fn today(&self) -> Date {
        let end = hospital_clock::now(OFFSET) - Options::NOW_HOUR * 3600;
        self.today.unwrap_or_else(|| hospital_clock::today(end))
    }

    /// Everything that decides the generated data: another wish, another hospital.
    fn description(&self) -> String {
        format!(
            "policy {:?}\ndischarges {}\nin_house {}\nseed {}\ntoday {}\nstore {}\n",
            self.packs(),
            self.discharges,
            self.in_house,
            self.seed,
            self.today(),
            self.store.as_deref().unwrap_or("sqlite")
        )
    }

    /// Takes the files of an earlier demonstration away, and only those.
    fn clear(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("建不了文件夹 {}", self.data.display()))?;
        let sure =
            ["demo.txt", "demo_accounts.txt", "his.db"].iter().any(|name| self.data.join(name).exists());
        if !sure && std::fs::read_dir(&self.data)?.next().is_some() {
            bail!("{} 不是空的，也不是演示数据；请用 --data 指定另一个文件夹", self.data.display());
        }
        let ours = [
            "demo.txt",
            "demo_accounts.txt",
            "his.db",
            "store.db",
            "mart.duckdb",
            "charge",
            "dipper.toml",
            "answer_key.csv",
        ];
        for entry in std::fs::read_dir(&self.data)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_file() && ours.iter().any(|prefix| name.starts_with(prefix)) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn hospital(&self) -> anyhow::Result<Hospital> {
        // The pack in the middle of the years decides what the hospital treats; the sample city's are alike in that.
        let dir =
            if self.policy.is_empty() { PathBuf::from("sample/2025") } else { self.packs().swap_remove(0) };
        let policy: Arc<Policy> = Arc::new(pack_dir::load(&dir)?);
        let options = Options {
            seed: self.seed,
            discharges: self.discharges,
            in_house: self.in_house,
            ..Options::demo(self.today())
        };
        Ok(Hospital::new(&policy, options)?)
    }

    fn write_his(&self, hospital: &Hospital, file: &Path, work: &mut dyn Progress) -> anyhow::Result<()> {
        let total = hospital.stay_count() as u64;
        let mut target = his::SqliteHis::create(file)?;
        let mut going = true;
        let built = his::build(hospital, &mut target, |done| {
            going &= work.report("生成模拟 HIS（人次）", done, total);
        })?;
        if !going {
            bail!("已取消");
        }
        answer_key::write(&self.data.join("answer_key.csv"), &built.planted)
    }

    /// The configuration and its mapping pack, to be looked at and changed.
    fn write_configuration(&self) -> anyhow::Result<()> {
        let mapping = self.data.join("mapping");
        std::fs::create_dir_all(mapping.join("codes"))?;
        for file in files_of(&MAPPING) {
            std::fs::write(mapping.join(file.path()), file.contents())?;
        }
        let store = self.store.as_deref().unwrap_or("store.db");
        let secret = web::random_secret().map_err(anyhow::Error::msg)?;
        let text = format!(
            "# 演示配置：一个模拟 HIS（SQLite 文件，厂商式视图），每 15 分钟采集一次。\n\
             hospital = \"样例市人民医院（演示）\"\nregion = \"999901\"\nstore = {store:?}\nmart = \"mart.duckdb\"\n\n\
             [[source]]\nid = \"his\"\nname = \"模拟 HIS\"\nkind = \"sqlite\"\naddress = \"his.db\"\n\
             mapping = \"mapping\"\nschedule = \"*/15 * * * *\"\n\n\
             # 接入应用：可调用审核接口、打开嵌入页面（dipper embed-link）；正式环境的密钥写成 ${{变量名}}，从环境变量取。\n\
             [[application]]\nid = \"his\"\nname = \"模拟医生站\"\nsecret = \"{secret}\"\n"
        );
        Ok(std::fs::write(self.configuration(), text)?)
    }
}

/// Collects every source, computes with `packs` and builds the mart.
pub(crate) fn gather(
    installation: &Installation,
    packs: &[PathBuf],
    times: &mut Times,
    work: &mut dyn Progress,
) -> anyhow::Result<()> {
    let _lock = installation.store.lock_collection()?;
    let now = installation.now();
    let mut ids = Vec::new();
    for dir in packs {
        ids.push(sync::add_pack(&installation.store, &pack_dir::read(dir)?, now)?);
    }
    installation.store.put_in_force(&ids, now)?;
    for source in &installation.configuration.sources {
        let wish = sync::Wish { only: &[], cause: "manual", accept_deletions: false };
        for run in collect(installation, source, wish, work)? {
            if run.state != RunState::Done || run.rejected > 0 {
                eprintln!("{}：{}，拒收 {} 行 {}", run.task, run.state.chinese(), run.rejected, run.message);
            }
        }
    }
    times.lap("采集");
    installation.compute(work)?;
    times.lap("分组计价");
    installation.refresh_mart(work)?;
    times.lap("分析库");
    Ok(())
}

fn files_of<'a>(dir: &'a include_dir::Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
    let mut files: Vec<_> = dir.files().collect();
    dir.dirs().for_each(|sub| files.extend(files_of(sub)));
    files
}
