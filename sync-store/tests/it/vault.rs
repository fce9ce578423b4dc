use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use sync_store::vault::{KeyError, KeyProvider, Keys, MasterKey, VaultError};
use sync_store::{OpenError, SqliteStore, Vault};

async fn vault(folder: &Path, keys: &[MasterKey]) -> Vault {
    let store = SqliteStore::open(folder.join("ledger.db")).await.unwrap();
    Vault::new(store, Arc::new(Keys::new(keys.to_vec()).unwrap()))
}

fn database(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("ledger.db")).unwrap()
}

async fn opened(vault: &Vault, tenant: &str, name: &str) -> Option<String> {
    vault.get(tenant, name).await.unwrap().map(|secret| secret.expose_secret().to_owned())
}

#[tokio::test]
async fn a_secret_is_kept_listed_replaced_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let key = MasterKey::generate().unwrap();
    let vault = vault(folder.path(), std::slice::from_ref(&key)).await;
    assert_eq!(opened(&vault, "acme", "procurify").await, None);
    for secret in ["first", "second, with ünïcode"] {
        vault.set("acme", "procurify", secret.into()).await.unwrap();
        assert_eq!(opened(&vault, "acme", "procurify").await.as_deref(), Some(secret));
    }
    assert_eq!(opened(&vault, "globex", "procurify").await, None);
    let entries = vault.list("acme").await.unwrap();
    assert_eq!(
        entries.iter().map(|entry| (entry.name.as_str(), entry.key_id.as_str())).collect::<Vec<_>>(),
        [("procurify", key.id())]
    );
    assert!(vault.remove("acme", "procurify").await.unwrap());
    assert!(!vault.remove("acme", "procurify").await.unwrap());
}

#[tokio::test]
async fn no_file_holds_a_secret_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), &[MasterKey::generate().unwrap()]).await;
    vault.set("acme", "cloudsuite", "a-very-secret-text".into()).await.unwrap();
    let clean = |when: &str| {
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(18).any(|window| window == b"a-very-secret-text");
            assert!(!found, "{when}: {} holds the secret", path.display());
        }
    };
    clean("while open, with its write-ahead log");
    drop(vault);
    clean("after closing");
}

#[tokio::test]
async fn a_ciphertext_that_is_moved_altered_or_cut_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let key = MasterKey::generate().unwrap();
    let keys = std::slice::from_ref(&key);
    for change in [
        "UPDATE vault SET tenant = 'globex' WHERE name = 'one'",
        "UPDATE vault SET sealed = (SELECT sealed FROM vault WHERE name = 'two') WHERE name = 'one'",
        "UPDATE vault SET sealed = substr(sealed, 1, length(sealed) - 1)",
        "UPDATE vault SET sealed = substr(sealed, 1, 10)",
        "UPDATE vault SET sealed = x''",
        "UPDATE vault SET sealed = CAST(sealed || x'00' AS BLOB)",
    ] {
        let sealed = vault(folder.path(), keys).await;
        sealed.set("acme", "one", "the first".into()).await.unwrap();
        sealed.set("acme", "two", "the second".into()).await.unwrap();
        drop(sealed);
        assert!(database(folder.path()).execute(change, []).unwrap() > 0, "{change}");
        let vault = vault(folder.path(), keys).await;
        let tenant = if change.contains("globex") { "globex" } else { "acme" };
        let error = vault.get(tenant, "one").await.unwrap_err();
        assert!(matches!(error, VaultError::Damaged { .. }), "{change}: {error:?}");
        assert!(error.to_string().contains("set it anew"), "{error}");
        vault.remove("globex", "one").await.unwrap();
    }
}

#[tokio::test]
async fn no_bit_of_a_ciphertext_can_be_turned() {
    let folder = tempfile::tempdir().unwrap();
    let vault = vault(folder.path(), &[MasterKey::generate().unwrap()]).await;
    vault.set("acme", "one", "secret".into()).await.unwrap();
    let db = database(folder.path());
    let sealed: Vec<u8> = db.query_row("SELECT sealed FROM vault", [], |row| row.get(0)).unwrap();
    for index in 0..sealed.len() {
        let mut turned = sealed.clone();
        turned[index] ^= 1 << (index % 8);
        db.execute("UPDATE vault SET sealed = ?", [turned]).unwrap();
        assert!(matches!(vault.get("acme", "one").await, Err(VaultError::Damaged { .. })), "byte {index}");
    }
    db.execute("UPDATE vault SET sealed = ?", [sealed]).unwrap();
    assert_eq!(opened(&vault, "acme", "one").await.as_deref(), Some("secret"));
}

#[tokio::test]
async fn another_key_is_recognised_and_named_before_it_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    vault(folder.path(), std::slice::from_ref(&right)).await.set("acme", "one", "secret".into()).await.unwrap();
    let error = vault(folder.path(), &[wrong]).await.get("acme", "one").await.unwrap_err();
    assert!(matches!(&error, VaultError::Key(KeyError::Unknown(id)) if id == right.id()), "{error:?}");
}

