//! A database that goes away while people are at work, and comes back.

use jiff::Timestamp;
use modu_cluster::Cluster;
use modu_console::Limits;

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_and_comes_back_is_told_of_and_loses_nothing() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.fresh("away");
    let server = Server::start_over(Limits::default(), Timestamp::now, Some(url)).await;
    let agency = server.signed_in("agency").await;
    let need = [("title", "남는 수요"), ("description", "")];
    agency.done("/needs/new", &need).await;
    let key = agency.form_key().await;
    assert_eq!(server.browser().get("/ready").await.status, 200);

    cluster.down();
    // That the server answers is another thing than that it can work.
    assert_eq!(server.browser().get("/health").await.status, 200);
    assert_eq!(server.browser().get("/ready").await.status, 503);
    let lost = [
        ("form_key", key.as_str()),
        ("title", "잃은 수요"),
        ("description", ""),
    ];
    let answers = [
        agency.get("/needs/new").await,
        agency.send("/needs/new", &lost).await,
        server
            .browser()
            .send("/sign-in", &[("login", "agency"), ("password", "x")])
            .await,
    ];
    for answer in answers {
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(answer.headers.contains_key("retry-after"));
        // What to do is told, and nothing of what the database is or said.
        assert!(answer.body.contains("데이터베이스"), "{}", answer.body);
        for inner in ["modu-pg", "postgres", "socket", "connection"] {
            assert!(!answer.body.contains(inner), "{}", answer.body);
        }
    }
    // What everybody may see is known without asking it.
    let front = server.browser().get("/").await;
    assert!(front.body.contains("남는 수요"), "{}", front.body);

    cluster.up();
    assert_eq!(server.browser().get("/ready").await.status, 200);
    // The same session and the same form go on.
    let again = [
        ("form_key", key.as_str()),
        ("title", "다시 낸 수요"),
        ("description", ""),
    ];
    let answer = agency.send("/needs/new", &again).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let mut kept = server.office.kept();
    kept.catch_up().unwrap();
    let titles: Vec<_> = (kept.programme().projects().values())
        .map(|project| project.title.as_str().to_owned())
        .collect();
    assert_eq!(titles, ["남는 수요", "다시 낸 수요"]);
}
