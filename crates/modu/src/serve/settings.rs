//! What a server is told beside its flags: `serve.toml` in its home.
//!
//! There need be none. What is in it is read once, when the server starts; a
//! key that is not known is refused, so that a misspelt one is not taken for
//! one that holds. Secrets stand in files of their own, which it names.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modu_console::{Entrance, HeaderName};
use modu_openid::Provider;
use modu_programme_net::{Hooks, HooksSettings, MailSettings, Post, SendError};
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::exit::Wrong;
use crate::home::{Home, read_limited};

/// The file in the home.
pub(crate) const SETTINGS: &str = "serve.toml";
const SCHEMA: &str = "modu.serve/1";
const MAX_BYTES: u64 = 64 << 10;
const MAX_SECRET_BYTES: u64 = 4 << 10;
const MAX_PEM_BYTES: u64 = 1 << 20;

/// What stands in `serve.toml`; where there is none, what holds without.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Always `modu.serve/1`.
    schema: String,
    /// Where visitors find the server, as they see it: the proxy's address.
    #[serde(default, deserialize_with = "root_url")]
    pub(crate) public_url: Option<Url>,
    /// The header in which the proxy before the server tells a visitor's
    /// address.
    #[serde(default, deserialize_with = "header")]
    client_address: Option<HeaderName>,
    /// Where webhooks may lead.
    #[serde(default)]
    webhooks: HooksSettings,
    /// The mail server, where letters are sent.
    mail: Option<MailSettings>,
    /// What members may put on record.
    #[serde(default)]
    runs: Runs,
    /// Who else says who somebody is.
    #[serde(default)]
    openid: Vec<Openid>,
    /// Where the home is, beside which secrets are looked for.
    #[serde(skip)]
    folder: PathBuf,
}

/// What members may put on record.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runs {
    /// MiB of each organisation in a day.
    #[serde(default, deserialize_with = "mib")]
    mib_a_day: Option<u64>,
}

/// A provider of OpenID Connect.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Openid {
    /// How it is called in addresses: small letters, digits and hyphens.
    name: String,
    /// How it is called on pages.
    label: Option<String>,
    /// Its URL, as it writes it itself.
    issuer: String,
    /// How it calls us.
    client_id: String,
    /// The file with what we show it.
    client_secret_file: Option<PathBuf>,
    /// Which assurances (`acr`) will do, the preferred first.
    #[serde(default)]
    acr_values: Vec<String>,
    /// Claims that a token must have, with these values.
    #[serde(default)]
    claims: BTreeMap<String, String>,
    /// Whether it asks for a second factor itself, so that ours is not asked
    /// for as well.
    #[serde(default)]
    vouches_second_factor: bool,
}

impl Settings {
    /// Reads the home's file, where there is one.
    pub(crate) fn read(home: &Home) -> anyhow::Result<Self> {
        let path = home.folder().join(SETTINGS);
        if !path.exists() {
            return Ok(Self {
                folder: home.folder().to_owned(),
                ..Self::default()
            });
        }
        let bytes = read_limited(&path, MAX_BYTES)?;
        let read = Self::parse(&bytes, home.folder());
        Ok(read.map_err(|problem| Wrong(format!("{}: {problem}", path.display())))?)
    }

    fn parse(bytes: &[u8], folder: &Path) -> Result<Self, String> {
        let text = str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
        let mut settings: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if settings.schema != SCHEMA {
            return Err(format!("`schema` must be \"{SCHEMA}\""));
        }
        settings.folder = folder.to_owned();
        Ok(settings)
    }

