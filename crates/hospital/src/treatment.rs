//! 诊疗: what is done and charged day by day, so that it adds up to what the stay costs.

use crate::Hospital;
use crate::bill::Bill;
use crate::clock::HOUR;
use crate::disease::{Disease, Operation, Variant};
use crate::orders::Order;
use crate::random::Random;
use policy::OperationClass;

/// What the bill needs to know of a stay.
pub(crate) struct Course<'c> {
    pub(crate) disease: &'c Disease,
    pub(crate) variant: &'c Variant,
    /// Days that are charged: nights, at least one.
    pub(crate) days: i64,
    /// Whether the stay still goes on.
    pub(crate) in_house: bool,
    /// Days 0..n in intensive care.
    pub(crate) icu_days: i64,
    /// Day of the operation.
    pub(crate) operation_day: i64,
    pub(crate) woman: bool,
    /// Category letter of the principal diagnosis.
    pub(crate) chapter: char,
    pub(crate) department: &'c str,
}

/// Writes a stay's charges and orders.
pub(crate) struct Treatment<'t, 'h> {
    hospital: &'h Hospital,
    pub(crate) bill: &'t mut Bill<'h>,
    pub(crate) orders: Vec<Order>,
    random: &'t mut Random,
    woman: bool,
    chapter: char,
    operations: &'t [Operation],
}

impl<'t, 'h> Treatment<'t, 'h> {
    pub(crate) fn new(
        hospital: &'h Hospital,
        bill: &'t mut Bill<'h>,
        random: &'t mut Random,
        course: &Course<'t>,
    ) -> Self {
        let Course { woman, chapter, variant, .. } = *course;
        Treatment {
            hospital,
            bill,
            orders: Vec::new(),
            random,
            woman,
            chapter,
            operations: &variant.operations,
        }
    }

    /// Everything, in the order in which the budget is spent.
    pub(crate) fn write(&mut self, course: &Course<'_>) {
        self.ward(course);
        self.admission(course);
        self.operations(course);
        self.special(course);
        let rest = self.bill.left;
        if course.disease.surgical {
            self.materials(course, rest * 45 / 100);
            self.regimens(course, rest * 33 / 100);
        } else {
            self.regimens(course, rest * 58 / 100);
        }
        self.follow_up(course, rest * 12 / 100);
        self.daily_treatment(course, rest * 14 / 100);
        self.refunds(course);
        self.top_up(course);
        self.bill.fill(self.bill.at(course.days, 9, 30));
    }

    /// 床位, 诊察, 护理: once a day.
    fn ward(&mut self, course: &Course<'_>) {
        let items = &self.hospital.items;
        let grade = match self.bill.left / course.days.max(1) {
            60_000.. => "nursing1",
            25_000.. => "nursing2",
            _ => "nursing3",
        };
        let bed_order = self.long_term(course, items.first("bed"), "1日", "qd", "");
        let nursing_order = self.long_term(course, items.first(grade), "1日", "qd", "");
        for day in 0..course.days {
            let icu = day < course.icu_days;
            let bed = if icu { "bed_icu" } else { "bed" };
            let nursing = if icu {
                "nursing_icu"
            } else if course.disease.age_days.is_some() {
                "nursing_newborn"
            } else {
                grade
            };
            let night = self.bill.at(day, 23, 0).max(self.bill.at(day, 0, 5));
            let items = &self.hospital.items;
            if let Some(bed) = items.first(bed) {
                self.bill.charge(bed, 1, night, bed_order);
            }
            if let Some(visit) = items.first("visit") {
                self.bill.charge(visit, 1, self.bill.at(day, 8, 30), 0);
            }
            if let Some(nursing) = items.first(nursing) {
                self.bill.afford(nursing, 1, self.bill.at(day, 22, 0), nursing_order);
            }
            if icu {
                self.intensive(day);
            }
        }
    }

