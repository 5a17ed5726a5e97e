//! Real advisories, where `MODU_DATA` names the folder that holds them.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

/// The files of an archive whose names end so, each as text; none without
/// the shared data.
pub(crate) fn texts(archive: &str, ending: &str) -> Option<Vec<(PathBuf, String)>> {
    let Some(data) = std::env::var_os("MODU_DATA") else {
        println!("skipped: no MODU_DATA");
        return None;
    };
    let path = PathBuf::from(data).join("advisories").join(archive);
    let file = zstd::Decoder::new(File::open(path).unwrap()).unwrap();
    let mut texts = Vec::new();
    for entry in tar::Archive::new(file).entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        if path.to_string_lossy().ends_with(ending) {
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            texts.push((path, text));
        }
    }
    texts.sort();
    Some(texts)
}