#[tokio::test]
async fn after_a_rotation_the_old_key_is_needed_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    let before = vault(folder.path(), std::slice::from_ref(&old)).await;
    before.set("acme", "one", "first".into()).await.unwrap();
    before.set("acme", "two", "second".into()).await.unwrap();
    drop(before);
    let both = vault(folder.path(), &[new.clone(), old]).await;
    both.set("acme", "three", "third".into()).await.unwrap();
    assert_eq!(both.rotate("acme").await.unwrap(), 2);
    assert_eq!(both.rotate("acme").await.unwrap(), 0);
    drop(both);
    let after = vault(folder.path(), &[new]).await;
    for (name, secret) in [("one", "first"), ("two", "second"), ("three", "third")] {
        assert_eq!(opened(&after, "acme", name).await.as_deref(), Some(secret));
    }
}

/// Keys that let something happen between the reading of a secret and its being written anew.
struct Meanwhile {
    keys: Keys,
    /// Who else uses the file, once.
    other: std::sync::Mutex<Option<Vault>>,
}

#[async_trait]
impl KeyProvider for Meanwhile {
    async fn current(&self) -> Result<MasterKey, KeyError> {
        self.keys.current().await
    }

    async fn by_id(&self, id: &str) -> Result<MasterKey, KeyError> {
        let other = self.other.lock().unwrap().take();
        if let Some(other) = other {
            other.set("acme", "one", "set meanwhile".into()).await.unwrap();
            assert!(other.remove("acme", "two").await.unwrap());
        }
        self.keys.by_id(id).await
    }
}

#[tokio::test]
async fn what_is_set_or_removed_during_a_rotation_stays_so() {
    let (old, new) = (MasterKey::generate().unwrap(), MasterKey::generate().unwrap());
    // The other process may know the new key already, or not.
    for others in [&old, &new] {
        let folder = tempfile::tempdir().unwrap();
        let before = vault(folder.path(), std::slice::from_ref(&old)).await;
        for name in ["one", "two", "three"] {
            before.set("acme", name, "before".into()).await.unwrap();
        }
        let path = folder.path().join("ledger.db");
        let other = Vault::open(&path, Arc::new(Keys::new([others.clone()]).unwrap())).await.unwrap();
        let keys = Keys::new([new.clone(), old.clone()]).unwrap();
        let keys = Meanwhile { keys, other: std::sync::Mutex::new(Some(other)) };
        let rotating = Vault::open(&path, Arc::new(keys)).await.unwrap();
        let renewed = if others.id() == old.id() { 2 } else { 1 };
        assert_eq!(rotating.rotate("acme").await.unwrap(), renewed);

        let after = Vault::open(&path, Arc::new(Keys::new([new.clone()]).unwrap())).await.unwrap();
        for (name, secret) in [("one", Some("set meanwhile")), ("two", None), ("three", Some("before"))] {
            assert_eq!(opened(&after, "acme", name).await.as_deref(), secret, "{name}");
        }
    }
}

#[tokio::test]
async fn a_vault_is_used_beside_the_process_that_writes_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [MasterKey::generate().unwrap()];
    let path = folder.path().join("ledger.db");
    let shared = || Arc::new(Keys::new(keys.clone()).unwrap());
    let error = Vault::open(&path, shared()).await.unwrap_err();
    assert!(matches!(error, OpenError::NoStore(_)) && !path.exists(), "{error:?}");
    let writing = vault(folder.path(), &keys).await;
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::InUse(_))));
    let beside = Vault::open(&path, shared()).await.unwrap();
    beside.set("acme", "one", "from beside".into()).await.unwrap();
    assert_eq!(opened(&writing, "acme", "one").await.as_deref(), Some("from beside"));
    writing.set("acme", "one", "from the writer".into()).await.unwrap();
    assert_eq!(opened(&beside, "acme", "one").await.as_deref(), Some("from the writer"));
}

#[cfg(unix)]
#[test]
fn a_key_file_must_be_its_owners_alone_and_hold_keys() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.key");
    let write = |text: &str, mode| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    assert!(matches!(Keys::from_file(&path), Err(KeyError::File { .. })));
    let key = "0123456789abcdef".repeat(4);
    write(&format!("{key}\n"), 0o600);
    assert!(Keys::from_file(&path).is_ok());
    write(&key, 0o640);
    assert!(matches!(Keys::from_file(&path), Err(KeyError::Exposed(_))));
    for text in [&key[1..], "not hexadecimal", &"ä".repeat(32)] {
        write(text, 0o600);
        let error = Keys::from_file(&path).unwrap_err();
        assert!(matches!(error, KeyError::Malformed(_)), "{text}: {error:?}");
        assert!(!error.to_string().contains(text), "the key is in the error");
    }
    write(" \n", 0o600);
    assert!(matches!(Keys::from_file(&path), Err(KeyError::None(_))));
}

#[test]
fn no_key_is_in_its_debug_output() {
    let key = MasterKey::new([0xAB; 32]);
    let text = format!("{key:?} {:?}", Keys::new([key.clone()]));
    assert!(!text.to_lowercase().contains("abab") && text.contains(key.id()), "{text}");
}