    fn intensive(&mut self, day: i64) {
        let hours = if day == 0 { self.random.between(6, 14) } else { 24 };
        for role in ["monitor", "monitor_icu"] {
            for item in self.hospital.items.role(role) {
                self.bill.afford(*item, hours, self.bill.at(day, 21, 10), 0);
            }
        }
        let treatments = self.hospital.items.role("icu_treatment");
        if let Some(item) = treatments.get(usize::from(day % 5 == 4)) {
            let hours = self.random.between(6, hours);
            self.bill.afford(*item, hours, self.bill.at(day, 21, 20), 0);
        }
    }

    /// 入院检查
    fn admission(&mut self, course: &Course<'_>) {
        let floor = self.bill.left * 88 / 100;
        let mut labs = self.hospital.items.role("lab_admission").to_vec();
        self.random.shuffle(&mut labs);
        let wanted = if course.disease.day_surgery { 5 } else { 12 };
        for (at, item) in (0..).zip(labs.into_iter().take(wanted)) {
            if self.bill.left > floor {
                let order = self.once(item, 0, "");
                self.bill.afford(item, 1, self.bill.at(0, 10, at), order);
            }
        }
        self.some_of("exam_material", self.bill.left / 100, 2, 0);
        if let Some(item) = self.hospital.items.first("clinical_diagnosis") {
            // The first is the routine electrocardiogram's price neighbour; one examination at admission.
            let order = self.once(item, 0, "");
            self.bill.afford(item, 1, self.bill.at(0, 10, 30), order);
        }
        self.some_of("imaging", self.bill.left * 12 / 100, 3, 0);
        if self.random.chance(0.3) {
            self.some_of("clinical_diagnosis", self.bill.left / 10, 2, 1.min(course.days - 1));
        }
        if self.random.chance(0.35) {
            self.some_of("lab_special", self.bill.left / 10, 3, 1.min(course.days - 1));
        }
        if self.random.chance(0.25) {
            self.some_of("imaging_costly", self.bill.left / 5, 1, 1.min(course.days - 1));
        }
    }

    /// 手术, 麻醉, 病理
    fn operations(&mut self, course: &Course<'_>) {
        let day = course.operation_day;
        let mut anaesthetised = false;
        for (turn, operation) in (0_i64..).zip(&course.variant.operations) {
            match operation.class {
                OperationClass::Surgical | OperationClass::Interventional => {
                    let fee = self.operation_fee(operation);
                    let Some(fee) = fee else { continue };
                    let order = self.once(fee, day, "");
                    self.bill.afford(fee, 1, self.bill.at(day, 10 + turn, 0), order);
                    if !anaesthetised {
                        anaesthetised = true;
                        self.anaesthesia(day, operation.level);
                        self.some_of("surgical_extra", self.bill.left / 12, 2, day);
                    }
                }
                OperationClass::Therapeutic => self.some_of("non_surgical", self.bill.left / 4, 2, day),
                _ => self.some_of("clinical_diagnosis", self.bill.left / 5, 1, day),
            }
        }
        if anaesthetised && self.random.chance(0.5) {
            self.some_of("pathology", self.bill.left / 8, 2, (day + 1).min(course.days - 1));
        }
    }

    /// The item made for this operation; else the one for its level, or a lower one when the budget is small.
    fn operation_fee(&self, operation: &Operation) -> Option<u16> {
        let items = &self.hospital.items;
        let fair = |item: &u16| items.get(*item).fen() < self.bill.left * 2 / 5;
        let levels = (0..usize::from(operation.level.clamp(1, 4))).rev();
        let of_level = |level: usize| OPERATION_ROLES.get(level).map_or(&[][..], |role| items.role(role));
        let special = |item: &u16| {
            let item = items.get(*item);
            item.is_special() && item.suits(self.woman, self.chapter, std::slice::from_ref(operation))
        };
        let made_for = (0..OPERATION_ROLES.len())
            .rev()
            .find_map(|level| of_level(level).iter().copied().find(|item| special(item) && fair(item)));
        made_for.or_else(|| {
            levels.into_iter().find_map(|level| {
                of_level(level).iter().copied().find(|item| !items.get(*item).is_special() && fair(item))
            })
        })
    }

