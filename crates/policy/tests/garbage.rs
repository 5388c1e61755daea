//! Whatever bytes stand in a pack or in a city's file: problems, never a panic.
#![allow(clippy::expect_used, reason = "a test stops where it fails")]

mod small_pack;

use policy::Policy;
use policy::import::{self, ColumnMap};
use proptest::prelude::*;
use small_pack::SmallPack;
use terms::table::read_table;

/// Texts that parsers stumble over.
const SPLINTERS: [&str; 18] = [
    "\"",
    "\n",
    ",",
    "[",
    "]]",
    "{",
    "=",
    "..",
    "@",
    "+",
    "/",
    "-",
    "*",
    "99999999999999999999999999999",
    "-0",
    "\u{feff}",
    "９",
    "level:",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_in_any_file(file in 0usize..14, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let names = SmallPack::names();
        let more = ["import.toml", "auxiliary.toml", "bed_days.csv"];
        let name = names.get(file).or_else(|| more.get(file - names.len())).expect("in range");
        let _ = Policy::load(&SmallPack::new().with(name, bytes).files());
    }

    #[test]
    fn splinters_in_good_files(file in 0usize..11, at in any::<prop::sample::Index>(), splinter in 0usize..18, cut in 0usize..5) {
        let name = SmallPack::names()[file];
        let mut text: Vec<char> = SmallPack::new().text(name).chars().collect();
        let from = at.index(text.len());
        text.splice(from..(from + cut).min(text.len()), SPLINTERS[splinter].chars());
        let _ = Policy::load(&SmallPack::new().with(name, text.into_iter().collect::<String>()).files());
    }

    #[test]
    fn any_table_under_our_own_map(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut file = policy::CATALOGUE_COLUMNS.join(",").into_bytes();
        file.push(b'\n');
        file.extend(bytes);
        if let Ok(table) = read_table(&file, &Default::default()) {
            let imported = import::import(&ColumnMap::canonical(), &table, None).expect("bound");
            let _ = import::plan(&SmallPack::new().files(), imported);
        }
    }

    #[test]
    fn any_map(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = ColumnMap::read("import.toml", &bytes);
    }
}
