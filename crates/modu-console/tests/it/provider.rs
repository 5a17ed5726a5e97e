//! Coming in by an identity provider, a small one of our own that can lie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use modu_console::{Entrance, Limits};
use modu_openid::{Provider, Settings};
use modu_programme::PersonId;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::server::{Browser, GUEST, PHRASE, Server, Shown};

const SECRET: &str = "s3cret &+/";

/// What the provider will say for a code.
#[derive(Clone)]
struct Grant {
    challenge: String,
    redirect: String,
    token: String,
}

/// A provider of identities.
#[derive(Clone)]
struct Fake {
    root: String,
    key: Arc<EcdsaKeyPair>,
    grants: Arc<Mutex<BTreeMap<String, Grant>>>,
}

impl Fake {
    async fn start() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            root: format!("http://{}", listener.local_addr().unwrap()),
            key: Arc::new(key),
            grants: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    fn provider(&self) -> Arc<Provider> {
        let settings = Settings {
            name: "id".to_owned(),
            label: "정부 신원".to_owned(),
            issuer: self.root.clone(),
            client_id: "modu".to_owned(),
            client_secret: Some(SECRET.to_owned()),
            ..Settings::default()
        };
        Arc::new(Provider::new(settings).unwrap())
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap()))
    }
}

async fn configuration(State(fake): State<Fake>) -> String {
    let at = |place: &str| format!("{}/{place}", fake.root);
    json!({
        "issuer": fake.root, "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"), "jwks_uri": at("keys"),
    })
    .to_string()
}

async fn keys(State(fake): State<Fake>) -> String {
    let point = fake.key.public_key().as_ref();
    let (x, y) = (
        URL_SAFE_NO_PAD.encode(&point[1..33]),
        URL_SAFE_NO_PAD.encode(&point[33..]),
    );
    json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k", "x": x, "y": y }] }).to_string()
}

/// Gives a code's token once, to us, for the verifier of its challenge.
async fn token(
    State(fake): State<Fake>,
    headers: HeaderMap,
    body: String,
) -> Result<String, (axum::http::StatusCode, &'static str)> {
    let refused = (
        axum::http::StatusCode::BAD_REQUEST,
        r#"{"error":"invalid_grant"}"#,
    );
    let basic = STANDARD.encode("modu:s3cret+%26%2B%2F");
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let grant = fake
        .grants
        .lock()
        .unwrap()
        .remove(&form["code"])
        .ok_or(refused)?;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    let good = headers["authorization"] == format!("Basic {basic}")
        && challenge == grant.challenge
        && form["redirect_uri"] == grant.redirect
        && form["grant_type"] == "authorization_code";
    match good {
        true => Ok(json!({ "id_token": grant.token, "token_type": "Bearer" }).to_string()),
        false => Err(refused),
    }
}

struct Scene {
    fake: Fake,
    server: Server,
}

/// What stands in the address to which a visitor is sent.
struct Asked {
    state: String,
    nonce: String,
    challenge: String,
    redirect: String,
}

impl Asked {
    fn read(way: &str) -> Self {
        let url = Url::parse(way).unwrap();
        let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["client_id"], "modu");
        assert_eq!(query["scope"], "openid");
        assert_eq!(query["code_challenge_method"], "S256");
        Self {
            state: query["state"].clone(),
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            redirect: query["redirect_uri"].clone(),
        }
    }
}

impl Scene {
    async fn start() -> Self {
        let fake = Fake::start().await;
        let entrance = Entrance {
            root: Some("https://ax.example/".parse().unwrap()),
            providers: vec![fake.provider()],
            ..Entrance::default()
        };
        let server = Server::start_behind(Limits::default(), Timestamp::now, entrance).await;
        Self { fake, server }
    }

    fn claims(&self, asked: &Asked, subject: &str) -> Value {
        let now = Timestamp::now().as_second();
        json!({ "iss": self.fake.root, "sub": subject, "aud": "modu", "nonce": asked.nonce,
            "exp": now + 60, "iat": now })
    }

    /// A code for which the provider says such claims.
    fn code(&self, asked: &Asked, claims: &Value) -> String {
        let token = self
            .fake
            .sign(&json!({ "alg": "ES256", "kid": "k" }), claims);
        self.code_of(asked, token)
    }

    fn code_of(&self, asked: &Asked, token: String) -> String {
        let grant = Grant {
            challenge: asked.challenge.clone(),
            redirect: asked.redirect.clone(),
            token,
        };
        let mut grants = self.fake.grants.lock().unwrap();
        let code = format!("code{}", grants.len());
        grants.insert(code.clone(), grant);
        code
    }

