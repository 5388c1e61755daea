//! 语义层: every measure and dimension there is, checked against the facts.

use crate::condition::Condition;
use crate::schema::{CASE, Column, Schema};
use crate::{Dimension, Measure, QueryError};
use std::sync::Arc;

/// 语义层
#[derive(Clone, Debug)]
pub struct Layer {
    pub(crate) schema: Schema,
    pub(crate) measures: Vec<Arc<Measure>>,
    pub(crate) dimensions: Vec<Arc<Dimension>>,
    pub(crate) populations: Vec<Population>,
    pub(crate) columns: CaseColumns,
    /// 本院所在区划
    pub(crate) home: Option<u32>,
}

/// 病例范围: a condition with a name, that measures and filters share: DIP 病例, 已测算病例.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// Its name in packs and addresses.
    pub id: String,
    /// 名称
    pub name: String,
    /// Which cases it holds.
    pub definition: String,
    pub(crate) conditions: Vec<Condition>,
}

/// Columns of the case that the layer itself needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaseColumns {
    pub(crate) number: Column,
    pub(crate) key: Column,
    pub(crate) in_house: Column,
    pub(crate) department: Column,
    pub(crate) attending: Column,
    pub(crate) resident: Column,
    /// By basis.
    pub(crate) days: [Column; 3],
}

impl CaseColumns {
    /// The error is the column that is missing.
    pub(crate) fn of(schema: &Schema) -> Result<CaseColumns, &'static str> {
        let fact = schema.fact(CASE).ok_or(CASE)?;
        let column = |name: &'static str| fact.column(name).ok_or(name);
        Ok(CaseColumns {
            number: column("number")?,
            key: column("encounter_key")?,
            in_house: column("in_house")?,
            department: column("department_key")?,
            attending: column("attending_key")?,
            resident: column("resident_key")?,
            days: [column("discharge_day")?, column("settlement_day")?, column("admission_day")?],
        })
    }
}

impl Layer {
    /// All measures, in the order of the packs.
    pub fn measures(&self) -> &[Arc<Measure>] {
        &self.measures
    }

    /// All dimensions, in the order of the packs.
    pub fn dimensions(&self) -> &[Arc<Dimension>] {
        &self.dimensions
    }

    /// All named populations.
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// A measure by its id.
    pub fn measure(&self, id: &str) -> Result<&Arc<Measure>, QueryError> {
        self.measures.iter().find(|m| m.id == id).ok_or_else(|| QueryError::Measure(id.to_owned()))
    }

    /// A dimension by its id.
    pub fn dimension(&self, id: &str) -> Result<&Arc<Dimension>, QueryError> {
        self.dimensions.iter().find(|d| d.id == id).ok_or_else(|| QueryError::Dimension(id.to_owned()))
    }

    /// Names a dimension's values, in their order: 险种 as the policy pack calls them. Values it does not name keep theirs.
    pub fn name_values(&mut self, dimension: &str, names: Vec<(String, String)>) -> Result<(), QueryError> {
        let found = self.dimensions.iter_mut().find(|known| known.id == dimension);
        let found = Arc::make_mut(found.ok_or_else(|| QueryError::Dimension(dimension.to_owned()))?);
        let old = std::mem::replace(&mut found.values, names);
        let kept = old.into_iter().filter(|(value, _)| !found.values.iter().any(|(named, _)| named == value));
        let kept: Vec<(String, String)> = kept.collect();
        found.values.extend(kept);
        Ok(())
    }

    /// Sets 本院所在区划, a code of six digits, from which 患者来源 is told; without it that cannot be asked for.
    pub fn set_home(&mut self, region: &str) {
        let digits = region.len() == 6 && region.bytes().all(|b| b.is_ascii_digit());
        self.home = region.parse().ok().filter(|_| digits);
    }

    /// Whether 本院所在区划 is known.
    pub fn has_home(&self) -> bool {
        self.home.is_some()
    }

    /// The facts that it stands on.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The Chinese name of a column of the case, for heads of case lists.
    pub fn case_column(&self, name: &str) -> Option<Column> {
        self.schema.fact(CASE)?.column(name)
    }
}
