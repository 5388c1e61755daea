//! Spread of costs: what one case costs over its group's mean, with outliers in every 基准率 band.

use crate::random::Random;

/// Cheap outliers: 0.12 to 0.39 of the mean.
const CHEAP: (f64, f64) = (0.12, 0.39);
/// Dear outliers: 2.05 to 3.2 times the mean.
const DEAR: (f64, f64) = (2.05, 3.2);

/// A mixture with mean 1 and the group's variation: a lognormal body and a few outliers on both sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CostShare {
    outliers: f64,
    mu: f64,
    sigma: f64,
}

impl CostShare {
    /// For a coefficient of variation (标准差 ÷ 均值).
    pub(crate) fn new(cv: f64) -> CostShare {
        let cv = cv.clamp(0.03, 3.0);
        let uniform = |(lo, hi): (f64, f64)| ((lo + hi) / 2.0, (lo * lo + lo * hi + hi * hi) / 3.0);
        let ((cheap, cheap2), (dear, dear2)) = (uniform(CHEAP), uniform(DEAR));
        let mut outliers = 0.01;
        loop {
            let rest = 1.0 - 2.0 * outliers;
            let mean = (1.0 - outliers * (cheap + dear)) / rest;
            let second = (1.0 + cv * cv - outliers * (cheap2 + dear2)) / rest;
            let spread = second / (mean * mean) - 1.0;
            // A narrow group takes fewer outliers, so that its variation stays what it is.
            if spread > 0.0009 {
                let sigma2 = (1.0 + spread).ln();
                return CostShare { outliers, mu: mean.ln() - sigma2 / 2.0, sigma: sigma2.sqrt() };
            }
            outliers /= 2.0;
        }
    }

    /// One case's cost ÷ the group's mean.
    pub(crate) fn draw(&self, random: &mut Random) -> f64 {
        let ticket = random.unit();
        let inside = |(lo, hi): (f64, f64), u: f64| lo + (hi - lo) * u;
        if ticket < self.outliers {
            inside(CHEAP, random.unit())
        } else if ticket < 2.0 * self.outliers {
            inside(DEAR, random.unit())
        } else {
            (self.mu + self.sigma * random.normal()).exp()
        }
    }

    /// Variance of the logarithm of the body.
    pub(crate) fn log_variance(&self) -> f64 {
        self.sigma * self.sigma
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_variation_are_the_groups() {
        for cv in [0.15, 0.3, 0.5, 0.9] {
            let share = CostShare::new(cv);
            let mut random = Random::of(1, 2, 3);
            let n = 200_000;
            let draws: Vec<f64> = (0..n).map(|_| share.draw(&mut random)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let var = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
            assert!((mean - 1.0).abs() < 0.01, "mean {mean} at cv {cv}");
            assert!((var.sqrt() - cv).abs() < 0.04 * cv.max(0.5), "cv {} at {cv}", var.sqrt());
        }
    }
}