    fn link(&self, person: PersonId) -> String {
        let now = self.server.office.now();
        let token = self.server.office.accounts().reset(person, now).unwrap();
        format!("/welcome/{}", token.reveal())
    }

    fn person(&self, login: &str) -> PersonId {
        let kept = self.server.office.kept();
        let mut people = kept.programme().people().values();
        people
            .find(|person| person.name.as_str() == login)
            .unwrap()
            .id
    }

    /// Binds a subject by an invitation, in a new browser.
    async fn bind(&self, person: PersonId, subject: &str) -> (Browser, Shown) {
        let browser = self.server.browser();
        let link = self.link(person);
        let welcome = browser.get(&link).await.body;
        let way = format!("{link}/openid/id");
        assert!(welcome.contains(&format!("href=\"{way}\"")), "{welcome}");
        // The page says who one will be, and leads on only by a link.
        let page = browser.get(&way).await;
        assert_eq!(page.status, 200);
        let on = page
            .body
            .split(&format!("href=\"{}/", self.fake.root))
            .nth(1)
            .unwrap();
        let on = on.split('"').next().unwrap().replace("&amp;", "&");
        let asked = Asked::read(&format!("{}/{on}", self.fake.root));
        let code = self.code(&asked, &self.claims(&asked, subject));
        let answer = come_back(&browser, &code, &asked.state).await;
        (browser, answer)
    }

    async fn ask(&self, browser: &Browser, to: &str) -> Asked {
        let answer = browser.get(&format!("/sign-in/openid/id?to={to}")).await;
        assert_eq!(answer.status, 303);
        assert!(
            answer
                .place()
                .starts_with(&format!("{}/authorize?", self.fake.root))
        );
        Asked::read(answer.place())
    }
}

async fn come_back(browser: &Browser, code: &str, state: &str) -> Shown {
    browser
        .get(&format!(
            "/sign-in/openid/id/callback?code={code}&state={state}"
        ))
        .await
}

