//! HTTP/1.1 on a loopback socket, with the ways of breaking off that a real network has.

mod message;
mod server;

pub(crate) use message::{Call, Reply, Verdict};
pub(crate) use server::{Serve, Server};