    /// Where visitors find the server, with a slash at its end.
    pub(crate) fn root(&self, listening: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.to_string(),
            None => format!("http://{listening}/"),
        }
    }

    /// What the console is told of its entrance.
    pub(crate) fn entrance(&self) -> anyhow::Result<Entrance> {
        let root = self.public_url.clone();
        if root.is_none() && !self.openid.is_empty() {
            let text = format!("{SETTINGS}: `[[openid]]` needs `public_url`, to come back to");
            return Err(Wrong(text).into());
        }
        let providers = self.openid.iter().map(|openid| self.provider(openid));
        let providers = providers.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Entrance {
            over_tls: root.as_ref().is_some_and(|url| url.scheme() == "https"),
            client_address: self.client_address.clone(),
            root,
            providers,
        })
    }

    fn provider(&self, openid: &Openid) -> anyhow::Result<Arc<Provider>> {
        let secret = openid.client_secret_file.as_deref();
        let settings = modu_openid::Settings {
            name: openid.name.clone(),
            label: openid.label.clone().unwrap_or_else(|| openid.name.clone()),
            issuer: openid.issuer.clone(),
            client_id: openid.client_id.clone(),
            client_secret: secret.map(|file| self.secret(file)).transpose()?,
            acr_values: openid.acr_values.clone(),
            claims: openid.claims.clone(),
            vouches: openid.vouches_second_factor,
        };
        let provider = Provider::new(settings);
        let provider = provider.map_err(|error| Wrong(format!("{SETTINGS}: {error}")))?;
        Ok(Arc::new(provider))
    }

    /// How many bytes each organisation may put on record in a day, where it is
    /// set.
    pub(crate) fn runs_a_day(&self) -> Option<u64> {
        self.runs.mib_a_day.map(|mib| mib << 20)
    }

    /// What sends messages to webhooks.
    pub(crate) fn hooks(&self) -> anyhow::Result<Hooks> {
        Hooks::new(&self.webhooks).map_err(not_as_set)
    }

    /// What sends letters, where a mail server is named. They carry links, so
    /// it must be known where visitors find the server.
    pub(crate) fn post(&self) -> anyhow::Result<Option<Post>> {
        let Some(mail) = &self.mail else {
            return Ok(None);
        };
        if self.public_url.is_none() {
            let text = format!("{SETTINGS}: [mail] needs public_url, for the links in letters");
            return Err(Wrong(text).into());
        }
        let file = mail.password_file.as_deref();
        let password = file.map(|file| self.secret(file)).transpose()?;
        let file = mail.ca_file.as_deref();
        let authorities = file.map(|file| read_limited(&self.folder.join(file), MAX_PEM_BYTES));
        let authorities = authorities.transpose()?;
        let post = Post::new(mail, password, authorities.as_deref());
        post.map(Some).map_err(not_as_set)
    }

    /// A secret that lies in a file, beside the home's other files unless it
    /// is named by a whole path; without the white space around it.
    pub(crate) fn secret(&self, file: &Path) -> anyhow::Result<String> {
        let path = self.folder.join(file);
        let text = String::from_utf8(read_limited(&path, MAX_SECRET_BYTES)?)
            .map_err(|_| Wrong(format!("{} is not text: expected a secret", path.display())))?;
        match text.trim() {
            "" => Err(Wrong(format!("{} holds no secret", path.display())).into()),
            secret => Ok(secret.to_owned()),
        }
    }
}

fn not_as_set(error: SendError) -> anyhow::Error {
    match error {
        SendError::Network(_) | SendError::Setting { .. } => {
            Wrong(format!("{SETTINGS}: {error}")).into()
        }
        error => error.into(),
    }
}

/// The address of the front page: everything else is below it.
fn root_url<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(text)?;
    let plain = |url: &Url| {
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        matches!(url.scheme(), "http" | "https") && url.path() == "/" && bare
    };
    match Url::parse(&text).ok().filter(plain) {
        Some(url) => Ok(Some(url)),
        None => Err(serde::de::Error::custom(
            "expected \"https://ax.example/\" or the like",
        )),
    }
}

/// At least several of the largest runs, at most what no disk has.
fn mib<'de, D: Deserializer<'de>>(number: D) -> Result<Option<u64>, D::Error> {
    let number = u64::deserialize(number)?;
    match (64..=1 << 30).contains(&number) {
        true => Ok(Some(number)),
        false => Err(serde::de::Error::custom(
            "expected MiB, from 64 to 1073741824",
        )),
    }
}

