//! 在用政策包: which pack computes a case, by its date.

use crate::{CaseRules, SyncError};
use grouper::{Grouper, Grouping, Scratch};
use jiff::civil::Date;
use model::Case;
use policy::{PackFiles, Policy};
use settle::{Ask, Missing, Priced, Pricer};
use std::sync::Arc;
use store::{Moment, Store, StoredPack, StoredResult};

/// The packs that compute together; between them they cover the dates.
pub struct PackSet {
    /// The later one computes the days that two share.
    packs: Vec<Compiled>,
    rules: CaseRules,
}

struct Compiled {
    id: i64,
    grouper: Grouper,
    pricer: Pricer,
    hospital: String,
    hospital_level: String,
}

/// A file of a pack is text; a pack with other bytes in it does not load.
fn text_of(bytes: &[u8]) -> Result<String, SyncError> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| SyncError::Pack(String::new(), "文件不是 UTF-8 文本".into()))
}

/// Keeps a pack in the store; a pack it has already stays as it is. Returns its number.
pub fn add_pack(store: &Store, files: &PackFiles, now: Moment) -> Result<i64, SyncError> {
    let policy = load(files)?;
    let mut kept = Vec::new();
    for name in files.names() {
        kept.push((name.to_owned(), text_of(files.get(name).unwrap_or_default())?));
    }
    let identity = &policy.identity;
    let pack = StoredPack {
        id: 0,
        hash: policy.hash.clone(),
        name: identity.name.clone(),
        pack: identity.id.clone(),
        effective_from: day_number(identity.effective_from),
        effective_to: day_number(identity.effective_to),
        files: kept,
        in_force_since: None,
    };
    let groups: Vec<_> = policy
        .groups
        .iter()
        .map(|group| (group.code.to_string(), group.name.to_string(), group.kind.name().to_owned()))
        .collect();
    Ok(store.add_pack(&pack, &groups, now)?)
}

fn load(files: &PackFiles) -> Result<Policy, SyncError> {
    Policy::load(files).map_err(|problems| SyncError::Pack(String::new(), problems.to_string()))
}

/// Days since 1970-01-01.
pub(crate) fn day_number(date: Date) -> i64 {
    model::canonical::seconds_of(date.at(0, 0, 0, 0)) / 86_400
}

impl PackSet {
    /// The packs in force.
    pub fn in_force(store: &Store, rules: &CaseRules) -> Result<PackSet, SyncError> {
        PackSet::compile(store.packs_in_force()?, rules)
    }

    /// Chosen packs of the store.
    pub fn of(store: &Store, ids: &[i64], rules: &CaseRules) -> Result<PackSet, SyncError> {
        let packs = ids.iter().map(|id| store.pack(*id)).collect::<Result<Vec<_>, _>>()?;
        PackSet::compile(packs, rules)
    }

    fn compile(mut stored: Vec<StoredPack>, rules: &CaseRules) -> Result<PackSet, SyncError> {
        stored.sort_by_key(|pack| (pack.in_force_since, pack.id));
        let mut packs = Vec::new();
        for pack in stored {
            let files = pack.files.into_iter().map(|(name, text)| (name, text.into_bytes()));
            let policy = load(&PackFiles::new(files)).map_err(|error| match error {
                SyncError::Pack(_, why) => SyncError::Pack(format!(" {} ", pack.pack), why),
                other => other,
            })?;
            let first = policy.hospitals.first();
            let of = |chosen: &str, first: Option<&str>| match chosen {
                "" => first.unwrap_or_default().to_owned(),
                chosen => chosen.to_owned(),
            };
            let hospital = of(&rules.hospital, first.map(|h| h.code.as_str()));
            let named = policy.hospitals.iter().find(|h| h.code.as_str() == hospital).or(first);
            let hospital_level = of(&rules.hospital_level, named.map(|h| h.level.as_str()));
            let policy = Arc::new(policy);
            packs.push(Compiled {
                id: pack.id,
                grouper: Grouper::new(policy.clone()),
                pricer: Pricer::new(policy),
                hospital,
                hospital_level,
            });
        }
        if packs.is_empty() { Err(SyncError::NoPack) } else { Ok(PackSet { packs, rules: rules.clone() }) }
    }

    /// Numbers of the packs.
    pub fn ids(&self) -> Vec<i64> {
        self.packs.iter().map(|pack| pack.id).collect()
    }

    /// First and last day that the packs are in force.
    pub fn dates(&self) -> (Date, Date) {
        let identities = || self.packs.iter().map(|pack| &pack.policy().identity);
        let first = identities().map(|identity| identity.effective_from).min();
        let last = identities().map(|identity| identity.effective_to).max();
        (first.unwrap_or(Date::MIN), last.unwrap_or(Date::MAX))
    }

    /// The rules by which records become cases.
    pub fn rules(&self) -> &CaseRules {
        &self.rules
    }

    /// Groups and prices a case with the pack of its date. Where no pack is in force on it (a year before the first pack, a
    /// new year whose pack has not arrived) the nearest one computes it, marked as 试算. In-house patients are judged as if
    /// they left on `today`.
    pub(crate) fn compute(&self, case: &mut Case, today: Date, scratch: &mut Scratch) -> StoredResult {
        let (pack, trial) = self.choose(case, today);
        case.hospital = pack.hospital.as_str().into();
        case.hospital_level = pack.hospital_level.as_str().into();
        let grouping = pack.grouper.group(case, scratch);
        let priced = grouping.group().map(|group| pack.pricer.price(case, group, &Ask::default()));
        result(pack, grouping, priced.as_ref(), trial)
    }

    /// The pack of a case's date; sets the date to judge by when that is not the record's own.
    fn choose(&self, case: &mut Case, today: Date) -> (&Compiled, bool) {
        let mut nearest: Option<(i64, &Compiled, Date)> = None;
        for pack in &self.packs {
            let identity = &pack.policy().identity;
            let recorded = pack.policy().date_of(case);
            let day = recorded.unwrap_or(today);
            let inside = day.clamp(identity.effective_from, identity.effective_to);
            let distance = (day_number(day) - day_number(inside)).abs();
            if nearest.as_ref().is_none_or(|(best, ..)| distance <= *best) {
                nearest = Some((distance, pack, inside));
            }
        }
        let (distance, pack, inside) = match nearest {
            Some(found) => found,
            // compile() lets no empty set through.
            None => (0, &self.packs[0], today),
        };
        let trial = distance > 0;
        case.policy_date = (trial || pack.policy().date_of(case).is_none()).then_some(inside);
        (pack, trial)
    }
}

impl Compiled {
    fn policy(&self) -> &Policy {
        self.grouper.policy()
    }
}

fn result(pack: &Compiled, grouping: Grouping, priced: Option<&Priced>, trial: bool) -> StoredResult {
    let policy = pack.policy();
    let mut stored = StoredResult { pack: pack.id, trial, ..StoredResult::default() };
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
    stored.payment = priced.payment.map(|fen| fen.0);
    stored.surplus = priced.surplus.map(|fen| fen.0);
    stored.review = priced.review;
    stored.confirmed = priced.confirmed;
    stored.reason = priced.missing().map_or("", Missing::name).to_owned();
    stored
}
