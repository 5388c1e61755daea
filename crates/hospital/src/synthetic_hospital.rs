//! 合成医院: its dictionaries, and the stream of its stays.

use crate::charge_item::{ChargeItem, PriceList};
use crate::clock::{DAY, HOUR, day_number};
use crate::department::{Department, Departments, Rooms};
use crate::disease::Diseases;
use crate::draft_row::Shapes;
use crate::options::Options;
use crate::person::Census;
use crate::plan::{Plan, Plans};
use crate::planted_charges::{ChargeDefect, Circumstances};
use crate::planted_record;
use crate::staff::{Member, Staff};
use crate::stay::{self, Stay};
use model::canonical::{Row, Value};
use policy::Policy;
use settle::Pricer;
use std::sync::Arc;

/// Why no hospital can be drawn; shown to users.
#[derive(Debug, thiserror::Error)]
pub enum HospitalError {
    /// No group of the pack can be reached by a case.
    #[error("政策包 {0} 中没有可以生成病例的病种")]
    NoGroup(String),
    /// More in-house patients or years than the calendar bears.
    #[error("合成医院的参数不合理：{0}")]
    Unreasonable(&'static str),
}

/// A hospital that exists nowhere.
#[derive(Debug)]
pub struct Hospital {
    pub(crate) policy: Arc<Policy>,
    pub(crate) pricer: Pricer,
    pub(crate) options: Options,
    /// Day number of today.
    pub(crate) today: i64,
    /// End of the data, seconds.
    pub(crate) now: i64,
    pub(crate) departments: Departments,
    pub(crate) rooms: Rooms,
    pub(crate) staff: Staff,
    pub(crate) items: PriceList,
    pub(crate) census: Census,
    pub(crate) diseases: Diseases,
    pub(crate) shapes: Shapes,
    charge_defects: Vec<ChargeDefect>,
}

impl Hospital {
    /// Builds the dictionaries and looks through the pack. Groups, their costs, spread and days are the pack's; its first
    /// hospital, insurance types and settlement ways are this hospital's.
    pub fn new(policy: &Arc<Policy>, options: Options) -> Result<Hospital, HospitalError> {
        if options.years == 0 || options.years > 20 {
            return Err(HospitalError::Unreasonable("年数应为 1 到 20"));
        }
        if options.discharges > 50_000_000 || options.in_house > 1_000_000 {
            return Err(HospitalError::Unreasonable("病例数过大"));
        }
        let diseases = Diseases::new(policy, options.seed);
        if diseases.list.is_empty() {
            return Err(HospitalError::NoGroup(policy.identity.id.clone()));
        }
        let census = Census::new();
        let nights = u64::from(options.discharges) * 8 / (u64::from(options.years) * 365);
        let occupied = u32::try_from(nights).unwrap_or(u32::MAX).max(options.in_house).max(40);
        let mut departments = Departments::new();
        departments.open_beds(occupied, &diseases.loads(&departments));
        let staff = Staff::new(options.seed, &departments, &census.names);
        let items = PriceList::new();
        let code_of = |role: &str| items.first(role).map(|at| items.get(at).code.clone()).unwrap_or_default();
        let charge_defects = ChargeDefect::all(code_of);
        let today = day_number(options.today);
        Ok(Hospital {
            pricer: Pricer::new(Arc::clone(policy)),
            policy: Arc::clone(policy),
            today,
            now: today * DAY + Options::NOW_HOUR * HOUR,
            rooms: departments.rooms(),
            departments,
            staff,
            items,
            census,
            diseases,
            shapes: Shapes::new(),
            charge_defects,
            options,
        })
    }

    /// Every stay in order of admission, drawn one at a time: 20 million lines never stand in memory at once.
    pub fn stays(&self) -> impl Iterator<Item = Stay> + '_ {
        Plans::new(self).filter_map(|plan| self.write(&plan))
    }

