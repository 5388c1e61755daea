//! Packs and cases for tests.
#![allow(dead_code, reason = "each test binary uses its part")]

use model::{Case, Coded, Fen, parse_moment};
use policy::{PackFiles, Policy};
use rust_decimal::Decimal;
use std::path::{Path, PathBuf};

pub(crate) fn d(text: &str) -> Decimal {
    model::parse_decimal(text).unwrap_or_else(|| panic!("not a number: {text}"))
}

pub(crate) fn yuan(text: &str) -> Fen {
    Fen::parse_yuan(text).unwrap()
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The shipped sample pack with its parent.
pub(crate) fn sample() -> Policy {
    let mut files = read_folder(&workspace().join("packs/policy/sample/2025"));
    files.inherit(read_folder(&workspace().join("packs/policy/base/2025")));
    Policy::load(&files).unwrap_or_else(|problems| panic!("{problems}"))
}

fn read_folder(dir: &Path) -> PackFiles {
    let mut files = Vec::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("lists"), "lists/")] {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                files.push((format!("{prefix}{name}"), std::fs::read(&path).unwrap()));
            }
        }
    }
    PackFiles::new(files)
}

/// A pack made of a few texts; whatever is not given has a plain default.
#[derive(Clone)]
pub(crate) struct Pack {
    files: Vec<(String, String)>,
}

impl Pack {
    pub(crate) fn new() -> Pack {
        Pack { files: Vec::new() }
            .with(
                "pack.toml",
                "id='t'\nname='t'\nregion='t'\nyear=2025\nversion='1'\nstatus='draft'\n\
                 effective_from='2025-01-01'\neffective_to='2025-12-31'\ndate_basis='discharge'\nevidence='文件一'",
            )
            .with("catalogue.csv", "code,name,set,kind,diagnosis,points\nG,g,core,core,A,100")
            .with("operations.csv", "code,class\n00,surgical")
            .with("grouper.toml", "[[stage]]\nid='core'\nname='core'\nsets=['core']\nkey_lengths=[1]")
            .with("scoring.toml", "")
            .with("prices.csv", "pool,kind,price\n,last_year,10")
            .with(
                "settlement.toml",
                "[payment]\nfactors=['earned_points','price']\nsurplus_against='total_cost'",
            )
            .with("insurance_types.csv", "code,name,pool,dip,reimbursement_ratio\n310,职工,职工,1,0.85\n390,居民,居民,1,0.7")
    }

    pub(crate) fn with(mut self, name: &str, text: &str) -> Pack {
        self.files.retain(|(known, _)| known != name);
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    pub(crate) fn load(&self) -> Policy {
        let files = self.files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes()));
        Policy::load(&PackFiles::new(files)).unwrap_or_else(|problems| panic!("{problems}"))
    }
}

/// One segment of a scheme, as TOML.
pub(crate) fn segment(name: &str, bounds: &str, a: &str, b: &str, more: &str) -> String {
    let (open, rest) = bounds.split_at(1);
    let (range, close) = rest.split_at(rest.len() - 1);
    let (lo, hi) = range.split_once(',').unwrap();
    let hi =
        if hi.is_empty() { String::new() } else { format!("hi='{hi}'\nhi_inclusive={}\n", close == "]") };
    format!(
        "[[scheme.segment]]\nname='{name}'\nlo='{lo}'\nlo_inclusive={}\n{hi}a='{a}'\nb='{b}'\n{more}\n",
        open == "["
    )
}

/// National 1.0: below half by cost, above twice less one; [0.5, 2] normal.
pub(crate) fn national_scoring(numerator: &str, denominator: &str) -> String {
    format!(
        "[ratio]\nnumerator='{numerator}'\ndenominator={denominator}\n[points]\ncoefficients=['hospital']\n\
         [[scheme]]\nid='default'\n{}{}{}[bands]\nbounds=['0','0.5','1','2']\n",
        segment("低倍率", "[0,0.5)", "1", "0", ""),
        segment("正常倍率", "[0.5,2]", "0", "1", ""),
        segment("高倍率", "(2,)", "1", "-1", "")
    )
}

/// 济宁 370800: low without hospital coefficient, above twice ratio − 2 + H, above five times H; KBBZ ratio × 0.7.
pub(crate) fn jining_scoring() -> String {
    format!(
        "[ratio]\nnumerator='total_cost'\ndenominator=['reference_cost']\n[points]\ncoefficients=['hospital']\n\
         [[scheme]]\nid='default'\n{}{}{}{}[[scheme]]\nid='blank'\ngroups=['KBBZ']\n{}[bands]\nbounds=['0','0.5','2','5']\n",
        segment("低倍率", "[0,0.5]", "1", "0", "coefficients=[]"),
        segment("正常倍率", "(0.5,2]", "0", "1", ""),
        segment("高倍率", "(2,5]", "1", "-2", "add_hospital=true\ncoefficients=[]"),
        segment("极高倍率", "(5,)", "0", "0", "add_hospital=true\ncoefficients=[]"),
        segment("空白病种", "[0,)", "0.7", "0", "coefficients=[]")
    )
}

/// A discharged case of 职工 with one cost for all purposes.
pub(crate) fn case(cost: &str) -> Case {
    let cost = Some(yuan(cost));
    Case {
        id: "1".into(),
        principal_diagnosis: Coded::diagnosis("A00.000"),
        admitted: parse_moment("2025-03-01T08:00"),
        discharged: parse_moment("2025-03-07T10:00"),
        insurance_type: "310".into(),
        hospital_level: "3".into(),
        hospital: "H1".into(),
        total_cost: cost,
        insurer_cost: cost,
        in_scope_cost: cost,
        pooled_fund: cost,
        ..Case::default()
    }
}
