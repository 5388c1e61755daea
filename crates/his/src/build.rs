//! Building the HIS: one thread draws and spells the hospital, the other writes.

use crate::batch::Batch;
use crate::error::HisError;
use crate::layout::{HisTable, Layout};
use crate::spelling::Speller;
use crate::update_time::Milestones;
use hospital::{Hospital, Planted, Stay};
use std::sync::mpsc::{SyncSender, sync_channel};

/// Where the HIS is written to.
pub trait Target {
    /// Wants all columns of the views, not only those of the base tables.
    fn wants_views(&self) -> bool {
        false
    }

    /// Makes tables and views, empty.
    fn create(&mut self, layout: &Layout) -> Result<(), HisError>;

    /// Adds rows to a table.
    fn insert(&mut self, table: &HisTable, rows: &Batch) -> Result<(), HisError>;

    /// Indexes, and whatever else makes it a database to read from.
    fn finish(&mut self, layout: &Layout) -> Result<(), HisError>;
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// Stays, patients in house included.
    pub stays: u64,
    /// Charge lines.
    pub charge_lines: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Every planted defect.
    pub planted: Vec<Planted>,
}

/// Rows drawn together, by position in the layout.
struct Portion {
    batches: Vec<Batch>,
    built: Built,
}

/// About this many bytes of charge lines a portion.
const PORTION: usize = 2 << 20;

/// Writes the whole hospital. `progress` hears the number of stays written so far.
pub fn build(
    hospital: &Hospital,
    target: &mut dyn Target,
    mut progress: impl FnMut(u64),
) -> Result<Built, HisError> {
    let layout = Layout::shipped()?;
    target.create(&layout)?;
    let with_views = target.wants_views();
    let mut built = Built::default();
    std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<Portion>(4);
        let layout = &layout;
        let drawing = scope.spawn(move || draw(hospital, layout, with_views, &send));
        for portion in receive {
            for (table, batch) in layout.tables.iter().zip(&portion.batches) {
                if batch.rows() > 0 {
                    target.insert(table, batch)?;
                    built.rows += batch.rows() as u64;
                }
            }
            built.stays += portion.built.stays;
            built.charge_lines += portion.built.charge_lines;
            built.planted.extend(portion.built.planted);
            progress(built.stays);
        }
        drawing.join().map_err(|_| HisError::Stopped)
    })?;
    target.finish(&layout)?;
    Ok(built)
}

/// Draws dictionaries and stays, and sends them in portions. Ends early when nobody listens any more.
fn draw(hospital: &Hospital, layout: &Layout, with_views: bool, send: &SyncSender<Portion>) {
    let speller = Speller::new(layout, with_views);
    let empty = || Portion {
        batches: layout.tables.iter().map(|table| speller.batch(table)).collect(),
        built: Built::default(),
    };
    let mut portion = empty();
    let founded = hospital.now() - i64::from(hospital.options().years) * 366 * 86_400;
    for (table, batch) in layout.tables.iter().zip(&mut portion.batches) {
        for row in hospital.dictionary(table.table.name) {
            speller.add(table, &row, founded, batch);
        }
    }
    for stay in hospital.stays() {
        add_stay(hospital, layout, &speller, &stay, &mut portion);
        if portion.batches.iter().map(Batch::size).sum::<usize>() > PORTION
            && send.send(std::mem::replace(&mut portion, empty())).is_err()
        {
            return;
        }
    }
    // The last send fails only when the writer has failed, which it says itself.
    let _ = send.send(portion);
}

fn add_stay(hospital: &Hospital, layout: &Layout, speller: &Speller<'_>, stay: &Stay, portion: &mut Portion) {
    let milestones = Milestones::of(hospital, stay);
    for (table, batch) in layout.tables.iter().zip(&mut portion.batches) {
        let name = table.table.name;
        for row in stay.rows(name) {
            speller.add(table, row, milestones.updated(name, row), batch);
        }
        if name == "charge_line" {
            for row in stay.charge_rows(hospital) {
                speller.add(table, &row, milestones.updated(name, &row), batch);
            }
        }
    }
    portion.built.stays += 1;
    portion.built.charge_lines += stay.lines.len() as u64;
    portion.built.planted.extend(stay.planted.iter().cloned());
}