    /// Cheap plans of all stays; with [`Hospital::write_planned`] stays can be written on several threads.
    pub fn plans(&self) -> impl Iterator<Item = PlannedStay> + '_ {
        Plans::new(self).map(PlannedStay)
    }

    /// Writes a planned stay. The same plan gives the same stay wherever and whenever it is written.
    pub fn write_planned(&self, plan: &PlannedStay) -> Option<Stay> {
        self.write(&plan.0)
    }

    fn write(&self, plan: &Plan) -> Option<Stay> {
        stay::write(self, plan)
    }

    /// How many stays there are.
    pub fn stay_count(&self) -> usize {
        (self.options.discharges + self.options.in_house) as usize
    }

    /// The options it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The pack it follows.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// End of the data, seconds since 1970-01-01 of the hospital's clock: 10:00 of today.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// 科室
    pub fn departments(&self) -> &[Department] {
        &self.departments.list
    }

    /// 医务人员
    pub fn staff(&self) -> &[Member] {
        &self.staff.list
    }

    /// 收费项目
    pub fn charge_items(&self) -> &[ChargeItem] {
        &self.items.items
    }

    /// Every charge rule that has defects planted: name, kind and rule document (JSON) with this hospital's item codes.
    pub fn planted_rules(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.charge_defects.iter().map(|defect| (defect.name(), defect.kind(), defect.rule()))
    }

    /// Rows of a dictionary table: `department`, `staff`, `charge_item`, `bed`. Empty for others.
    pub fn dictionary(&self, table: &str) -> Vec<Row> {
        match table {
            "department" => self.department_rows(),
            "staff" => self.staff_rows(),
            "charge_item" => self.item_rows(),
            "bed" => self.bed_rows(),
            _ => Vec::new(),
        }
    }

    /// The charge defect for a number, or the next one that fits the stay; `None` when it is the record's turn.
    pub(crate) fn charge_defect(&self, number: u32, stay: &Circumstances<'_>) -> Option<&ChargeDefect> {
        let charges = self.charge_defects.len();
        let turn = number as usize % (charges + planted_record::KINDS.len());
        if turn >= charges {
            return None;
        }
        (0..charges)
            .filter_map(|step| self.charge_defects.get((turn + step) % charges))
            .find(|d| d.fits(stay))
    }

    /// Position of a record's defect for a number.
    pub(crate) fn record_turn(&self, number: u32) -> usize {
        let charges = self.charge_defects.len();
        (number as usize % (charges + planted_record::KINDS.len())).saturating_sub(charges)
    }

    fn department_rows(&self) -> Vec<Row> {
        let row = |department: &Department| {
            self.shapes
                .row("department", &department.code)
                .set("name", department.name.as_str())
                .set("standard_code", department.standard_code.as_str())
                .set("parent_key", department.parent.as_str())
                .set("category", department.category.as_str())
                .set("open_beds", i64::from(department.beds))
                .flag("active", true)
                .done()
        };
        self.departments.list.iter().map(row).collect()
    }

    fn staff_rows(&self) -> Vec<Row> {
        let row = |member: &Member| {
            self.shapes
                .row("staff", &member.code)
                .set("name", member.name.as_str())
                .set("department_key", self.departments.get(member.department).code.as_str())
                .set("job", member.job)
                .set("title", member.title)
                .set("insurer_code", member.insurer_code.as_str())
                .flag("active", member.active)
                .done()
        };
        self.staff.list.iter().map(row).collect()
    }

    fn item_rows(&self) -> Vec<Row> {
        let row = |item: &ChargeItem| {
            self.shapes
                .row("charge_item", &item.code)
                .set("name", item.name.as_str())
                .set("insurer_code", item.insurer_code.as_str())
                .set("fee_class", item.fee_class.as_str())
                .set("insurer_class", item.insurer_class.as_str())
                .set("level", item.level.as_str())
                .set("specification", item.specification.as_str())
                .set("unit", item.unit.as_str())
                .set("price", item.price)
                .set("self_pay_ratio", item.self_pay_ratio)
                .flag("active", true)
                .done()
        };
        self.items.items.iter().map(row).collect()
    }

    fn bed_rows(&self) -> Vec<Row> {
        let beds = |department: &Department| -> Vec<Row> {
            // 加床 stand in the dictionary too.
            (1..=department.beds + department.beds / 2)
                .map(|bed| {
                    self.shapes
                        .row("bed", &department.bed_key(bed))
                        .set("department_key", department.code.as_str())
                        .set("ward", department.ward(bed).as_str())
                        .set("number", department.bed_number(bed).as_str())
                        .set("kind", if bed > department.beds { "加床" } else { "普通" })
                        .set("active", Value::Int(1))
                        .done()
                })
                .collect()
        };
        self.departments.list.iter().flat_map(beds).collect()
    }
}

/// A stay that is planned and not yet written.
#[derive(Clone, Debug)]
pub struct PlannedStay(Plan);
