//! The `.ionapi` file: everything needed to reach one `CloudSuite` tenant.
//!
//! It is downloaded from ION API > Authorized Apps. A file of a *backend service* that was downloaded together
//! with a service account has the keys `saak` and `sask`; only such a file can log in without a person.
//!
//! ```
//! use cloudsuite_client::Ionapi;
//!
//! let file = br#"{"ti": "ACME_TST", "cn": "Orders", "dt": "12", "ci": "ACME_TST~abc", "cs": "s3cret",
//!     "iu": "https://mingle-ionapi.eu1.inforcloudsuite.com",
//!     "pu": "https://mingle-sso.eu1.inforcloudsuite.com:443/ACME_TST/as/",
//!     "oa": "authorization.oauth2", "ot": "token.oauth2", "or": "revoke_token.oauth2",
//!     "saak": "ACME_TST#key", "sask": "pa$$word"}"#;
//! let ionapi = Ionapi::parse(file)?;
//! assert_eq!(ionapi.token_url().as_str(), "https://mingle-sso.eu1.inforcloudsuite.com/ACME_TST/as/token.oauth2");
//! assert_eq!(ionapi.api_base().as_str(), "https://mingle-ionapi.eu1.inforcloudsuite.com/ACME_TST");
//! assert!(!format!("{ionapi:?}").contains("pa$$word"));
//! # Ok::<(), cloudsuite_client::IonapiError>(())
//! ```

use std::collections::HashMap;
use std::fmt;

use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Host, Url};

/// A parsed `.ionapi` file. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct Ionapi {
    tenant: String,
    app_name: Option<String>,
    app_type: Option<String>,
    client_id: String,
    client_secret: SecretString,
    access_key: SecretString,
    secret_key: SecretString,
    api_base: Url,
    token_url: Url,
    authorize_url: Option<Url>,
    revoke_url: Option<Url>,
    environment: Option<String>,
    version: Option<String>,
    redirect_url: Option<String>,
    scopes: Vec<String>,
}

/// Why an `.ionapi` file cannot be used. No variant quotes a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IonapiError {
    /// The bytes are UTF-16 text, as some editors and shells save it.
    #[error("the .ionapi file is saved as UTF-16: save it as UTF-8, or download it again")]
    Utf16,
    /// The bytes are no JSON object.
    #[error(
        "the .ionapi file is not a JSON object (line {line}, column {column}): download it again from ION API > Authorized Apps"
    )]
    NotJson {
        /// Line of the first unreadable character, from 1; 0 if the JSON is readable but no object.
        line: usize,
        /// Column of the first unreadable character, from 1; 0 if the JSON is readable but no object.
        column: usize,
    },
    /// A key that every file has is absent or empty.
    #[error("the .ionapi file has no `{key}` ({meaning}): download it again from ION API > Authorized Apps")]
    Missing {
        /// The key.
        key: &'static str,
        /// What the key holds.
        meaning: &'static str,
    },
    /// The file belongs to an app that logs in with a person's help.
    #[error(
        "the .ionapi file has no `{key}`, so it is not one of a backend service with a service account: \
         create an authorized app of type Backend Service and download its file with \"create service account\""
    )]
    NoServiceAccount {
        /// The absent key, `saak` or `sask`.
        key: &'static str,
    },
    /// A key holds something other than text.
    #[error("`{key}` in the .ionapi file is not text: download the file again")]
    NotText {
        /// The key.
        key: &'static str,
    },
    /// A key that should hold an address does not.
    #[error(
        "`{key}` in the .ionapi file is not a usable https address ({reason}): correct it or download the file again"
    )]
    BadUrl {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An address would send secrets unencrypted over a network.
    #[error(
        "`{key}` in the .ionapi file is a plain http address of host {host}: only https is allowed, except to loopback addresses"
    )]
    PlainHttp {
        /// The key.
        key: &'static str,
        /// The host it names.
        host: String,
    },
}

