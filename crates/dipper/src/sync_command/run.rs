//! `dipper sync run`: collects now.

use crate::installation::{Installation, InstallationArgs};
use crate::long_work::LongWork;
use crate::report::print;
use anyhow::bail;
use clap::Args;
use store::{Progress, RunState, SyncRun};
use sync::{CollectedSource, Wish};

#[derive(Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 只采集这个数据源
    #[arg(long)]
    source: Option<String>,
    /// 只运行这些任务，可多个
    #[arg(long = "task", requires = "source")]
    tasks: Vec<String>,
    /// 已核对：数据源中消失的行确属删除，不受防误删限制
    #[arg(long)]
    accept_deletions: bool,
}

impl RunArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let sources: Vec<&CollectedSource> = installation
            .configuration
            .sources
            .iter()
            .filter(|source| self.source.as_ref().is_none_or(|id| *id == source.source.id))
            .collect();
        if sources.is_empty() {
            let known: Vec<&str> =
                installation.configuration.sources.iter().map(|s| s.source.id.as_str()).collect();
            bail!("没有可采集的数据源；配置中有：{}", known.join("、"));
        }
        let _lock = installation.store.lock_collection()?;
        let mut work = LongWork::begin();
        let mut all_done = true;
        for source in sources {
            let wish = Wish { only: &self.tasks, cause: "manual", accept_deletions: self.accept_deletions };
            let runs = collect(&installation, source, wish, &mut work)?;
            all_done &= runs.iter().all(|run| run.state == RunState::Done);
            print(&table(&runs))?;
        }
        let computed = installation.compute_and_refresh(&mut work)?;
        work.end();
        print(&format!("重算 {computed} 例\n"))?;
        if all_done {
            Ok(())
        } else {
            bail!("有任务没有完成；原因见上表，详情用 dipper sync log 查看")
        }
    }
}

/// Collects one source.
pub(crate) fn collect(
    installation: &Installation,
    source: &CollectedSource,
    wish: Wish<'_>,
    progress: &mut dyn Progress,
) -> anyhow::Result<Vec<SyncRun>> {
    let offset = installation.offset;
    let now = move || crate::hospital_clock::now(offset);
    Ok(sync::collect_configured(&installation.store, source, wish, &now, progress)?)
}

/// Runs as a table.
pub(crate) fn table(runs: &[SyncRun]) -> String {
    // Chinese characters are two columns wide.
    let wide = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let padded = |text: &str, width: usize| format!("{text}{}", " ".repeat(width.saturating_sub(wide(text))));
    let width = runs.iter().map(|run| wide(&run.task)).max().unwrap_or_default().max(4);
    let mut text = format!(
        "编号    {}  状态            读取      新增      修改      不变    拒收    删除  说明\n",
        padded("任务", width)
    );
    for run in runs {
        let (task, state) = (padded(&run.task, width), padded(run.state.chinese(), 10));
        text.push_str(&format!(
            "{:<6}  {task}  {state}  {:>8}  {:>8}  {:>8}  {:>8}  {:>6}  {:>6}  {}\n",
            run.id,
            run.read,
            run.inserted,
            run.updated,
            run.unchanged,
            run.rejected,
            run.tombstoned,
            run.message
        ));
    }
    text
}
