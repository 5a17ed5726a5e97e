//! The plant's own list of its assets: a CSV as engineers keep it in a
//! spreadsheet, one line for each controller, switch or server.
//!
//! Columns are found by their names, in English or Korean, in any order;
//! others are left alone. Korean spreadsheets save such files as code page 949
//! unless they are told otherwise, so that is read as well.

use std::borrow::Cow;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cpe::Cpe;
use crate::table::line_of;
use crate::{VulnError, limits};

/// One asset of a plant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asset {
    /// Its identifier; no two are alike.
    pub asset: String,
    /// Who made it.
    pub vendor: String,
    /// The product.
    pub product: String,
    /// The model, or the number it is ordered by.
    pub model: Option<String>,
    /// The version of its firmware or software.
    pub firmware: Option<String>,
    /// Its CPE name, for what CVE records say of it.
    pub cpe: Option<Cpe>,
    /// The plant.
    pub site: Option<String>,
    /// The zone of its network.
    pub zone: Option<String>,
    /// Who can reach it.
    pub exposure: Option<Exposure>,
    /// How much depends on it.
    pub criticality: Option<Criticality>,
}

/// Who can reach an asset.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// Nobody over a network.
    Isolated,
    /// Its own network.
    Internal,
    /// A neighbouring network, such as the office's.
    Adjacent,
    /// Everybody.
    Internet,
}

/// How much depends on an asset.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Lives, or the whole plant.
    VeryHigh,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Column {
    Asset,
    Vendor,
    Product,
    Model,
    Firmware,
    Site,
    Zone,
    Exposure,
    Criticality,
    Cpe,
}

const COLUMNS: [(Column, [&str; 3]); 10] = [
    (Column::Asset, ["asset", "자산", "자산번호"]),
    (Column::Vendor, ["vendor", "제조사", "공급사"]),
    (Column::Product, ["product", "제품", "제품명"]),
    (Column::Model, ["model", "모델", "모델명"]),
    (Column::Firmware, ["firmware", "펌웨어", "버전"]),
    (Column::Site, ["site", "사업장", "현장"]),
    (Column::Zone, ["zone", "구역", "망"]),
    (Column::Exposure, ["exposure", "노출", "노출도"]),
    (Column::Criticality, ["criticality", "중요도", "등급"]),
    (Column::Cpe, ["cpe", "cpe23", "cpename"]),
];

const EXPOSURES: [(Exposure, [&str; 2]); 4] = [
    (Exposure::Isolated, ["isolated", "격리"]),
    (Exposure::Internal, ["internal", "내부"]),
    (Exposure::Adjacent, ["adjacent", "인접"]),
    (Exposure::Internet, ["internet", "인터넷"]),
];

const CRITICALITIES: [(Criticality, [&str; 2]); 4] = [
    (Criticality::Low, ["low", "낮음"]),
    (Criticality::Medium, ["medium", "보통"]),
    (Criticality::High, ["high", "높음"]),
    (Criticality::VeryHigh, ["very_high", "매우높음"]),
];

/// Reads a list of assets.
///
/// # Errors
/// [`VulnError::Malformed`] with the line: a column that is missing, an asset
/// without a name or listed twice, a word that is no exposure or criticality;
/// or where the text is neither UTF-8 nor code page 949.
/// [`VulnError::TooMany`] past [`limits::COMPONENTS`].
pub fn parse(bytes: &[u8]) -> Result<Vec<Asset>, VulnError> {
    let text = text_of(bytes)?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [',', '\t', ';'].into_iter().max_by_key(|sign| {
        // Of those that stand equally often the comma is meant.
        (first.matches(*sign).count(), *sign == ',')
    });
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.map_or(b',', |sign| sign as u8))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let wrong = |error: csv::Error| VulnError::csv(text.as_bytes(), &error);
    let header = reader.headers().map_err(wrong)?.clone();
    let columns = columns_of(&header)?;
    let mut assets: Vec<Asset> = Vec::new();
    let mut lines: HashMap<String, u64> = HashMap::new();
    for row in reader.records() {
        let row = row.map_err(wrong)?;
        let line = row.position();
        let line = line.map_or(0, |place| line_of(text.as_bytes(), place));
        if row.iter().all(str::is_empty) {
            continue;
        }
        if assets.len() == limits::COMPONENTS {
            return Err(VulnError::TooMany {
                what: "assets",
                limit: limits::COMPONENTS as u64,
            });
        }
        let wrong = |problem| VulnError::at(format!("line {line}"), problem);
        let asset = asset_of(&row, &columns).map_err(wrong)?;
        if let Some(before) = lines.insert(asset.asset.clone(), line) {
            return Err(wrong(format!(
                "the asset `{}` stands on line {before} already: give each its own name",
                asset.asset
            )));
        }
        assets.push(asset);
    }
    Ok(assets)
}

