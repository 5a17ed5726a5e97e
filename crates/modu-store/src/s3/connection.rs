//! The connection to a server, and the runtime that its requests need.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path as Key;
use object_store::{ClientOptions, RetryConfig};
use tokio::runtime::{Handle, Runtime, RuntimeFlavor};

use crate::{S3Location, StoreError};

/// The connection, shared with the readers that it opened.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) client: Arc<AmazonS3>,
    runtime: Arc<OwnRuntime>,
    pub(super) place: String,
}

impl Remote {
    /// Prepares the connection; no request is made yet.
    pub(super) fn open(
        location: &S3Location,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let place = location.to_string();
        let client = client(location, variable)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::io("start a connection to", &place, error))?;
        Ok(Self {
            client: Arc::new(client),
            runtime: Arc::new(OwnRuntime(Some(runtime))),
            place,
        })
    }

    /// Runs a request to its end on this store's own runtime.
    pub(super) fn wait<T>(&self, request: impl Future<Output = T>) -> Result<T, StoreError> {
        self.runtime.wait(request)
    }

    pub(super) fn place_of(&self, key: &Key) -> String {
        format!("{key} in {}", self.place)
    }

    pub(super) fn failure(
        &self,
        action: &'static str,
        key: &Key,
        error: &object_store::Error,
    ) -> StoreError {
        StoreError::Remote {
            action,
            place: self.place_of(key),
            problem: error.to_string(),
        }
    }
}

/// A runtime of one thread that only works while somebody waits for it.
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn wait<T>(&self, request: impl Future<Output = T>) -> Result<T, StoreError> {
        let Some(runtime) = &self.0 else {
            return Err(StoreError::InsideRuntime);
        };
        match Handle::try_current().map(|outer| outer.runtime_flavor()) {
            Err(_) => Ok(runtime.block_on(request)),
            // A thread for blocking work knows of its runtime too; a thread of
            // tasks hands its other tasks over before it waits.
            Ok(RuntimeFlavor::MultiThread) => {
                Ok(tokio::task::block_in_place(|| runtime.block_on(request)))
            }
            Ok(_) => Err(StoreError::InsideRuntime),
        }
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // A plain drop waits, and panics inside an asynchronous task.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A location has plain `http` for a loopback address only.
fn is_plain(location: &S3Location) -> bool {
    let scheme = location.endpoint.as_ref().map(url::Url::scheme);
    scheme == Some("http")
}

fn client(
    location: &S3Location,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<AmazonS3, StoreError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let region = location
        .region
        .clone()
        .or_else(|| set("AWS_REGION"))
        .or_else(|| set("AWS_DEFAULT_REGION"))
        .unwrap_or_else(|| "us-east-1".to_owned());
    let options = ClientOptions::new()
        .with_allow_http(is_plain(location))
        .with_connect_timeout(Duration::from_secs(5))
        .with_timeout(Duration::from_secs(120));
    let retry = RetryConfig {
        max_retries: 5,
        retry_timeout: Duration::from_secs(60),
        ..RetryConfig::default()
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&location.bucket)
        .with_region(region)
        .with_client_options(options)
        .with_retry(retry)
        .with_checksum_algorithm(Checksum::SHA256);
    if let Some(endpoint) = &location.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    if location.anonymous {
        builder = builder.with_skip_signature(true);
    } else {
        let needed = |name: &'static str| {
            set(name).ok_or_else(|| StoreError::Credentials {
                variable: name,
                store: location.to_string(),
            })
        };
        builder = builder
            .with_access_key_id(needed("AWS_ACCESS_KEY_ID")?)
            .with_secret_access_key(needed("AWS_SECRET_ACCESS_KEY")?);
        if let Some(token) = set("AWS_SESSION_TOKEN") {
            builder = builder.with_token(token);
        }
    }
    builder.build().map_err(|error| StoreError::Remote {
        action: "open",
        place: location.to_string(),
        problem: error.to_string(),
    })
}
