//! 账单: charges of one stay under a budget, to the 分.

use crate::Hospital;
use crate::charge_line::ChargeLine;
use crate::clock::{DAY, HOUR, MINUTE, day_of};
use crate::department::Rooms;

/// Charges under way. Times are kept inside the stay.
pub(crate) struct Bill<'h> {
    hospital: &'h Hospital,
    pub(crate) lines: Vec<ChargeLine>,
    /// Position of the line that a refund takes back.
    refunds: Vec<(usize, usize)>,
    /// What may still be charged, 分.
    pub(crate) left: i64,
    /// First and last moment of a charge.
    from: i64,
    to: i64,
    department: u16,
    doctor: u16,
}

impl<'h> Bill<'h> {
    pub(crate) fn new(
        hospital: &'h Hospital,
        budget: i64,
        (from, to): (i64, i64),
        department: u16,
        doctor: u16,
    ) -> Bill<'h> {
        let to = to.max(from);
        Bill {
            hospital,
            lines: Vec::with_capacity(128),
            refunds: Vec::new(),
            left: budget,
            from,
            to,
            department,
            doctor,
        }
    }

    /// The time of the day of a stay's day (0: admission), inside the stay.
    pub(crate) fn at(&self, day: i64, hour: i64, minute: i64) -> i64 {
        ((day_of(self.from) + day) * DAY + hour * HOUR + minute * MINUTE).clamp(self.from, self.to)
    }

    /// Charges whole units, whatever is left. Returns the line's position.
    pub(crate) fn charge(&mut self, item: u16, units: i64, at: i64, order: u32) -> usize {
        self.charge_exact(item, units * 10_000, at, order)
    }

    fn charge_exact(&mut self, item: u16, quantity: i64, at: i64, order: u32) -> usize {
        let found = self.hospital.items.get(item);
        // Prices are whole 分 and quantities whole units or, at a price of one yuan, hundredths: the product is exact.
        let amount = quantity * found.price / 1_000_000;
        let own_pay = if found.level == "丙" { amount } else { 0 };
        let first_self_pay = if own_pay != 0 { 0 } else { half_up(amount * found.self_pay_ratio, 10_000) };
        let performing = self.performing(&found.role, &found.fee_class, &found.name);
        self.left -= amount;
        self.lines.push(ChargeLine {
            number: 0,
            refund_of: 0,
            order,
            at: at.clamp(self.from, self.to),
            item,
            quantity,
            price: found.price,
            amount,
            own_pay,
            first_self_pay,
            ordering_department: self.department,
            ordering_doctor: self.doctor,
            performing_department: performing,
        });
        self.lines.len() - 1
    }

    /// Charges when it fits the budget; `false` when it does not.
    pub(crate) fn afford(&mut self, item: u16, units: i64, at: i64, order: u32) -> bool {
        let cost = self.hospital.items.get(item).fen() * units;
        let fits = units > 0 && cost <= self.left;
        if fits {
            self.charge(item, units, at, order);
        }
        fits
    }

    /// 退费: takes units of a line back, some time later.
    pub(crate) fn refund(&mut self, line: usize, units: i64, after: i64) {
        let Some(original) = self.lines.get(line).cloned() else { return };
        let quantity = -(units * 10_000).min(original.quantity);
        let at = self.charge_exact(original.item, quantity, original.at + after, original.order);
        if let Some(refund) = self.lines.get_mut(at) {
            refund.ordering_department = original.ordering_department;
            refund.ordering_doctor = original.ordering_doctor;
            refund.performing_department = original.performing_department;
        }
        self.refunds.push((at, line));
    }

    /// The rest of the budget as materials at cost price: one yuan a unit, so every 分 can be said.
    pub(crate) fn fill(&mut self, at: i64) {
        if self.left > 0
            && let Some(filler) = self.hospital.items.first("filler")
        {
            self.charge_exact(filler, self.left * 100, at, 0);
        }
    }

    /// Sorts by time and numbers the lines. Returns for each position before the sort its line after it.
    pub(crate) fn finish(mut self, first_number: u64) -> (Vec<ChargeLine>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by_key(|at| (self.lines.get(*at).map(|line| line.at), *at));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(slot) = place.get_mut(*old) {
                *slot = new;
            }
        }
        let number = |at: usize| first_number + 1 + place.get(at).map_or(0, |at| *at as u64);
        for (at, line) in self.lines.iter_mut().enumerate() {
            line.number = number(at);
        }
        for (refund, original) in &self.refunds {
            if let Some(line) = self.lines.get_mut(*refund) {
                line.refund_of = number(*original);
            }
        }
        self.lines.sort_by_key(|line| line.number);
        (self.lines, place)
    }

    fn performing(&self, role: &str, fee_class: &str, name: &str) -> u16 {
        let Rooms { anaesthesia, imaging, ultrasound, laboratory, pathology, blood_bank, theatre, .. } =
            self.hospital.rooms;
        match fee_class {
            "laboratory" => laboratory,
            "imaging" if name.contains("超声") => ultrasound,
            "imaging" => imaging,
            "pathology" => pathology,
            "anaesthesia" => anaesthesia,
            "blood" => blood_bank,
            "operation" | "surgical" | "operation_material" => theatre,
            _ if role.starts_with("implant") => theatre,
            _ => self.department,
        }
    }
}

/// `n ÷ d`, half away from zero.
pub(crate) fn half_up(n: i64, d: i64) -> i64 {
    let half = if n < 0 { -d / 2 } else { d / 2 };
    (n + half) / d
}
