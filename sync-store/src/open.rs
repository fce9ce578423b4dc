//! Opening the database: one process writes at a time, any number read.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};
use sync_core::StoreError;

use crate::schema;
use crate::writer::Writer;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Its folder is not there.
    #[error("the folder {0} does not exist: create it, or name another place for the store")]
    NoFolder(PathBuf),
    /// There is no database to read.
    #[error("there is no store at {0}: run a sync first, or name the place where one is")]
    NoStore(PathBuf),
    /// Another process writes it.
    #[error("the store {0} is in use by another process: wait for it, or stop it")]
    InUse(PathBuf),
    /// It was written by a newer release.
    #[error("the store {path} has schema version {found}, this release knows up to {known}: use a newer release")]
    Newer {
        /// Where.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The newest version this release knows.
        known: usize,
    },
    /// It cannot be written to or locked.
    #[error("the store {path} cannot be opened: check that this user may read and write it")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It was let go, and cannot be used again.
    #[error("the store {path} cannot be written again")]
    Store {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// SQLite refused it.
    #[error("the store {path} cannot be opened: is it a database of this program?")]
    Database {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
}

/// The ledger, checkpoints and cross-references in one SQLite file. Cheap to clone.
///
/// Write-ahead log with `synchronous = FULL`: what was answered as done survives a kill and a power
/// loss. What arrives together is committed together. One process at a time has it open for writing
/// (an operating-system lock on `<file>.lock`); leases found on opening therefore belong to a process
/// that is gone, or is done with its turn, and are freed.
///
/// A process that writes now and then only lets others write in between: [`pause`](Self::pause) and
/// [`resume`](Self::resume).
#[derive(Debug, Clone)]
pub struct SqliteStore {
    // Declared before the lock, so that the last write is done before the lock is given up.
    pub(crate) writer: Arc<Writer>,
    turn: Option<Arc<Turn>>,
}

/// The right to write a database, while it is this process's turn.
#[derive(Debug)]
struct Turn {
    path: PathBuf,
    lock: Mutex<Option<Lock>>,
}

/// The right to write, for as long as it is kept.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    /// Gives it up by name: a child that this process is just starting has the file open too for a moment, and would
    /// keep a lock that is only closed here.
    fn drop(&mut self) {
        // If that fails, closing the file gives it up.
        let _ = self.0.unlock();
    }
}

impl SqliteStore {
    /// Opens a database for writing; makes it if there is none, and brings an older one up to date.
    #[allow(clippy::unused_async, reason = "opening a store elsewhere will have to wait for a network")]
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(OpenError::NoFolder(folder.to_owned()));
        }
        let lock = lock(path)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        schema::migrate(&mut connection).map_err(|source| database(path, source))?;
        free_leases(&connection).map_err(|source| database(path, source))?;
        Self::start(path, connection, Some(Turn { path: path.to_owned(), lock: Mutex::new(Some(lock)) }))
    }

    /// Lets other processes write, once what was handed over is written, until [`resume`](Self::resume). Meanwhile it
    /// is read as ever, and what would be written fails. Between two passes, not in one: a step that is under way could
    /// not record its outcome. A store that is only read has nothing to let go.
    ///
    /// # Errors
    /// The database failed; the turn is kept.
    pub async fn pause(&self) -> Result<(), StoreError> {
        let Some(turn) = &self.turn else { return Ok(()) };
        self.writer.run("let others write", |db| db.pragma_update(None, "query_only", true)).await?;
        drop(turn.lock().take());
        Ok(())
    }

    /// Takes the right to write again, as [`open`](Self::open) does: leases that were given out before end.
    ///
    /// # Errors
    /// As of `open`: above all, another process writes now ([`OpenError::InUse`]). It can be called again.
    pub async fn resume(&self) -> Result<(), OpenError> {
        let Some(turn) = &self.turn else { return Ok(()) };
        if turn.lock().is_some() {
            return Ok(());
        }
        let lock = lock(&turn.path)?;
        let failed = |source| OpenError::Store { path: turn.path.clone(), source };
        let found = self.writer.run("find its schema", schema::version).await.map_err(failed)?;
        // Another release may have had its turn.
        if found > schema::VERSION {
            return Err(OpenError::Newer { path: turn.path.clone(), found, known: schema::VERSION });
        }
        let again = |db: &Connection| {
            db.pragma_update(None, "query_only", false)?;
            // Without the right to write nothing is written.
            free_leases(db).inspect_err(|_| drop(db.pragma_update(None, "query_only", true)))
        };
        self.writer.run("write again", again).await.map_err(failed)?;
        *turn.lock() = Some(lock);
        Ok(())
    }

    /// Opens a database for reading only, also while another process writes it.
    #[allow(clippy::unused_async, reason = "as for open")]
    pub async fn open_read_only(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        if !path.is_file() {
            return Err(OpenError::NoStore(path.to_owned()));
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.pragma_update(None, "query_only", true).map_err(|source| database(path, source))?;
        Self::start(path, connection, None)
    }

    /// Opens an existing database for what any process may write beside the one that writes the ledger: the vault. A
    /// database that this user may only read is only read.
    pub(crate) fn open_beside(path: &Path) -> Result<Self, OpenError> {
        if !path.is_file() {
            return Err(OpenError::NoStore(path.to_owned()));
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let read_only = connection.is_readonly(rusqlite::MAIN_DB).map_err(|source| database(path, source))?;
        connection.pragma_update(None, "query_only", read_only).map_err(|source| database(path, source))?;
        Self::start(path, connection, None)
    }

    fn start(path: &Path, connection: Connection, turn: Option<Turn>) -> Result<Self, OpenError> {
        let writer = Writer::start(connection).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(Self { writer: Arc::new(writer), turn: turn.map(Arc::new) })
    }
}

impl Turn {
    fn lock(&self) -> MutexGuard<'_, Option<Lock>> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever had them is gone, or done.
fn free_leases(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE records SET leased_until = NULL WHERE leased_until IS NOT NULL", []).map(drop)
}

fn lock(path: &Path) -> Result<Lock, OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(name).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// How much of the database a connection keeps in memory, in KiB: the records of a busy month.
const CACHE: i32 = 16 * 1024;

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let configure = || {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE)?;
        let version = schema::version(&connection)?;
        Ok((connection, version))
    };
    let (connection, found) = configure().map_err(|source| database(path, source))?;
    if found > schema::VERSION {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: schema::VERSION });
    }
    Ok(connection)
}

fn database(path: &Path, source: rusqlite::Error) -> OpenError {
    OpenError::Database { path: path.to_owned(), source }
}
