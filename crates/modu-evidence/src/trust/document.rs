//! `trusted_root.json` and `trust.json` as Sigstore's clients read them.

use jiff::Timestamp;
use modu_kernel::{Digest, canonical};
use serde::{Deserialize, Serialize};

use super::{Dated, MAX_TRUSTED_ROOT_BYTES, Period, TrustedRoot, log_id};
use crate::EvidenceError;
use crate::authority::AuthorityCertificate;
use crate::encoding::base64_bytes;
use crate::keys::{EcdsaPublicKey, ed25519_from_spki, ed25519_spki};
use crate::note::{Algorithm, KeyName, VerifierKey};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot+json;version=0.1";
const TRUST_CONFIG_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";
const SIGNING_CONFIG_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";
const SHA256: &str = "SHA2_256";
const ECDSA: &str = "PKIX_ECDSA_P256_SHA_256";
const ED25519: &str = "PKIX_ED25519";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RootDocument {
    media_type: String,
    tlogs: Vec<LogDocument>,
    certificate_authorities: Vec<AuthorityDocument>,
    ctlogs: Vec<LogDocument>,
    timestamp_authorities: [(); 0],
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogDocument {
    base_url: String,
    hash_algorithm: String,
    public_key: KeyDocument,
    log_id: LogIdDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyDocument {
    #[serde(with = "base64_bytes")]
    raw_bytes: Vec<u8>,
    key_details: String,
    valid_for: PeriodDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogIdDocument {
    #[serde(with = "base64_bytes")]
    key_id: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PeriodDocument {
    start: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AuthorityDocument {
    subject: SubjectDocument,
    uri: String,
    cert_chain: ChainDocument,
    valid_for: PeriodDocument,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubjectDocument {
    organization: String,
    common_name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainDocument {
    certificates: [CertificateDocument; 1],
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertificateDocument {
    #[serde(with = "base64_bytes")]
    raw_bytes: Vec<u8>,
}

impl TrustedRoot {
    /// Writes `trusted_root.json`.
    ///
    /// # Errors
    /// Never for the keys that this crate makes.
    pub fn to_json(&self) -> Result<Vec<u8>, EvidenceError> {
        canonical::to_vec(&self.to_document()).map_err(|error| malformed("its keys", error))
    }

    /// Writes `trust.json`, the trusted root with the configuration that
    /// sigstore-python also wants. `issuer` is that of the certificates.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn to_trust_config_json(&self, issuer: &str) -> Result<Vec<u8>, EvidenceError> {
        let start = self.authorities.last().map(|dated| dated.period.start);
        let service = |url: &str| {
            serde_json::json!([{
                "url": url, "majorApiVersion": 1, "operator": "modu",
                "validFor": { "start": start },
            }])
        };
        let (authority, log) = (self.to_document().certificate_authorities, &self.log_keys);
        let authority = authority.last().map_or("", |authority| &authority.uri);
        let log = log.last().map(|dated| base_url(dated.it.name().as_str()));
        let config = serde_json::json!({
            "mediaType": TRUST_CONFIG_MEDIA_TYPE,
            "trustedRoot": self.to_document(),
            "signingConfig": {
                "mediaType": SIGNING_CONFIG_MEDIA_TYPE,
                "caUrls": service(authority),
                "oidcUrls": service(issuer),
                "rekorTlogUrls": service(log.as_deref().unwrap_or_default()),
                "rekorTlogConfig": { "selector": "ANY" },
                "tsaUrls": [],
                "tsaConfig": { "selector": "ANY" },
            },
        });
        canonical::to_vec(&config).map_err(|error| malformed("its keys", error))
    }

    /// Reads `trusted_root.json` as Modu writes it; white space and the order
    /// of members are free.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where it holds what this version of Modu
    /// does not know, over [`MAX_TRUSTED_ROOT_BYTES`].
    pub fn parse(json: &[u8]) -> Result<Self, EvidenceError> {
        if json.len() > MAX_TRUSTED_ROOT_BYTES {
            return Err(malformed("its length", "it is over the limit of 1 MiB"));
        }
        let document: RootDocument = serde_json::from_slice(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            malformed(&place, error)
        })?;
        if document.media_type != MEDIA_TYPE {
            return Err(malformed(
                "mediaType",
                format!("only `{MEDIA_TYPE}` is read"),
            ));
        }
        Ok(Self {
            authorities: (document.certificate_authorities.into_iter())
                .map(read_authority)
                .collect::<Result<_, _>>()?,
            certificate_logs: (document.ctlogs.into_iter())
                .map(read_certificate_log)
                .collect::<Result<_, _>>()?,
            log_keys: (document.tlogs.into_iter())
                .map(read_log_key)
                .collect::<Result<_, _>>()?,
        })
    }

    fn to_document(&self) -> RootDocument {
        let origin = self.log_keys.last();
        let origin = origin.map_or("modu", |dated| dated.it.name().as_str());
        RootDocument {
            media_type: MEDIA_TYPE.into(),
            tlogs: self.log_keys.iter().map(log_key_document).collect(),
            certificate_authorities: (self.authorities.iter())
                .map(|dated| authority_document(dated, origin))
                .collect(),
            ctlogs: (self.certificate_logs.iter())
                .map(|dated| LogDocument {
                    base_url: format!("{}/certificates", base_url(origin)),
                    hash_algorithm: SHA256.into(),
                    public_key: key_document(dated.it.spki(), ECDSA, dated.period),
                    log_id: LogIdDocument {
                        key_id: dated.it.id().as_bytes().to_vec(),
                    },
                })
                .collect(),
            timestamp_authorities: [],
        }
    }
}

/// Sigstore's JavaScript client looks for a checkpoint's origin in this.
fn base_url(origin: &str) -> String {
    format!("https://{origin}")
}

fn log_key_document(dated: &Dated<VerifierKey>) -> LogDocument {
    let key = &dated.it;
    let public_key = match (key.algorithm(), <&[u8; 32]>::try_from(key.encoded())) {
        (Algorithm::EcdsaP256, _) | (_, Err(_)) => key_document(key.encoded(), ECDSA, dated.period),
        (_, Ok(bytes)) => key_document(&ed25519_spki(bytes), ED25519, dated.period),
    };
    LogDocument {
        base_url: base_url(key.name().as_str()),
        hash_algorithm: SHA256.into(),
        public_key,
        log_id: LogIdDocument {
            key_id: log_id(key).as_bytes().to_vec(),
        },
    }
}

fn authority_document(dated: &Dated<AuthorityCertificate>, origin: &str) -> AuthorityDocument {
    AuthorityDocument {
        subject: SubjectDocument {
            organization: dated.it.organisation().into(),
            common_name: crate::authority::COMMON_NAME.into(),
        },
        uri: format!("{}/authority", base_url(origin)),
        cert_chain: ChainDocument {
            certificates: [CertificateDocument {
                raw_bytes: dated.it.der().to_vec(),
            }],
        },
        valid_for: period_document(dated.period),
    }
}

fn key_document(spki: &[u8], details: &str, period: Period) -> KeyDocument {
    KeyDocument {
        raw_bytes: spki.to_vec(),
        key_details: details.into(),
        valid_for: period_document(period),
    }
}

fn period_document(period: Period) -> PeriodDocument {
    PeriodDocument {
        start: period.start,
        end: period.end,
    }
}

fn read_period(document: &PeriodDocument) -> Period {
    Period {
        start: document.start,
        end: document.end,
    }
}

fn read_authority(
    document: AuthorityDocument,
) -> Result<Dated<AuthorityCertificate>, EvidenceError> {
    let [certificate] = &document.cert_chain.certificates;
    Ok(Dated {
        it: AuthorityCertificate::parse(&certificate.raw_bytes)?,
        period: read_period(&document.valid_for),
    })
}

fn read_certificate_log(document: LogDocument) -> Result<Dated<EcdsaPublicKey>, EvidenceError> {
    let period = read_period(&document.public_key.valid_for);
    let it = EcdsaPublicKey::from_spki(&document.public_key.raw_bytes)?;
    check(&document, it.id())?;
    Ok(Dated { it, period })
}

fn read_log_key(document: LogDocument) -> Result<Dated<VerifierKey>, EvidenceError> {
    let key = &document.public_key;
    let origin = (document.base_url.strip_prefix("https://"))
        .ok_or_else(|| malformed("baseUrl", "it does not begin with https://"))?;
    let name = KeyName::new(origin)?;
    let it = match key.key_details.as_str() {
        ECDSA => VerifierKey::ecdsa_p256(name, &key.raw_bytes)?,
        ED25519 => {
            let public = ed25519_from_spki(&key.raw_bytes)
                .ok_or_else(|| malformed("rawBytes", "it is not the SPKI of an Ed25519 key"))?;
            VerifierKey::ed25519(name, &public)?
        }
        other => {
            let problem = format!("`{other}` is neither `{ECDSA}` nor `{ED25519}`");
            return Err(malformed("keyDetails", problem));
        }
    };
    check(&document, log_id(&it))?;
    Ok(Dated {
        it,
        period: read_period(&key.valid_for),
    })
}

fn check(document: &LogDocument, id: Digest) -> Result<(), EvidenceError> {
    if document.hash_algorithm != SHA256 {
        return Err(malformed(
            "hashAlgorithm",
            format!("only `{SHA256}` is read"),
        ));
    }
    if document.log_id.key_id != id.as_bytes() {
        return Err(malformed("logId", "it is not the id of the key beside it"));
    }
    Ok(())
}

fn malformed(place: &str, problem: impl ToString) -> EvidenceError {
    EvidenceError::malformed("trusted root", place, problem.to_string())
}
