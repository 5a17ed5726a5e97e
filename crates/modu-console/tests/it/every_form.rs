//! Every form of every page, found by following links: what other sites send,
//! what is written to break out of a page or a statement, and what one
//! organisation does to another's things.

use std::collections::{BTreeMap, BTreeSet};

use modu_programme::Sequence;
use modu_programme::notice::mailbox::MailAddress;
use modu_programme::store::{History as _, MAX_PAGE};

use crate::crawl::{Form, crawl, forms, is_like};
use crate::server::{Browser, PEOPLE, Server, Shown};
use crate::world::build;

/// Breaks out of attributes and elements, in Korean too.
const MARKUP: &str = "\"'><script>alert('한글')</script><img src=x onerror=alert(1)>";
/// Breaks out of a statement of SQL, of either database.
const STATEMENT: &str = "1'); DROP TABLE entry; DELETE FROM account; -- 한글";
/// A place that runs something.
const PLACE: &str = "javascript:alert('한글')";

/// Forms that no crawl finds, and why; their fields are tried elsewhere.
const NOT_LINKED: [(&str, &str); 6] = [
    // A link that is given to one person only: `journey`, and below.
    ("/welcome/{}", "welcome"),
    // Between a password and a code, and where there is a second factor:
    // `second_factor`.
    ("/sign-in/code", "code"),
    ("/second-factor/confirm", "second factor"),
    ("/second-factor/codes", "second factor"),
    ("/second-factor/end", "second factor"),
    // A link that is mailed to one person only: `notices`.
    ("/mailbox/{}", "mailbox"),
];

/// A programme with something of everything, and everybody signed in.
struct Everybody {
    server: Server,
    browsers: Vec<(&'static str, Browser)>,
}

impl Everybody {
    async fn with(text: &str) -> Self {
        let server = Server::start().await;
        let mut browsers = vec![("", server.browser())];
        for (login, ..) in PEOPLE {
            browsers.push((login, server.signed_in(login).await));
        }
        // One of them is signed in elsewhere too.
        server.signed_in("supplier2").await;
        build(&server, text).await;
        Self { server, browsers }
    }

    fn browser(&self, login: &str) -> &Browser {
        let mut browsers = self.browsers.iter();
        &browsers.find(|(of, _)| *of == login).unwrap().1
    }

    fn last(&self) -> Sequence {
        self.server.office.kept().programme().last()
    }
}

fn is_page(page: &Shown) -> bool {
    page.headers["content-type"]
        .to_str()
        .unwrap()
        .starts_with("text/html")
}

/// What no page may do with what people wrote.
fn harmless(who: &str, path: &str, page: &Shown) {
    assert!(page.status < 500, "{path} as {who}: {}", page.body);
    assert_eq!(page.headers["x-content-type-options"], "nosniff", "{path}");
    assert!(page.headers.contains_key("content-type"), "{path}");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
    assert!(
        !policy.contains("unsafe") || policy.contains("sandbox"),
        "{path}: {policy}"
    );
    if is_page(page) {
        let raw = [
            "<script>alert",
            "<img src=x",
            "\"'>",
            "href=\"javascript:",
            "src=\"javascript:",
        ];
        for raw in raw {
            assert!(
                !page.body.contains(raw),
                "{path} as {who} has {raw}: {}",
                page.body
            );
        }
    }
}

async fn look_at_all(everybody: &Everybody) -> BTreeMap<&'static str, BTreeMap<String, Shown>> {
    let mut all = BTreeMap::new();
    for (who, browser) in &everybody.browsers {
        let pages = crawl(browser).await;
        for (path, page) in &pages {
            harmless(who, path, page);
        }
        all.insert(*who, pages);
    }
    all
}

