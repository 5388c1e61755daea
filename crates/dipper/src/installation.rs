//! 安装: the configuration and what it points at, opened for a command.

use crate::hospital_clock;
use anyhow::Context;
use clap::Args;
use mart::Mart;
use std::path::PathBuf;
use store::{Moment, Progress, Store};
use sync::{CaseRules, Configuration, PackSet, SyncError};

/// Which installation a command works on.
#[derive(Args)]
pub(crate) struct InstallationArgs {
    /// 配置文件
    #[arg(long, value_name = "FILE", default_value = "dipper.toml")]
    pub(crate) config: PathBuf,
}

/// A configuration with its open store.
pub(crate) struct Installation {
    pub(crate) configuration: Configuration,
    pub(crate) store: Store,
    pub(crate) offset: i64,
    pub(crate) rules: CaseRules,
}

impl InstallationArgs {
    pub(crate) fn open(&self) -> anyhow::Result<Installation> {
        let configuration = Configuration::read(&self.config)?;
        let store = Store::open(&configuration.store)?;
        let offset = configuration.offset_seconds().map_err(anyhow::Error::msg)?;
        let rules = configuration.case.rules().map_err(anyhow::Error::msg)?;
        Ok(Installation { configuration, store, offset, rules })
    }
}

/// Where the snapshot of the charge columns stands: beside the mart.
pub(crate) fn charge_columns(configuration: &Configuration) -> PathBuf {
    mart::charge_snapshot(&configuration.mart)
}

impl Installation {
    /// Now by the hospital's clock.
    pub(crate) fn now(&self) -> Moment {
        hospital_clock::now(self.offset)
    }

    /// Where the snapshot of the charge columns stands: beside the mart.
    pub(crate) fn charge_columns(&self) -> PathBuf {
        charge_columns(&self.configuration)
    }

    /// Opens the mart; a damaged file is put aside, which is said.
    pub(crate) fn mart(&self) -> anyhow::Result<Mart> {
        let mart = Mart::open(&self.configuration.mart)?;
        if let Some(why) = mart.put_aside() {
            eprintln!("{why}");
        }
        Ok(mart)
    }

    /// Whatever changed goes through the engines and into the mart. Returns the number of cases computed.
    pub(crate) fn compute_and_refresh(&self, progress: &mut dyn Progress) -> anyhow::Result<u64> {
        let computed = self.compute(progress)?;
        self.audit(progress)?;
        self.refresh_mart(progress)?;
        Ok(computed)
    }

    /// Whatever changed goes through the engines. Returns the number of cases computed.
    pub(crate) fn compute(&self, progress: &mut dyn Progress) -> anyhow::Result<u64> {
        let now = self.now();
        match PackSet::in_force(&self.store, &self.rules) {
            Ok(packs) => {
                let today = hospital_clock::today(now);
                Ok(sync::compute_changed(&self.store, &packs, today, now, progress)?)
            }
            Err(SyncError::NoPack) => {
                eprintln!("{}", SyncError::NoPack);
                Ok(0)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whatever changed is audited by the rules in force. Returns how many cases that were.
    pub(crate) fn audit(&self, progress: &mut dyn Progress) -> anyhow::Result<u64> {
        Ok(sync::audit_changed(&self.store, &self.rules, self.now(), progress)?)
    }

    /// The months that changed are built anew in the mart.
    pub(crate) fn refresh_mart(&self, progress: &mut dyn Progress) -> anyhow::Result<()> {
        self.mart()?.refresh(&self.store, progress).context("更新分析库")?;
        Ok(())
    }
}
