//! Files that a person reads when they change. To write them again, run the
//! tests with `MODU_WRITE_GOLDEN=1` and look at the difference.

use std::path::Path;

pub(crate) fn assert_golden(name: &str, found: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("MODU_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
        return;
    }
    let expected = std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; MODU_WRITE_GOLDEN=1 writes it", path.display())
    });
    let (expected, found) = (
        String::from_utf8_lossy(&expected),
        String::from_utf8_lossy(found),
    );
    for (index, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "{name}, line {}", index + 1);
    }
    assert_eq!(
        expected.lines().count(),
        found.lines().count(),
        "{name}: lines"
    );
}