impl Ionapi {
    /// Reads a file's bytes. Unknown keys are ignored; slashes at either side of a joint do not matter.
    ///
    /// # Errors
    /// An [`IonapiError`] that names the key and says what to do.
    pub fn parse(bytes: &[u8]) -> Result<Self, IonapiError> {
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            return Err(IonapiError::Utf16);
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let keys: Keys = serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = if error.is_data() { (0, 0) } else { (error.line(), error.column()) };
            IonapiError::NotJson { line, column }
        })?;
        keys.read()
    }

    /// The tenant's id (`ti`), such as `ACME_PRD`.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The authorized app's name (`cn`).
    pub fn app_name(&self) -> Option<&str> {
        self.app_name.as_deref()
    }

    /// The app's type (`dt`); `12` is a backend service. Only shown, never judged.
    pub fn app_type(&self) -> Option<&str> {
        self.app_type.as_deref()
    }

    /// The OAuth client's id (`ci`).
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The OAuth client's secret (`cs`).
    pub fn client_secret(&self) -> &SecretString {
        &self.client_secret
    }

    /// The service account's access key (`saak`): the user name of the password grant, used exactly as it is.
    pub fn access_key(&self) -> &SecretString {
        &self.access_key
    }

    /// Whose token it is, for a cache of tokens. Names are shown, so of the access key there is only a fingerprint: it
    /// tells the accounts of one OAuth client apart, and stays the same in every release.
    pub(crate) fn credential(&self) -> String {
        let digest = Sha256::digest(self.access_key.expose_secret());
        let account = digest.iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        format!("cloudsuite/{}/{}/{account}", self.tenant, self.client_id)
    }

    /// The service account's secret key (`sask`): the password of the password grant.
    pub fn secret_key(&self) -> &SecretString {
        &self.secret_key
    }

    /// Where the products' APIs start: gateway (`iu`) and tenant, without a slash at the end.
    pub fn api_base(&self) -> &Url {
        &self.api_base
    }

    /// Where tokens are issued: `pu` and `ot`.
    pub fn token_url(&self) -> &Url {
        &self.token_url
    }

    /// Where a person would log in: `pu` and `oa`, if the file has it.
    pub fn authorize_url(&self) -> Option<&Url> {
        self.authorize_url.as_ref()
    }

    /// Where tokens are given back: `pu` and `or`, if the file has it.
    pub fn revoke_url(&self) -> Option<&Url> {
        self.revoke_url.as_ref()
    }

    /// The environment marker (`ev`).
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The file format's version (`v`).
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The redirect address (`ru`) of newer files.
    pub fn redirect_url(&self) -> Option<&str> {
        self.redirect_url.as_deref()
    }

    /// The scopes (`sc`) of newer files; usually none.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }
}

impl fmt::Debug for Ionapi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ionapi")
            .field("tenant", &self.tenant)
            .field("app_name", &self.app_name)
            .field("api_base", &self.api_base.as_str())
            .field("token_url", &self.token_url.as_str())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Keys(HashMap<String, Wiped>);

/// A value that may be a secret: wiped when it goes, also where the rest of the file cannot be read.
#[derive(Deserialize)]
#[serde(transparent)]
struct Wiped(Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        if let Value::String(text) = &mut self.0 {
            text.zeroize();
        }
    }
}

impl Keys {
    fn read(&self) -> Result<Ionapi, IonapiError> {
        let tenant = self.required("ti", "the tenant's id")?;
        let client_id = self.required("ci", "the OAuth client's id")?;
        let missing = IonapiError::Missing { key: "cs", meaning: "the OAuth client's secret" };
        let client_secret = self.secret("cs")?.ok_or(missing)?;
        let gateway = self.required("iu", "the gateway's address")?;
        let authority = self.required("pu", "the authorization server's address")?;
        let token_path = self.required("ot", "the token endpoint under `pu`")?;
        let endpoint = |key| self.text(key)?.map(|path| join("pu", &authority, &path)).transpose();
        Ok(Ionapi {
            api_base: join("iu", &gateway, &tenant)?,
            token_url: join("pu", &authority, &token_path)?,
            authorize_url: endpoint("oa")?,
            revoke_url: endpoint("or")?,
            tenant,
            client_id,
            client_secret,
            access_key: self.service_account("saak")?,
            secret_key: self.service_account("sask")?,
            app_name: self.text("cn")?,
            app_type: self.text("dt")?,
            environment: self.text("ev")?,
            version: self.text("v")?,
            redirect_url: self.text("ru")?,
            scopes: self.scopes(),
        })
    }

    /// The trimmed text of a key; `None` if absent or blank. Numbers are taken as they are written.
    fn text(&self, key: &'static str) -> Result<Option<String>, IonapiError> {
        match self.value(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(IonapiError::NotText { key }),
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key).map(|value| &value.0)
    }

    fn secret(&self, key: &'static str) -> Result<Option<SecretString>, IonapiError> {
        Ok(self.text(key)?.map(SecretString::from))
    }

    fn required(&self, key: &'static str, meaning: &'static str) -> Result<String, IonapiError> {
        self.text(key)?.ok_or(IonapiError::Missing { key, meaning })
    }

    fn service_account(&self, key: &'static str) -> Result<SecretString, IonapiError> {
        self.secret(key)?.ok_or(IonapiError::NoServiceAccount { key })
    }

    /// Scopes are a list; without any, some tools write an empty object or an empty text instead.
    fn scopes(&self) -> Vec<String> {
        match self.value("sc") {
            Some(Value::Array(scopes)) => scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

/// `base` and `path` joined by exactly one slash.
fn join(key: &'static str, base: &str, path: &str) -> Result<Url, IonapiError> {
    let joined = format!("{}/{}", base.trim_end_matches('/'), path.trim_matches('/'));
    let url = Url::parse(&joined).map_err(|error| IonapiError::BadUrl { key, reason: error.to_string() })?;
    check_url(key, &url)?;
    Ok(url)
}

fn check_url(key: &'static str, url: &Url) -> Result<(), IonapiError> {
    let bad = |reason: &str| IonapiError::BadUrl { key, reason: reason.to_owned() };
    let host = url.host().ok_or_else(|| bad("it names no host"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it carries a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it has a query or a fragment"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&host) => Ok(()),
        "http" => Err(IonapiError::PlainHttp { key, host: host.to_string() }),
        other => Err(bad(&format!("its scheme is {other}"))),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
