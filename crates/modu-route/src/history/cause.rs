//! Why something is said in one tree and not in another.

use modu_kernel::{Digest, Label};
use serde::{Deserialize, Serialize};

use super::Direction;
use crate::validate::Reason;

/// Where on the way from the trust anchor to the object the two trees part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The trust anchor's locator is given in one of the runs only.
    Locator,
    /// The trust anchor's certificate could be used in one of them only.
    Anchor,
    /// The manifest of an authority's issuer lists its certificate in one of
    /// them only.
    CertificateListed,
    /// The certificate of an authority is believed in one of them only.
    Certificate,
    /// The publication point could be used in one of them only.
    Point,
    /// The manifest lists the object in one of them only.
    ObjectListed,
    /// The object is believed in one of them only.
    Object,
    /// The object says something else now.
    Content,
}

/// A manifest, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ManifestName {
    /// Its URI.
    pub uri: String,
    /// Its number, in hexadecimal digits (RFC 9286, section 4.2.1).
    pub number: String,
    /// Its digest.
    pub digest: Digest,
}

/// Why something is said in one tree and not in the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// Where the trees part.
    pub kind: CauseKind,
    /// The URI of the certificate, manifest or object that is meant, or the
    /// name of the trust anchor.
    pub place: String,
    /// Why it was not believed, in the tree that is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The silent tree's manifest at that place, which does not list it, or
    /// lists it in vain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestName>,
}

impl Cause {
    /// Whether those who are responsible for the object took it back, as their
    /// signatures show. Otherwise something else may have stood in the way: a
    /// fetch that failed, a manifest or object that was not renewed, a clock
    /// that is wrong.
    #[must_use]
    pub fn is_deliberate(&self) -> bool {
        match self.kind {
            CauseKind::CertificateListed | CauseKind::ObjectListed | CauseKind::Content => true,
            CauseKind::Certificate | CauseKind::Object => {
                let code = self.reason.as_ref().map_or("", |reason| &reason.code);
                matches!(code, "certificate.revoked" | "certificate.overclaim")
            }
            CauseKind::Locator | CauseKind::Anchor | CauseKind::Point => false,
        }
    }

    /// The cause in a sentence.
    #[must_use]
    pub fn label(&self, direction: Direction) -> Label {
        let (ko, en) = match (self.kind, direction) {
            (CauseKind::Locator, Direction::Came) => {
                ("신뢰 앵커가 더해짐", "the trust anchor was added")
            }
            (CauseKind::Locator, Direction::Went) => (
                "신뢰 앵커를 더는 쓰지 않음",
                "the trust anchor is no longer used",
            ),
            (CauseKind::Anchor, Direction::Came) => (
                "신뢰 앵커의 인증서를 다시 쓸 수 있음",
                "the trust anchor's certificate can be used again",
            ),
            (CauseKind::Anchor, Direction::Went) => (
                "신뢰 앵커의 인증서를 쓸 수 없음",
                "the trust anchor's certificate could not be used",
            ),
            (CauseKind::CertificateListed, Direction::Came) => {
                ("새 인증 기관", "its authority is new")
            }
            (CauseKind::CertificateListed, Direction::Went) => (
                "인증 기관의 인증서가 상위 매니페스트에서 빠짐",
                "its authority's certificate is gone from the issuer's manifest",
            ),
            (CauseKind::Certificate, Direction::Came) => (
                "인증 기관의 인증서를 다시 믿음",
                "its authority's certificate is believed again",
            ),
            (CauseKind::Certificate, Direction::Went) => (
                "인증 기관의 인증서를 믿을 수 없음",
                "its authority's certificate is not believed",
            ),
            (CauseKind::Point, Direction::Came) => (
                "발행 지점을 다시 쓸 수 있음",
                "the publication point can be used again",
            ),
            (CauseKind::Point, Direction::Went) => (
                "발행 지점을 쓸 수 없음",
                "the publication point could not be used",
            ),
            (CauseKind::ObjectListed, Direction::Came) => ("새 객체", "the object is new"),
            (CauseKind::ObjectListed, Direction::Went) => (
                "객체가 매니페스트에서 빠짐",
                "the object is gone from the manifest",
            ),
            (CauseKind::Object, Direction::Came) => {
                ("객체를 다시 믿음", "the object is believed again")
            }
            (CauseKind::Object, Direction::Went) => {
                ("객체를 믿을 수 없음", "the object is not believed")
            }
            (CauseKind::Content, Direction::Came) => (
                "객체가 바뀌어 이것도 말함",
                "the object was replaced and says it now",
            ),
            (CauseKind::Content, Direction::Went) => (
                "객체가 바뀌어 더는 말하지 않음",
                "the object was replaced and no longer says it",
            ),
        };
        match &self.reason {
            None => Label::new(ko, en),
            Some(reason) => Label::new(
                format!("{ko} ({})", reason.code),
                format!("{en} ({})", reason.code),
            ),
        }
    }
}
