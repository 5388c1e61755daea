//! Grouper and pricer of one pack: a case in, its group and money out.

use grouper::{Grouper, Grouping, Scratch};
use model::Case;
use policy::Policy;
use settle::{Ask, Priced, Pricer};
use std::sync::Arc;

/// Grouper and pricer of one pack.
pub struct Engine {
    /// 分组器
    pub grouper: Grouper,
    /// 计价
    pub pricer: Pricer,
}

impl Engine {
    /// Compiles a pack.
    pub fn new(policy: impl Into<Arc<Policy>>) -> Engine {
        let policy = policy.into();
        Engine { grouper: Grouper::new(policy.clone()), pricer: Pricer::new(policy) }
    }

    /// The pack.
    pub fn policy(&self) -> &Policy {
        self.grouper.policy()
    }

    /// The group of a case and its price in it.
    pub fn answer(&self, case: &Case, scratch: &mut Scratch) -> (Grouping, Option<Priced>) {
        let grouping = self.grouper.group(case, scratch);
        (grouping, self.price(case, grouping))
    }

    pub(crate) fn price(&self, case: &Case, grouping: Grouping) -> Option<Priced> {
        grouping.group().map(|group| self.pricer.price(case, group, &Ask::default()))
    }
}
