//! Sealing and opening: XChaCha20-Poly1305, whose nonces are long enough to be drawn at random.

use chacha20poly1305::aead::rand_core::RngCore;
use chacha20poly1305::aead::{Aead, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::VaultError;
use super::keys::MasterKey;

/// Bytes of a nonce, which stands before the ciphertext.
const NONCE: usize = 24;

/// Where a secret belongs: it opens nowhere else.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub tenant: &'a str,
    pub name: &'a str,
}

impl Place<'_> {
    /// What the ciphertext is bound to. Lengths stand before the parts, so that no two places read alike.
    fn binding(self, key: &MasterKey) -> Vec<u8> {
        let mut binding = b"procurify-cloudsuite vault 1".to_vec();
        for part in [self.tenant, self.name, key.id()] {
            binding.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            binding.extend(part.as_bytes());
        }
        binding
    }
}

pub(super) fn seal(key: &MasterKey, place: Place<'_>, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut sealed = vec![0; NONCE];
    OsRng.try_fill_bytes(&mut sealed).map_err(|error| VaultError::Seal(error.to_string()))?;
    let payload = Payload { msg: secret, aad: &place.binding(key) };
    let ciphertext = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt(XNonce::from_slice(&sealed), payload)
        .map_err(|error| VaultError::Seal(error.to_string()))?;
    sealed.extend(ciphertext);
    Ok(sealed)
}

pub(super) fn open(key: &MasterKey, place: Place<'_>, sealed: &[u8]) -> Result<SecretString, VaultError> {
    let damaged = || VaultError::Damaged { tenant: place.tenant.to_owned(), name: place.name.to_owned() };
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE).ok_or_else(damaged)?;
    let payload = Payload { msg: ciphertext, aad: &place.binding(key) };
    let secret = XChaCha20Poly1305::new(key.bytes().into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| damaged())?;
    let text = std::str::from_utf8(&secret).map_err(|_| damaged())?;
    Ok(SecretString::from(text))
}
