//! Looking at every page and every form that somebody can get to, as a visitor
//! would: by its links, so that a new page is looked at without being named.

use std::collections::{BTreeMap, BTreeSet};

use crate::server::{Browser, Shown};

/// More pages than there are: a trap of links that never end.
const MOST: usize = 600;

/// A form as it stands in a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_sent: bool,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether people write into it, rather than choose.
    pub(crate) is_written: bool,
}

impl Form {
    /// Its fields without the session's key, each with a value that a browser
    /// would take.
    pub(crate) fn filled(&self) -> Vec<(&str, &str)> {
        let fields = self.fields.iter();
        fields
            .map(|field| (field.name.as_str(), field.value.as_str()))
            .collect()
    }

    /// The same with a text in those fields that `wanted` chooses.
    pub(crate) fn with<'f>(
        &'f self,
        text: &'f str,
        wanted: impl Fn(usize, &Field) -> bool,
    ) -> Vec<(&'f str, &'f str)> {
        let fields = self.fields.iter().enumerate();
        fields
            .map(|(place, field)| match wanted(place, field) {
                true => (field.name.as_str(), text),
                false => (field.name.as_str(), field.value.as_str()),
            })
            .collect()
    }
}

/// All pages that a browser gets to, by their paths.
pub(crate) async fn crawl(browser: &Browser) -> BTreeMap<String, Shown> {
    let places = modu_console::addresses().into_iter();
    let mut ahead: Vec<String> = places
        .filter(|(method, pattern)| *method == "GET" && !pattern.contains("{}"))
        .map(|(_, pattern)| pattern.to_owned())
        .collect();
    let mut seen: BTreeSet<String> = ahead.iter().cloned().collect();
    let mut pages = BTreeMap::new();
    while let Some(path) = ahead.pop() {
        let page = browser.get(&path).await;
        for tag in tags(&page) {
            let Some(to) = attribute(tag, "href").or_else(|| attribute(tag, "src")) else {
                continue;
            };
            let to = to.split('#').next().unwrap_or_default().to_owned();
            let is_ours = to.starts_with('/') && !to.starts_with("//");
            let is_new = !to.starts_with("/language/") && !to.starts_with("/sign-in?");
            if is_ours && is_new && seen.insert(to.clone()) {
                ahead.push(to);
            }
        }
        pages.insert(path, page);
        assert!(pages.len() < MOST, "links without end: {:?}", pages.keys());
    }
    pages
}

/// The forms of pages, each once.
pub(crate) fn forms(pages: &BTreeMap<String, Shown>) -> BTreeSet<Form> {
    pages.values().flat_map(forms_of).collect()
}

fn forms_of(page: &Shown) -> Vec<Form> {
    let (mut found, mut open): (Vec<Form>, Option<Form>) = (Vec::new(), None);
    let mut select: Option<String> = None;
    for tag in tags(page) {
        let name = tag.split([' ', '>']).next().unwrap_or_default();
        match (name, open.as_mut()) {
            ("form", _) => {
                open = Some(Form {
                    action: attribute(tag, "action").unwrap_or_default(),
                    is_sent: attribute(tag, "method").as_deref() == Some("post"),
                    fields: Vec::new(),
                });
            }
            ("/form", Some(_)) => found.extend(open.take()),
            ("input" | "textarea", Some(form)) => form.fields.extend(field(tag)),
            ("select", Some(_)) => select = attribute(tag, "name"),
            ("option", Some(form)) => {
                // The first choice stands for the others.
                if let Some(name) = select.take() {
                    let value = attribute(tag, "value").unwrap_or_default();
                    form.fields.push(Field {
                        name,
                        value,
                        is_written: false,
                    });
                }
            }
            _ => {}
        }
    }
    found
}

fn field(tag: &str) -> Option<Field> {
    let name = attribute(tag, "name").filter(|name| name != "form_key")?;
    let kind = attribute(tag, "type").unwrap_or_default();
    let is_written = matches!(
        kind.as_str(),
        "" | "text" | "password" | "search" | "email" | "url" | "tel"
    );
    let given = attribute(tag, "value").filter(|value| !value.is_empty());
    let value = given.unwrap_or_else(|| match kind.as_str() {
        "number" => "1".to_owned(),
        "datetime-local" => "2099-01-01T00:00".to_owned(),
        // A pattern that an empty value has as well.
        _ if attribute(tag, "pattern").is_some() => String::new(),
        _ => "글".to_owned(),
    });
    Some(Field {
        name,
        value,
        is_written,
    })
}

/// What stands between `<` and `>` in a page, where nothing of it is escaped.
fn tags(page: &Shown) -> impl Iterator<Item = &str> {
    let kind = page.headers.get("content-type");
    let is_page = kind.is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
    let body = if is_page { page.body.as_str() } else { "" };
    body.split('<').skip(1).filter_map(|tag| {
        let (tag, _) = tag.split_once('>')?;
        Some(tag)
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let plain = value.replace("&lt;", "<").replace("&gt;", ">");
    Some(plain.replace("&quot;", "\"").replace("&amp;", "&"))
}

/// Whether a path has a pattern's form.
pub(crate) fn is_like(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let mut parts = pattern.iter().zip(&path);
    pattern.len() == path.len() && parts.all(|(a, b)| a == b || *a == "{}")
}
