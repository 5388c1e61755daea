//! 分析库: the DuckDB file, opened, closed, and put aside when it is of no use any more.

use crate::MartError;
use crate::dimension::{DIMENSIONS, create_calendar, create_dictionary};
use crate::facts::{BED_CAPACITY, FACTS};
use crate::macros::create_macros;
use crate::readmission::update_readmissions;
use crate::refresh::built;
use duckdb::{Config, Connection};
use model::canonical::Table;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use xxhash_rust::xxh3::xxh3_64;

/// What DuckDB may take; the charge columns and the store need the rest.
const MEMORY: &str = "2500MB";

/// Length of the log at which DuckDB moves it into the file. That rewrites much where rows were deleted, seconds of work, so
/// it should not happen at every refresh; a log of this length is read back in about a second after a crash.
const LOG: &str = "256MB";

/// The mart. It is derived from the store and may be deleted at any time. One process opens it; many threads may share it.
pub struct Mart {
    path: PathBuf,
    root: RwLock<Root>,
    /// Held while the mart is being refreshed.
    writing: Mutex<()>,
    version: Mutex<Version>,
}

/// The number of the data as they are, kept between refreshes: every answer asks for it.
#[derive(Default)]
struct Version {
    known: Option<u64>,
    /// Rises when a refresh begins and when it ends.
    refreshes: u64,
}

/// One refresh at a time; while it runs the version may change at any moment and is not kept.
pub(crate) struct Writing<'a> {
    mart: &'a Mart,
    _alone: MutexGuard<'a, ()>,
}

impl Writing<'_> {
    fn turn(&self) {
        let mut version = self.mart.version.lock().unwrap_or_else(PoisonError::into_inner);
        *version = Version { known: None, refreshes: version.refreshes + 1 };
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.turn();
    }
}

struct Root {
    /// Only cloned, never used for queries, so that nobody waits for anybody. `None` after a reopening that failed.
    connection: Option<Mutex<Connection>>,
    put_aside: Option<String>,
}

/// A connection of one query or one refresh; the file is not reopened while there is one.
pub(crate) struct Session<'a> {
    pub(crate) db: Connection,
    _open: RwLockReadGuard<'a, Root>,
}

impl Mart {
    /// Opens the file or makes it. A file that is damaged, no mart or of another version of the facts is put aside (see
    /// [`Mart::put_aside`]) and an empty one made; the next refresh fills it.
    ///
    /// Errors: [`MartError::Locked`] while another process has it, [`MartError::Permission`], [`MartError::Full`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Mart, MartError> {
        let path = path.into();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| MartError::File("无法建立分析库文件夹".into(), error))?;
        }
        let (connection, put_aside) = open_or_put_aside(&path)?;
        let root = Root { connection: Some(Mutex::new(connection)), put_aside };
        Ok(Mart { path, root: RwLock::new(root), writing: Mutex::new(()), version: Mutex::default() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why the file that was found has been put aside and the mart is being built anew, in Chinese; `None` when it was good.
    pub fn put_aside(&self) -> Option<String> {
        self.root.read().unwrap_or_else(PoisonError::into_inner).put_aside.clone()
    }

    pub(crate) fn session(&self) -> Result<Session<'_>, MartError> {
        let open = self.root.read().unwrap_or_else(PoisonError::into_inner);
        let root = open.connection.as_ref().ok_or(MartError::Closed)?;
        let db = root.lock().unwrap_or_else(PoisonError::into_inner).try_clone()?;
        Ok(Session { db, _open: open })
    }

    pub(crate) fn writing(&self) -> Writing<'_> {
        let alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let writing = Writing { mart: self, _alone: alone };
        writing.turn();
        writing
    }

    /// A number for the data as it is now: every refresh that changes a row changes it. For caches: read it before the answer,
    /// and what is kept under it is never older.
    pub fn data_version(&self) -> Result<u64, MartError> {
        let lock = || self.version.lock().unwrap_or_else(PoisonError::into_inner);
        let refreshes = match &*lock() {
            Version { known: Some(version), .. } => return Ok(*version),
            Version { refreshes, .. } => *refreshes,
        };
        let built = built(&self.session()?.db)?;
        let numbers = built.iter().flat_map(|(month, version)| [month.to_le_bytes(), version.to_le_bytes()]);
        let version = xxh3_64(&numbers.flatten().collect::<Vec<u8>>());
        let mut kept = lock();
        // Odd while a refresh runs.
        if kept.refreshes == refreshes && refreshes.is_multiple_of(2) {
            kept.known = Some(version);
        }
        Ok(version)
    }

    /// A reopening may have failed for want of room.
    pub(crate) fn open_again_if_closed(&self) -> Result<(), MartError> {
        let closed = self.root.read().unwrap_or_else(PoisonError::into_inner).connection.is_none();
        if closed { self.reopen(None) } else { Ok(()) }
    }

    /// Closes and opens the file again, which is what DuckDB asks for after a failed write; a damaged file is put aside.
    /// Waits for running queries.
    pub(crate) fn reopen(&self, damaged: Option<&str>) -> Result<(), MartError> {
        let mut root = self.root.write().unwrap_or_else(PoisonError::into_inner);
        root.connection = None;
        if let Some(reason) = damaged {
            put_aside(&self.path)?;
            root.put_aside = Some(reason.to_owned());
        }
        let (connection, put_aside) = open_or_put_aside(&self.path)?;
        root.connection = Some(Mutex::new(connection));
        if put_aside.is_some() {
            root.put_aside = put_aside;
        }
        Ok(())
    }
}

