//! 再入院: how a patient's stays follow each other.
//!
//! A stay's row depends on stays of other months. Whenever rows of a patient change, all stays of that patient are worked
//! out again in the same transaction, whatever their months; so the mart never shows half of it, and building months one by
//! one ends where building them all at once does.

/// The days asked for; with 上次/下次 they are the columns `readmitted_n`, `readmitted_same_n` and `is_readmission_n`.
const DAYS: [u32; 3] = [7, 15, 31];

/// Works out the stays of the patients in `touched_patient`. Days are calendar days; a stay that begins before the one before
/// it has ended is no readmission.
pub(crate) fn update_readmissions() -> String {
    let mut columns = vec![
        ("days_since_discharge".to_owned(), "since".to_owned()),
        ("days_to_readmission".to_owned(), "until".to_owned()),
        ("days_to_same_category".to_owned(), "until_same".to_owned()),
    ];
    for (name, days) in
        [("readmitted", "until"), ("readmitted_same", "until_same"), ("is_readmission", "since")]
    {
        for n in DAYS {
            columns.push((format!("{name}_{n}"), format!("COALESCE({days} BETWEEN 0 AND {n}, FALSE)")));
        }
    }
    let list = |each: &dyn Fn(&(String, String)) -> String, between: &str| {
        columns.iter().map(each).collect::<Vec<_>>().join(between)
    };
    format!(
        "UPDATE case_fact SET {} FROM (SELECT number, {} FROM (\
            SELECT number, \
                DATE_DIFF('day', LAG(discharge_day) OVER stays, admission_day) AS since, \
                DATE_DIFF('day', discharge_day, LEAD(admission_day) OVER stays) AS until, \
                CASE WHEN principal_category IS NOT NULL THEN \
                    DATE_DIFF('day', discharge_day, LEAD(admission_day) OVER same) END AS until_same \
            FROM case_fact WHERE patient_key IN (SELECT patient_key FROM touched_patient) \
            WINDOW stays AS (PARTITION BY patient_key ORDER BY admitted_at, number), \
                same AS (PARTITION BY patient_key, principal_category ORDER BY admitted_at, number))) now \
         WHERE now.number = case_fact.number AND ({})",
        list(&|(name, _)| format!("{name} = now.{name}"), ", "),
        list(&|(name, sql)| format!("{sql} AS {name}"), ", "),
        list(&|(name, _)| format!("case_fact.{name} IS DISTINCT FROM now.{name}"), " OR "),
    )
}
