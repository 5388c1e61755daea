//! 政策包, ready to compute: its engines, and the hospital as it knows it.

use crate::pack_set::{day_number, load};
use crate::{CaseRules, SyncError};
use casework::Engine;
use grouper::{Grouping, Scratch};
use jiff::civil::Date;
use model::Case;
use policy::{PackFiles, Policy};
use settle::{Missing, Priced};
use store::{StoredPack, StoredResult};

/// A pack of the store with its engines.
pub struct CompiledPack {
    id: i64,
    engine: Engine,
    hospital: String,
    hospital_level: String,
}

impl CompiledPack {
    /// Compiles a pack as kept; takes as long as reading its catalogue.
    pub fn new(stored: StoredPack, rules: &CaseRules) -> Result<CompiledPack, SyncError> {
        let files = stored.files.into_iter().map(|(name, text)| (name, text.into_bytes()));
        let policy = load(&PackFiles::new(files)).map_err(|error| match error {
            SyncError::Pack(_, why) => SyncError::Pack(format!(" {} ", stored.pack), why),
            other => other,
        })?;
        Ok(CompiledPack::of(stored.id, policy, rules))
    }

    /// Compiles a policy under a number.
    pub fn of(id: i64, policy: Policy, rules: &CaseRules) -> CompiledPack {
        let first = policy.hospitals.first();
        let of = |chosen: &str, first: Option<&str>| match chosen {
            "" => first.unwrap_or_default().to_owned(),
            chosen => chosen.to_owned(),
        };
        let hospital = of(&rules.hospital, first.map(|h| h.code.as_str()));
        let named = policy.hospitals.iter().find(|h| h.code.as_str() == hospital).or(first);
        let hospital_level = of(&rules.hospital_level, named.map(|h| h.level.as_str()));
        CompiledPack { id, engine: Engine::new(policy), hospital, hospital_level }
    }

    /// Number of the pack in the store.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The pack.
    pub fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// Grouper and pricer.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// 医院 and 医院等级 as the pack knows this hospital.
    pub fn hospital(&self) -> (&str, &str) {
        (&self.hospital, &self.hospital_level)
    }

    /// How many days a case's date lies outside of the pack's, and the nearest day inside. A case without a date is judged
    /// as if it ended on `today`.
    pub(crate) fn distance(&self, case: &Case, today: Date) -> (i64, Date) {
        let identity = &self.policy().identity;
        let day = self.policy().date_of(case).unwrap_or(today);
        let inside = day.clamp(identity.effective_from, identity.effective_to);
        ((day_number(day) - day_number(inside)).abs(), inside)
    }

    /// Sets the date to judge a case by, when it is not the record's own; whether that makes it a 试算.
    pub(crate) fn date(&self, case: &mut Case, (distance, inside): (i64, Date)) -> bool {
        let trial = distance > 0;
        case.policy_date = (trial || self.policy().date_of(case).is_none()).then_some(inside);
        trial
    }

    /// Groups and prices a case of this hospital.
    pub(crate) fn compute(&self, case: &mut Case, trial: bool, scratch: &mut Scratch) -> StoredResult {
        case.hospital = self.hospital.as_str().into();
        case.hospital_level = self.hospital_level.as_str().into();
        let (grouping, priced) = self.engine.answer(case, scratch);
        self.result(grouping, priced.as_ref(), trial)
    }

    /// A result as it is kept; of no run yet.
    pub(crate) fn result(&self, grouping: Grouping, priced: Option<&Priced>, trial: bool) -> StoredResult {
        let policy = self.policy();
        let mut stored = StoredResult { pack: self.id, trial, ..StoredResult::default() };
        let group = match grouping {
            Grouping::Ungrouped(reason) => {
                stored.kind = "ungrouped".to_owned();
                stored.reason = reason.name().to_owned();
                return stored;
            }
            Grouping::Group { group, .. } => group,
        };
        if let Some(row) = policy.groups.get(group) {
            stored.group_code = row.code.to_string();
            stored.kind = row.kind.name().to_owned();
        }
        let Some(priced) = priced else { return stored };
        let millionths = |number: rust_decimal::Decimal| StoredResult::millionths(number);
        stored.standard_points = millionths(priced.standard_points);
        stored.benchmark_ratio = priced.ratio.and_then(millionths);
        stored.band = priced.band_label(policy).to_owned();
        stored.segment = priced.segment_name(policy).to_owned();
        stored.factor = priced.factor.and_then(millionths);
        stored.hospital_coefficient = millionths(priced.coefficients.hospital);
        stored.group_coefficient = millionths(priced.coefficients.group);
        stored.bonus_coefficient = millionths(priced.coefficients.bonus);
        stored.auxiliary_coefficient = millionths(priced.coefficients.auxiliary);
        stored.earned_points = priced.earned_points.and_then(millionths);
        stored.price_kind = priced.price_kind().unwrap_or_default().to_owned();
        stored.point_price = priced.price.and_then(millionths);
        stored.ratio_cost = priced.ratio_cost.map(|fen| fen.0);
        stored.base_cost = priced.base_cost.and_then(model::Fen::from_yuan).map(|fen| fen.0);
        stored.payment = priced.payment.map(|fen| fen.0);
        stored.surplus = priced.surplus.map(|fen| fen.0);
        stored.review = priced.review;
        stored.confirmed = priced.confirmed;
        stored.reason = priced.missing().map_or("", Missing::name).to_owned();
        stored
    }
}
