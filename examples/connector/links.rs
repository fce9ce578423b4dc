//! Links by hand, one at a time or by a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use procurify_cloudsuite::Connection;
use procurify_cloudsuite::reference::{COST_CENTER, GL_ACCOUNT, Link, LinkError, MappingLine, OTHER_INVOICE, VENDOR};
use serde_json::{Value, json};
use sync_core::{Actor, Reference};

use crate::commands::say;
use crate::config::Problem;
use crate::mapping::rows;

#[derive(Debug, clap::Subcommand)]
pub enum MappingCommand {
    /// Write what is matched, and how, and what is not.
    Export {
        /// The file to write: .csv or .toml.
        file: PathBuf,
    },
    /// Link what the file says, each line checked against both systems; if one is wrong, nothing is linked. A line that
    /// was linked by hand and has no target any more takes that link back.
    Import {
        /// The file to read: .csv or .toml, such as `export` wrote, with targets filled in.
        file: PathBuf,
        #[command(flatten)]
        who: Who,
    },
}

/// Who does something by hand.
#[derive(Debug, clap::Args)]
pub struct Who {
    /// Who does it, as the trail is to show it. Default: $USER.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Who {
    pub fn actor(&self) -> Actor {
        let user = || std::env::var("USER").ok().filter(|user| !user.trim().is_empty());
        let named = self.by.clone().filter(|by| !by.trim().is_empty());
        Actor::new(named.or_else(user).unwrap_or_else(|| "operator".to_owned()))
    }
}

impl MappingCommand {
    pub fn writes(&self) -> bool {
        matches!(self, Self::Import { .. })
    }
}

pub async fn link(connection: &Connection, wanted: Link, by: &Actor, json: bool) -> Done {
    let made = connection.link(&[wanted], by).await?;
    let line = made.first().ok_or("nothing was linked")?;
    let target = line.found.targets().first().cloned().unwrap_or_default();
    let document = json!({ "linked": { "kind": line.kind, "source": line.source, "target": target } });
    say(json, &document, || {
        if line.kind == OTHER_INVOICE {
            return format!("{target} is another invoice than bill {}: replay the bill now.", line.source);
        }
        let name = if line.label == line.source { String::new() } else { format!(" ({})", line.label) };
        format!(
            "{} {}{name} is {target} from now on; what waits for it goes on with the next sync.",
            line.kind, line.source
        )
    });
    Ok(ExitCode::SUCCESS)
}

pub async fn unlink(connection: &Connection, kind: &str, source: &str, by: &Actor, json: bool) -> Done {
    connection.unlink(kind, source, by).await?;
    say(json, &json!({ "unlinked": { "kind": kind, "source": source } }), || match kind {
        VENDOR | GL_ACCOUNT | COST_CENTER => format!("{kind} {source} is matched by itself again."),
        _ => format!("{kind} {source} is not linked any more."),
    });
    Ok(ExitCode::SUCCESS)
}

pub async fn mapping(connection: &Connection, command: &MappingCommand, json: bool) -> Done {
    match command {
        MappingCommand::Export { file } => export(connection, file, json).await,
        MappingCommand::Import { file, who } => import(connection, file, &who.actor(), json).await,
    }
}

type Done = Result<ExitCode, Problem>;

async fn export(connection: &Connection, file: &Path, json: bool) -> Done {
    let lines = connection.mapping().await?;
    let text = match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => as_csv(&lines)?,
        Some("toml") => as_toml(&lines)?,
        _ => return Err("write a .csv or a .toml file".into()),
    };
    std::fs::write(file, text).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    let open = lines.iter().filter(|line| line.target.is_none()).count();
    say(json, &json!({ "exported": lines.len(), "unmatched": open }), || {
        format!("{} lines written to {}, {open} of them without a target.", lines.len(), file.display())
    });
    Ok(ExitCode::SUCCESS)
}

/// How the column `by` calls a link by hand.
const BY_HAND: &str = "hand";

const COLUMNS: [&str; 6] = ["kind", "source", "name", "target", "by", "candidates"];

