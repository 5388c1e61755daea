//! 合成医院: a whole hospital drawn from a policy pack. Deterministic from a seed; no real person is in it.
//!
//! [`Hospital::new`] builds the dictionaries, [`Hospital::stays`] streams the stays in order of admission. A [`Stay`] gives
//! canonical rows by table ([`Stay::rows`], [`Stay::charge_rows`]) and the defects planted in it ([`Stay::planted`]).
//!
//! - Groups are drawn by the pack's case counts; costs have the group's mean and variation with outliers in every band; days
//!   follow the group's mean. Codes are proved with the grouper: the stay falls into the group it was drawn from.
//! - Charge lines add up to the stay's total to the 分, price × quantity to each line's amount; front page fees and
//!   settlements are sums of the lines.
//! - `encounter.state`: `in_house`, `discharged` (not settled yet), `settled`, `voided` (registration cancelled, nothing else).
//! - `settlement.kind`: `final`, `interim`, `cancel` add up to the lines; `preview` counts for nothing. 自费 stays (3 %) have none.
//! - `front_page.state`: `draft`, `coded`, `checked`, `written_back`; diagnoses and operations of origin `coded` and `insurer`
//!   exist once the coder is done.
//! - Stays do not depend on each other's chance; line numbers are stay × 100000 + running number.

mod arrivals;
mod bill;
mod case_mix;
mod charge_item;
mod charge_line;
mod clock;
mod code_range;
mod coding;
mod cost_share;
mod department;
mod disease;
mod draft_row;
mod exemplar;
mod facts;
mod front_page;
mod options;
mod orders;
mod person;
mod plan;
mod planted;
mod planted_charges;
mod planted_record;
mod random;
mod settlement;
mod shipped;
mod shipped_rows;
mod shipped_terms;
mod staff;
mod stay;
mod stay_rows;
mod synthetic_hospital;
mod treatment;

pub use case_mix::CaseMix;
pub use charge_item::ChargeItem;
pub use charge_line::ChargeLine;
pub use department::Department;
pub use exemplar::Exemplars;
pub use options::Options;
pub use planted::Planted;
pub use shipped_terms::{charge_items, diagnosis_terms, operation_terms};
pub use staff::Member;
pub use stay::Stay;
pub use synthetic_hospital::{Hospital, HospitalError, PlannedStay};