    /// An item among candidates that the patient would have.
    fn pick_suited(&mut self, role: &str, candidates: &[u16]) -> Option<u16> {
        let suits =
            |item: &u16| self.hospital.items.get(*item).suits(self.woman, self.chapter, self.operations);
        // Nearly all implants are for one operation: look through them. Of the others most suit everybody.
        if matches!(role, "implant" | "surgical_extra" | "operation_material") {
            let fitting: Vec<u16> = candidates.iter().copied().filter(suits).collect();
            return self.random.pick(&fitting).copied();
        }
        (0..8).find_map(|_| self.random.pick(candidates).copied().filter(|item| suits(item)))
    }

    fn anaesthesia(&mut self, day: i64, level: u8) {
        let role = match level {
            3.. => "anaesthesia_general",
            2 => "anaesthesia_spinal",
            _ => "anaesthesia_local",
        };
        self.some_of(role, self.bill.left / 5, if level >= 3 { 2 } else { 1 }, day);
        if level >= 2 {
            let items = self.hospital.items.role("anaesthesia_extra");
            if let Some(item) = items.first() {
                self.bill.afford(*item, self.random.between(1, 3), self.bill.at(day, 12, 0), 0);
            }
        }
    }

    /// What the department and the disease ask for: blood, rehabilitation, Chinese medicine, cytokines.
    fn special(&mut self, course: &Course<'_>) {
        let (chapter, left) = (course.chapter, self.bill.left);
        let share = |percent: i64| left * percent / 100;
        let last = (course.days - 1).max(0);
        let rehabilitation = course.department == "K036" || chapter == 'I' && self.random.chance(0.15);
        if rehabilitation {
            self.regimen("rehabilitation", share(28), 3, course);
            self.regimen("physiotherapy", share(8), 2, course);
        } else if matches!(chapter, 'M' | 'G' | 'S') && self.random.chance(0.4) {
            self.regimen("physiotherapy", share(8), 2, course);
        }
        if course.department == "K035" || self.random.chance(0.06) {
            self.regimen("chinese_treatment", share(14), 3, course);
            self.regimen("herbal_drug", share(10), 8, course);
        }
        if matches!(chapter, 'C' | 'D') {
            self.some_of("drug_costly", share(30), 2, 1.min(last));
            self.some_of("cytokine", share(6), 1, last);
        }
        let bleeding = matches!(chapter, 'C' | 'D' | 'K' | 'O' | 'S') && left > 800_000;
        if bleeding && self.random.chance(0.22) {
            self.some_of("blood", share(12), 2, course.operation_day.max(1.min(last)));
        }
        if left > 1_500_000 && self.random.chance(0.15) {
            self.some_of("albumin", share(8), 2, 2.min(last));
        }
        if left > 1_000_000 && self.random.chance(0.05) {
            self.some_of("globulin", share(12), 1, 2.min(last));
        }
        if left > 1_000_000 && self.random.chance(0.05) {
            self.some_of("clotting_factor", share(12), 1, 1.min(last));
        }
        if self.random.chance(0.12) {
            self.some_of("consult", share(2), 1, 1.min(last));
        }
        if self.random.chance(0.2) {
            self.some_of("service", share(2), 1, last);
        }
        if self.random.chance(0.25) {
            self.some_of("other", share(1), 2, 0);
        }
    }

    /// 手术材料 and implants, the dear ones first.
    fn materials(&mut self, course: &Course<'_>, budget: i64) {
        let floor = self.bill.left - budget;
        for role in ["implant", "operation_material"] {
            for _ in 0..5 {
                let room = self.bill.left - floor;
                if room > 30_000 {
                    self.dearest_of(role, room, course.operation_day, 3);
                }
            }
        }
    }

