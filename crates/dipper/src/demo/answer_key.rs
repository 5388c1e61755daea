//! The answer key: what was planted in the synthetic hospital, for tests of recall.

use anyhow::Context;
use hospital::Planted;
use std::path::Path;

/// Writes the planted defects as CSV.
pub(super) fn write(file: &Path, planted: &[Planted]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_path(file).with_context(|| format!("写不了 {}", file.display()))?;
    csv.write_record([
        "kind",
        "encounter_key",
        "table",
        "row_keys",
        "amount_fen",
        "quantity_1e4",
        "rule",
        "note",
    ])?;
    for defect in planted {
        csv.write_record([
            defect.kind.as_str(),
            &defect.encounter_key,
            defect.table,
            &defect.row_keys.join(" "),
            &defect.amount.to_string(),
            &defect.quantity.to_string(),
            &defect.rule,
            &defect.note,
        ])?;
    }
    Ok(csv.flush()?)
}
