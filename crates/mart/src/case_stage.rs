//! The computed cases with their current results, staged.

use crate::MartError;
use crate::fact::Holds;
use crate::load::append;
use crate::stage::{BATCH, Batch, create_stage};
use duckdb::Connection;
use model::canonical::Value;
use store::{CaseRow, Of, Reader, StoreError};

const COLUMNS: &[(&str, Holds)] = &[
    ("number", Holds::Whole),
    ("encounter_key", Holds::Text),
    ("month", Holds::Whole),
    ("run", Holds::Whole),
    ("pack_hash", Holds::Text),
    ("trial", Holds::Flag),
    ("kind", Holds::Text),
    ("group_code", Holds::Text),
    ("group_name", Holds::Text),
    ("standard_points", Holds::Decimal6),
    ("benchmark_ratio", Holds::Decimal6),
    ("band", Holds::Text),
    ("segment", Holds::Text),
    ("factor", Holds::Decimal6),
    ("hospital_coefficient", Holds::Decimal6),
    ("group_coefficient", Holds::Decimal6),
    ("bonus_coefficient", Holds::Decimal6),
    ("auxiliary_coefficient", Holds::Decimal6),
    ("earned_points", Holds::Decimal6),
    ("price_kind", Holds::Text),
    ("point_price", Holds::Decimal6),
    ("ratio_cost", Holds::Fen),
    ("base_cost", Holds::Fen),
    ("payment", Holds::Fen),
    ("surplus", Holds::Fen),
    ("review", Holds::Flag),
    ("confirmed", Holds::Flag),
    ("reason", Holds::Text),
];

/// Fills `stage_case`.
pub(crate) fn stage(db: &Connection, reader: &mut Reader, of: Of) -> Result<(), MartError> {
    create_stage(db, "stage_case", COLUMNS)?;
    let mut batch = Batch::new(COLUMNS);
    let send = |batch: &mut Batch| {
        batch.take().and_then(|full| append(db, "stage_case", full)).map_err(StoreError::caller)
    };
    reader.cases(of, &mut |case| {
        batch.push(&values(&case));
        if batch.len() >= BATCH { send(&mut batch) } else { Ok(()) }
    })?;
    Ok(send(&mut batch)?)
}

/// Fills `stage_number`: the cases that the month has.
pub(crate) fn stage_numbers(db: &Connection, reader: &mut Reader, month: i64) -> Result<(), MartError> {
    const NUMBER: &[(&str, Holds)] = &[("number", Holds::Whole)];
    create_stage(db, "stage_number", NUMBER)?;
    let mut batch = Batch::new(NUMBER);
    reader.case_numbers(month, &mut |number| {
        batch.push(&[number.into()]);
        Ok(())
    })?;
    append(db, "stage_number", batch.take()?)
}

/// In the order of [`COLUMNS`].
fn values(case: &CaseRow<'_>) -> [Value; 28] {
    let result = case.result;
    [
        case.number.into(),
        case.encounter_key.into(),
        case.month.into(),
        result.run.into(),
        case.pack_hash.into(),
        i64::from(result.trial).into(),
        result.kind.as_str().into(),
        result.group_code.as_str().into(),
        case.group_name.into(),
        result.standard_points.into(),
        result.benchmark_ratio.into(),
        result.band.as_str().into(),
        result.segment.as_str().into(),
        result.factor.into(),
        result.hospital_coefficient.into(),
        result.group_coefficient.into(),
        result.bonus_coefficient.into(),
        result.auxiliary_coefficient.into(),
        result.earned_points.into(),
        result.price_kind.as_str().into(),
        result.point_price.into(),
        result.ratio_cost.into(),
        result.base_cost.into(),
        result.payment.into(),
        result.surplus.into(),
        i64::from(result.review).into(),
        i64::from(result.confirmed).into(),
        result.reason.as_str().into(),
    ]
}