fn header<'de, D: Deserializer<'de>>(text: D) -> Result<Option<HeaderName>, D::Error> {
    let text = String::deserialize(text)?;
    let name = text.parse().map_err(serde::de::Error::custom)?;
    Ok(Some(name))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text.as_bytes(), Path::new("/home"))
    }

    #[test]
    fn settings_say_where_visitors_find_the_server() {
        let listening = "127.0.0.1:8080".parse().unwrap();
        let told = parse("schema = \"modu.serve/1\"\npublic_url = \"https://ax.example\"").unwrap();
        assert_eq!(told.root(listening), "https://ax.example/");
        assert!(told.entrance().unwrap().over_tls);
        assert_eq!(
            Settings::default().root(listening),
            "http://127.0.0.1:8080/"
        );
    }

    #[test]
    fn settings_say_how_much_may_be_put_on_record_in_a_day() {
        let told = parse("schema = \"modu.serve/1\"\n[runs]\nmib_a_day = 1024").unwrap();
        assert_eq!(told.runs_a_day(), Some(1 << 30));
        assert_eq!(Settings::default().runs_a_day(), None);
    }

    #[test]
    fn letters_need_to_know_where_their_links_lead() {
        let mail = "[mail]\nserver = \"localhost\"\ntls = \"none\"\nfrom = \"a@b.example\"";
        let told = parse(&format!("schema = \"modu.serve/1\"\n{mail}")).unwrap();
        assert!(told.post().unwrap_err().to_string().contains("public_url"));
        let root = "public_url = \"https://ax.example\"";
        let told = parse(&format!("schema = \"modu.serve/1\"\n{root}\n{mail}")).unwrap();
        assert!(told.post().unwrap().is_some());
        let wrong = "schema = \"modu.serve/1\"\n[webhooks]\nallow = [\"10.0.0.0\"]";
        assert!(parse(wrong).unwrap().hooks().is_err());
        assert!(Settings::default().hooks().is_ok());
    }

    #[test]
    fn a_provider_is_read_with_its_secret_and_needs_a_way_back() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("id.secret"), "s3cret\n").unwrap();
        let provider = "[[openid]]\nname = \"id\"\nissuer = \"https://id.example\"\n\
            client_id = \"modu\"\nclient_secret_file = \"id.secret\"\n\
            acr_values = [\"high\"]\n[openid.claims]\nverified = \"true\"\n";
        let public = "public_url = \"https://ax.example/\"\n";
        let read = |text: String| Settings::parse(text.as_bytes(), folder.path()).unwrap();
        let entrance = read(format!("schema = \"modu.serve/1\"\n{public}{provider}"));
        let entrance = entrance.entrance().unwrap();
        let told = entrance.providers[0].settings();
        assert_eq!(told.client_secret.as_deref(), Some("s3cret"));
        assert_eq!((told.label.as_str(), told.vouches), ("id", false));
        assert_eq!(told.claims["verified"], "true");
        let without = read(format!("schema = \"modu.serve/1\"\n{provider}"));
        assert!(without.entrance().is_err());
        std::fs::write(folder.path().join("id.secret"), "\n").unwrap();
        let empty = read(format!("schema = \"modu.serve/1\"\n{public}{provider}"));
        assert!(empty.entrance().is_err());
    }

    #[test]
    fn what_is_not_known_or_not_right_is_refused() {
        for wrong in [
            "",
            "schema = \"modu.serve/2\"",
            "schema = \"modu.serve/1\"\npublik_url = \"https://ax.example\"",
            "schema = \"modu.serve/1\"\npublic_url = \"ftp://ax.example\"",
            "schema = \"modu.serve/1\"\npublic_url = \"https://ax.example/below/\"",
            "schema = \"modu.serve/1\"\npublic_url = \"https://kim@ax.example/\"",
            "schema = \"modu.serve/1\"\nclient_address = \"no header\"",
            "schema = \"modu.serve/1\"\n[webhooks]\nalow = []",
            "schema = \"modu.serve/1\"\n[mail]\nserver = \"localhost\"",
            "schema = \"modu.serve/1\"\n[runs]\nmib_a_day = 63",
            "schema = \"modu.serve/1\"\n[runs]\nmib_a_day = -1",
            "schema = \"modu.serve/1\"\n[runs]\nmib_a_day = 1073741825",
            "schema = \"modu.serve/1\"\n[runs]\ngib_a_day = 1",
            "schema = \"modu.serve/1\"\n[mail]\nserver = \"a\"\nfrom = \"b@c\"\npassword = \"d\"",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(Settings::parse(&[0xff], Path::new("/home")).is_err());
    }
}
