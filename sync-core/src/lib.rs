//! A storage-agnostic engine that moves records from one system into another exactly once.
//!
//! Neither system needs idempotency keys. The engine keeps a ledger of what it intends, what it has
//! sent, and what became of it; whatever is not known after a crash, a timeout or a half answer is
//! found out before anything is sent again. See [`engine`] for the rules.
//!
//! A host implements three small traits, [`Source`], [`Mapper`] and [`Sink`], and picks a
//! [`DedupStore`]; everything else has a default. [`memory::MemoryStore`] keeps everything in memory,
//! and [`conformance`] checks a store of your own.
//!
//! | word | what it is |
//! | --- | --- |
//! | [`RecordKey`] | names a record for ever: connection, kind, id |
//! | [`Revision`] | what makes two readings of a record the same |
//! | [`ExternalRef`] | the text in the target's document by which it is found again |
//! | [`Draft`], [`Handle`], [`TargetRef`] | a document mapped, staged, posted |
//! | [`Head`], [`Event`] | where a record stands, and how it came there |

pub mod alert;
pub mod amendment;
pub mod audit;
pub mod checkpoint;
pub mod clock;
pub mod conformance;
mod difference;
pub mod digest;
pub mod engine;
pub mod error;
pub mod failure;
pub mod label;
pub mod ledger;
pub mod mapper;
pub mod memory;
pub mod record;
pub mod reference;
pub mod request;
pub mod retry;
pub mod schedule;
pub mod sink;
pub mod source;
pub mod standing;
pub mod state;
pub mod trail;
pub mod trouble;

pub use alert::{Alert, AlertSink};
pub use amendment::Unamended;
pub use audit::AuditSink;
pub use checkpoint::CheckpointStore;
pub use clock::{Clock, SystemClock, VirtualClock};
pub use digest::{Digest, Waiting};
pub use engine::{
    Ahead, Assurance, Cancellations, Engine, Flow, Moved, Planned, Polled, Progress, Revisions, Settings, Step,
};
pub use error::{EngineError, StoreError};
pub use failure::{Failure, FailureKind};
pub use label::Label;
pub use ledger::{
    Append, Appended, Change, Claim, ClaimRequest, DedupStore, Event, Evidence, Fence, Lease, Query, Slot,
};
pub use mapper::{Mapper, Mapping, Missing};
pub use record::{Actor, ConnectionId, ExternalRef, InvalidKey, Kind, Lifecycle, Record, RecordKey, Revision};
pub use reference::{CrossReferences, Match, MatchedBy, Reference, ReferenceChange, References};
pub use request::RequestIds;
pub use retry::{Backoff, Retry, RetryPolicy};
pub use schedule::{Calendar, Frozen, Schedule};
pub use sink::{
    Amended, Amendment, Committed, Compared, Difference, Doubt, Draft, Found, Handle, Lookup, Settled, Sink, Staged,
    TargetRef,
};
pub use source::{Batch, Cursor, Known, Source, SourceError};
pub use standing::Standing;
pub use state::{Head, State, StateName};
pub use trail::{AuditEntry, Trail};
pub use trouble::Trouble;
