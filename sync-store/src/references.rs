//! Checkpoints and cross-references on SQLite.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use sync_core::memory::{keep_hand_made, kinds_of};
use sync_core::reference::{amended, changed};
use sync_core::{
    Actor, CheckpointStore, ConnectionId, CrossReferences, Cursor, Kind, Reference, ReferenceChange, References,
    StoreError,
};

use crate::ledger::{json, text};
use crate::open::SqliteStore;

#[async_trait]
impl CheckpointStore for SqliteStore {
    async fn load(&self, connection: &ConnectionId, kind: &Kind) -> Result<Option<Cursor>, StoreError> {
        let (connection, kind) = (connection.clone(), kind.clone());
        self.writer
            .run("read a checkpoint", move |db| {
                db.query_row(
                    "SELECT cursor FROM checkpoints WHERE connection = ? AND kind = ?",
                    [connection.as_str(), kind.as_str()],
                    |row| row.get(0).map(Cursor),
                )
                .optional()
            })
            .await
    }

    async fn save(&self, connection: &ConnectionId, kind: &Kind, cursor: &Cursor) -> Result<(), StoreError> {
        let (connection, kind, cursor) = (connection.clone(), kind.clone(), cursor.clone());
        self.writer
            .run("save a checkpoint", move |db| {
                db.execute(
                    "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)",
                    [connection.as_str(), kind.as_str(), &cursor.0],
                )
                .map(drop)
            })
            .await
    }
}

#[async_trait]
impl CrossReferences for SqliteStore {
    async fn snapshot(&self, connection: &ConnectionId) -> Result<References, StoreError> {
        let connection = connection.clone();
        self.writer
            .run("read the cross-references", move |db| {
                let mut lines: Vec<Reference> = Vec::new();
                let mut tables = db.prepare_cached("SELECT lines FROM cross_references WHERE connection = ?")?;
                for table in tables.query_map([connection.as_str()], |row| json::<Vec<Reference>>(row, 0))? {
                    lines.extend(table?);
                }
                let aligned: Option<DateTime<Utc>> = db
                    .query_row("SELECT at FROM alignments WHERE connection = ?", [connection.as_str()], |row| {
                        json(row, 0)
                    })
                    .optional()?;
                Ok(References::new(lines, aligned))
            })
            .await
    }

    async fn replace(
        &self,
        connection: &ConnectionId,
        kinds: &[(String, Vec<Reference>)],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (connection, kinds) = (connection.clone(), kinds.to_vec());
        self.writer
            .run("save cross-references", move |db| {
                for (kind, lines) in &kinds {
                    replace_kind(db, &connection, kind, lines)?;
                }
                db.execute("INSERT OR REPLACE INTO alignments VALUES (?, ?)", [connection.as_str(), &text(&at)?])
                    .map(drop)
            })
            .await
    }

    async fn amend(
        &self,
        connection: &ConnectionId,
        set: &[Reference],
        remove: &[(String, String)],
        by: &Actor,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (connection, set, remove, by) = (connection.clone(), set.to_vec(), remove.to_vec(), by.clone());
        self.writer
            .run("amend cross-references", move |db| {
                let mut before = Vec::new();
                for kind in kinds_of(&set, &remove) {
                    let lines = lines_of(db, &connection, &kind)?;
                    before.extend_from_slice(&lines);
                    save(db, &connection, &kind, &amended(lines, &kind, &set, &remove))?;
                }
                let mut insert =
                    db.prepare_cached("INSERT INTO reference_changes (connection, change) VALUES (?, ?)")?;
                for change in changed(&before, &set, &remove, &by, at) {
                    insert.execute([connection.as_str(), &text(&change)?])?;
                }
                Ok(())
            })
            .await
    }

    async fn changes(&self, connection: &ConnectionId) -> Result<Vec<ReferenceChange>, StoreError> {
        let connection = connection.clone();
        self.writer
            .run("read who changed cross-references", move |db| {
                // One that only reads a ledger of before finds no record of them.
                if !db.table_exists(None, "reference_changes")? {
                    return Ok(Vec::new());
                }
                let sql = "SELECT change FROM reference_changes WHERE connection = ? ORDER BY number";
                db.prepare_cached(sql)?.query_map([connection.as_str()], |row| json(row, 0))?.collect()
            })
            .await
    }
}

fn lines_of(db: &Connection, connection: &ConnectionId, kind: &str) -> rusqlite::Result<Vec<Reference>> {
    let sql = "SELECT lines FROM cross_references WHERE connection = ? AND kind = ?";
    let old = db.query_row(sql, [connection.as_str(), kind], |row| json(row, 0)).optional()?;
    Ok(old.unwrap_or_default())
}

fn save(db: &Connection, connection: &ConnectionId, kind: &str, lines: &[Reference]) -> rusqlite::Result<()> {
    db.execute("INSERT OR REPLACE INTO cross_references VALUES (?, ?, ?)", [connection.as_str(), kind, &text(&lines)?])
        .map(drop)
}

fn replace_kind(db: &Connection, connection: &ConnectionId, kind: &str, lines: &[Reference]) -> rusqlite::Result<()> {
    let lines = keep_hand_made(lines_of(db, connection, kind)?, lines);
    save(db, connection, kind, &lines)
}
