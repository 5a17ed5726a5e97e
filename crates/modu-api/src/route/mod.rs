//! Every address, a file for each kind of thing.

mod data;
mod evidence;
mod history;
mod jobs;
mod keys;
mod me;
mod nodes;
mod organisations;
mod people;
mod projects;
mod runs;
mod steps;

use axum::Json;
use axum::extract::DefaultBodyLimit;
use axum::http::header::LOCATION;
use axum::http::{HeaderName, StatusCode};
use modu_programme::{Entry, Office};
use modu_wire::Done;
use modu_wire::value::{Moment, Number};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes as at;

/// What stands at the head of the description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "모두 | Modu",
        description = "수요에서 도입까지, 증거와 함께 | From a need to what is in use, with its evidence",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(modu_wire::Problem)),
    modifiers(&Key)
)]
pub(crate) struct Described;

/// How a caller shows who it is.
struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("modu_ and 64 digits, made on the page Keys"))
            .build();
        let parts = document.components.get_or_insert_default();
        parts.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// All addresses, below the root.
pub(crate) fn routes() -> OpenApiRouter<Office> {
    OpenApiRouter::new()
        .routes(at!(me::show))
        .routes(at!(projects::list, projects::publish))
        .routes(at!(projects::show))
        .routes(at!(projects::proposals))
        .routes(at!(steps::take))
        .routes(at!(organisations::list, organisations::register))
        .routes(at!(people::list, people::enrol))
        .routes(at!(people::suspend))
        .routes(at!(people::reinstate))
        .routes(at!(history::list))
        .routes(at!(evidence::list))
        .routes(at!(evidence::show))
        .routes(at!(evidence::bundle))
        .routes(at!(evidence::trusted_root))
        .merge(recording())
        .routes(at!(runs::show))
        .routes(at!(runs::file))
        .routes(at!(jobs::list, jobs::ask))
        .routes(at!(jobs::show))
        .routes(at!(jobs::log))
        .routes(at!(jobs::cancel))
        .routes(at!(data::list))
        .routes(at!(nodes::list, nodes::admit))
        .routes(at!(nodes::show))
        .routes(at!(nodes::shut_out))
        .routes(at!(keys::list))
        .routes(at!(keys::end))
}

/// Runs come with their files, and are larger than other bodies.
fn recording() -> OpenApiRouter<Office> {
    OpenApiRouter::new()
        .routes(at!(runs::list, runs::record))
        .layer(DefaultBodyLimit::max(runs::MAX_BODY_BYTES))
}

/// A change as it is answered.
type Made = (StatusCode, [(HeaderName, String); 1], Json<Done>);

/// Answers a change with where to look at it, and whether that is something
/// new.
fn made(entry: &Entry, place: &str) -> Made {
    let done = Done {
        sequence: Number(entry.sequence.0),
        at: Moment(entry.at),
    };
    let place = [(LOCATION, format!("{}{place}", crate::ROOT))];
    (StatusCode::CREATED, place, Json(done))
}
