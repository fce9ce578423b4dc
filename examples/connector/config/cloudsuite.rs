//! The `[cloudsuite]` section: the tenant, how it is logged in to, and its product.

use std::path::{Path, PathBuf};

use cloudsuite_client::{ClientAuthentication, CloudSuiteBuilder, CloudSuiteClient, Ionapi, Mongoose, SecretString};
use serde::Deserialize;
use tenant_http::ExposeSecret;

use super::m3::M3;
use super::odata::OData;
use super::syteline::SyteLine;
use super::{Place, Problem, Text, address, duration};

#[derive(Debug, Deserialize)]
pub(super) struct CloudSuite {
    /// The service account at ION; in its place, SyteLine on premise has `mongoose`.
    ionapi: Option<Text>,
    mongoose: Option<MongooseLogin>,
    pub(super) product: String,
    #[serde(default = "default_rate")]
    pub(super) requests_per_minute: u32,
    logins_per_minute: Option<u32>,
    /// Where client id and secret go in a token request: "body" or "basic".
    client_authentication: Option<Authentication>,
    /// In place of gateway and tenant of the `.ionapi` file.
    base_url: Option<String>,
    /// A file of PEM.
    root_certificate: Option<PathBuf>,
    /// Where freight of bills goes that Procurify has on no account.
    pub(super) freight_account: Option<String>,
    pub(super) freight_cost_center: Option<String>,
    /// Where discounts of bills go that Procurify has on no account.
    pub(super) discount_account: Option<String>,
    pub(super) discount_cost_center: Option<String>,
    pub(super) m3: Option<M3>,
    pub(super) syteline: Option<SyteLine>,
    pub(super) odata: Option<OData>,
}

/// A user of a SyteLine server that is reached without ION.
#[derive(Debug, Deserialize)]
struct MongooseLogin {
    server: String,
    user: String,
    password: Text,
    service_path: Option<String>,
    token_life: Option<Text>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Authentication {
    Body,
    Basic,
}

fn default_rate() -> u32 {
    300
}

impl CloudSuite {
    /// Where its secrets are to be found.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Text> {
        self.ionapi.iter().chain(self.mongoose.iter().map(|login| &login.password))
    }

    pub(super) fn is_ionapi(&self, name: &str) -> bool {
        self.ionapi.as_ref().is_some_and(|text| text.is_in_vault_as(name))
    }

    pub(super) fn tokens_of(&self, name: &str) -> Option<&'static str> {
        let password = || self.mongoose.as_ref().is_some_and(|login| login.password.is_in_vault_as(name));
        if self.is_ionapi(name) { Some("cloudsuite/") } else { password().then_some("mongoose/") }
    }

    pub(super) async fn client(&self, place: &Place<'_>) -> Result<CloudSuiteClient, Problem> {
        let mut builder = self.login(place).await?.requests_per_minute(self.requests_per_minute);
        if let Some(logins) = self.logins_per_minute {
            builder = builder.logins_per_minute(logins);
        }
        if let Some(path) = self.m3.as_ref().and_then(|m3| m3.path.as_deref()) {
            builder = builder.m3_path(plain_path("cloudsuite.m3.path", path)?);
        }
        if let Some(path) = self.syteline.as_ref().and_then(|syteline| syteline.service_path.as_deref()) {
            plain_path("cloudsuite.syteline.service_path", path)?;
        }
        if let Some(file) = &self.root_certificate {
            builder = builder.extra_root_pem(certificate(&place.folder.join(file))?);
        }
        if let Some(tokens) = place.tokens() {
            builder = builder.token_cache(tokens);
        }
        Ok(builder.build()?)
    }

    async fn login(&self, place: &Place<'_>) -> Result<CloudSuiteBuilder, Problem> {
        match (&self.ionapi, &self.mongoose) {
            (Some(ionapi), None) => self.through_ion(ionapi, place).await,
            (None, Some(login)) => self.on_premise(login, place).await,
            (Some(_), Some(_)) => Err("cloudsuite has both `ionapi` and [cloudsuite.mongoose]: leave one out".into()),
            (None, None) => {
                Err("cloudsuite has no `ionapi`: name the file, or for SyteLine without ION add [cloudsuite.mongoose]"
                    .into())
            }
        }
    }

    async fn through_ion(&self, ionapi: &Text, place: &Place<'_>) -> Result<CloudSuiteBuilder, Problem> {
        let ionapi = ionapi.read("cloudsuite.ionapi", place).await?;
        let mut builder = CloudSuiteClient::builder(Ionapi::parse(ionapi.expose_secret().as_bytes())?);
        if let Some(url) = &self.base_url {
            builder = builder.base_url(address("cloudsuite.base_url", url)?);
        }
        Ok(builder.client_authentication(match self.client_authentication {
            Some(Authentication::Basic) => ClientAuthentication::Basic,
            Some(Authentication::Body) | None => ClientAuthentication::Body,
        }))
    }

    async fn on_premise(&self, login: &MongooseLogin, place: &Place<'_>) -> Result<CloudSuiteBuilder, Problem> {
        let Some(syteline) = self.syteline.as_ref().filter(|_| self.product == "syteline") else {
            let product = &self.product;
            return Err(format!("[cloudsuite.mongoose] is for SyteLine, not for `{product}`: name an `ionapi`").into());
        };
        if self.base_url.is_some() || self.client_authentication.is_some() {
            let which = "cloudsuite.base_url and client_authentication are for logins through ION";
            return Err(format!("{which}: leave them out beside [cloudsuite.mongoose]").into());
        }
        let server = address("cloudsuite.mongoose.server", &login.server)?;
        let password = login.password.read("cloudsuite.mongoose.password", place).await?;
        let password = SecretString::from(password.expose_secret().trim_end_matches(['\r', '\n']));
        let mut mongoose = Mongoose::new(server, &syteline.configuration, &login.user, password);
        if let Some(path) = &login.service_path {
            mongoose = mongoose.service_path(plain_path("cloudsuite.mongoose.service_path", path)?);
        }
        if let Some(life) = &login.token_life {
            mongoose = mongoose.token_life(duration("cloudsuite.mongoose.token_life", life)?);
        }
        Ok(CloudSuiteClient::on_premise(mongoose))
    }
}

/// A path under an address that is set elsewhere.
fn plain_path<'a>(what: &str, path: &'a str) -> Result<&'a str, Problem> {
    if path.trim_matches('/').is_empty() || path.contains("://") || path.contains(['?', '#', ' ']) {
        return Err(format!("{what} `{path}` is no path: write it without host and query, such as /A/b").into());
    }
    Ok(path)
}

/// A certificate in PEM, from a file.
fn certificate(path: &Path) -> Result<Vec<u8>, Problem> {
    let wrong = |why: &str| format!("cloudsuite.root_certificate {}: {why}", path.display());
    let pem = std::fs::read(path).map_err(|error| wrong(&format!("it cannot be read ({error}): check the path")))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(wrong("it holds no certificate: export one as PEM").into());
    }
    Ok(pem)
}
