//! How large the hospital is and which day it is.

use jiff::civil::Date;

/// What to draw.
#[derive(Clone, Debug)]
pub struct Options {
    /// Same seed, options and pack: same bytes.
    pub seed: u64,
    /// The last day; patients in house lie in their beds on its morning ([`Options::NOW_HOUR`] o'clock).
    pub today: Date,
    /// Years of admissions before today.
    pub years: u8,
    /// Discharges in these years (a few of them 作废).
    pub discharges: u32,
    /// 在院 patients.
    pub in_house: u32,
    /// Stays with a planted defect, in a thousand.
    pub defects_per_mille: u32,
    /// How far the hospital's mean cost of a group may lie off the pack's, in a thousand: some groups gain, some lose.
    /// 0: every group's mean is the pack's.
    pub cost_spread_per_mille: u32,
}

impl Options {
    /// Hour of today at which the data ends.
    pub const NOW_HOUR: i64 = 10;

    /// The demo's hospital: 5,000 discharges in three years, 300 patients in house.
    pub fn demo(today: Date) -> Options {
        Options {
            seed: 20_250_301,
            today,
            years: 3,
            discharges: 5_000,
            in_house: 300,
            defects_per_mille: 30,
            cost_spread_per_mille: 150,
        }
    }

    /// The bench's hospital: 200,000 discharges, about 20 million charge lines.
    pub fn bench(today: Date) -> Options {
        Options { discharges: 200_000, in_house: 1_500, ..Options::demo(today) }
    }

    /// A small one for tests.
    pub fn small(today: Date, discharges: u32) -> Options {
        Options { discharges, in_house: discharges / 20, ..Options::demo(today) }
    }
}