/// All forms of everybody, those last that close a project: nothing else is
/// taken of it then.
fn in_turn<'p>(
    all: &'p BTreeMap<&'static str, BTreeMap<String, Shown>>,
) -> impl Iterator<Item = (&'static str, Form)> + 'p {
    [false, true].into_iter().flat_map(move |closes| {
        let forms = all.iter().flat_map(|(who, pages)| {
            let forms = forms(pages).into_iter();
            forms.map(|form| (*who, form))
        });
        forms.filter(move |(_, form)| form.action.ends_with("/close") == closes)
    })
}

async fn sent(who: &str, browser: &Browser, form: &Form, fields: &[(&str, &str)]) -> Shown {
    match (form.is_sent, who) {
        (true, "") => return browser.send(&form.action, fields).await,
        (true, _) => return browser.fill(&form.action, fields).await,
        _ => {}
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields);
    browser
        .get(&format!("{}?{}", form.action, query.finish()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_that_takes_a_form_has_one_on_a_page() {
    let everybody = Everybody::with("글").await;
    let office = &everybody.server.office;
    office.board().open_post("https://modu.example");
    let address = MailAddress::new("kim@agency.example").unwrap();
    let reader = everybody.server.evaluators[0];
    let (language, now) = (modu_kernel::Language::Ko, jiff::Timestamp::now());
    let asked = office.board().ask_mailbox(reader, &address, language, now);
    asked.unwrap();
    let mut actions = BTreeSet::new();
    for pages in look_at_all(&everybody).await.values() {
        actions.extend(forms(pages).into_iter().map(|form| form.action));
    }
    for (method, pattern) in modu_console::addresses() {
        let linked = actions.iter().any(|action| is_like(pattern, action));
        let known = NOT_LINKED.iter().any(|(known, _)| *known == pattern);
        assert!(method == "GET" || linked || known, "{pattern}: {actions:?}");
    }
    for step in [
        "open-call",
        "propose",
        "withdraw",
        "close-call",
        "appoint-evaluator",
        "release-evaluator",
        "recuse",
        "score",
        "open-scores",
        "select",
        "adopt",
        "retire",
        "close",
        "demonstrate",
    ] {
        let ending = format!("/{step}");
        assert!(
            actions.iter().any(|action| action.ends_with(&ending)),
            "{step}: {actions:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_every_place_that_takes_a_text_is_shown_and_never_run() {
    let everybody = Everybody::with(MARKUP).await;
    let before = look_at_all(&everybody).await;
    let shown = before.values().flat_map(BTreeMap::values);
    let shown = shown.filter(|page| page.body.contains("&lt;script&gt;alert"));
    assert!(shown.count() > 20, "nearly no page shows what was written");
    for (who, form) in in_turn(&before) {
        let browser = everybody.browser(who);
        if who.is_empty() && form.action != "/sign-in" {
            continue;
        }
        for text in [MARKUP, PLACE] {
            let fields = form.with(text, |_, field| field.is_written);
            // A form with nothing to write into does what its button says.
            if form.fields.iter().any(|field| field.is_written) {
                let answer = sent(who, browser, &form, &fields).await;
                harmless(who, &form.action, &answer);
            }
        }
    }
    look_at_all(&everybody).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_sql_in_any_field_is_a_text_or_refused() {
    let everybody = Everybody::with(STATEMENT).await;
    let before = look_at_all(&everybody).await;
    let last = everybody.last();
    for (who, form) in in_turn(&before) {
        let browser = everybody.browser(who);
        // Numbers, choices and hidden fields too, each by itself.
        for place in 0..form.fields.len() {
            let fields = form.with(STATEMENT, |at, field| at == place || field.is_written);
            let answer = sent(who, browser, &form, &fields).await;
            assert!(
                answer.status < 500,
                "{} as {who}: {}",
                form.action,
                answer.body
            );
        }
    }
    for who in before.keys() {
        let browser = everybody.browser(who);
        for (_, pattern) in modu_console::addresses() {
            let path = pattern.replace("{}", "1'%20OR%20'1'='1");
            let answer = browser.get(&path).await;
            assert!(answer.status < 500, "{path} as {who}: {}", answer.body);
        }
    }
    // All is still there, and the chain holds.
    {
        let mut kept = everybody.server.office.kept();
        assert!(kept.programme().last() >= last);
        let entries = kept.history().after(Sequence::START, MAX_PAGE).unwrap();
        assert_eq!(entries.len() as u64, kept.programme().last().0);
    }
    for (login, ..) in PEOPLE {
        everybody.server.signed_in(login).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_taken_from_another_site_or_without_its_sessions_key() {
    let everybody = Everybody::with("글").await;
    let strangers = everybody.browser("auditor").form_key().await;
    let last = everybody.last();
    let mut tried = 0;
    for (who, browser) in &everybody.browsers {
        for form in forms(&crawl(browser).await) {
            if !form.is_sent || form.action == "/sign-in" {
                continue;
            }
            let without = browser.send(&form.action, &form.filled()).await;
            let mut fields = vec![("form_key", strangers.as_str())];
            fields.extend(form.filled());
            let with_anothers = match *who {
                "auditor" => 403,
                _ => browser.send(&form.action, &fields).await.status,
            };
            let statuses = (without.status, with_anothers);
            assert_eq!(statuses, (403, 403), "{} as {who}", form.action);
            tried += 1;
        }
    }
    assert!(tried > 40, "{tried}");
    // What a browser says of where a form comes from is believed, also where
    // nobody is signed in yet.
    for (method, pattern) in modu_console::addresses() {
        if method == "GET" {
            continue;
        }
        let path = pattern.replace("{}", &"a".repeat(64));
        for (site, refused) in [("cross-site", true), ("same-site", true), ("none", false)] {
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap();
            let answer = client
                .post(everybody.server.url(&path))
                .header("sec-fetch-site", site)
                .send()
                .await
                .unwrap();
            let was_refused = answer.status().as_u16() == 403;
            assert_eq!(was_refused, refused, "{pattern} from {site}");
        }
    }
    assert_eq!(everybody.last(), last);
    assert_eq!(everybody.browser("agency").get("/keys").await.status, 200);
}

/// What anybody of a kind may do about what is not theirs.
const COMMON: [&str; 2] = ["propose", "adopt"];

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_one_organisation_is_neither_shown_to_another_nor_changed_by_it() {
    let everybody = Everybody::with("비밀스러운 글").await;
    let numbers = 0..=everybody.server.office.kept().programme().last().0;
    for (owner, outsider) in [
        ("agency", "agency2"),
        ("supplier1", "supplier2"),
        ("operator", "supplier1"),
        ("evaluator1", "agency2"),
        ("agency", "supplier1"),
    ] {
        let outside = everybody.browser(outsider);
        let own = forms(&crawl(outside).await);
        for form in forms(&crawl(everybody.browser(owner)).await) {
            let common = COMMON
                .iter()
                .any(|step| form.action.ends_with(&format!("/{step}")));
            let names_a_thing = form
                .action
                .split('/')
                .any(|part| part.parse::<u64>().is_ok());
            if !names_a_thing || common || own.contains(&form) {
                continue;
            }
            let last = everybody.last();
            let answer = outside.fill(&form.action, &form.filled()).await;
            assert!(
                [403, 404, 409, 422].contains(&answer.status),
                "{} of {owner} as {outsider}: {}",
                form.action,
                answer.status
            );
            assert_eq!(everybody.last(), last, "{} as {outsider}", form.action);
        }
    }
    // Jobs, and pages of single things, by every number that there is.
    for outsider in ["agency2", "supplier2", ""] {
        let outside = everybody.browser(outsider);
        for number in numbers.clone() {
            let job = outside.get(&format!("/jobs/{number}")).await;
            assert!(
                [303, 404].contains(&job.status),
                "/jobs/{number} as `{outsider}`: {}",
                job.status
            );
        }
    }
    let person = {
        let kept = everybody.server.office.kept();
        let mut people = kept.programme().people().values();
        people
            .find(|person| person.name.as_str() == "agency")
            .unwrap()
            .id
    };
    let keys = |now| {
        everybody
            .server
            .office
            .accounts()
            .keys(person, now)
            .unwrap()
    };
    let before = keys(jiff::Timestamp::now());
    for key in 0..40 {
        let path = format!("/keys/{key}/end");
        everybody.browser("agency2").fill(&path, &[]).await;
    }
    assert_eq!(keys(jiff::Timestamp::now()), before);
}
