//! 后台任务: long work on its own thread, with progress and cancel, one of a kind at a time.

mod pages;

pub(crate) use pages::routes;

use crate::app::App;
use crate::error::ApiError;
use crate::who::Who;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Moment, Progress};

/// Finished jobs that are remembered.
const REMEMBERED: usize = 200;

/// Every job since the start of the server.
#[derive(Default)]
pub(crate) struct Jobs(Mutex<BTreeMap<u64, Arc<Job>>>);

/// A job.
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// Jobs with the same kind never run side by side.
    pub(crate) kind: &'static str,
    pub(crate) login: String,
    pub(crate) user: String,
    pub(crate) started_at: Moment,
    state: Mutex<JobState>,
    cancel: AtomicBool,
}

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobState {
    Running {
        phase: String,
        done: u64,
        total: u64,
    },
    /// What came of it, and where to look.
    Done {
        at: Moment,
        sentence: String,
        link: String,
    },
    Failed {
        at: Moment,
        sentence: String,
    },
    Cancelled {
        at: Moment,
    },
}

/// What came of a job.
pub(crate) struct Outcome {
    pub(crate) sentence: String,
    /// Page that shows it; empty for none.
    pub(crate) link: String,
}

impl Jobs {
    /// Starts `work` on its own thread. Errors when a job of this kind is running.
    pub(crate) fn start(
        &self,
        app: &App,
        who: &Who,
        kind: &'static str,
        name: String,
        work: impl FnOnce(&App, &mut dyn Progress) -> Result<Outcome, ApiError> + Send + 'static,
    ) -> Result<u64, ApiError> {
        self.begin(app, (&who.viewer.login, &who.viewer.name), kind, name, work)
    }

    /// The same for work that the server itself does.
    pub(crate) fn start_own(
        &self,
        app: &App,
        kind: &'static str,
        name: String,
        work: impl FnOnce(&App, &mut dyn Progress) -> Result<Outcome, ApiError> + Send + 'static,
    ) -> Result<u64, ApiError> {
        self.begin(app, ("system", "系统"), kind, name, work)
    }

    fn begin(
        &self,
        app: &App,
        (login, user): (&str, &str),
        kind: &'static str,
        name: String,
        work: impl FnOnce(&App, &mut dyn Progress) -> Result<Outcome, ApiError> + Send + 'static,
    ) -> Result<u64, ApiError> {
        let job = {
            let mut jobs = self.lock();
            if let Some(running) = jobs.values().find(|job| job.kind == kind && job.is_running()) {
                return Err(ApiError::conflict(format!("“{}”正在进行，请等它结束或先取消它", running.name)));
            }
            let id = jobs.keys().last().map_or(1, |last| last + 1);
            let job = Arc::new(Job {
                id,
                name,
                kind,
                login: login.to_owned(),
                user: user.to_owned(),
                started_at: app.now(),
                state: Mutex::new(JobState::Running { phase: "准备".into(), done: 0, total: 0 }),
                cancel: AtomicBool::new(false),
            });
            while jobs.len() >= REMEMBERED {
                let Some(oldest) = jobs.iter().find(|(_, job)| !job.is_running()).map(|(id, _)| *id) else {
                    break;
                };
                jobs.remove(&oldest);
            }
            jobs.insert(id, job.clone());
            job
        };
        let app = app.clone();
        let id = job.id;
        std::thread::spawn(move || {
            let mut progress = |phase: &str, done: u64, total: u64| {
                job.set(JobState::Running { phase: phase.to_owned(), done, total });
                !job.cancel.load(Ordering::Relaxed)
            };
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&app, &mut progress)));
            let at = app.now();
            job.set(match caught {
                Ok(Ok(outcome)) => JobState::Done { at, sentence: outcome.sentence, link: outcome.link },
                Ok(Err(_)) if job.cancel.load(Ordering::Relaxed) => JobState::Cancelled { at },
                Ok(Err(error)) => {
                    tracing::error!(job = job.id, kind = job.kind, "{}", error.sentence);
                    JobState::Failed { at, sentence: format!("{}；{}", error.sentence, error.remedy) }
                }
                Err(_) => {
                    tracing::error!(job = job.id, kind = job.kind, "panicked");
                    JobState::Failed {
                        at, sentence: "任务中程序出错；已提交的部分保留，可再次启动".into()
                    }
                }
            });
        });
        Ok(id)
    }

    /// A job by its number.
    pub(crate) fn get(&self, id: u64) -> Option<Arc<Job>> {
        self.lock().get(&id).cloned()
    }

    /// All, the latest first.
    pub(crate) fn all(&self) -> Vec<Arc<Job>> {
        self.lock().values().rev().cloned().collect()
    }

    /// The running job of a kind.
    pub(crate) fn running(&self, kind: &str) -> Option<Arc<Job>> {
        self.lock().values().find(|job| job.kind == kind && job.is_running()).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Job>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JobState {
    /// When it ended, as people write it.
    pub(crate) fn ended(&self) -> String {
        match self {
            JobState::Running { .. } => crate::text::NONE.to_owned(),
            JobState::Done { at, .. } | JobState::Failed { at, .. } | JobState::Cancelled { at } => {
                crate::text::moment(*at)
            }
        }
    }
}

impl Job {
    /// When it began, as people write it.
    pub(crate) fn started(&self) -> String {
        crate::text::moment(self.started_at)
    }

    pub(crate) fn state(&self) -> JobState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.state(), JobState::Running { .. })
    }

    /// Asks the work to stop at its next safe point.
    pub(crate) fn cancel(&self) {
        self.cancel.store(true, Ordering::Relaxed);
    }

    /// Whole percent; `None` while the total is not known.
    pub(crate) fn percent(&self) -> Option<u64> {
        match self.state() {
            JobState::Running { done, total, .. } if total > 0 => Some((done * 100 / total).min(100)),
            JobState::Running { .. } => None,
            _ => Some(100),
        }
    }

    fn set(&self, state: JobState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }
}
