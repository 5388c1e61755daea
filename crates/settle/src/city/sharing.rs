//! 结余留用, 超支分担

use crate::exact::Exact;
use model::{Fen, Ratio};
use policy::Sharing;
use rust_decimal::Decimal;

/// The part of the difference that lies in one band.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedPart {
    /// Index of the band in the pack.
    pub band: usize,
    /// Surplus (positive) or deficit (negative) inside the band, yuan.
    pub difference: Decimal,
    /// The band's share.
    pub share: Ratio,
}

/// What the hospital gets after sharing.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedSettlement {
    /// 分值费用 ÷ 记账费用.
    pub ratio: Ratio,
    /// Bands met, from 1 outward.
    pub parts: Vec<SharedPart>,
    /// 结余留用 kept beyond the booked amount; zero on a deficit.
    pub kept: Fen,
    /// 超支分担 refunded on top of the payment; zero on a surplus.
    pub refunded: Fen,
    /// Final amount: booked + kept, or payment + refunded.
    pub settled: Fen,
}

/// Shares the difference between 分值费用 and booked fund over the pack's bands (`[[annual.sharing]]`), cumulatively:
/// what lies between 1 and 1.15 at that band's share, what lies beyond at the next one's. What no band holds is not
/// shared. Source: 「S3」第七章第三节 (结余留用、合理超支分担; bands are the city's). `None` without booked fund.
pub fn share(payment: Fen, booked: Fen, bands: &[Sharing]) -> Option<SharedSettlement> {
    if booked <= Fen::ZERO {
        return None;
    }
    let (fund, one) = (booked.yuan(), Decimal::ONE);
    let ratio = payment.yuan().checked_div(fund)?;
    let mut parts = Vec::new();
    let mut shared = Exact::of(Decimal::ZERO);
    for (band, row) in bands.iter().enumerate() {
        // The band cut to the stretch between 1 and the ratio, in yuan: no quotient, so nothing is rounded.
        let lo = row.lo.checked_mul(fund)?;
        let hi = match row.hi {
            Some(hi) => hi.checked_mul(fund)?,
            None => lo.max(fund).max(payment.yuan()),
        };
        let (from, to) = match payment >= booked {
            true => (lo.max(fund), hi.min(payment.yuan())),
            false => (lo.max(payment.yuan()), hi.min(fund)),
        };
        if to > from {
            let difference = if payment >= booked { to - from } else { from - to };
            shared = shared.plus(Exact::of(to - from).times(Exact::of(row.share))?)?;
            parts.push(SharedPart { band, difference, share: row.share });
        }
    }
    if ratio < one {
        parts.reverse();
    }
    let shared = shared.fen()?;
    let (kept, refunded) = if payment >= booked { (shared, Fen::ZERO) } else { (Fen::ZERO, shared) };
    let settled = if payment >= booked { booked + kept } else { payment + refunded };
    Some(SharedSettlement { ratio, parts, kept, refunded, settled })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands() -> Vec<Sharing> {
        let d = |text: &str| model::parse_decimal(text).unwrap();
        let rows = [
            ("0", "0.85", "0"),
            ("0.85", "1", "0.3"),
            ("1", "1.15", "1"),
            ("1.15", "1.3", "0.6"),
            ("1.3", "", "0"),
        ];
        let sharing = |(lo, hi, share): (&str, &str, &str)| Sharing {
            lo: d(lo),
            hi: model::parse_decimal(hi),
            share: d(share),
            source: policy::Source::default(),
        };
        rows.into_iter().map(sharing).collect()
    }

    #[test]
    fn each_band_shares_its_own_stretch() {
        for (payment, kept, refunded, settled) in [
            (1_000_000, 0, 0, 1_000_000),
            (1_100_000, 100_000, 0, 1_100_000),
            (1_200_000, 150_000 + 30_000, 0, 1_180_000),
            (1_500_000, 150_000 + 90_000, 0, 1_240_000),
            (900_000, 0, 30_000, 930_000),
            (700_000, 0, 45_000, 745_000),
        ] {
            let shared = share(Fen(payment), Fen(1_000_000), &bands()).unwrap();
            let got = (shared.kept, shared.refunded, shared.settled);
            assert_eq!(got, (Fen(kept), Fen(refunded), Fen(settled)), "{payment}");
        }
        assert_eq!(share(Fen(1), Fen(0), &bands()), None);
    }
}
