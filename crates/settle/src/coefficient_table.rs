//! 系数 compiled: for every hospital profile the rows that win, so that a case costs a few array look-ups.
//!
//! The choice is the one of [`policy::Coefficients::find`]: most cells filled, then file order.

use crate::exact::Exact;
use crate::factor_list::{BONUS, GROUP, HOSPITAL};
use model::{Case, Ratio};
use policy::{CoefficientKind, CoefficientRow, Kind, Policy};
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Coefficients of one case, exact; nothing found means 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coefficients {
    pub(crate) hospital: Ratio,
    pub(crate) group: Ratio,
    /// 1+ΣJ or Π(1+J).
    pub(crate) bonus: Ratio,
    /// Set of those that rest on an unconfirmed row.
    pub(crate) unconfirmed: u8,
    /// Product of every set of the three, by [`HOSPITAL`] | [`GROUP`] | [`BONUS`].
    products: [Exact; 8],
}

impl Coefficients {
    fn new(hospital: (Ratio, bool), group: (Ratio, bool), bonus: (Ratio, bool)) -> Coefficients {
        let three = [(HOSPITAL, hospital), (GROUP, group), (BONUS, bonus)];
        let (mut products, mut unconfirmed) = ([Exact::ONE; 8], 0);
        for (set, product) in products.iter_mut().enumerate() {
            for (bit, (value, _)) in three {
                if set & usize::from(bit) != 0 {
                    // Three coefficients of a few digits each: far below 38 digits.
                    *product = product.times(Exact::of(value)).unwrap_or(*product);
                }
            }
        }
        for (bit, (_, confirmed)) in three {
            unconfirmed |= if confirmed { 0 } else { bit };
        }
        Coefficients { hospital: hospital.0, group: group.0, bonus: bonus.0, unconfirmed, products }
    }

    /// The product of a set of coefficients.
    pub(crate) fn product(&self, set: u8) -> Exact {
        self.products.get(usize::from(set)).copied().unwrap_or(Exact::ONE)
    }
}

/// Numbers the texts of one column; 0 stands for blank and for texts no row names.
#[derive(Clone, Debug, Default)]
struct Column(FxHashMap<String, u32>);

impl Column {
    fn of<'a>(cells: impl Iterator<Item = &'a String>) -> Column {
        let mut column = Column::default();
        for cell in cells.filter(|cell| !cell.is_empty()) {
            let next = column.0.len() as u32 + 1;
            column.0.entry(cell.clone()).or_insert(next);
        }
        column
    }

    fn number(&self, text: &str) -> u32 {
        if self.0.is_empty() { 0 } else { self.0.get(text).copied().unwrap_or(0) }
    }

    fn size(&self) -> usize {
        self.0.len() + 1
    }
}

/// The columns that tell hospitals apart.
#[derive(Clone, Debug, Default)]
struct Columns {
    hospital: Column,
    level: Column,
    insurance_type: Column,
}

/// Numbers of one case, or of a row's cells (0: blank).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Profile {
    hospital: u32,
    level: u32,
    insurance_type: u32,
}

impl Columns {
    fn of<'a>(rows: impl Iterator<Item = &'a CoefficientRow> + Clone) -> Columns {
        Columns {
            hospital: Column::of(rows.clone().map(|row| &row.hospital)),
            level: Column::of(rows.clone().map(|row| &row.hospital_level)),
            insurance_type: Column::of(rows.map(|row| &row.insurance_type)),
        }
    }

    fn profile(&self, hospital: &str, level: &str, insurance_type: &str) -> Profile {
        Profile {
            hospital: self.hospital.number(hospital),
            level: self.level.number(level),
            insurance_type: self.insurance_type.number(insurance_type),
        }
    }

    fn size(&self) -> usize {
        self.hospital.size() * self.level.size() * self.insurance_type.size()
    }

    fn index(&self, profile: Profile) -> usize {
        let at = profile.hospital as usize * self.level.size() + profile.level as usize;
        at * self.insurance_type.size() + profile.insurance_type as usize
    }

    /// The profile at an index: the reverse of [`Columns::index`].
    fn at(&self, index: usize) -> Profile {
        let (rest, insurance_type) = (index / self.insurance_type.size(), index % self.insurance_type.size());
        let (hospital, level) = (rest / self.level.size(), rest % self.level.size());
        Profile { hospital: hospital as u32, level: level as u32, insurance_type: insurance_type as u32 }
    }
}

/// A row of `coefficients.csv` with its cells as numbers.
#[derive(Clone, Copy, Debug)]
struct Row {
    coefficient: CoefficientKind,
    /// Number of a bonus's name.
    name: u32,
    cells: Profile,
    kind: Option<Kind>,
    winner: Winner,
}

/// What a row gives, and its rank: more cells filled first, then earlier in the file.
#[derive(Clone, Copy, Debug)]
struct Winner {
    value: Ratio,
    confirmed: bool,
    filled: usize,
    order: usize,
}