/// The text without a mark of its encoding.
fn text_of(bytes: &[u8]) -> Result<Cow<'_, str>, VulnError> {
    let utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let (false, Ok(text)) = (utf_16, std::str::from_utf8(bytes)) {
        return Ok(Cow::Borrowed(text));
    }
    // The encoding that standards call EUC-KR is code page 949.
    match encoding_rs::EUC_KR.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if !utf_16 => Ok(text),
        _ => Err(VulnError::at(
            "the text",
            "it is neither UTF-8 nor code page 949: save it as `CSV UTF-8`",
        )),
    }
}

/// A word in lower case, without what stands between its parts.
fn word(text: &str) -> String {
    let letters = text.chars().filter(|c| !matches!(c, ' ' | '-' | '_'));
    letters.flat_map(char::to_lowercase).collect()
}

fn columns_of(header: &csv::StringRecord) -> Result<HashMap<Column, usize>, VulnError> {
    let mut columns = HashMap::new();
    for (place, name) in header.iter().enumerate() {
        let name = word(name);
        let found = COLUMNS
            .iter()
            .find(|(_, names)| names.contains(&name.as_str()));
        let Some((column, _)) = found else { continue };
        if columns.insert(*column, place).is_some() {
            let problem = format!("two columns are named `{name}` or mean the same");
            return Err(VulnError::at("line 1", problem));
        }
    }
    for (column, [name, korean, _]) in COLUMNS.iter().take(3) {
        if !columns.contains_key(column) {
            let problem = format!("there is no column `{name}` ({korean})");
            return Err(VulnError::at("line 1", problem));
        }
    }
    Ok(columns)
}

fn asset_of(row: &csv::StringRecord, columns: &HashMap<Column, usize>) -> Result<Asset, String> {
    if let Some(long) = row.iter().find(|cell| cell.len() > limits::CELL_BYTES) {
        return Err(format!(
            "a cell has {} bytes; at most {} are read",
            long.len(),
            limits::CELL_BYTES
        ));
    }
    let cell = |column| {
        let cell = columns.get(&column).and_then(|place| row.get(*place));
        cell.filter(|cell| !cell.is_empty()).map(str::to_owned)
    };
    let needed = |column, name: &str| cell(column).ok_or_else(|| format!("`{name}` is empty"));
    Ok(Asset {
        asset: needed(Column::Asset, "asset")?,
        vendor: needed(Column::Vendor, "vendor")?,
        product: needed(Column::Product, "product")?,
        model: cell(Column::Model),
        firmware: cell(Column::Firmware),
        cpe: cell(Column::Cpe).map(|name| cpe_of(&name)).transpose()?,
        site: cell(Column::Site),
        zone: cell(Column::Zone),
        exposure: one_of(cell(Column::Exposure), &EXPOSURES, "exposure")?,
        criticality: one_of(cell(Column::Criticality), &CRITICALITIES, "criticality")?,
    })
}

fn cpe_of(name: &str) -> Result<Cpe, String> {
    Cpe::parse(name).map_err(|problem| format!("its CPE name cannot be read: {problem}"))
}

