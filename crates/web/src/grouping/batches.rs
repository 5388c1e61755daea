//! 批量测算的结果: files without a name that are gone when the server ends or newer ones take their place.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};
use store::Moment;

/// Batches kept.
const KEPT: usize = 20;

/// A file of cases that was grouped.
pub(crate) struct Batch {
    /// Random: what the address names it by.
    pub(crate) token: String,
    /// 工号 of whose file it is; nobody else sees it.
    pub(crate) login: String,
    /// Name of the file.
    pub(crate) name: String,
    pub(crate) at: Moment,
    /// 汇总 in words.
    pub(crate) summary: String,
    pub(crate) errors: u64,
    results_file: Mutex<File>,
    errors_file: Mutex<File>,
}

/// What is kept, the oldest first.
#[derive(Default)]
pub(crate) struct Batches(Mutex<Vec<Arc<Batch>>>);

impl Batches {
    /// Keeps a batch; the oldest makes room.
    pub(crate) fn keep(&self, batch: Batch) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(Arc::new(batch));
        let too_many = kept.len().saturating_sub(KEPT);
        kept.drain(..too_many);
    }

    /// A user's own batch.
    pub(crate) fn of(&self, login: &str, token: &str) -> Option<Arc<Batch>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|batch| batch.login == login && batch.token == token).cloned()
    }

    /// All of a user's, the newest first.
    pub(crate) fn all_of(&self, login: &str) -> Vec<Arc<Batch>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().filter(|batch| batch.login == login).cloned().collect()
    }
}

impl Batch {
    pub(crate) fn new(
        (token, login, name): (String, String, String),
        at: Moment,
        (summary, errors): (String, u64),
        (results, errors_file): (File, File),
    ) -> Batch {
        let (results_file, errors_file) = (Mutex::new(results), Mutex::new(errors_file));
        Batch { token, login, name, at, summary, errors, results_file, errors_file }
    }

    /// The result lines.
    pub(crate) fn results(&self) -> std::io::Result<Vec<u8>> {
        whole(&self.results_file)
    }

    /// The error lines.
    pub(crate) fn error_lines(&self) -> std::io::Result<Vec<u8>> {
        whole(&self.errors_file)
    }
}

fn whole(file: &Mutex<File>) -> std::io::Result<Vec<u8>> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
