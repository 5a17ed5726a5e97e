//! The commands of `modu care ...` and their options.

use clap::Subcommand;

use super::key::CareKey;

/// `modu care ...`
#[derive(Debug, Subcommand)]
pub(crate) enum Care {
    /// 가명을 만들 비밀 열쇠를 만듭니다(병원 안에 둘 것) | Make the secret key of pseudonyms; it stays at the hospital
    Key(CareKey),
}
