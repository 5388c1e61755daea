//! 采集任务: every source with its tasks, how far each one is and how its last run ended.

use crate::{CollectedSource, Configuration, Schedule, SyncError, load_mapping, schedule_of};
use connect::Mode;
use model::canonical::Table;
use store::{Store, SyncRun, TaskState};

/// 数据源 with its tasks.
#[derive(Clone, Debug)]
pub struct SourceTasks {
    /// Id of the configuration.
    pub id: String,
    /// For people.
    pub name: String,
    /// SQLite, PostgreSQL …
    pub kind: &'static str,
    /// 定时
    pub schedule: Schedule,
    /// 对照包: name and version; empty when it cannot be loaded.
    pub mapping: String,
    /// Why the mapping pack cannot be loaded; empty when it can.
    pub problem: String,
    /// In the order of the mapping pack.
    pub tasks: Vec<TaskStatus>,
}

/// 任务 with its state.
#[derive(Clone, Debug)]
pub struct TaskStatus {
    /// `source/task`
    pub key: String,
    /// Name in the mapping pack.
    pub name: String,
    /// The table it fills.
    pub table: &'static Table,
    /// 读法: 增量, 窗口 or 全量.
    pub mode: &'static str,
    /// How far it is.
    pub state: TaskState,
    /// The latest run.
    pub last_run: Option<SyncRun>,
}

/// All sources of a configuration. A mapping pack that cannot be loaded is said with its source.
pub fn task_list(configuration: &Configuration, store: &Store) -> Result<Vec<SourceTasks>, SyncError> {
    configuration.sources.iter().map(|source| tasks_of(source, store)).collect()
}

fn tasks_of(source: &CollectedSource, store: &Store) -> Result<SourceTasks, SyncError> {
    let mut list = SourceTasks {
        id: source.source.id.clone(),
        name: source.source.name.clone(),
        kind: kind(source.source.kind),
        schedule: schedule_of(store, source)?,
        mapping: String::new(),
        problem: String::new(),
        tasks: Vec::new(),
    };
    let mapping = match load_mapping(source) {
        Ok(mapping) => mapping,
        Err(error) => {
            list.problem = error.to_string();
            return Ok(list);
        }
    };
    list.mapping = format!("{} {}", mapping.name, mapping.version);
    for task in &mapping.tasks {
        let key = format!("{}/{}", source.source.id, task.name);
        list.tasks.push(TaskStatus {
            name: task.name.clone(),
            table: task.table,
            mode: match task.mode {
                Mode::Watermark { .. } => "增量",
                Mode::Window(_) => "窗口",
                Mode::Full => "全量",
            },
            state: store.task_state(&key)?,
            last_run: store.runs(Some(&key), 1)?.pop(),
            key,
        });
    }
    Ok(list)
}

fn kind(kind: connect::SourceKind) -> &'static str {
    match kind {
        connect::SourceKind::Sqlite => "SQLite",
        connect::SourceKind::Postgres => "PostgreSQL",
        connect::SourceKind::Mysql => "MySQL",
        connect::SourceKind::Files => "文件夹",
    }
}

/// Finds a task by `source/task`; the error names those there are.
pub fn find_task<'c>(
    configuration: &'c Configuration,
    key: &str,
) -> Result<(&'c CollectedSource, String), SyncError> {
    let mut known = Vec::new();
    for source in &configuration.sources {
        for task in load_mapping(source)?.tasks {
            let name = format!("{}/{}", source.source.id, task.name);
            if name == key {
                return Ok((source, task.name));
            }
            known.push(name);
        }
    }
    Err(SyncError::NoTask(key.to_owned(), known))
}
