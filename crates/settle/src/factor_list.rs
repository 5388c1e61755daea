//! A product of factors with the hospital-side coefficients taken together.

use policy::Factor;

/// 医院系数 in a set of coefficients.
pub(crate) const HOSPITAL: u8 = 1;
/// 病种系数
pub(crate) const GROUP: u8 = 2;
/// 加成系数
pub(crate) const BONUS: u8 = 4;

/// Factors of a product, split into the set of coefficients whose product is known beforehand and the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct FactorList {
    /// Set of [`HOSPITAL`], [`GROUP`], [`BONUS`].
    pub(crate) coefficients: u8,
    pub(crate) rest: Vec<Factor>,
}

impl FactorList {
    pub(crate) fn new(factors: impl IntoIterator<Item = Factor>) -> FactorList {
        let mut list = FactorList::default();
        for factor in factors {
            let bit = match factor {
                Factor::HospitalCoefficient => HOSPITAL,
                Factor::GroupCoefficient => GROUP,
                Factor::BonusCoefficient => BONUS,
                _ => 0,
            };
            // A factor named twice counts twice: the second time it goes to the rest.
            if bit != 0 && list.coefficients & bit == 0 {
                list.coefficients |= bit;
            } else {
                list.rest.push(factor);
            }
        }
        list
    }
}
