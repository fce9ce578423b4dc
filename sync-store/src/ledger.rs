//! The ledger on SQLite.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sync_core::{
    Append, Appended, Claim, ClaimRequest, ConnectionId, DedupStore, Event, Head, Kind, Query, RecordKey, Slot,
    StateName, StoreError, TargetRef,
};

use crate::open::SqliteStore;
use crate::schema;

#[async_trait]
impl DedupStore for SqliteStore {
    async fn get(&self, keys: &[RecordKey]) -> Result<Vec<Option<Head>>, StoreError> {
        let keys = keys.to_vec();
        self.writer.run("read records", move |db| keys.iter().map(|key| Ok(slot(db, key)?.head)).collect()).await
    }

    async fn history(&self, key: &RecordKey) -> Result<Vec<Event>, StoreError> {
        let key = key.clone();
        self.writer
            .run("read a history", move |db| {
                db.prepare_cached(
                    "SELECT event FROM events WHERE connection = ? AND kind = ? AND id = ? ORDER BY version",
                )?
                .query_map(parts(&key), |row| json(row, 0))?
                .collect()
            })
            .await
    }

    async fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, StoreError> {
        let batch = batch.to_vec();
        self.writer
            .run("append to the ledger", move |db| batch.iter().map(|append| append_one(db, append)).collect())
            .await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claim>, StoreError> {
        let request = request.clone();
        self.writer.run("claim records", move |db| claim(db, &request)).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Head>, StoreError> {
        let query = query.clone();
        self.writer.run("list records", move |db| list(db, &query)).await
    }

    async fn counts(&self, connection: &ConnectionId, kind: &Kind) -> Result<BTreeMap<StateName, u64>, StoreError> {
        let (connection, kind) = (connection.clone(), kind.clone());
        self.writer
            .run("count records", move |db| {
                db.prepare_cached(
                    "SELECT state, count(*) FROM records WHERE connection = ? AND kind = ? GROUP BY state",
                )?
                .query_map([connection.as_str(), kind.as_str()], |row| {
                    let name = serde_json::Value::String(row.get(0)?);
                    let name = serde_json::from_value(name).map_err(|error| unreadable(0, error))?;
                    Ok((name, row.get(1)?))
                })?
                .collect()
            })
            .await
    }

    async fn holders(
        &self,
        connection: &ConnectionId,
        kind: &Kind,
        targets: &[TargetRef],
    ) -> Result<Vec<Option<RecordKey>>, StoreError> {
        let (connection, kind, targets) = (connection.clone(), kind.clone(), targets.to_vec());
        self.writer
            .run("ask whose documents these are", move |db| {
                let mut ask = db.prepare_cached(schema::OF_TARGET)?;
                let mut holder = |target: &TargetRef| {
                    let heads = ask.query_map([connection.as_str(), kind.as_str(), &target.0], |row| json(row, 0))?;
                    let heads: Vec<Head> = heads.collect::<Result<_, _>>()?;
                    Ok(heads.into_iter().find(|head| head.holds(target)).map(|head| head.key))
                };
                targets.iter().map(&mut holder).collect()
            })
            .await
    }

    async fn next_due(&self, connection: &ConnectionId, kinds: &[Kind]) -> Result<Option<DateTime<Utc>>, StoreError> {
        let (connection, kinds) = (connection.clone(), kinds.to_vec());
        self.writer
            .run("ask what is due next", move |db| {
                let sql = format!(
                    "SELECT min(due) FROM records WHERE connection = ? AND due IS NOT NULL AND kind IN ({})",
                    marks(kinds.len())
                );
                let values = std::iter::once(connection.as_str()).chain(kinds.iter().map(Kind::as_str));
                let due: Option<i64> =
                    db.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
                Ok(due.map(DateTime::from_timestamp_nanos))
            })
            .await
    }
}

fn append_one(db: &Connection, append: &Append) -> rusqlite::Result<Appended> {
    let mut slot = slot(db, &append.key)?;
    let answer = slot.append(append);
    if answer == Appended::Done {
        save(db, &append.key, &slot)?;
        let [connection, kind, id] = parts(&append.key);
        let mut insert = db.prepare_cached("INSERT INTO events VALUES (?, ?, ?, ?, ?)")?;
        for event in &append.events {
            insert.execute(params![connection, kind, id, event.version, text(event)?])?;
        }
    }
    Ok(answer)
}

fn claim(db: &Connection, request: &ClaimRequest) -> rusqlite::Result<Vec<Claim>> {
    let now = nanos(request.now);
    let sql = format!(
        "SELECT kind, id FROM records
         WHERE connection = ?1 AND due <= ?2 AND (leased_until IS NULL OR leased_until <= ?2)
         AND kind IN ({}) ORDER BY due LIMIT {}",
        marks(request.kinds.len()),
        request.limit
    );
    let mut due = db.prepare_cached(&sql)?;
    due.raw_bind_parameter(1, request.connection.as_str())?;
    due.raw_bind_parameter(2, now)?;
    for (index, kind) in request.kinds.iter().enumerate() {
        due.raw_bind_parameter(index + 3, kind.as_str())?;
    }
    let mut keys = Vec::new();
    let mut rows = due.raw_query();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(0)?;
        keys.push(RecordKey::new(request.connection.clone(), Kind::new(kind), row.get::<_, String>(1)?));
    }
    let mut claims = Vec::new();
    for key in keys {
        let mut slot = slot(db, &key)?;
        if let Some(claim) = slot.claim(request) {
            save(db, &key, &slot)?;
            claims.push(claim);
        }
    }
    Ok(claims)
}

fn list(db: &Connection, query: &Query) -> rusqlite::Result<Vec<Head>> {
    let mut sql = "SELECT head FROM records WHERE connection = ?".to_owned();
    let mut values = vec![query.connection.to_string()];
    if let Some(kind) = &query.kind {
        sql.push_str(" AND kind = ?");
        values.push(kind.to_string());
    }
    if !query.states.is_empty() {
        sql.push_str(" AND state IN (");
        sql.push_str(&marks(query.states.len()));
        sql.push(')');
        values.extend(query.states.iter().map(ToString::to_string));
    }
    if query.concerning {
        sql.push_str(" AND concerning");
    }
    if let Some(after) = &query.after {
        sql.push_str(" AND (kind, id) > (?, ?)");
        values.extend([after.kind().to_string(), after.id().to_owned()]);
    }
    sql.push_str(" ORDER BY kind, id LIMIT ");
    sql.push_str(&query.limit.to_string());
    db.prepare_cached(&sql)?.query_map(params_from_iter(values), |row| json(row, 0))?.collect()
}

fn slot(db: &Connection, key: &RecordKey) -> rusqlite::Result<Slot> {
    let found = db
        .prepare_cached("SELECT head, fence, leased_until FROM records WHERE connection = ? AND kind = ? AND id = ?")?
        .query_row(parts(key), |row| {
            let leased: Option<i64> = row.get(2)?;
            let leased_until = leased.map(DateTime::from_timestamp_nanos);
            Ok(Slot { head: Some(json(row, 0)?), fence: row.get(1)?, leased_until })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn save(db: &Connection, key: &RecordKey, slot: &Slot) -> rusqlite::Result<()> {
    // A slot without a head has no history and no lease: there is nothing to keep.
    let Some(head) = &slot.head else { return Ok(()) };
    let [connection, kind, id] = parts(key);
    db.prepare_cached("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        connection,
        kind,
        id,
        head.state.name().as_str(),
        head.concern().is_some(),
        head.due().map(nanos),
        slot.fence,
        slot.leased_until.map(nanos),
        text(head)?,
        head.state.target().map(|target| &target.0),
    ])?;
    Ok(())
}

fn parts(key: &RecordKey) -> [&str; 3] {
    [key.connection().as_str(), key.kind().as_str(), key.id()]
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn nanos(at: DateTime<Utc>) -> i64 {
    // Beyond the year 2262: never due.
    at.timestamp_nanos_opt().unwrap_or(i64::MAX)
}

pub(crate) fn text(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

fn unreadable(column: usize, error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
