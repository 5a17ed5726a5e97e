//! Where in a file something was found.

use std::fmt;

/// A place in an ONNX file, for the reader of an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A byte of the file, counted from 0.
    Byte(usize),
    /// A node of the graph.
    Node {
        /// Its position in the file, counted from 0.
        index: usize,
        /// Its name, often empty.
        name: String,
        /// Its operator, such as `MatMul`.
        operator: String,
    },
    /// A constant tensor (an *initializer*).
    Initializer {
        /// Its position in the file, counted from 0.
        index: usize,
        /// Its name.
        name: String,
    },
    /// An input of the graph, by name.
    Input(String),
    /// An output of the graph, by name.
    Output(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the model file"),
            Self::Byte(offset) => write!(f, "byte {offset} of the model file"),
            Self::Node {
                index,
                name,
                operator,
            } => {
                write!(f, "node {index} ({}", Shown(operator))?;
                if !name.is_empty() {
                    write!(f, " `{}`", Shown(name))?;
                }
                f.write_str(")")
            }
            Self::Initializer { index, name } => {
                write!(f, "initializer {index} (`{}`)", Shown(name))
            }
            Self::Input(name) => write!(f, "input `{}`", Shown(name)),
            Self::Output(name) => write!(f, "output `{}`", Shown(name)),
        }
    }
}

/// A stranger's text made fit to be shown: control characters escaped, and cut
/// after [`Shown::LONGEST`] characters.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl Shown<'_> {
    const LONGEST: usize = 60;
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, character) in self.0.chars().enumerate() {
            if count == Self::LONGEST {
                return f.write_str("...");
            }
            // Bidirectional marks would let a name rewrite the line around it.
            let turns = matches!(character, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if character.is_control() || turns {
                write!(f, "{}", character.escape_unicode())?;
            } else {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}
