//! 患者: names, numbers and places that look right and cannot be anybody's.

use crate::clock::date_of;
use crate::random::{Random, mix};
use crate::shipped;

/// Characters that names are made of.
#[derive(Debug)]
pub(crate) struct Names {
    surnames: Vec<char>,
    male: Vec<char>,
    female: Vec<char>,
}

impl Names {
    pub(crate) fn new() -> Names {
        let rows = shipped::names();
        let of = |kind: &str| -> Vec<char> {
            let row = rows.iter().find(|row| row.text("kind") == kind);
            row.map(|row| row.text("characters").chars().collect()).unwrap_or_default()
        };
        Names { surnames: of("surname"), male: of("male"), female: of("female") }
    }

    pub(crate) fn draw(&self, woman: bool, random: &mut Random) -> String {
        // Common surnames stand first in the list.
        let common = self.surnames.get(..20).unwrap_or(&self.surnames);
        let surname = if random.chance(0.55) { random.pick(common) } else { random.pick(&self.surnames) };
        let given = if woman { &self.female } else { &self.male };
        let second = if random.chance(0.7) { random.pick(given) } else { None };
        [surname, random.pick(given), second].into_iter().flatten().collect()
    }
}

/// Lists that a patient's particulars are drawn from.
#[derive(Debug)]
pub(crate) struct Census {
    pub(crate) names: Names,
    streets: Vec<String>,
    communities: Vec<String>,
    employers: Vec<String>,
    occupations: Vec<(String, u64, i64, i64)>,
}

/// One person.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) woman: bool,
    pub(crate) birth_day: i64,
    pub(crate) id_number: String,
    pub(crate) insured_number: String,
    pub(crate) ethnicity: &'static str,
    pub(crate) region: String,
    pub(crate) address: String,
    pub(crate) household: String,
    pub(crate) phone: String,
    pub(crate) postcode: String,
    pub(crate) employer: String,
    pub(crate) contact_name: String,
    pub(crate) contact_relation: &'static str,
    pub(crate) contact_phone: String,
    pub(crate) marriage: &'static str,
    pub(crate) occupation: String,
    pub(crate) blood_abo: &'static str,
    pub(crate) blood_rh: &'static str,
}

impl Census {
    pub(crate) fn new() -> Census {
        let places = shipped::places();
        let of = |kind: &str| -> Vec<String> {
            places
                .iter()
                .filter(|row| row.text("kind") == kind)
                .map(|row| row.text("name").to_owned())
                .collect()
        };
        let occupations = shipped::occupations();
        Census {
            names: Names::new(),
            streets: of("street").into_iter().chain(of("town")).collect(),
            communities: of("community"),
            employers: of("employer"),
            occupations: occupations
                .iter()
                .map(|row| {
                    let weight = u64::try_from(row.number("weight")).unwrap_or_default();
                    (row.text("code").to_owned(), weight, row.number("min_age"), row.number("max_age"))
                })
                .collect(),
        }
    }

    /// The person behind a patient number. Age is needed for what changes with it at first sight (婚姻, 职业).
    pub(crate) fn person(&self, seed: u64, patient: u32, woman: bool, birth_day: i64, age: i64) -> Person {
        let random = &mut Random::of(seed, 4, u64::from(patient));
        let name = self.names.draw(woman, random);
        let street = random.pick(&self.streets).map_or("", String::as_str);
        let community = random.pick(&self.communities).map_or("", String::as_str);
        let house = format!("{}{}号楼{}室", community, random.between(1, 30), random.between(101, 1802));
        // Province and city 999999 exist in no division table.
        let region = format!("9999{:02}", random.between(1, 9));
        let married = age >= 27 && random.chance(0.9) || (22..27).contains(&age) && random.chance(0.35);
        let marriage = match (married, age) {
            (false, _) => "1",
            (true, 70..) if random.chance(0.3) => "3",
            (true, _) if random.chance(0.04) => "4",
            (true, _) => "2",
        };
        let fit = |row: &&(String, u64, i64, i64)| (row.2..=row.3).contains(&age);
        let fitting: Vec<_> = self.occupations.iter().filter(fit).collect();
        let occupation =
            fitting.get(random.weighted(fitting.iter().map(|row| row.1))).map_or("90", |row| row.0.as_str());
        let works = matches!(occupation, "11" | "13" | "17" | "21" | "24");
        let contact_relation = match (age, marriage) {
            (..18, _) => "5",
            (_, "2") => "1",
            (50.., _) => "2",
            _ => "5",
        };
        let contact_woman = random.chance(0.5);
        Person {
            id_number: id_number(&region, birth_day, woman, patient, seed),
            // A region that does not exist and the patient's number.
            insured_number: format!("{region}{:014}", u64::from(patient) + 1),
            ethnicity: if random.chance(0.96) { "1" } else { ["2", "3", "8", "11"][random.below(4)] },
            address: format!("样例省样例市{street}{house}"),
            household: format!("样例省样例市{street}{}", if random.chance(0.7) { &house } else { community }),
            phone: phone(random),
            postcode: format!("9990{:02}", random.between(0, 99)),
            employer: if works {
                random.pick(&self.employers).cloned().unwrap_or_default()
            } else {
                String::new()
            },
            contact_name: self.names.draw(contact_woman, random),
            contact_relation,
            contact_phone: phone(random),
            marriage,
            occupation: occupation.to_owned(),
            blood_abo: ["1", "2", "3", "4", "6"][random.weighted([28, 24, 30, 8, 10].into_iter())],
            blood_rh: if random.chance(0.9) { "2" } else { "4" },
            name,
            woman,
            birth_day,
            region,
        }
    }
}

/// 11 digits in a form that no network gives out: 100….
fn phone(random: &mut Random) -> String {
    format!("100{:08}", random.between(0, 99_999_999))
}

/// 18 characters with a true check digit, in a region that does not exist.
fn id_number(region: &str, birth_day: i64, woman: bool, patient: u32, seed: u64) -> String {
    let date = date_of(birth_day);
    // Odd for men, even for women.
    let serial = mix(seed ^ u64::from(patient)) % 499 * 2 + u64::from(!woman);
    let body = format!("{region}{:04}{:02}{:02}{serial:03}", date.year(), date.month(), date.day());
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    format!("{body}{}", check.get((sum % 11) as usize).copied().unwrap_or('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_numbers_are_well_formed_and_nobodys() {
        let number = id_number("999901", 0, true, 5, 1);
        assert_eq!(number.len(), 18);
        assert!(number.starts_with("99990119700101"));
        let names = Names::new();
        let name = names.draw(true, &mut Random::of(1, 1, 1));
        assert!((2..=3).contains(&name.chars().count()), "{name}");
    }
}