fn begins_a_session(answer: &Shown) -> bool {
    let cookies = answer.headers.get_all("set-cookie").iter();
    cookies.into_iter().any(|cookie| {
        let cookie = cookie.to_str().unwrap();
        cookie.starts_with("modu_session=") && !cookie.starts_with("modu_session=;")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_binds_an_identity_that_then_lets_in() {
    let scene = Scene::start().await;
    let (browser, answer) = scene.bind(scene.person("agency"), "2408").await;
    assert_eq!(
        (answer.status, answer.place()),
        (303, "/"),
        "{}",
        answer.body
    );
    assert_eq!(browser.get("/needs/new").await.status, 200);
    let other = scene.server.browser();
    let page = other.get("/sign-in?to=/needs/new").await.body;
    assert!(page.contains("정부 신원") && page.contains("/sign-in/openid/id?to=/needs/new"));
    let asked = scene.ask(&other, "/needs/new").await;
    assert_eq!(
        asked.redirect,
        "https://ax.example/sign-in/openid/id/callback"
    );
    let code = scene.code(&asked, &scene.claims(&asked, "2408"));
    let answer = come_back(&other, &code, &asked.state).await;
    assert_eq!(
        (answer.status, answer.place()),
        (303, "/needs/new"),
        "{}",
        answer.body
    );
    assert_eq!(other.get("/needs/new").await.status, 200);
    // Somebody whom the provider knows and we do not is nobody.
    let stranger = scene.server.browser();
    let asked = scene.ask(&stranger, "/").await;
    let code = scene.code(&asked, &scene.claims(&asked, "2409"));
    let answer = come_back(&stranger, &code, &asked.state).await;
    assert_eq!((answer.status, begins_a_session(&answer)), (422, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_good_once_and_in_the_browser_that_asked() {
    let scene = Scene::start().await;
    scene.bind(scene.person("agency"), "2408").await;
    let browser = scene.server.browser();
    let asked = scene.ask(&browser, "/").await;
    let code = scene.code(&asked, &scene.claims(&asked, "2408"));
    // Another browser, which has asked nothing, or something else.
    let other = scene.server.browser();
    assert_eq!(come_back(&other, &code, &asked.state).await.status, 422);
    scene.ask(&other, "/").await;
    assert_eq!(come_back(&other, &code, &asked.state).await.status, 422);
    let theirs = scene.ask(&other, "/").await;
    let stolen = come_back(&other, &code, &theirs.state).await;
    assert_eq!((stolen.status, begins_a_session(&stolen)), (422, false));
    // The code was tried with another verifier and is used up: asked anew.
    let code = scene.code(&asked, &scene.claims(&asked, "2408"));
    assert_eq!(come_back(&browser, &code, &asked.state).await.status, 303);
    let again = come_back(&browser, &code, &asked.state).await;
    assert_eq!((again.status, begins_a_session(&again)), (422, false));
    // A provider that says no, in whatever words.
    let asked = scene.ask(&other, "/").await;
    let no = format!(
        "/sign-in/openid/id/callback?error=%3Cscript%3E&state={}",
        asked.state
    );
    let answer = other.get(&no).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains("<script"), "{}", answer.body);
    assert_eq!(other.get("/sign-in/openid/nobody").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_forged_old_or_anothers_lets_nobody_in() {
    let scene = Scene::start().await;
    scene.bind(scene.person("agency"), "2408").await;
    let now = Timestamp::now().as_second();
    for (name, value) in [
        ("nonce", json!("another")),
        ("aud", json!("another")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(now - 120)),
        ("iat", json!(now - 3_600)),
        ("iat", json!(now + 3_600)),
    ] {
        let browser = scene.server.browser();
        let asked = scene.ask(&browser, "/").await;
        let mut claims = scene.claims(&asked, "2408");
        claims[name] = value;
        let answer = come_back(&browser, &scene.code(&asked, &claims), &asked.state).await;
        assert_eq!(
            (answer.status, begins_a_session(&answer)),
            (422, false),
            "{name}"
        );
    }
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "k" }),
    ] {
        let browser = scene.server.browser();
        let asked = scene.ask(&browser, "/").await;
        let signed = scene.fake.sign(&header, &scene.claims(&asked, "2408"));
        let bare = signed.rsplit_once('.').unwrap().0.to_owned() + ".";
        for token in [signed, bare] {
            let code = scene.code_of(&asked, token);
            let answer = come_back(&browser, &code, &asked.state).await;
            assert_eq!(
                (answer.status, begins_a_session(&answer)),
                (422, false),
                "{header}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_leads_nobody_away_and_replaces_no_second_factor() {
    let scene = Scene::start().await;
    let (browser, answer) = scene.bind(GUEST, "15").await;
    assert_eq!((answer.status, answer.place()), (303, "/sign-in/code?to=/"));
    assert!(!begins_a_session(&answer));
    assert_eq!(browser.get("/sign-in/code").await.status, 200);
    scene.bind(scene.person("agency"), "2408").await;
    let other = scene.server.browser();
    let asked = scene.ask(&other, "//evil.example/").await;
    let code = scene.code(&asked, &scene.claims(&asked, "2408"));
    let answer = come_back(&other, &code, &asked.state).await;
    assert_eq!((answer.status, answer.place()), (303, "/"));
    // Bound, the password that was taken away lets nobody in.
    let fields = [("login", "agency"), ("password", PHRASE)];
    assert_eq!(
        scene
            .server
            .browser()
            .send("/sign-in", &fields)
            .await
            .status,
        422
    );
    // Who is suspended is nobody by any way.
    let operator = scene.server.signed_in("operator").await;
    let agency = scene.person("agency");
    operator
        .done(&format!("/people/{agency}/suspend"), &[])
        .await;
    let asked = scene.ask(&other, "/").await;
    let code = scene.code(&asked, &scene.claims(&asked, "2408"));
    come_back(&other, &code, &asked.state).await;
    assert_eq!(other.get("/needs/new").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_told_and_many_wrong_answers_wait() {
    let away = Fake {
        root: "http://127.0.0.1:9".to_owned(),
        ..Fake::start().await
    };
    let entrance = Entrance {
        root: Some("https://ax.example/".parse().unwrap()),
        providers: vec![away.provider()],
        ..Entrance::default()
    };
    let server = Server::start_behind(Limits::default(), Timestamp::now, entrance).await;
    let browser = server.browser();
    assert_eq!(browser.get("/sign-in/openid/id").await.status, 502);
    assert_eq!(browser.get("/sign-in").await.status, 200);
    let scene = Scene::start().await;
    // The first wait is a second, which a slow machine outlasts; each wrong
    // answer doubles it.
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) && statuses.len() < 70 {
        let browser = scene.server.browser();
        scene.ask(&browser, "/").await;
        statuses.push(come_back(&browser, "code", "guess").await.status);
    }
    let waits = statuses.pop();
    assert_eq!(waits, Some(429), "{statuses:?}");
    assert!(statuses.len() >= 50, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status == 422), "{statuses:?}");
}
