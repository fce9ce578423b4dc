//! The client against the condensed facts of both published documents.
//!
//! `facts/operations.tsv` lists operations and parameters, `facts/schemas.tsv` the fields of answers
//! and bodies, `facts/older.tsv` what the older document has otherwise of them, `facts/enums.tsv` the values of
//! enums. [`calls`] makes every call of the client; a
//! server that knows the facts records them and answers with generated instances.

mod answers;
mod calls;
mod decoders;
mod enums;
mod facts;
mod fuzz;
mod instances;
mod mutate;
mod requests;
mod same;
mod server;
mod spoilt;
