//! Choosing the inputs that the repository keeps.
//!
//! libFuzzer's merge tells which features of the code each input reaches. Of
//! the seeds, of what was kept and of what was found, those are taken that add
//! the most features for their size, until the room of a target is full.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::{LARGEST, beginnings, made};
use crate::command;

/// Bytes that a target keeps at most, and inputs.
const ROOM: u64 = 32 << 10;
const MOST: usize = 48;

/// Chooses anew for each target.
pub(super) fn keep(chosen: &[super::Target], programs: &Path, folder: &Path) -> anyhow::Result<()> {
    for (name, _) in chosen {
        let [seeds, kept] = beginnings(name, programs, folder)?;
        let sources = [seeds, kept.clone(), folder.join("found").join(name)];
        let reached = reached(name, programs, folder, &sources)?;
        let inputs = choose(reached);
        write(&inputs, &kept)?;
        println!("{name}: {} inputs are kept", inputs.len());
    }
    Ok(())
}

/// An input and the features that it alone or with others reaches.
struct Reached {
    path: PathBuf,
    size: u64,
    features: Vec<u32>,
}

fn reached(
    name: &str,
    programs: &Path,
    folder: &Path,
    sources: &[PathBuf],
) -> anyhow::Result<Vec<Reached>> {
    let control = folder.join(format!("{name}.merge"));
    let merged = folder.join("merged").join(name);
    for old in [&merged, &control] {
        let _ = std::fs::remove_dir_all(old).or_else(|_| std::fs::remove_file(old));
    }
    let mut program = Command::new(programs.join(name));
    program
        .args(["-merge=1", LARGEST, "-rss_limit_mb=2048"])
        .arg(format!("-merge_control_file={}", control.display()))
        .arg(made(&merged)?)
        .args(sources)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command::run(&mut program)?;
    let text = std::fs::read_to_string(&control)
        .with_context(|| format!("cannot read {}", control.display()))?;
    let inputs = read_control(&text);
    let sized = inputs.into_iter().filter_map(|(path, features)| {
        let size = std::fs::metadata(&path).ok()?.len();
        Some(Reached {
            path,
            size,
            features,
        })
    });
    Ok(sized.collect())
}

/// The inputs of a merge's control file with their features: the number of
/// files, the number of old ones, the paths, then a line `FT <file> <feature>
/// ...` for each file.
fn read_control(text: &str) -> Vec<(PathBuf, Vec<u32>)> {
    let mut lines = text.lines();
    let count = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    let paths: Vec<_> = lines.skip(1).take(count).map(PathBuf::from).collect();
    let mut features: HashMap<usize, Vec<u32>> = HashMap::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("FT ") else {
            continue;
        };
        let mut numbers = rest.split(' ');
        if let Some(file) = numbers.next().and_then(|word| word.parse().ok()) {
            let reached = numbers.filter_map(|word| word.parse::<u32>().ok());
            features.entry(file).or_default().extend(reached);
        }
    }
    let inputs = paths.into_iter().enumerate();
    inputs
        .map(|(place, path)| (path, features.remove(&place).unwrap_or_default()))
        .collect()
}

/// Takes again and again the input that adds the most features for its size.
fn choose(mut inputs: Vec<Reached>) -> Vec<Reached> {
    let mut known = HashSet::new();
    let (mut chosen, mut room) = (Vec::new(), ROOM);
    while chosen.len() < MOST {
        let gain = |input: &Reached| {
            let new = input
                .features
                .iter()
                .filter(|it| !known.contains(*it))
                .count();
            // The fixed part: that many small files are no gain.
            new as f64 / (input.size + 256) as f64
        };
        inputs.retain(|input| input.size <= room && gain(input) > 0.0);
        let gains = inputs.iter().map(gain).enumerate();
        let best = gains.max_by(|(_, one), (_, other)| one.total_cmp(other));
        let Some((best, _)) = best else { break };
        let input = inputs.swap_remove(best);
        known.extend(input.features.iter().copied());
        room -= input.size;
        chosen.push(input);
    }
    chosen
}

/// Replaces the kept inputs by the chosen ones.
fn write(inputs: &[Reached], kept: &Path) -> anyhow::Result<()> {
    let read = |input: &Reached| std::fs::read(&input.path);
    let contents: Vec<Vec<u8>> = inputs.iter().map(read).collect::<Result<_, _>>()?;
    for entry in std::fs::read_dir(kept)? {
        std::fs::remove_file(entry?.path())?;
    }
    for (place, content) in contents.iter().enumerate() {
        std::fs::write(kept.join(format!("{place:02}.bin")), content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_with_most_features_for_their_size_are_chosen_first() {
        let text = "3\n0\n/a\n/b\n/c\nSTARTED 0 5\nFT 0 1 2\nCOV 0 7\nFT 1 1 2 3\nFT 2 2\n";
        let inputs = read_control(text);
        assert_eq!(inputs[1], (PathBuf::from("/b"), vec![1, 2, 3]));
        let sized = inputs.into_iter().zip([10, 20, 10]);
        let inputs = sized.map(|((path, features), size)| Reached {
            path,
            size,
            features,
        });
        let chosen = choose(inputs.collect());
        assert_eq!(chosen.len(), 1, "/b reaches all that the others do");
        assert_eq!(chosen[0].path, PathBuf::from("/b"));
    }
}
