//! 应用: what every page works with. Cheap to clone.

use crate::audit_service::AuditService;
use crate::auth::Throttle;
use crate::catalogues::Catalogues;
use crate::error::ApiError;
use crate::grouping::Batches;
use crate::jobs::Jobs;
use crate::numbers::Kept;
use crate::points::Points;
use crate::rule_library::RuleLibrary;
use crate::who::Who;
use mart::Mart;
use metrics::Layer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use store::{LogEntry, LogKind, Moment, Progress, Store};
use sync::{CaseRules, Configuration, PackShelf};
use tokio::sync::Semaphore;

/// Nobody waits longer for his turn: long work of others, such as exports, does not hold up everybody.
const PATIENCE: Duration = Duration::from_millis(100);

/// Tells the hospital's wall clock, seconds since 1970.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// What the server is started with.
pub struct Setting {
    /// `dipper.toml` as read.
    pub configuration: Configuration,
    /// How records become cases.
    pub rules: CaseRules,
    /// The open store.
    pub store: Store,
    /// The open mart; this process alone writes it.
    pub mart: Mart,
    /// The clock.
    pub clock: Clock,
    /// Name of the hospital, shown on every page.
    pub hospital: String,
    /// How browsers reach it.
    pub transport: Transport,
}

/// 传输: how browsers reach the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Plain HTTP; for one machine, or a network whose owner accepts it.
    #[default]
    Http,
    /// HTTPS with our own certificate.
    Tls,
    /// A proxy in front speaks HTTPS and says whose request it is.
    HttpsProxy,
}

impl Transport {
    /// Whether browsers see HTTPS.
    pub(crate) fn is_secure(self) -> bool {
        self != Transport::Http
    }
}

/// The application.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    setting: Setting,
    jobs: Jobs,
    /// Shipped definitions with what this hospital and its packs call things; replaced when the data change.
    layer: RwLock<Arc<Layer>>,
    kept: Kept,
    throttle: Throttle,
    catalogues: Catalogues,
    packs: PackShelf,
    points: Points,
    batches: Batches,
    rule_library: RuleLibrary,
    audit_service: AuditService,
    /// As much work as the cores can do at once, and one that waits for the disk.
    turns: Arc<Semaphore>,
    /// Notices for the next page of a session.
    notices: Mutex<HashMap<String, String>>,
}

impl App {
    /// An application over an open store and mart. Errors when the shipped definitions do not fit the mart's facts.
    pub fn new(setting: Setting) -> Result<App, ApiError> {
        crate::reports::check()?;
        let packs = PackShelf::new(&setting.rules);
        let named = crate::layer::of_hospital(&setting.configuration.region, &packs, &setting.store)?;
        let layer = RwLock::new(Arc::new(named));
        let (jobs, kept, notices) = (Jobs::default(), Kept::default(), Mutex::default());
        let throttle = Throttle::default();
        let catalogues = Catalogues::new(&setting.store);
        let batches = Batches::default();
        Ok(App(Arc::new(Inner {
            setting,
            jobs,
            layer,
            kept,
            throttle,
            catalogues,
            packs,
            batches,
            rule_library: RuleLibrary::default(),
            audit_service: AuditService::default(),
            points: Points::default(),
            turns: Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from) + 1)),
            notices,
        })))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.setting.store
    }

    /// The mart.
    pub fn mart(&self) -> &Mart {
        &self.0.setting.mart
    }

    /// Measures, dimensions and populations, as named now.
    pub(crate) fn layer(&self) -> Arc<Layer> {
        self.0.layer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Brings the mart up to the store, and the names of the layer up to the packs in force.
    pub(crate) fn refresh(&self, progress: &mut dyn Progress) -> Result<(), ApiError> {
        self.mart().refresh(self.store(), progress)?;
        let named = crate::layer::of_hospital(&self.configuration().region, self.packs(), self.store())?;
        *self.0.layer.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(named);
        Ok(())
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// 政策包, compiled.
    pub(crate) fn packs(&self) -> &PackShelf {
        &self.0.packs
    }

    /// 分值库与年度参数: packs and drafts in memory, uploads.
    pub(crate) fn points(&self) -> &Points {
        &self.0.points
    }

    /// Case files that were grouped, and their results.
    pub(crate) fn batches(&self) -> &Batches {
        &self.0.batches
    }

    /// 审核规则库 in memory.
    pub(crate) fn rule_library(&self) -> &RuleLibrary {
        &self.0.rule_library
    }

    /// 审核服务: compiled rules, embedded pages.
    pub(crate) fn audit_service(&self) -> &AuditService {
        &self.0.audit_service
    }

    /// 编码目录 and what their pages keep.
    pub(crate) fn catalogues(&self) -> &Catalogues {
        &self.0.catalogues
    }

    /// Failed logins by address.
    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    pub(crate) fn configuration(&self) -> &Configuration {
        &self.0.setting.configuration
    }

    pub(crate) fn rules(&self) -> &CaseRules {
        &self.0.setting.rules
    }

    pub(crate) fn hospital(&self) -> &str {
        &self.0.setting.hospital
    }

    pub(crate) fn transport(&self) -> Transport {
        self.0.setting.transport
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// Now by the hospital's clock.
    pub fn now(&self) -> Moment {
        (self.0.setting.clock)()
    }

    /// Today by the same clock.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        model::canonical::moment_of(self.now()).map_or(jiff::civil::Date::ZERO, |at| at.date())
    }

    /// Runs work that waits for databases on a thread that may wait.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        // In turn each is done sooner than all at once; an error of the semaphore can only mean going on without.
        let turn = tokio::time::timeout(PATIENCE, self.0.turns.clone().acquire_owned()).await;
        let app = self.clone();
        // The turn ends with the work, which goes on when its reader has left.
        let in_turn = move || {
            let _turn = turn;
            work(&app)
        };
        match tokio::task::spawn_blocking(in_turn).await {
            Ok(done) => done,
            Err(_) => Err(ApiError::internal("处理请求时程序出错")),
        }
    }

    /// Appends to the operation log; `detail` holds no personal data.
    pub(crate) fn log(
        &self,
        who: &Who,
        kind: LogKind,
        action: &str,
        object: &str,
        detail: &str,
    ) -> Result<(), ApiError> {
        self.log_outcome(who, kind, action, object, detail, true)
    }

    /// The same for what was tried and failed.
    pub(crate) fn log_outcome(
        &self,
        who: &Who,
        kind: LogKind,
        action: &str,
        object: &str,
        detail: &str,
        success: bool,
    ) -> Result<(), ApiError> {
        self.store().log_operation(&LogEntry {
            at: self.now(),
            login: who.viewer.login.clone(),
            user_name: who.viewer.name.clone(),
            kind,
            action: action.to_owned(),
            object: object.to_owned(),
            detail: detail.to_owned(),
            address: who.address.clone(),
            success,
            request: who.request.clone(),
            ..LogEntry::default()
        })?;
        Ok(())
    }

    /// Shown on the next page of this session.
    pub(crate) fn notice(&self, who: &Who, sentence: impl Into<String>) {
        let mut notices = self.0.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.insert(who.session.token_hash.clone(), sentence.into());
    }

    pub(crate) fn take_notice(&self, who: &Who) -> Option<String> {
        self.0.notices.lock().unwrap_or_else(PoisonError::into_inner).remove(&who.session.token_hash)
    }
}