fn open_or_put_aside(path: &Path) -> Result<(Connection, Option<String>), MartError> {
    // A log without its file would be replayed into a new one.
    if !path.exists() {
        remove(&wal_of(path))?;
    }
    let reason = match open(path) {
        Ok(connection) => return Ok((connection, None)),
        Err(MartError::Broken(reason)) => reason,
        Err(error) => return Err(error),
    };
    put_aside(path)?;
    Ok((open(path)?, Some(reason)))
}

fn open(path: &Path) -> Result<Connection, MartError> {
    let config = Config::default()
        .max_memory(MEMORY)?
        // Nothing is fetched from the network: what is needed is in the library.
        .enable_autoload_extension(false)?
        .with("preserve_insertion_order", "false")?
        .with("checkpoint_threshold", LOG)?;
    let db = Connection::open_with_flags(path, config)?;
    let tables: i64 =
        db.query_row("SELECT COUNT(*) FROM duckdb_tables() WHERE NOT temporary", [], |row| row.get(0))?;
    if tables == 0 {
        create(&db)?;
    }
    check(&db, path)?;
    Ok(db)
}

/// The file is whole and its facts are those of this program.
fn check(db: &Connection, path: &Path) -> Result<(), MartError> {
    let other = |_| MartError::Broken("不是本程序建立的分析库".to_owned());
    let schema: i64 = db.query_row("SELECT schema FROM mart", [], |row| row.get(0)).map_err(other)?;
    if schema != definition()? {
        return Err(MartError::Broken("由另一版本的程序建立，事实表定义不同".to_owned()));
    }
    // Blocks are read only when needed: a file cut short opens without complaint. Free blocks at its end need not be there.
    let used: i64 =
        db.query_row("SELECT block_size * used_blocks FROM pragma_database_size()", [], |row| row.get(0))?;
    let size =
        std::fs::metadata(path).map_err(|error| MartError::File("无法读取分析库".into(), error))?.len();
    if u64::try_from(used).unwrap_or(0) > size {
        return Err(MartError::Broken(format!("分析库 {} 被截断", path.display())));
    }
    Ok(())
}

/// A number for how everything in the mart is made: a program with another definition rebuilds the file.
fn definition() -> Result<i64, MartError> {
    let made =
        [create_macros()?, create_calendar(), update_readmissions(), BED_CAPACITY.create()].into_iter();
    let dictionaries = DIMENSIONS.iter().filter_map(|name| Table::named(name)).map(create_dictionary);
    let facts = FACTS.iter().map(|fact| fact.insert());
    let text: Vec<String> = made.chain(dictionaries).chain(facts).collect();
    Ok(i64::from_le_bytes(xxh3_64(text.join(";").as_bytes()).to_le_bytes()))
}

fn create(db: &Connection) -> Result<(), MartError> {
    let macros = create_macros()?;
    let mut sql = format!(
        "{macros} BEGIN; CREATE TABLE mart (schema BIGINT); INSERT INTO mart VALUES ({});",
        definition()?
    );
    // The built version of a month, written with its rows; −1 stands for the dictionaries.
    sql.push_str(
        "CREATE TABLE mart_month (month BIGINT, version BIGINT, cases BIGINT, charge_lines BIGINT);",
    );
    for fact in FACTS {
        sql.push_str(&format!("{};", fact.create()));
    }
    for table in DIMENSIONS.iter().filter_map(|name| Table::named(name)) {
        sql.push_str(&format!("{};", create_dictionary(table)));
    }
    sql.push_str(&format!("{}; {}; COMMIT;", create_calendar(), BED_CAPACITY.create()));
    Ok(db.execute_batch(&sql)?)
}

/// Keeps one damaged file for whoever wants to look at it; an older one makes room.
fn put_aside(path: &Path) -> Result<(), MartError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".damaged");
    if path.exists() {
        std::fs::rename(path, aside)
            .map_err(|error| MartError::File("无法移开损坏的分析库".into(), error))?;
    }
    remove(&wal_of(path))
}

fn wal_of(path: &Path) -> PathBuf {
    let mut wal = path.as_os_str().to_owned();
    wal.push(".wal");
    PathBuf::from(wal)
}

fn remove(path: &Path) -> Result<(), MartError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(MartError::File("无法删除分析库日志".into(), error))
        }
        _ => Ok(()),
    }
}
