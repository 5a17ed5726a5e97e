//! A reader of our own pages, strict where a browser is lenient: quoted
//! attributes, closed elements, escaped text.

/// A start tag and the text right behind it.
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
}

impl Tag {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All start tags in order; an error where an element is not closed in turn.
pub(super) fn tags(page: &str) -> Result<Vec<Tag>, String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let (mut tags, mut open) = (Vec::new(), Vec::new());
    while let Some(start) = rest.find('<') {
        let inside = &rest[start + 1..];
        let end = inside.find('>').ok_or("a tag without end")?;
        let (tag, after) = (&inside[..end], &inside[end + 1..]);
        if let Some(name) = tag.strip_prefix('/') {
            let opened: Option<String> = open.pop();
            if opened.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {opened:?}"));
            }
        } else {
            let mut read = start_tag(tag)?;
            let text = &after[..after.find('<').unwrap_or(after.len())];
            read.text = unescape(text)?;
            if read.name != "meta" {
                open.push(read.name.clone());
            }
            tags.push(read);
        }
        rest = after;
    }
    if open.is_empty() {
        Ok(tags)
    } else {
        Err(format!("left open: {open:?}"))
    }
}

fn start_tag(tag: &str) -> Result<Tag, String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").ok_or(format!("unquoted: {rest}"))?;
        let (value, after) = after.split_once('"').ok_or(format!("unclosed: {rest}"))?;
        if attributes.iter().any(|(other, _)| other == key) {
            return Err(format!("twice: {key}"));
        }
        attributes.push((key.to_owned(), unescape(value)?));
        rest = after.trim_start();
    }
    Ok(Tag {
        name: name.to_owned(),
        attributes,
        text: String::new(),
    })
}

/// What a reader sees of a page, its style left out.
pub(super) fn text_of(page: &str) -> String {
    let body = page.split("</head>").nth(1).unwrap_or_default();
    let pieces: String = body
        .split('<')
        .map(|piece| piece.split_once('>').map_or("", |(_, text)| text))
        .collect();
    unescape(&pieces).unwrap_or_default()
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = after.split_once(';').ok_or(format!("a bare &: {after}"))?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            other => return Err(format!("&{other};")),
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}