/// The meaning of a word; none where nothing is written.
fn one_of<T: Copy>(
    text: Option<String>,
    meanings: &[(T, [&str; 2])],
    column: &str,
) -> Result<Option<T>, String> {
    let Some(text) = text else { return Ok(None) };
    let plain = word(&text);
    let mut all = meanings.iter();
    match all.find(|(_, words)| words.iter().any(|it| word(it) == plain)) {
        Some((meaning, _)) => Ok(Some(*meaning)),
        None => {
            let words: Vec<&str> = meanings.iter().map(|(_, [english, _])| *english).collect();
            let short: String = text.chars().take(40).collect();
            Err(format!(
                "`{short}` is no {column}: write {}",
                words.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const TEXT: &str = "asset,vendor,product,model,firmware,site,zone,exposure,criticality,owner\n\
        PLC-1,Hana,PumpMaster 300,PM300-1AA01,V2.3,,water,Internal,very high,Kim\n\
        PLC-2,Hana,\"PumpMaster, new\",,,,,,,\n";

    #[test]
    fn assets_are_read_in_any_of_the_spreadsheets_ways() {
        let assets = parse(TEXT.as_bytes()).unwrap();
        assert_eq!(assets.len(), 2);
        assert_eq!(assets[0].criticality, Some(Criticality::VeryHigh));
        assert_eq!(assets[0].exposure, Some(Exposure::Internal));
        assert_eq!(assets[1].product, "PumpMaster, new");
        assert_eq!(assets[1].firmware, None);
        let marked = [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
        assert_eq!(parse(&marked).unwrap(), assets);
        let windows = TEXT.replace('\n', "\r\n");
        assert_eq!(parse(windows.as_bytes()).unwrap(), assets);
        let tabs = "asset\tvendor\tproduct\nA\tHana\tX,Y\n";
        assert_eq!(parse(tabs.as_bytes()).unwrap()[0].product, "X,Y");
    }

    #[test]
    fn a_korean_list_is_read_in_utf_8_and_in_code_page_949() {
        let korean = "자산번호,제조사,제품명,펌웨어,구역,노출도,중요도\n펌프-1,하나제어,펌프마스터 300,V2.3,정수장,격리,매우 높음\n";
        let assets = parse(korean.as_bytes()).unwrap();
        assert_eq!(assets[0].asset, "펌프-1");
        assert_eq!(assets[0].criticality, Some(Criticality::VeryHigh));
        let (bytes, _, _) = encoding_rs::EUC_KR.encode(korean);
        assert!(std::str::from_utf8(&bytes).is_err());
        assert_eq!(parse(&bytes).unwrap(), assets);
    }

    #[test]
    fn a_list_that_says_something_else_is_refused_with_the_line() {
        for (text, problem) in [
            (
                "vendor,product\na,b\n",
                "line 1: there is no column `asset`",
            ),
            ("asset,vendor,product,제품\n", "line 1: two columns"),
            (
                "asset,vendor,product\nA,b,c\nA,d,e\n",
                "line 3: the asset `A` stands on line 2",
            ),
            ("asset,vendor,product\n,b,c\n", "line 2: `asset` is empty"),
            (
                "asset,vendor,product,exposure\na,b,c,moon\n",
                "line 2: `moon` is no exposure: write isolated",
            ),
            (
                "asset,vendor,product,cpe\na,b,c,cpe:2.3:a:b\n",
                "line 2: its CPE name cannot be read",
            ),
            ("asset,vendor,product\na,b\n", "line 2"),
            ("", "line 1"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(problem), "{error}");
        }
        let long = format!("asset,vendor,product\na,b,{}\n", "x".repeat(70_000));
        assert!(parse(long.as_bytes()).is_err());
        let utf_16: Vec<u8> = "\u{feff}asset"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert!(
            parse(&utf_16)
                .unwrap_err()
                .to_string()
                .contains("CSV UTF-8")
        );
        assert!(parse(b"asset,vendor,product\n\xff\xff\xfe,b,c\n").is_err());
    }
}
