//! The table in the forms of other validators, piece by piece.

use std::fmt::Write as _;

use modu_route::{Aspa, RouterTable, Row};
use serde_json::json;

use crate::publication::Edition;

/// Rows of one piece.
const ROWS: usize = 1_000;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Routinator's `json`.
    Json,
    /// Routinator's `csv`.
    Csv,
    /// rpki-client's `json`.
    RpkiClient,
}

impl Form {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::RpkiClient => "rpki-client",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Json | Self::RpkiClient => "application/json",
        }
    }

    /// The text's pieces by number: the head, the rows, the end; then nothing.
    pub(super) fn piece(self, edition: &Edition, piece: usize) -> Option<String> {
        let rows = edition.table.rows();
        let last = rows.len().div_ceil(ROWS) + 1;
        Some(match piece {
            0 => self.head(edition),
            _ if piece == last => self.end(&edition.table),
            _ if piece > last => return None,
            _ => {
                let begin = (piece - 1) * ROWS;
                let end = (begin + ROWS).min(rows.len());
                let mut text = String::with_capacity(ROWS * 96);
                for (place, row) in (begin..).zip(rows.get(begin..end)?) {
                    self.row(&mut text, &edition.table, row, place + 1 == rows.len());
                }
                text
            }
        })
    }

    fn head(self, edition: &Edition) -> String {
        let time = edition.time;
        let rows = edition.table.rows();
        match self {
            Self::Csv => "ASN,IP Prefix,Max Length,Trust Anchor\n".to_owned(),
            Self::Json => format!(
                "{{\n  \"metadata\": {{\n    \"generated\": {time},\n    \"generatedTime\": \"{}\"\n  }},\n  \"roas\": [\n",
                super::status::rfc3339(time)
            ),
            Self::RpkiClient => format!(
                "{{\n\t\"metadata\": {{\n\t\t\"buildtime\": \"{}\",\n\t\t\"vrps\": {},\n\t\t\"uniquevrps\": {}\n\t}},\n\t\"roas\": [\n",
                super::status::rfc3339(time),
                rows.len(),
                rows.len()
            ),
        }
    }

    fn row(self, text: &mut String, table: &RouterTable, row: &Row, last: bool) {
        let (origin, prefix) = (row.vrp.origin.into_u32(), row.vrp.prefix);
        let max_length = row.vrp.max_length;
        let comma = if last { "" } else { "," };
        let anchor = table.anchor_of(row);
        // Writing to a String does not fail.
        let _ = match self {
            Self::Csv => writeln!(text, "AS{origin},{prefix},{max_length},{}", cell(anchor)),
            Self::Json => writeln!(
                text,
                "    {{ \"asn\": \"AS{origin}\", \"prefix\": \"{prefix}\", \"maxLength\": {max_length}, \"ta\": {} }}{comma}",
                json!(anchor)
            ),
            Self::RpkiClient => {
                let expires = match row.expires {
                    i64::MAX => String::new(),
                    expires => format!(", \"expires\": {expires}"),
                };
                writeln!(
                    text,
                    "\t\t{{ \"asn\": {origin}, \"prefix\": \"{prefix}\", \"maxLength\": {max_length}, \"ta\": {}{expires} }}{comma}",
                    json!(anchor)
                )
            }
        };
    }

    fn end(self, table: &RouterTable) -> String {
        let aspas = table.aspas().iter();
        match self {
            Self::Csv => String::new(),
            Self::Json => {
                let aspas: Vec<_> = aspas
                    .map(|aspa| aspa_line(aspa, "AS", "customer"))
                    .collect();
                format!(
                    "  ],\n  \"routerKeys\": [],\n  \"aspas\": [\n{}\n  ]\n}}\n",
                    aspas.join(",\n")
                )
            }
            Self::RpkiClient => {
                let aspas: Vec<_> = aspas
                    .map(|aspa| aspa_line(aspa, "", "customer_asid"))
                    .collect();
                format!(
                    "\t],\n\t\"bgpsec_keys\": [],\n\t\"aspas\": [\n{}\n\t]\n}}\n",
                    aspas.join(",\n")
                )
            }
        }
    }
}

/// One ASPA; numbers bare where nothing stands before them.
fn aspa_line(aspa: &Aspa, before: &str, customer: &str) -> String {
    let number = |asn: &modu_route::Asn| match before {
        "" => json!(asn.into_u32()),
        before => json!(format!("{before}{}", asn.into_u32())),
    };
    let providers: Vec<_> = aspa.providers.iter().map(number).collect();
    let shown = number(&aspa.customer);
    format!(
        "    {{ \"{customer}\": {shown}, \"providers\": {} }}",
        json!(providers)
    )
}

/// A name as a cell; the names of trust anchors are the operator's own.
fn cell(name: &str) -> String {
    match name.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}