impl Winner {
    fn better(one: Option<Winner>, other: Option<Winner>) -> Option<Winner> {
        let rank = |winner: &Winner| (winner.filled, std::cmp::Reverse(winner.order));
        match (one, other) {
            (Some(a), Some(b)) => Some(if rank(&b) > rank(&a) { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}

impl Row {
    fn fits(&self, profile: Profile, kind: Kind) -> bool {
        let cell = |cell: u32, value: u32| cell == 0 || cell == value;
        cell(self.cells.hospital, profile.hospital)
            && cell(self.cells.level, profile.level)
            && cell(self.cells.insurance_type, profile.insurance_type)
            && self.kind.is_none_or(|wanted| wanted == kind)
    }
}

/// The winners among some rows for one profile.
#[derive(Clone, Debug, Default)]
struct Winners {
    hospital: Option<Winner>,
    group: Option<Winner>,
    /// By number of the name; empty when the pack has no bonus rows here.
    bonuses: Vec<Option<Winner>>,
}

impl Winners {
    fn among<'r>(rows: impl Iterator<Item = &'r Row>, profile: Profile, kind: Kind, names: usize) -> Winners {
        let mut winners = Winners { bonuses: vec![None; names], ..Winners::default() };
        for row in rows.filter(|row| row.fits(profile, kind)) {
            let slot = match row.coefficient {
                CoefficientKind::Hospital => &mut winners.hospital,
                CoefficientKind::Group => &mut winners.group,
                CoefficientKind::Bonus => match winners.bonuses.get_mut(row.name as usize) {
                    Some(slot) => slot,
                    None => continue,
                },
                CoefficientKind::Assessment => continue,
            };
            *slot = Winner::better(*slot, Some(row.winner));
        }
        winners
    }

    fn combine(&self, multiplies: bool) -> Coefficients {
        let bonus = add_up(self.bonuses.iter().flatten().copied(), multiplies);
        Coefficients::new(value_of(self.hospital), value_of(self.group), bonus)
    }
}

/// 1+ΣJ or Π(1+J), and whether all of it is confirmed.
fn add_up(bonuses: impl Iterator<Item = Winner>, multiplies: bool) -> (Ratio, bool) {
    let (mut total, mut confirmed) = (Decimal::ONE, true);
    for bonus in bonuses {
        if multiplies {
            total *= Decimal::ONE + bonus.value;
        } else {
            total += bonus.value;
        }
        confirmed &= bonus.confirmed;
    }
    (total.normalize(), confirmed)
}

/// Compiled `coefficients.csv`.
#[derive(Clone, Debug)]
pub(crate) struct CoefficientTable {
    /// Numbers for the rows that name no group.
    general_columns: Columns,
    /// By contract kind, then profile of `general_columns`.
    general: [Vec<(Coefficients, Winners)>; 3],
    /// Numbers for the rows that name a group.
    own_columns: Columns,
    own: Vec<Vec<Row>>,
    bonus_multiplies: bool,
    bonus_names: usize,
}

impl CoefficientTable {
    /// Compiles the rows; the second value says for each group which rows of its own it has.
    pub(crate) fn new(policy: &Policy) -> (CoefficientTable, Vec<Option<u32>>) {
        let names = bonus_names(policy);
        let rows = || {
            let all = policy.coefficients.rows.iter().enumerate();
            all.filter(|(_, row)| row.coefficient != CoefficientKind::Assessment)
        };
        let general = || rows().filter(|(_, row)| row.group.is_empty());
        let own = || rows().filter(|(_, row)| !row.group.is_empty());
        let compile = |columns: &Columns, (order, row): (usize, &CoefficientRow)| Row {
            coefficient: row.coefficient,
            name: match row.coefficient {
                CoefficientKind::Bonus => names.get(row.name.as_str()).copied().unwrap_or_default(),
                _ => 0,
            },
            cells: columns.profile(&row.hospital, &row.hospital_level, &row.insurance_type),
            kind: row.kind,
            winner: Winner {
                value: row.value.normalize(),
                confirmed: row.source.confirmed(),
                filled: filled(row),
                order,
            },
        };
        let general_columns = Columns::of(general().map(|(_, row)| row));
        let own_columns = Columns::of(own().map(|(_, row)| row));
        let general_rows: Vec<Row> = general().map(|row| compile(&general_columns, row)).collect();
        let mut by_group: FxHashMap<&str, Vec<Row>> = FxHashMap::default();
        for row in own() {
            by_group.entry(&row.1.group).or_default().push(compile(&own_columns, row));
        }
        let bonus_multiplies = policy.scoring.bonus_multiplies;
        let of_kind = |kind: Kind| {
            let of_profile = |at: usize| {
                let profile = general_columns.at(at);
                let winners = Winners::among(general_rows.iter(), profile, kind, names.len());
                (winners.combine(bonus_multiplies), winners)
            };
            (0..general_columns.size()).map(of_profile).collect()
        };
        let mut table = CoefficientTable {
            general: KINDS.map(of_kind),
            general_columns,
            own_columns,
            own: Vec::new(),
            bonus_multiplies,
            bonus_names: names.len(),
        };
        let of_group = policy.groups.iter().map(|group| {
            let rows = by_group.remove(group.code.as_str())?;
            table.own.push(rows);
            u32::try_from(table.own.len() - 1).ok()
        });
        let of_group = of_group.collect();
        (table, of_group)
    }

    /// The coefficients of a case in a group. `own`: the group's rows; `level`: the hospital's level.
    pub(crate) fn of<'a>(
        &'a self,
        own: Option<u32>,
        kind: Kind,
        case: &Case,
        level: &str,
    ) -> Cow<'a, Coefficients> {
        match (own.and_then(|own| self.own.get(own as usize)), self.general(kind, case, level)) {
            (None, Some((found, _))) => Cow::Borrowed(found),
            _ => Cow::Owned(self.contest(own, kind, case, level).combine(self)),
        }
    }

    /// The rows [`CoefficientTable::of`] takes its coefficients from, for explanations.
    pub(crate) fn rows(&self, own: Option<u32>, kind: Kind, case: &Case, level: &str) -> TakenRows {
        let contest = self.contest(own, kind, case, level);
        TakenRows {
            hospital: contest.hospital().map(|winner| winner.order),
            group: contest.group().map(|winner| winner.order),
            bonuses: contest.bonuses(self.bonus_names).map(|winner| winner.order).collect(),
        }
    }

    fn general(&self, kind: Kind, case: &Case, level: &str) -> Option<&(Coefficients, Winners)> {
        let profile = self.general_columns.profile(&case.hospital, level, &case.insurance_type);
        let of_kind = KINDS.iter().position(|one| *one == kind).and_then(|at| self.general.get(at));
        of_kind?.get(self.general_columns.index(profile))
    }

    fn contest(&self, own: Option<u32>, kind: Kind, case: &Case, level: &str) -> Contest<'_> {
        Contest {
            general: self.general(kind, case, level).map(|(_, winners)| winners),
            own: own.and_then(|own| self.own.get(own as usize)).map(Vec::as_slice).unwrap_or_default(),
            profile: self.own_columns.profile(&case.hospital, level, &case.insurance_type),
            kind,
        }
    }
}

