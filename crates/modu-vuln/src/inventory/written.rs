//! Package URLs for components of lists that have none themselves.

use super::Component;

/// A package URL; parts are escaped as ECMA-427 asks.
pub(super) fn package_url(
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    version: Option<&str>,
    qualifiers: &[(&str, &str)],
) -> String {
    let mut url = format!("pkg:{kind}/");
    for part in namespace.into_iter().flat_map(|it| it.split('/')) {
        escape(part, &mut url);
        url.push('/');
    }
    escape(name, &mut url);
    if let Some(version) = version {
        url.push('@');
        escape(version, &mut url);
    }
    let mut sign = '?';
    for (key, value) in qualifiers.iter().filter(|(_, value)| !value.is_empty()) {
        url.push(sign);
        url.push_str(key);
        url.push('=');
        escape(value, &mut url);
        sign = '&';
    }
    url
}

fn escape(text: &str, url: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                url.push(char::from(byte));
            }
            byte => url.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// A component with a package URL of its name and version.
pub(super) fn component(
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    version: Option<&str>,
) -> Component<'static> {
    let full = namespace.map_or_else(|| name.to_owned(), |it| format!("{it}/{name}"));
    Component {
        purl: Some(package_url(kind, namespace, name, version, &[]).into()),
        version: version.map(|version| version.to_owned().into()),
        name: full.into(),
        cpe: None,
    }
}

/// A component of which nothing can be said, such as a file that is named and
/// was not handed in.
pub(super) fn unnamed(name: &str) -> Component<'static> {
    Component {
        name: name.to_owned().into(),
        version: None,
        purl: None,
        cpe: None,
    }
}