    /// Drugs: a few courses that run over the whole stay.
    fn regimens(&mut self, course: &Course<'_>, budget: i64) {
        let infection =
            matches!(course.chapter, 'A' | 'J' | 'K' | 'L' | 'N' | 'P') || course.disease.surgical;
        if infection && self.random.chance(0.75) {
            self.regimen("antibiotic", budget * 25 / 100, 1, course);
        }
        if self.random.chance(0.45) {
            self.regimen("patent_drug", budget * 20 / 100, 1, course);
        }
        self.regimen("solvent", budget * 6 / 100, 1, course);
        let kinds = self.random.between(2, 3);
        self.regimen("drug", budget * 62 / 100, kinds, course);
    }

    /// `kinds` items of a role given every day for about `budget` in all.
    fn regimen(&mut self, role: &str, budget: i64, kinds: i64, course: &Course<'_>) {
        // A dear patient gets few days of dear drugs rather than a hundred boxes of cheap ones.
        let days = course.days;
        let mut chosen = Vec::new();
        for turn in 0..kinds {
            let a_day = budget / kinds / days.max(1);
            let list = self.hospital.items.role(role);
            let affordable = list.partition_point(|item| self.hospital.items.get(*item).fen() <= a_day);
            let candidates = list.get(..affordable).unwrap_or_default();
            let dearest = (0..4).filter_map(|_| self.pick_suited(role, candidates)).max();
            let Some(item) = dearest.filter(|item| !chosen.contains(item)) else { continue };
            chosen.push(item);
            let most = if role == "herbal_drug" { 150 } else { 6 };
            let units = (a_day / self.hospital.items.get(item).fen().max(1)).clamp(1, most);
            let (dose, frequency) = match units {
                1 => ("1", "qd"),
                2 => ("1", "bid"),
                3 => ("1", "tid"),
                _ => ("2", "bid"),
            };
            let route = if self.hospital.items.get(item).name.contains("注射") { "ivgtt" } else { "po" };
            let route = if role == "rehabilitation" || role == "physiotherapy" { "" } else { route };
            let order = self.long_term(course, Some(item), dose, frequency, route);
            for day in 0..days {
                let at = self.bill.at(day, 9 + turn, 15);
                self.bill.afford(item, units, at, order);
            }
        }
    }

    /// 复查
    fn follow_up(&mut self, course: &Course<'_>, budget: i64) {
        let floor = self.bill.left - budget;
        let mut day = 2;
        while day < course.days && self.bill.left > floor {
            let room = self.bill.left - floor;
            self.some_of("lab_follow", room.min(40_000), 3, day);
            day += self.random.between(2, 4);
        }
    }

    /// 输液, 换药, 吸氧 …
    fn daily_treatment(&mut self, course: &Course<'_>, budget: i64) {
        let floor = self.bill.left - budget;
        let a_day = budget * 2 / course.days.max(1);
        self.regimen("infusion", budget * 2 / 5, 1, course);
        for day in (0..course.days).step_by(2) {
            if self.bill.left > floor {
                self.some_of("treatment", a_day / 2, 1, day);
                self.some_of("treat_material", a_day / 3, 1, day);
            }
        }
    }

    /// A few charges are taken back: whole, next day; or some of the units.
    fn refunds(&mut self, course: &Course<'_>) {
        if !self.random.chance(0.12) {
            return;
        }
        let drugs: Vec<usize> = (0..self.bill.lines.len())
            .filter(|at| {
                self.bill.lines.get(*at).is_some_and(|line| {
                    line.quantity >= 20_000 && self.hospital.items.get(line.item).fee_class.ends_with("drug")
                })
            })
            .collect();
        let Some(line) = self.random.pick(&drugs).copied() else { return };
        let units = self.bill.lines.get(line).map_or(1, |line| line.quantity / 10_000);
        let back = if self.random.chance(0.5) { units } else { self.random.between(1, units - 1) };
        self.bill.refund(line, back, self.random.between(2, 30.min(course.days * 20)) * HOUR);
    }