/// Rows of `coefficients.csv` that won for a case: indices into [`policy::Coefficients::rows`].
#[derive(Clone, Debug, Default)]
pub(crate) struct TakenRows {
    pub(crate) hospital: Option<usize>,
    pub(crate) group: Option<usize>,
    /// One for each name, in order of the names' first appearance.
    pub(crate) bonuses: Vec<usize>,
}

/// A group's own rows compete with the general winners.
struct Contest<'a> {
    general: Option<&'a Winners>,
    own: &'a [Row],
    profile: Profile,
    kind: Kind,
}

impl Contest<'_> {
    fn hospital(&self) -> Option<Winner> {
        self.best(CoefficientKind::Hospital, 0, self.general.and_then(|general| general.hospital))
    }

    fn group(&self) -> Option<Winner> {
        self.best(CoefficientKind::Group, 0, self.general.and_then(|general| general.group))
    }

    /// The winner of each name, `names` of them at most.
    fn bonuses(&self, names: usize) -> impl Iterator<Item = Winner> {
        (0..names).filter_map(|name| {
            let general = self.general.and_then(|general| general.bonuses.get(name).copied().flatten());
            self.best(CoefficientKind::Bonus, name as u32, general)
        })
    }

    fn best(&self, coefficient: CoefficientKind, name: u32, general: Option<Winner>) -> Option<Winner> {
        let fitting = self.own.iter().filter(|row| row.coefficient == coefficient && row.name == name);
        let fitting = fitting.filter(|row| row.fits(self.profile, self.kind));
        fitting.fold(general, |best, row| Winner::better(best, Some(row.winner)))
    }

    fn combine(&self, table: &CoefficientTable) -> Coefficients {
        let bonus = add_up(self.bonuses(table.bonus_names), table.bonus_multiplies);
        Coefficients::new(value_of(self.hospital()), value_of(self.group()), bonus)
    }
}

/// The value of a row and whether it is confirmed; no row means 1.
fn value_of(winner: Option<Winner>) -> (Ratio, bool) {
    winner.map_or((Decimal::ONE, true), |winner| (winner.value, winner.confirmed))
}

/// Numbers of the bonus names. Other coefficients have number 0 whatever their name cell says.
fn bonus_names(policy: &Policy) -> FxHashMap<&str, u32> {
    let mut names = FxHashMap::default();
    for row in policy.coefficients.rows.iter().filter(|row| row.coefficient == CoefficientKind::Bonus) {
        let next = names.len() as u32;
        names.entry(row.name.as_str()).or_insert(next);
    }
    names
}

const KINDS: [Kind; 3] = [Kind::Core, Kind::Composite, Kind::Primary];

fn filled(row: &CoefficientRow) -> usize {
    let texts = [&row.hospital, &row.hospital_level, &row.group, &row.insurance_type];
    texts.iter().filter(|text| !text.is_empty()).count() + usize::from(row.kind.is_some())
}
