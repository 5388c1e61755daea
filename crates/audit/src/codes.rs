//! 三目对照: by which further codes an item of the hospital is known to the rules.

use compact_str::CompactString;
use rustc_hash::FxHashMap;

/// National codes by the hospital's own. A rule meets an item by either.
#[derive(Clone, Debug, Default)]
pub struct CodeMap(FxHashMap<CompactString, Vec<CompactString>>);

impl CodeMap {
    /// Takes pairs of 本院编码 and 国家编码; pairs with an empty side say nothing.
    pub fn new<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> CodeMap {
        let mut map: FxHashMap<CompactString, Vec<CompactString>> = FxHashMap::default();
        for (local, national) in pairs {
            if !local.is_empty() && !national.is_empty() && local != national {
                let codes = map.entry(local.into()).or_default();
                if !codes.iter().any(|code| code == national) {
                    codes.push(national.into());
                }
            }
        }
        CodeMap(map)
    }

    /// The item's own code and then its others.
    pub(crate) fn all<'m>(&'m self, item: &'m str) -> impl Iterator<Item = &'m str> {
        let others = self.0.get(item).into_iter().flatten();
        std::iter::once(item).chain(others.map(CompactString::as_str))
    }
}
