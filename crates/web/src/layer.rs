//! 本院语义层: the shipped definitions, told where this hospital lies and what its policy packs call things.

use crate::error::ApiError;
use metrics::Layer;
use policy::Policy;
use store::Store;
use sync::{PackShelf, SyncError};

/// The shipped definitions, so that one binary is a working system.
static DEFINITIONS: include_dir::Dir<'_> =
    include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../packs/metrics");

/// Values and what they are called, in their order.
type Names = Vec<(String, String)>;
/// What a policy calls the values of a dimension.
type Named = (&'static str, fn(&Policy) -> Names);

/// Dimensions whose values a policy pack names.
const NAMED: [Named; 4] = [
    ("insurance_type", |policy| {
        policy.insurance_types.iter().map(|kind| (kind.code.to_string(), kind.name.to_string())).collect()
    }),
    ("settlement_way", |policy| {
        policy.settlement_ways.iter().map(|way| (way.code.to_string(), way.name.to_string())).collect()
    }),
    ("band", |policy| {
        policy.scoring.bands.labels.iter().map(|label| (label.clone(), label.clone())).collect()
    }),
    ("segment", |policy| {
        let segments = policy.scoring.schemes.iter().flat_map(|scheme| &scheme.segments);
        segments.map(|segment| (segment.name.clone(), segment.name.clone())).collect()
    }),
];

/// The shipped semantic layer.
pub(crate) fn shipped() -> Result<Layer, ApiError> {
    let files: Vec<(&str, &str)> =
        DEFINITIONS.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?))).collect();
    Ok(Layer::load(&files, &mart::schema())?)
}

/// The same for a hospital in a region, with the names of its packs in force; where two packs name a value, the later
/// one's name is shown.
pub(crate) fn of_hospital(region: &str, packs: &PackShelf, store: &Store) -> Result<Layer, ApiError> {
    let mut layer = shipped()?;
    layer.set_home(region);
    let packs = match packs.in_force(store) {
        Ok(packs) => packs,
        // Before the first pack the definitions' own names serve.
        Err(SyncError::NoPack) => return Ok(layer),
        Err(error) => return Err(error.into()),
    };
    let mut policies: Vec<&Policy> = packs.packs().iter().map(|pack| pack.policy()).collect();
    policies.sort_by_key(|policy| std::cmp::Reverse(policy.identity.effective_to));
    for (dimension, names) in NAMED {
        let mut named = Names::new();
        for (value, name) in policies.iter().flat_map(|policy| names(policy)) {
            if !value.is_empty() && !name.is_empty() && !named.iter().any(|(known, _)| *known == value) {
                named.push((value, name));
            }
        }
        layer.name_values(dimension, named)?;
    }
    Ok(layer)
}

#[cfg(test)]
mod tests {
    use crate::testing::Fixture;
    use metrics::{Query, Selection};
    use model::{DataScope, Viewer};
    use std::path::Path;

    #[tokio::test]
    async fn patients_are_counted_by_where_they_come_from() {
        let fixture = Fixture::hospital();
        let whole = Viewer { scope: DataScope::Hospital, ..Viewer::default() };
        let query = Query::of(["discharges"], Selection::default()).by("patient_source");
        let answer = fixture.app.answer(&query, &whole).unwrap();
        let labels: Vec<&str> = answer.rows.iter().map(|row| row.labels[0].as_str()).collect();
        assert_eq!(labels, ["本区县", "本市外区县"]);
        let rows = answer.rows.iter().filter_map(|row| row.values[0]);
        assert_eq!(answer.total_of("discharges"), Some(rows.sum()));
        // A number by it opens as many cases.
        let office = fixture.login_as("insurance_office", &[], None).await;
        let page = office.get("/cases?patient_source=2&from=2000-01-01&format=csv").await.text();
        let near = answer.rows[1].values[0].unwrap();
        assert!(page.contains("本市外区县"), "{page}");
        let cases = page.lines().filter(|line| line.starts_with("ZY")).count();
        assert_eq!(near, rust_decimal::Decimal::from(cases), "{page}");
    }

    #[tokio::test]
    async fn pages_and_files_call_things_as_the_latest_pack_does() {
        let fixture = Fixture::hospital();
        let office = fixture.login_as("insurance_office", &[], None).await;
        let address = "/cases?insurance_type=310&from=2000-01-01";
        assert!(office.get(address).await.text().contains("职工基本医疗保险"));
        let (store, now) = (fixture.app.store(), fixture.app.now());
        let old = sync::pack_dir::read(Path::new("sample/2026")).unwrap();
        let files = old.names().map(|name| {
            let text = String::from_utf8(old.get(name).unwrap().to_vec()).unwrap();
            let text = match name {
                "insurance_types.csv" => text.replace("职工基本医疗保险", "职工医保（改名）"),
                _ => text,
            };
            (name.to_owned(), text.into_bytes())
        });
        let pack = sync::add_pack(store, &policy::PackFiles::new(files), now).unwrap();
        store.put_in_force(&[pack], now).unwrap();
        fixture.app.refresh(&mut |_: &str, _: u64, _: u64| true).unwrap();
        for address in [address.to_owned(), format!("{address}&format=csv")] {
            let text = office.get(&address).await.text();
            assert!(
                text.contains("职工医保（改名）") && !text.contains("职工基本医疗保险"),
                "{address}: {text}"
            );
        }
        let bands = fixture.app.layer().dimension("band").unwrap().values().to_vec();
        assert_eq!(bands.first().map(|(value, _)| value.as_str()), Some("0~0.4"), "{bands:?}");
    }
}
