//! What can go wrong when a tenant is started.

/// Why a tenant could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is not `IP:PORT`.
    #[error("`{0}` is not an address: give an IP address and a port, such as 127.0.0.1:8101")]
    Address(String),
    /// The address is reachable from outside this machine.
    #[error("the sandbox serves loopback addresses only, not {0}: use 127.0.0.1 or [::1]")]
    NotLoopback(std::net::SocketAddr),
    /// The socket could not be opened.
    #[error("cannot listen on {address}: is another program using it?")]
    Bind {
        /// The address asked for.
        address: std::net::SocketAddr,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}