    /// What is left of a large budget goes into dear things.
    fn top_up(&mut self, course: &Course<'_>) {
        let roles: &[&str] = if course.disease.surgical {
            &["implant", "operation_material", "drug_costly", "albumin", "imaging_costly"]
        } else {
            &[
                "drug_costly",
                "drug",
                "albumin",
                "imaging_costly",
                "non_surgical",
                "drug",
                "patent_drug",
                "lab_follow",
            ]
        };
        for turn in 0..40 {
            if self.bill.left < 20_000 {
                break;
            }
            let day = self.random.between(0, (course.days - 1).max(0));
            let day = if course.disease.surgical { day.max(course.operation_day) } else { day };
            let role = roles.get(turn % roles.len()).copied().unwrap_or("drug");
            self.dearest_of(role, self.bill.left, day, 5);
        }
    }

    /// Up to `count` different items of a role within a budget, once each.
    fn some_of(&mut self, role: &str, budget: i64, count: usize, day: i64) {
        let mut room = budget.min(self.bill.left);
        let list = self.hospital.items.role(role);
        let mut chosen: Vec<u16> = Vec::new();
        for _ in 0..count {
            let affordable = list.partition_point(|item| self.hospital.items.get(*item).fen() <= room);
            let pick = self.pick_suited(role, list.get(..affordable).unwrap_or_default());
            let Some(item) = pick.filter(|item| !chosen.contains(item)) else { continue };
            chosen.push(item);
            let (hour, minute) = (self.random.between(8, 17), self.random.between(0, 59));
            let at = self.bill.at(day, hour, minute);
            let ordered = !role.ends_with("material") && role != "treatment";
            let order = if ordered { self.once_at(item, at, "") } else { 0 };
            if self.bill.afford(item, 1, at, order) {
                room -= self.hospital.items.get(item).fen();
            }
        }
    }

    /// The dearest of three affordable items, in a few units.
    fn dearest_of(&mut self, role: &str, budget: i64, day: i64, most: i64) {
        let hospital = self.hospital;
        let list = hospital.items.role(role);
        let affordable = list.partition_point(|item| self.hospital.items.get(*item).fen() <= budget);
        let candidates = list.get(..affordable).unwrap_or_default();
        let pick = (0..3)
            .filter_map(|_| self.pick_suited(role, candidates))
            .max_by_key(|item| hospital.items.get(*item).price);
        let Some(item) = pick else { return };
        let units = (budget / self.hospital.items.get(item).fen().max(1)).clamp(1, most);
        let (hour, minute) = (self.random.between(9, 16), self.random.between(0, 59));
        let at = self.bill.at(day, hour, minute);
        let order = if role.ends_with("material") { 0 } else { self.once_at(item, at, "") };
        self.bill.afford(item, units, at, order);
    }

    fn long_term(
        &mut self,
        course: &Course<'_>,
        item: Option<u16>,
        dose: &str,
        frequency: &'static str,
        route: &'static str,
    ) -> u32 {
        let Some(item) = item else { return 0 };
        let begin_at = self.bill.at(0, 9, 0);
        let stop_at = (!course.in_house).then(|| self.bill.at(course.days, 9, 0));
        let unit = self.hospital.items.get(item).unit.as_str();
        let dose = if dose.ends_with('日') { dose.to_owned() } else { format!("{dose}{unit}") };
        self.push_order(Order { item, long_term: true, group: 0, dose, frequency, route, begin_at, stop_at })
    }

    fn once(&mut self, item: u16, day: i64, route: &'static str) -> u32 {
        let at = self.bill.at(day, 9, 0);
        self.once_at(item, at, route)
    }

    fn once_at(&mut self, item: u16, at: i64, route: &'static str) -> u32 {
        let dose = format!("1{}", self.hospital.items.get(item).unit);
        self.push_order(Order {
            item,
            long_term: false,
            group: 0,
            dose,
            frequency: "st",
            route,
            begin_at: at,
            stop_at: Some(at),
        })
    }

    fn push_order(&mut self, mut order: Order) -> u32 {
        let number = u32::try_from(self.orders.len()).unwrap_or(u32::MAX).saturating_add(1);
        order.group = number;
        self.orders.push(order);
        number
    }
}

const OPERATION_ROLES: [&str; 4] = ["operation1", "operation2", "operation3", "operation4"];
