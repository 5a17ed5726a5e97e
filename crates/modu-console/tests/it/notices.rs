//! What people are told, on their page and in the head of every other.

use modu_programme::Sequence;
use modu_programme::notice::Follower;

use crate::server::{Browser, Server};

/// Tells of all that happened.
fn tell(server: &Server) {
    let mut follower = Follower::new(server.office.board(), &modu_programme::Programme::new());
    let follower = follower.as_mut().unwrap();
    let mut kept = server.office.kept();
    while follower.read_on_in(kept.history()).unwrap() > 0 {}
}

/// The count in the head of a page.
async fn unread(browser: &Browser) -> u64 {
    let page = browser.get("/").await.body;
    let (_, rest) = page.split_once("href=\"/notices\">").unwrap();
    let (link, _) = rest.split_once("</a>").unwrap();
    let digits: String = link.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_is_told_of_a_need_until_it_has_read_it() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let supplier = server.signed_in("supplier1").await;
    tell(&server);
    // Being enrolled was the first.
    assert_eq!(unread(&supplier).await, 1);
    let title = "<b>소득</b> 예측";
    let fields = [("title", title), ("description", "")];
    let place = agency.done("/needs/new", &fields).await;
    tell(&server);
    assert_eq!(unread(&supplier).await, 2);
    let page = supplier.get("/notices").await.body;
    assert!(
        page.contains("‘&lt;b&gt;소득&lt;/b&gt; 예측’: 새 수요가 나왔습니다."),
        "{page}"
    );
    assert!(page.contains(&format!("href=\"{place}\"")));
    let (_, rest) = page.split_once("name=\"last\" value=\"").unwrap();
    let last = rest.split('"').next().unwrap();
    supplier.done("/notices/read", &[("last", last)]).await;
    assert_eq!(unread(&supplier).await, 0);
    // Another's are their own, and whoever did it is not told.
    assert_eq!(unread(&server.signed_in("supplier2").await).await, 2);
    assert_eq!(unread(&agency).await, 1);
    let found = server.office.kept().programme().last();
    assert!(found > Sequence::START);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhooks_secret_is_shown_once_and_to_nobody_else() {
    let server = Server::start().await;
    let supplier = server.signed_in("supplier1").await;
    let fields = [("address", "https://hooks.example/a?b=<c>")];
    let added = supplier.fill("/webhooks", &fields).await;
    assert_eq!(added.status, 200);
    let (_, rest) = added.body.split_once("whsec_").unwrap();
    let secret = rest.split('<').next().unwrap().to_owned();
    for page in ["/webhooks", "/notices"] {
        assert!(!supplier.get(page).await.body.contains(&secret), "{page}");
    }
    let page = supplier.get("/webhooks").await.body;
    assert!(page.contains("https://hooks.example/a?b=%3Cc%3E"), "{page}");
    let rival = server.signed_in("supplier2").await;
    assert!(!rival.get("/webhooks").await.body.contains("hooks.example"));
    for what in ["end", "start", "try"] {
        let refused = rival.fill(&format!("/webhooks/1/{what}"), &[]).await;
        assert_eq!(refused.status, 404, "{what}");
    }
    supplier.done("/webhooks/1/try", &[]).await;
    assert!(supplier.get("/webhooks").await.body.contains("try_1_"));
    supplier.done("/webhooks/1/end", &[]).await;
    assert!(
        !supplier
            .get("/webhooks")
            .await
            .body
            .contains("hooks.example")
    );
    let wrong = supplier
        .fill("/webhooks", &[("address", "ftp://hooks.example")])
        .await;
    assert_eq!(wrong.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_written_to_once_its_owner_says_so() {
    let server = Server::start().await;
    server.office.board().open_post("https://modu.example");
    let supplier = server.signed_in("supplier1").await;
    let wrong = [("address", "kim@agency.example\r\nBcc: all@agency.example")];
    assert_eq!(supplier.fill("/notices/mail", &wrong).await.status, 422);
    supplier
        .done("/notices/mail", &[("address", "kim@agency.example")])
        .await;
    let lease = jiff::SignedDuration::from_secs(20);
    let outbox = server.office.board().outbox();
    let letter = outbox
        .take(true, lease, jiff::Timestamp::now())
        .unwrap()
        .unwrap();
    assert_eq!(letter.address, "kim@agency.example");
    let (_, rest) = letter.body.split_once("https://modu.example").unwrap();
    let link = &rest[.."/mailbox/".len() + 64];
    // Programs that read mail open its links; that proves nothing.
    assert_eq!(supplier.get(link).await.status, 200);
    assert_eq!(server.browser().get(link).await.status, 303);
    assert!(
        supplier
            .get("/notices")
            .await
            .body
            .contains("확인을 기다립니다")
    );
    let other = server.signed_in("supplier2").await;
    assert_eq!(other.fill(link, &[]).await.status, 404);
    supplier.done(link, &[]).await;
    assert!(
        !supplier
            .get("/notices")
            .await
            .body
            .contains("확인을 기다립니다")
    );
    supplier.done("/notices/mail/end", &[]).await;
    assert!(
        !supplier
            .get("/notices")
            .await
            .body
            .contains("kim@agency.example")
    );
}