fn cells(line: &MappingLine) -> [String; 6] {
    let (target, by) = (line.target.clone().unwrap_or_default(), line.by.unwrap_or_default().to_owned());
    [line.kind.clone(), line.source.clone(), line.name.clone(), target, by, line.candidates.join(" ")]
}

fn as_csv(lines: &[MappingLine]) -> Result<String, Problem> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for line in lines {
        writer.write_record(cells(line))?;
    }
    Ok(String::from_utf8(writer.into_inner().map_err(|error| error.to_string())?)?)
}

fn as_toml(lines: &[MappingLine]) -> Result<String, Problem> {
    let entry = |line: &MappingLine| -> BTreeMap<&str, String> {
        COLUMNS.into_iter().zip(cells(line)).filter(|(_, cell)| !cell.is_empty()).collect()
    };
    let entries: Vec<BTreeMap<&str, String>> = lines.iter().map(entry).collect();
    Ok(toml::to_string(&BTreeMap::from([("line", entries)]))?)
}

async fn import(connection: &Connection, file: &Path, by: &Actor, json: bool) -> Done {
    let rows = rows(file, &["kind", "source", "target"])
        .map_err(|why| format!("nothing was imported from {}; {why}", file.display()))?;
    let known: BTreeMap<(String, String), MappingLine> =
        connection.mapping().await?.into_iter().map(|line| ((line.kind.clone(), line.source.clone()), line)).collect();
    let (mut links, mut places, mut wrong, mut taken_back) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, mut cells) in rows {
        let Some(target) = cells.remove("target") else {
            // Only of what the file itself has as linked by hand: a link that was made since stays.
            let was_linked = cells.remove("by").is_some_and(|by| by == BY_HAND);
            let line = cells.remove("kind").zip(cells.remove("source")).filter(|_| was_linked);
            taken_back.extend(line.filter(|line| known.get(line).is_some_and(|known| known.by == Some(BY_HAND))));
            continue;
        };
        let (kind, source) = match (cells.remove("kind"), cells.remove("source")) {
            (Some(kind), Some(source)) => (kind, source),
            (None, _) => {
                wrong.push((place, "it has a target and no `kind`".to_owned()));
                continue;
            }
            (_, None) => {
                wrong.push((place, "it has a target and no `source`".to_owned()));
                continue;
            }
        };
        // What was matched by itself to just this stays so, and may change by itself.
        let link = Link { kind, source, target };
        let there = known.get(&(link.kind.clone(), link.kept_source()));
        if there.is_some_and(|line| line.target.as_ref() == Some(&link.target)) {
            continue;
        }
        links.push(link);
        places.push(place);
    }
    let refused = |wrong: Vec<(String, String)>| {
        let reasons: Vec<String> = wrong.iter().map(|(place, why)| format!("{place}: {why}")).collect();
        Err(format!("nothing was imported from {}; {}", file.display(), reasons.join("; ")).into())
    };
    if !wrong.is_empty() {
        return refused(wrong);
    }
    match connection.link(&links, by).await {
        Ok(made) => {
            for (kind, source) in &taken_back {
                connection.unlink(kind, source, by).await?;
            }
            let one =
                |line: &Reference| json!({ "kind": line.kind, "source": line.source, "target": line.found.targets() });
            let other = |(kind, source): &(String, String)| json!({ "kind": kind, "source": source });
            let document = json!({
                "linked": made.iter().map(one).collect::<Vec<Value>>(),
                "unlinked": taken_back.iter().map(other).collect::<Vec<Value>>(),
            });
            say(json, &document, || {
                let links = |count| if count == 1 { "1 link".to_owned() } else { format!("{count} links") };
                let back = match taken_back.len() {
                    0 => String::new(),
                    count => format!(", {} taken back", links(count)),
                };
                format!("{} made{back}; what waits for that goes on with the next sync.", links(made.len()))
            });
            Ok(ExitCode::SUCCESS)
        }
        Err(LinkError::Wrong(refusals)) => {
            refused(refusals.into_iter().map(|link| (places[link.place].clone(), link.why)).collect())
        }
        Err(error) => Err(error.into()),
    }
}
