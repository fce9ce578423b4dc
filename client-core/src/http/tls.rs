//! TLS settings of our own: ring, the platform's roots, and nothing installed globally.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::Error;

const WHERE: &str = "setting up TLS";

/// Trusts what the platform trusts, and these certificates.
pub(super) fn trusting_the_platform(extra_roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Error> {
    let provider = provider();
    let verifier = if extra_roots.is_empty() {
        Verifier::new(Arc::clone(&provider))
    } else {
        Verifier::new_with_extra_roots(extra_roots, Arc::clone(&provider))
    };
    let verifier = verifier.map_err(|e| {
        Error::config(WHERE, "the platform's root certificates could not be loaded: install them (ca-certificates)")
            .with_source(e)
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::config(WHERE, "no usable TLS version").with_source(e))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// For plain loopback endpoints: needs no roots, and no TLS server would pass.
pub(super) fn trusting_nobody() -> Result<ClientConfig, Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::config(WHERE, "no usable TLS version").with_source(e))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The certificates in these PEM texts.
pub(super) fn extra_roots(pems: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut roots = Vec::new();
    for pem in pems {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.push(
                certificate
                    .map_err(|e| Error::config(WHERE, "an extra root certificate is not valid PEM").with_source(e))?,
            );
        }
        if roots.len() == before {
            return Err(Error::config(WHERE, "an extra root certificate holds no certificate: give it as PEM"));
        }
    }
    Ok(roots)
}
