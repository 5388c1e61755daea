//! `dipper sync tasks`, `pause`, `resume`.

use crate::hospital_clock;
use crate::installation::InstallationArgs;
use crate::report::print;
use anyhow::{Context, bail};
use clap::Args;

#[derive(Args)]
pub(crate) struct TasksArgs {
    #[command(flatten)]
    installation: InstallationArgs,
}

#[derive(Args)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 任务（数据源/任务）
    task: String,
}

#[derive(Args)]
pub(crate) struct RereadArgs {
    #[command(flatten)]
    installation: InstallationArgs,
    /// 任务（数据源/任务）
    task: String,
    /// 从数据源的这个时间起重读；不写则从头
    #[arg(long, value_name = "时间")]
    from: Option<String>,
}

impl RereadArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        sync::find_task(&installation.configuration, &self.task)?;
        let from = self.from.as_deref().map(|text| {
            model::parse_moment(text)
                .map(model::canonical::seconds_of)
                .with_context(|| format!("“{text}”不是时间；应写作 2025-03-01 或 2025-03-01T08:00"))
        });
        let from = from.transpose()?;
        let _lock = installation.store.lock_collection()?;
        installation.store.set_watermark(&self.task, from)?;
        let place =
            from.map_or("从头".to_owned(), |at| format!("从 {} 起", hospital_clock::show(Some(at))));
        print(&format!("{}：下次采集{place}重新读取；已有的行不会重复\n", self.task))
    }
}

impl TasksArgs {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        let mut text = String::new();
        for source in sync::task_list(&installation.configuration, &installation.store)? {
            let schedule = source.schedule.cron.as_deref().unwrap_or("仅手动");
            text.push_str(&format!("{}（{}，定时 {schedule}）\n", source.id, source.name));
            if !source.problem.is_empty() {
                bail!("{}", source.problem);
            }
            for task in source.tasks {
                let state = task.state;
                let note = match (state.paused, state.held.is_empty(), state.failures) {
                    (true, ..) => "已暂停".to_owned(),
                    (_, false, _) => format!("待人工确认：{}", state.held),
                    (.., 0) => "正常".to_owned(),
                    (.., failures) => format!("连续失败 {failures} 次"),
                };
                let read = hospital_clock::show(state.watermark);
                text.push_str(&format!("  {:<32} {} 已采到 {read}  {note}\n", task.key, task.table.chinese));
            }
        }
        print(&text)
    }
}

impl PauseArgs {
    pub(crate) fn run(self, pause: bool) -> anyhow::Result<()> {
        let installation = self.installation.open()?;
        sync::find_task(&installation.configuration, &self.task)?;
        installation.store.pause_task(&self.task, pause)?;
        print(&format!("{}：{}\n", self.task, if pause { "已暂停" } else { "已恢复" }))
    }
}
