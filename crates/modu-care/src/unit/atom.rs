//! Units that others are made of, and prefixes. Figures: UCUM 2.1, tables 2 to
//! 22; those that laboratories, wards and pharmacies use.

use super::{Scale, Unit};

/// Exponents of the base dimensions, in the order of [`BASES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dimension(pub(super) [i8; BASES]);

/// Length, time, mass, temperature, charge, amount of substance, equivalents,
/// international units, other arbitrary units, acidity, colonies.
const BASES: usize = 11;

pub(super) const MASS: usize = 2;
pub(super) const AMOUNT: usize = 5;
pub(super) const EQUIVALENTS: usize = 6;

impl Dimension {
    pub(super) const NONE: Self = Self([0; BASES]);

    /// The product, where exponents stay in range.
    pub(super) fn plus(self, other: Self, times: i8) -> Option<Self> {
        let mut sum = self;
        for (mine, theirs) in sum.0.iter_mut().zip(other.0) {
            *mine = mine.checked_add(theirs.checked_mul(times)?)?;
        }
        Some(sum)
    }
}

const NONE: [i8; BASES] = [0; BASES];
const LENGTH: [i8; BASES] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const VOLUME: [i8; BASES] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const TIME: [i8; BASES] = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const RATE: [i8; BASES] = [0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const GRAM: [i8; BASES] = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const KELVIN: [i8; BASES] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
const MOLE: [i8; BASES] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
const ENERGY: [i8; BASES] = [2, -2, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const PRESSURE: [i8; BASES] = [-1, -2, 1, 0, 0, 0, 0, 0, 0, 0, 0];
const CATALYSIS: [i8; BASES] = [0, -1, 0, 0, 0, 1, 0, 0, 0, 0, 0];
const INTERNATIONAL: [i8; BASES] = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
const EQUIVALENT: [i8; BASES] = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

/// Code, whether it takes prefixes, mantissa, exponent of ten, dimension.
type Atom = (&'static str, bool, f64, i32, [i8; BASES]);

#[rustfmt::skip]
const ATOMS: [Atom; 57] = [
    ("m", true, 1.0, 0, LENGTH),
    ("s", true, 1.0, 0, TIME),
    ("g", true, 1.0, 0, GRAM),
    ("K", true, 1.0, 0, KELVIN),
    ("C", true, 1.0, 0, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ("mol", true, 1.0, 0, MOLE),
    ("eq", true, 1.0, 0, EQUIVALENT),
    ("osm", true, 1.0, 0, MOLE),
    ("%", false, 1.0, -2, NONE),
    ("[ppth]", false, 1.0, -3, NONE),
    ("[ppm]", false, 1.0, -6, NONE),
    ("[ppb]", false, 1.0, -9, NONE),
    ("L", true, 1.0, -3, VOLUME),
    ("l", true, 1.0, -3, VOLUME),
    ("[drp]", false, 0.05, -6, VOLUME),
    ("min", false, 60.0, 0, TIME),
    ("h", false, 3_600.0, 0, TIME),
    ("d", false, 86_400.0, 0, TIME),
    ("wk", false, 604_800.0, 0, TIME),
    ("mo", false, 2_629_800.0, 0, TIME),
    ("a", false, 31_557_600.0, 0, TIME),
    ("Hz", true, 1.0, 0, RATE),
    ("Bq", true, 1.0, 0, RATE),
    ("t", true, 1.0, 6, GRAM),
    ("[lb_av]", false, 453.592_37, 0, GRAM),
    ("[oz_av]", false, 28.349_523_125, 0, GRAM),
    ("[gr]", false, 64.798_91, -3, GRAM),
    ("[in_i]", false, 2.54, -2, LENGTH),
    ("[ft_i]", false, 30.48, -2, LENGTH),
    ("[yd_i]", false, 91.44, -2, LENGTH),
    ("[mi_i]", false, 1_609.344, 0, LENGTH),
    ("N", true, 1.0, 3, [1, -2, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("J", true, 1.0, 3, ENERGY),
    ("cal", true, 4.184, 3, ENERGY),
    ("[Cal]", false, 4.184, 6, ENERGY),
    ("W", true, 1.0, 3, [2, -3, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("Pa", true, 1.0, 3, PRESSURE),
    ("bar", true, 1.0, 8, PRESSURE),
    ("atm", false, 101_325.0, 3, PRESSURE),
    ("m[Hg]", true, 133_322.387_415, 3, PRESSURE),
    ("m[H2O]", true, 9_806.65, 3, PRESSURE),
    ("A", true, 1.0, 0, [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ("V", true, 1.0, 3, [2, -2, 1, 0, -1, 0, 0, 0, 0, 0, 0]),
    ("Gy", true, 1.0, 0, [2, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("Sv", true, 1.0, 0, [2, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("kat", true, 1.0, 0, CATALYSIS),
    ("U", true, 1.0 / 60.0, -6, CATALYSIS),
    ("[IU]", true, 1.0, 0, INTERNATIONAL),
    ("[iU]", true, 1.0, 0, INTERNATIONAL),
    ("[arb'U]", false, 1.0, 0, [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
    ("[pH]", false, 1.0, 0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
    ("[CFU]", false, 1.0, 0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ("ar", true, 1.0, 2, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("[sin_i]", false, 6.4516, -4, [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ("[tsp_us]", false, 4.928_921_593_75, -6, VOLUME),
    ("[foz_us]", false, 29.573_529_562_5, -6, VOLUME),
    ("dyn", true, 1.0, -2, [1, -2, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
];

/// Scales with an offset: they stand alone, without prefix or exponent.
const SPECIAL: [(&str, f64, f64); 2] = [("Cel", 273.15, 1.0), ("[degF]", 459.67, 5.0 / 9.0)];

const PREFIXES: [(&str, i32); 20] = [
    ("da", 1),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// The unit of a code, with or without prefix.
pub(super) fn find(code: &str) -> Option<Unit> {
    if let Some(atom) = ATOMS.iter().find(|atom| atom.0 == code) {
        return Some(unit(atom, 0));
    }
    PREFIXES.iter().find_map(|(prefix, exponent)| {
        let rest = code.strip_prefix(prefix)?;
        let atom = ATOMS.iter().find(|atom| atom.1 && atom.0 == rest)?;
        Some(unit(atom, *exponent))
    })
}

fn unit(atom: &Atom, exponent: i32) -> Unit {
    Unit {
        scale: Scale {
            mantissa: atom.2,
            exponent: atom.3 + exponent,
        },
        offset: 0.0,
        dimension: Dimension(atom.4),
    }
}

/// The unit of a code whose scale has an offset.
pub(super) fn special(code: &str) -> Option<Unit> {
    let (_, offset, mantissa) = SPECIAL.iter().find(|special| special.0 == code)?;
    Some(Unit {
        scale: Scale {
            mantissa: *mantissa,
            exponent: 0,
        },
        offset: *offset,
        dimension: Dimension(KELVIN),
    })
}
