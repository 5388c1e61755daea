//! Answers and totals that are kept until the data change.

use metrics::{Answer, Compiled, Statement, Totals};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Answers of a generation; when there are so many, those not asked for since the last time go.
const ANSWERS: usize = 2000;
/// Bytes of totals that are always kept; past the limit those go that were not used for longest.
const LEAST_TOTALS: usize = 1 << 30;

/// Bytes of totals kept at most: a quarter of the machine's memory where it can be told. Three years of 200,000 discharges take a
/// third of a gigabyte, of two million several.
fn most_totals() -> usize {
    static MOST: OnceLock<usize> = OnceLock::new();
    *MOST.get_or_init(|| {
        let machine = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total =
            machine.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
        let kilobytes: usize = total.and_then(|number| number.parse().ok()).unwrap_or_default();
        (kilobytes / 4 * 1024).max(LEAST_TOTALS)
    })
}

/// What is kept of one version of the data.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    version: u64,
    /// Answers that totals are added up to: soon made again.
    added: Generations,
    /// Answers that the mart was asked for, apart, so that thousands of the others do not drive them out.
    read: Generations,
    totals: HashMap<Statement, Entry>,
    bytes: usize,
    /// Counts the uses of totals.
    uses: u64,
}

/// Held while the answer is being made, so that all who want it wait for one.
pub(super) type AnswerSlot = Arc<Mutex<Option<Arc<Answer>>>>;

#[derive(Default)]
struct Generations {
    recent: HashMap<Compiled, AnswerSlot>,
    /// The generation before: whoever asks for one of these keeps it for another.
    older: HashMap<Compiled, AnswerSlot>,
}

impl Generations {
    fn slot(&mut self, compiled: &Compiled) -> AnswerSlot {
        if let Some(slot) = self.recent.get(compiled) {
            return slot.clone();
        }
        let (compiled, slot) =
            self.older.remove_entry(compiled).unwrap_or_else(|| (compiled.clone(), AnswerSlot::default()));
        if self.recent.len() >= ANSWERS {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(compiled, slot.clone());
        slot
    }

    fn compiled(&self) -> impl Iterator<Item = &Compiled> {
        self.recent.keys().chain(self.older.keys())
    }
}

struct Entry {
    slot: Arc<Slot>,
    used: u64,
    bytes: usize,
}

/// Held while the totals are being made, so that all who want them wait for one statement. `Some(None)`: they cannot be kept.
type Slot = Mutex<Option<Option<Arc<Totals>>>>;

impl Kept {
    fn inside(&self, version: u64) -> MutexGuard<'_, Inside> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.version != version {
            *inside = Inside { version, ..Inside::default() };
        }
        inside
    }

    /// Where the answer of a query is, or is to be put.
    pub(super) fn answer(&self, version: u64, compiled: &Compiled) -> AnswerSlot {
        let mut inside = self.inside(version);
        let added = compiled.wide().iter().all(Option::is_some);
        if added { inside.added.slot(compiled) } else { inside.read.slot(compiled) }
    }

    /// The totals of a statement, made unless they are kept; `None` when they cannot be.
    pub(super) fn totals<E>(
        &self,
        version: u64,
        statement: &Statement,
        make: impl FnOnce() -> Result<Option<Totals>, E>,
    ) -> Result<Option<Arc<Totals>>, E> {
        let slot = self.inside(version).slot(statement);
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(totals) = &*known {
            return Ok(totals.clone());
        }
        let totals = make()?.map(Arc::new);
        *known = Some(totals.clone());
        drop(known);
        if let Some(totals) = &totals {
            self.inside(version).grown(statement, totals.bytes());
        }
        Ok(totals)
    }

    /// How many statements have totals, and their bytes.
    pub(crate) fn totals_kept(&self) -> (usize, usize) {
        let inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (inside.totals.len(), inside.bytes)
    }

    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Inside::default();
    }

    pub(super) fn statements(&self) -> Vec<Statement> {
        let inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = inside.added.compiled().chain(inside.read.compiled());
        compiled.flat_map(|compiled| compiled.statements().iter().cloned()).collect()
    }
}

impl Inside {
    fn slot(&mut self, statement: &Statement) -> Arc<Slot> {
        self.uses += 1;
        if let Some(entry) = self.totals.get_mut(statement) {
            entry.used = self.uses;
            return entry.slot.clone();
        }
        let entry = Entry { slot: Arc::default(), used: self.uses, bytes: 0 };
        let slot = entry.slot.clone();
        self.totals.insert(statement.clone(), entry);
        slot
    }

    /// Notes the size of totals that were made, and makes room.
    fn grown(&mut self, statement: &Statement, bytes: usize) {
        if let Some(entry) = self.totals.get_mut(statement) {
            self.bytes += bytes;
            entry.bytes = bytes;
        }
        while self.bytes > most_totals() {
            let made = self.totals.iter().filter(|(_, entry)| entry.bytes > 0);
            let Some(oldest) = made.min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone()) else {
                return;
            };
            self.bytes -= self.totals.remove(&oldest).map_or(0, |entry| entry.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{DataScope, Viewer};

    fn hospital() -> Viewer {
        Viewer { scope: DataScope::Hospital, ..Viewer::default() }
    }

    #[test]
    fn totals_are_made_once_for_a_version_and_a_failure_is_not_kept() {
        let layer = crate::layer::shipped().unwrap();
        let query = metrics::Query::of(
            ["discharges"],
            metrics::Selection::within(metrics::Period::year(2025).unwrap()),
        );
        let compiled = layer.compile(&query, &hospital()).unwrap();
        let statement = compiled.wide()[0].as_ref().unwrap().statements().next().unwrap();
        let kept = Kept::default();
        let mut made = 0;
        let mut ask = |version, fails: bool| {
            kept.totals(version, statement, || {
                made += 1;
                if fails { Err("失败") } else { Ok(compiled.totals(0, Vec::new()).unwrap()) }
            })
            .map(|totals| totals.is_some())
        };
        assert_eq!(ask(1, true), Err("失败"));
        assert_eq!(ask(1, false), Ok(true));
        assert_eq!(ask(1, true), Ok(true));
        assert_eq!(ask(2, true), Err("失败"));
        assert_eq!(made, 3);
    }

    #[test]
    fn an_answer_that_is_asked_for_outlives_thousands_that_are_not() {
        let layer = crate::layer::shipped().unwrap();
        let compiled = |n: usize| {
            let day = jiff::civil::date(2000, 1, 1) + jiff::ToSpan::days(n as i64);
            let cases = metrics::Selection::within(metrics::Period::new(day, day).unwrap());
            layer.compile(&metrics::Query::of(["discharges"], cases), &hospital()).unwrap()
        };
        let kept = Kept::default();
        let put = |compiled: &Compiled| {
            let answer = compiled.answer(vec![Vec::new()]).unwrap();
            *kept.answer(1, compiled).lock().unwrap() = Some(Arc::new(answer));
        };
        let known = |compiled: &Compiled| kept.answer(1, compiled).lock().unwrap().is_some();
        // Of all days, so no totals are added up to it.
        let read =
            layer.compile(&metrics::Query::of(["discharges"], Default::default()), &hospital()).unwrap();
        put(&read);
        for n in 0..3 * ANSWERS {
            put(&compiled(n));
            assert!(n % 500 > 0 || known(&compiled(0)), "{n}");
        }
        assert!(known(&read), "driven out by what is soon made again");
        assert!(!known(&compiled(1)));
        assert!(kept.statements().len() <= 2 * ANSWERS + 1);
    }
}
