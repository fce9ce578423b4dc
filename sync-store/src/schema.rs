//! The database's tables, and how older ones are brought up to date.

use rusqlite::{Connection, TransactionBehavior};

/// Each step brings the schema from its index to the next version. Steps are never changed once
/// released; new ones are added at the end.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE records (
        connection   TEXT NOT NULL,
        kind         TEXT NOT NULL,
        id           TEXT NOT NULL,
        state        TEXT NOT NULL,
        concerning   INTEGER NOT NULL,   -- 1 if a person should know of it
        due          INTEGER,            -- nanoseconds since 1970; null: waits for no time
        fence        INTEGER NOT NULL,
        leased_until INTEGER,            -- nanoseconds since 1970
        head         TEXT NOT NULL,      -- JSON
        PRIMARY KEY (connection, kind, id)
    ) WITHOUT ROWID;
    CREATE INDEX records_due ON records (connection, due) WHERE due IS NOT NULL;
    CREATE INDEX records_state ON records (connection, kind, state);
    CREATE INDEX records_concerning ON records (connection, kind) WHERE concerning;

    CREATE TABLE events (
        connection TEXT NOT NULL,
        kind       TEXT NOT NULL,
        id         TEXT NOT NULL,
        version    INTEGER NOT NULL,
        event      TEXT NOT NULL,        -- JSON
        PRIMARY KEY (connection, kind, id, version)
    ) WITHOUT ROWID;

    CREATE TABLE checkpoints (
        connection TEXT NOT NULL,
        kind       TEXT NOT NULL,
        cursor     TEXT NOT NULL,
        PRIMARY KEY (connection, kind)
    ) WITHOUT ROWID;

    CREATE TABLE cross_references (
        connection TEXT NOT NULL,
        kind       TEXT NOT NULL,
        lines      TEXT NOT NULL,        -- JSON
        PRIMARY KEY (connection, kind)
    ) WITHOUT ROWID;

    CREATE TABLE alignments (
        connection TEXT PRIMARY KEY,
        at         TEXT NOT NULL
    ) WITHOUT ROWID;
    ",
    "
    CREATE TABLE vault (
        tenant  TEXT NOT NULL,
        name    TEXT NOT NULL,
        key_id  TEXT NOT NULL,
        sealed  BLOB NOT NULL,           -- nonce and ciphertext
        at      TEXT NOT NULL,           -- JSON
        PRIMARY KEY (tenant, name)
    ) WITHOUT ROWID;
    ",
    "
    CREATE INDEX records_target ON records (connection, kind, json_extract(head, '$.state.target'))
        WHERE state IN ('posted', 'amending', 'amend_at');
    ",
    "
    CREATE TABLE reference_changes (
        number     INTEGER PRIMARY KEY AUTOINCREMENT,
        connection TEXT NOT NULL,
        change     TEXT NOT NULL         -- JSON
    );
    CREATE INDEX reference_changes_connection ON reference_changes (connection, number);
    ",
    "
    DROP INDEX records_target;
    ALTER TABLE records ADD COLUMN target TEXT;     -- the number of its document
    UPDATE records SET target = json_extract(head, '$.state.target');
    CREATE INDEX records_target ON records (connection, kind, target) WHERE target IS NOT NULL;
    ",
];

/// The records of a kind that have a document of this number. Left to itself, SQLite reads all of the kind by the primary
/// key.
pub(crate) const OF_TARGET: &str = "SELECT head FROM records INDEXED BY records_target
    WHERE connection = ? AND kind = ? AND target = ?";

/// The version this release reads and writes.
pub(crate) const VERSION: usize = MIGRATIONS.len();

/// The version of a database; 0 for an empty one.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<usize> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings a database up to date, one transaction a step.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let from = version(connection)?;
    for (index, step) in MIGRATIONS.iter().enumerate().skip(from) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_an_older_release_posted_are_found() {
        let mut db = Connection::open_in_memory().unwrap();
        for step in &MIGRATIONS[..4] {
            db.execute_batch(step).unwrap();
        }
        db.pragma_update(None, "user_version", 4).unwrap();
        let head = r#"{"state":{"state":"posted","target":"500002"}}"#;
        db.execute("INSERT INTO records VALUES ('acme', 'bill', '7', 'posted', 0, NULL, 1, NULL, ?)", [head]).unwrap();
        migrate(&mut db).unwrap();
        let found: String = db.query_row(OF_TARGET, ["acme", "bill", "500002"], |row| row.get(0)).unwrap();
        assert_eq!(found, head);
    }

    #[test]
    fn the_record_of_a_document_is_found_without_reading_all() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {OF_TARGET}");
        let plan: String = db.query_row(&explain, ["acme", "bill", "500002"], |row| row.get(3)).unwrap();
        assert!(plan.contains("records_target"), "{plan}");
    }
}
