//! The one thread that owns the database, and commits what arrives together in one transaction.
//!
//! A job is answered only once the transaction it ran in is committed, so that an answer always
//! means "durable". Each job runs within a savepoint of its own: one that fails takes nothing of the
//! others with it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use sync_core::StoreError;
use tokio::sync::oneshot;

/// The most jobs one transaction takes.
const GROUP: usize = 64;

type Done = Box<dyn FnOnce(Result<(), String>) + Send>;
/// Runs in the transaction, or is told why there is none.
type Job = Box<dyn FnOnce(Result<&Connection, String>) -> Done + Send>;

/// Hands jobs to the thread. Dropped, it waits for the thread to finish what it was handed.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new().name("ledger".into()).spawn(move || work(connection, &queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs a job in a transaction and answers once it is committed. `doing` says what, for errors.
    ///
    /// Cancel-safe in this sense: a job that was handed over is done, whether or not its answer is
    /// waited for.
    pub async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let result = transaction.and_then(|db| savepoint(db, job).map_err(|error| error.to_string()));
            Box::new(move |committed| {
                let result = committed.and(result);
                // Nobody may be waiting any more, which changes nothing.
                let _ = answer.send(result);
            })
        });
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !sent {
            return Err(StoreError::new(doing, "the database thread has stopped"));
        }
        match answered.await {
            Ok(result) => result.map_err(|error| StoreError::new(doing, error)),
            Err(_) => Err(StoreError::new(doing, "the database thread has stopped")),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has already been reported by it.
            let _ = thread.join();
        }
    }
}

fn work(mut connection: Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            group.push(job);
        }
        commit_together(&mut connection, group);
    }
}

fn commit_together(connection: &mut Connection, group: Vec<Job>) {
    let begun = behavior(connection).and_then(|behavior| connection.transaction_with_behavior(behavior));
    let (done, committed): (Vec<Done>, _) = match begun {
        Ok(transaction) => {
            let done = group.into_iter().map(|job| job(Ok(&transaction))).collect();
            (done, transaction.commit().map_err(|error| error.to_string()))
        }
        Err(error) => (group.into_iter().map(|job| job(Err(error.to_string()))).collect(), Err(error.to_string())),
    };
    for answer in done {
        answer(committed.clone());
    }
}

/// A connection that only reads takes no lock that keeps others from writing.
fn behavior(connection: &Connection) -> rusqlite::Result<TransactionBehavior> {
    let reads = connection.pragma_query_value(None, "query_only", |row| row.get(0))?;
    Ok(if reads { TransactionBehavior::Deferred } else { TransactionBehavior::Immediate })
}

fn savepoint<T>(connection: &Connection, job: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    connection.execute_batch("SAVEPOINT job")?;
    match job(connection) {
        Ok(value) => connection.execute_batch("RELEASE job").map(|()| value),
        Err(error) => {
            connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
            Err(error)
        }
    }
}
