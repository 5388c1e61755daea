//! Exact fractions of any size, slow and plain: the oracle's arithmetic.

use rust_decimal::Decimal;
use std::cmp::Ordering;

/// Little-endian base 2^32 without leading zeros.
type Big = Vec<u32>;

fn trim(mut n: Big) -> Big {
    while n.last() == Some(&0) {
        n.pop();
    }
    n
}

fn big(mut n: u128) -> Big {
    let mut digits = Vec::new();
    while n > 0 {
        digits.push(n as u32);
        n >>= 32;
    }
    digits
}

fn compare(a: &Big, b: &Big) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn add(a: &Big, b: &Big) -> Big {
    let mut sum = Vec::new();
    let mut carry = 0u64;
    for at in 0..a.len().max(b.len()) {
        carry += u64::from(a.get(at).copied().unwrap_or(0)) + u64::from(b.get(at).copied().unwrap_or(0));
        sum.push(carry as u32);
        carry >>= 32;
    }
    sum.push(carry as u32);
    trim(sum)
}

fn subtract(a: &Big, b: &Big) -> Big {
    let mut rest = Vec::new();
    let mut borrow = 0i64;
    for (at, digit) in a.iter().enumerate() {
        let mut digit = i64::from(*digit) - i64::from(b.get(at).copied().unwrap_or(0)) - borrow;
        borrow = i64::from(digit < 0);
        digit += borrow << 32;
        rest.push(digit as u32);
    }
    trim(rest)
}

fn multiply(a: &Big, b: &Big) -> Big {
    let mut product = vec![0u32; a.len() + b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (j, y) in b.iter().enumerate() {
            carry += u64::from(*x) * u64::from(*y) + u64::from(product[i + j]);
            product[i + j] = carry as u32;
            carry >>= 32;
        }
        product[i + b.len()] = carry as u32;
    }
    trim(product)
}

fn divide(a: &Big, b: &Big) -> (Big, Big) {
    let (mut quotient, mut rest) = (vec![0u32; a.len()], Big::new());
    for bit in (0..a.len() * 32).rev() {
        rest = add(&rest, &rest);
        if a[bit / 32] >> (bit % 32) & 1 == 1 {
            rest = add(&rest, &vec![1]);
        }
        if compare(&rest, b) != Ordering::Less {
            rest = subtract(&rest, b);
            quotient[bit / 32] |= 1 << (bit % 32);
        }
    }
    (trim(quotient), rest)
}

#[derive(Clone, Debug)]
pub(crate) struct Fraction {
    negative: bool,
    n: Big,
    d: Big,
}

impl Fraction {
    pub(crate) fn of(value: Decimal) -> Fraction {
        let n = big(value.mantissa().unsigned_abs());
        Fraction { negative: value.mantissa() < 0, n, d: big(10u128.pow(value.scale())) }
    }

    pub(crate) fn times(&self, other: &Fraction) -> Fraction {
        let negative = self.negative != other.negative;
        Fraction { negative, n: multiply(&self.n, &other.n), d: multiply(&self.d, &other.d) }
    }

    pub(crate) fn over(&self, other: &Fraction) -> Fraction {
        assert!(!other.n.is_empty());
        self.times(&Fraction { negative: other.negative, n: other.d.clone(), d: other.n.clone() })
    }

    pub(crate) fn plus(&self, other: &Fraction) -> Fraction {
        let (a, b) = (multiply(&self.n, &other.d), multiply(&other.n, &self.d));
        let d = multiply(&self.d, &other.d);
        let (negative, n) = match (self.negative == other.negative, compare(&a, &b)) {
            (true, _) => (self.negative, add(&a, &b)),
            (false, Ordering::Less) => (other.negative, subtract(&b, &a)),
            (false, _) => (self.negative, subtract(&a, &b)),
        };
        Fraction { negative, n, d }
    }

    pub(crate) fn minus(&self, other: &Fraction) -> Fraction {
        self.plus(&Fraction { negative: !other.negative, ..other.clone() })
    }

    pub(crate) fn cmp(&self, other: &Fraction) -> Ordering {
        let difference = self.minus(other);
        match (difference.n.is_empty(), difference.negative) {
            (true, _) => Ordering::Equal,
            (false, true) => Ordering::Less,
            (false, false) => Ordering::Greater,
        }
    }

    /// 四舍五入
    pub(crate) fn rounded(&self, digits: u32) -> Decimal {
        let scaled = multiply(&self.n, &big(10u128.pow(digits)));
        let (mut quotient, rest) = divide(&scaled, &self.d);
        if compare(&add(&rest, &rest), &self.d) != Ordering::Less {
            quotient = add(&quotient, &vec![1]);
        }
        let mantissa = quotient.iter().rev().fold(0i128, |n, digit| (n << 32) | i128::from(*digit));
        Decimal::from_i128_with_scale(if self.negative { -mantissa } else { mantissa }, digits)
    }
}
