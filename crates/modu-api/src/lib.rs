//! The programme for programs: JSON under `/api/v1`.
//!
//! What the console shows and takes as pages and forms, this shows and takes
//! as JSON. `GET /api/v1/openapi.json` describes it (OpenAPI 3.1), made from
//! the types that are read and written (`modu-wire`). Who asks is told by a key
//! (`Authorization: Bearer modu_...`) that a person makes on the console's page
//! *Keys*; what a key may do is asked of `modu-programme`'s one table.
//!
//! - Errors are problem details (RFC 9457).
//! - Lists come in pages: `next`, where there is one, is the `after` of the
//!   following page.
//! - What changes something takes an `Idempotency-Key`, so that a program whose
//!   connection broke can ask again.
//! - 400, 415 and 422 mean that the request is not as described; 409 that it
//!   is, and does not follow on where things stand.
//!
//! Start at [`router`], then `route`, a file for each kind of thing.

mod call;
mod listing;
mod once;
mod problem;
mod route;
mod told;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse as _;
use modu_programme::Office;
use utoipa::OpenApi as _;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{RefOr, Schema};

pub use modu_wire::ROOT;
pub use problem::Problem;

/// The interface as a service: addresses below [`ROOT`].
pub fn router(office: Office) -> Router {
    let (routes, document) = described();
    // Every connection and every request clones the service, and with it what
    // a handler holds: the document, some hundred KiB, is not to be among it.
    let document = Arc::new(document);
    let description = axum::routing::get(move || {
        std::future::ready(axum::Json(document.as_ref()).into_response())
    });
    let below = routes
        .route("/openapi.json", description)
        .fallback(|| std::future::ready(Problem::no_such_thing()))
        .method_not_allowed_fallback(|| std::future::ready(Problem::no_such_method()))
        .layer(axum::extract::DefaultBodyLimit::max(call::MAX_BODY_BYTES))
        .layer(axum::middleware::map_response(guarded))
        .with_state(office);
    // What is not found below is a problem in JSON; beyond, it is not ours.
    Router::new().nest(ROOT, below)
}

/// What [`router`] answers, for programs to read.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    described().1
}

/// No answer is to be guessed at by a browser, nor kept on the way.
async fn guarded(mut answer: axum::response::Response) -> axum::response::Response {
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn described() -> (Router<Office>, utoipa::openapi::OpenApi) {
    let (routes, document) = route::routes().split_for_parts();
    let head = route::Described::openapi();
    let mut document = head.nest(ROOT, document);
    close_variants(&mut document);
    (routes, document)
}

/// Says of each variant of a tagged body what its reader does: a member that
/// it does not know is refused. The derivation says it of structs only.
fn close_variants(document: &mut utoipa::openapi::OpenApi) {
    let parts = document.components.get_or_insert_default();
    for schema in parts.schemas.values_mut() {
        let RefOr::T(Schema::OneOf(choice)) = schema else {
            continue;
        };
        for variant in &mut choice.items {
            if let RefOr::T(Schema::Object(object)) = variant {
                let closed = AdditionalProperties::FreeForm(false);
                object.additional_properties = Some(Box::new(closed));
            }
        }
    }
}
