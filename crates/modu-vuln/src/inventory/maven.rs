//! `pom.xml`: the dependencies that a Maven project names itself.
//!
//! Properties and `dependencyManagement` are resolved within the file. What
//! comes from a parent, an imported list or another repository is not in it:
//! such a dependency has no version here, and nothing is decided of it. Nor are
//! the dependencies of dependencies in it; a CycloneDX list made by the build
//! has them.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::written::component;
use super::{Component, Inventory};
use crate::{VulnError, limits};

/// Properties that stand on properties.
const RESOLUTIONS: usize = 16;

/// Of one `dependency`, by the names of its members.
type Dependency = BTreeMap<String, String>;

#[derive(Default)]
struct Project {
    /// `groupId`, `artifactId`, `version`, and the same of `parent.`.
    own: BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
    managed: Vec<Dependency>,
    dependencies: Vec<Dependency>,
}

/// All dependencies, those of profiles among them; what an imported list
/// manages stays without a version.
pub(super) fn parse(text: &str) -> Result<Inventory<'static>, VulnError> {
    let project = Project::read(text)?;
    let own = |name: &str| project.resolved(project.own_value(name)?);
    let artifact = own("artifactId").unwrap_or_default();
    let asset = match own("groupId") {
        Some(group) => format!("{group}:{artifact}"),
        None => artifact,
    };
    let components = project.dependencies.iter();
    Ok(Inventory {
        asset: asset.into(),
        components: components.map(|it| project.component(it)).collect(),
    })
}

impl Project {
    fn read(text: &str) -> Result<Self, VulnError> {
        let mut reader = Reader::from_str(text);
        let mut project = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut words = String::new();
        loop {
            let place = reader.buffer_position();
            let at = |problem: String| VulnError::at(format!("byte {place}"), problem);
            match reader.read_event().map_err(|error| at(error.to_string()))? {
                Event::Start(start) => {
                    if path.len() == limits::DEPTH {
                        return Err(VulnError::TooMany {
                            what: "elements one within the other",
                            limit: limits::DEPTH as u64,
                        });
                    }
                    path.push(start.local_name().as_ref().to_owned());
                    words.clear();
                    project.open(&path);
                }
                Event::Text(part) => words.push_str(&part.xml10_content()),
                // What an entity stands for is not looked up.
                Event::GeneralRef(_) => words.push('\u{fffd}'),
                Event::End(_) => {
                    project.close(&path, words.trim());
                    words.clear();
                    path.pop();
                }
                Event::DocType(_) => return Err(at("a document type is not read here".into())),
                Event::Eof if path.is_empty() => return Ok(project),
                Event::Eof => return Err(at("the file ends within an element: it was cut".into())),
                _ => {}
            }
        }
    }

    fn open(&mut self, path: &[String]) {
        match below(path).as_slice() {
            ["dependencies", "dependency"] => self.dependencies.push(Dependency::new()),
            ["dependencyManagement", "dependencies", "dependency"] => {
                self.managed.push(Dependency::new());
            }
            _ => {}
        }
    }

    fn close(&mut self, path: &[String], text: &str) {
        let keep = |of: Option<&mut Dependency>, name: &str| {
            if let Some(of) = of {
                of.insert(name.to_owned(), text.to_owned());
            }
        };
        match below(path).as_slice() {
            [name @ ("groupId" | "artifactId" | "version")] => keep(Some(&mut self.own), name),
            ["parent", name] => keep(Some(&mut self.own), &format!("parent.{name}")),
            ["properties", name] => keep(Some(&mut self.properties), name),
            ["dependencies", "dependency", name] => keep(self.dependencies.last_mut(), name),
            ["dependencyManagement", "dependencies", "dependency", name] => {
                keep(self.managed.last_mut(), name);
            }
            _ => {}
        }
    }

    /// A value of the project, or what it has from its parent.
    fn own_value(&self, name: &str) -> Option<&str> {
        let parent = || self.own.get(&format!("parent.{name}"));
        self.own.get(name).or_else(parent).map(String::as_str)
    }

    /// A text with its properties put in; none where one is not known.
    fn resolved(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for _ in 0..RESOLUTIONS {
            let Some((before, rest)) = text.split_once("${") else {
                return (!text.is_empty() && !text.contains('\u{fffd}')).then_some(text);
            };
            let (name, after) = rest.split_once('}')?;
            let of_project = ["project.", "pom."]
                .iter()
                .find_map(|start| name.strip_prefix(start))
                .and_then(|name| self.own_value(name));
            let value = of_project.or_else(|| self.properties.get(name).map(String::as_str))?;
            text = format!("{before}{value}{after}");
            if text.len() > limits::PURL_BYTES {
                return None;
            }
        }
        None
    }

    fn member(&self, dependency: &Dependency, name: &str) -> Option<String> {
        self.resolved(dependency.get(name)?)
    }

    fn component(&self, dependency: &Dependency) -> Component<'static> {
        let named = |of: &Dependency| (self.member(of, "groupId"), self.member(of, "artifactId"));
        let (group, artifact) = named(dependency);
        let is_managed = |managed: &&Dependency| {
            let import = managed.get("scope").is_some_and(|scope| scope == "import");
            !import && named(managed) == (group.clone(), artifact.clone())
        };
        let written = match dependency.contains_key("version") {
            true => self.member(dependency, "version"),
            false => {
                let managed = self.managed.iter().find(is_managed);
                managed.and_then(|managed| self.member(managed, "version"))
            }
        };
        let version = written.as_deref().and_then(exact);
        let group = group.unwrap_or_else(|| "unknown".to_owned());
        let artifact = artifact.unwrap_or_else(|| "unknown".to_owned());
        component("maven", Some(&group), &artifact, version)
    }
}

/// A version that is no range: `1.0`, or `[1.0]`.
fn exact(version: &str) -> Option<&str> {
    let inner = version
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'));
    let version = inner.unwrap_or(version);
    let floats = matches!(version, "LATEST" | "RELEASE");
    (!floats && !version.contains([',', '[', '(', ']', ')'])).then_some(version)
}

/// The path below the project, or below one of its profiles.
fn below(path: &[String]) -> Vec<&str> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["project", "profiles", "profile", below @ ..] | ["project", below @ ..] => below.to_vec(),
        _ => Vec::new(),
    }
}
