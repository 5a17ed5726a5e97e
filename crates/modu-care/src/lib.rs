//! Prognosis after treatment (예후관리): from records to a cohort, a calibrated
//! risk, an alarm budget that a ward can bear, and the patient's own page.
//!
//! After discharge the hospital sees little, and what it sees comes late. A
//! model can say who needs a call, if it was made from records that anyone can
//! count again, was tried at another hospital, and rings no more often than
//! there are people to answer. Every step here is a run whose outcome is
//! evidence. No identifier of a person gets into any outcome.
//!
//! - [`model`] (`care.fit`): models of a table, and how good they are;
//! - [`validate`] (`care.validate`): a model at another hospital;
//! - [`alarm`] (`care.alarm`): how often a score may ring, and from where on;
//! - [`alert`] (`care.alert`): who is to be seen to, and who has taken it on;
//! - [`card`] (`care.card`): what is known of a model, and what is not yet said;
//! - [`page`] (`care.page`): the patient's own page, and the clinician's;
//! - [`recur`] (`care.recur`): events that come again;
//! - [`states`] (`care.states`): illness, death, and what lies between;
//! - [`predict`] (`care.predict`): a model's risk of each patient today;
//! - [`plan`] (`care.plan`): what is done for whom until when;
//! - [`risk`]: what a model says of one person at one time;
//! - [`records`]: medical records, brought down to what a cohort needs;
//! - [`cohort`] (`care.cohort`): from records and a definition to a table;
//! - [`score`] (`care.score`): scores by published tables, the baselines;
//! - [`table`]: who was watched, what happened, and what was known beforehand;
//! - [`unit`]: UCUM, and what one unit is in another;
//! - [`privacy`]: pseudonyms, identifiers in texts, small counts, k-anonymity.

pub mod alarm;
pub mod alert;
pub mod card;
pub mod cohort;
mod delimited;
mod error;
pub mod limits;
pub mod model;
pub mod page;
mod picture;
pub mod plan;
pub mod predict;
pub mod privacy;
pub mod records;
pub mod recur;
pub mod risk;
pub mod score;
mod sheet;
pub mod states;
pub mod table;
pub mod unit;
pub mod validate;

pub use alarm::ALARM;
pub use alert::ALERT;
pub use card::CARD;
pub use cohort::COHORT;
pub use error::CareError;
pub use model::FIT;
pub use page::PAGE;
pub use plan::PLAN;
pub use predict::PREDICT;
pub use recur::RECUR;
pub use score::table::SCORE;
pub use states::STATES;
pub use validate::VALIDATE;
