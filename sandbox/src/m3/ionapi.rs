//! The `.ionapi` file of the simulated tenant.

use serde_json::json;

use super::M3Config;

pub(super) const CLIENT_SECRET: &str = "sandbox$client+secret";
pub(super) const SECRET_KEY: &str = "sandbox#secret&key";
pub(super) const TOKEN: &str = "token.oauth2";
pub(super) const REVOKE: &str = "revoke_token.oauth2";

pub(super) fn client_id(tenant: &str) -> String {
    format!("{tenant}~sandbox")
}

pub(super) fn access_key(tenant: &str) -> String {
    format!("{tenant}#sandbox")
}

pub(super) fn file(config: &M3Config, base: &str) -> String {
    let tenant = &config.tenant;
    json!({
        "ti": tenant,
        "cn": "Sandbox",
        "dt": "12",
        "ci": client_id(tenant),
        "cs": CLIENT_SECRET,
        "iu": base,
        "pu": format!("{base}/{tenant}/as/"),
        "oa": "authorization.oauth2",
        "ot": TOKEN,
        "or": REVOKE,
        "sc": [],
        "ev": "U1234567890",
        "v": "1.1",
        "saak": access_key(tenant),
        "sask": SECRET_KEY,
    })
    .to_string()
}
