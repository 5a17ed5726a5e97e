//! Letting in those who may, and nobody else.

use jiff::SignedDuration;
use modu_programme::account::{
    AccountError, Accounts, LINK_HOLDS, Password, SESSION_IDLES, SESSION_LASTS, SessionId, Token,
};
use modu_programme::{PersonId, Sequence};

use crate::scene::{at, database, inside};

const PERSON: PersonId = PersonId(Sequence(7));
const PHRASE: &str = "correct horse battery staple";

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

fn enrolled() -> Accounts {
    let mut accounts = Accounts::over(database()).unwrap();
    let link = accounts.link(PERSON, at(0)).unwrap();
    accounts
        .set_password(&link, "Kim@Agency", &password(PHRASE), at(0))
        .unwrap();
    accounts
}

#[test]
fn a_link_sets_a_password_once_and_then_the_person_signs_in() {
    let mut accounts = Accounts::over(database()).unwrap();
    assert!(accounts.is_empty().unwrap());
    let link = accounts.link(PERSON, at(0)).unwrap();
    assert_eq!(accounts.whose_link(&link, at(1)).unwrap(), PERSON);
    accounts
        .set_password(&link, "kim", &password(PHRASE), at(1))
        .unwrap();
    let again = accounts.set_password(&link, "kim", &password(PHRASE), at(1));
    assert!(matches!(again, Err(AccountError::NoLink)), "{again:?}");
    let (person, session) = inside(accounts.sign_in(" KIM ", PHRASE, "::1", at(1)).unwrap());
    assert_eq!(person, PERSON);
    assert_eq!(
        accounts.whose_session(&session, at(1)).unwrap(),
        Some(PERSON)
    );
    accounts.sign_out(&session).unwrap();
    assert_eq!(accounts.whose_session(&session, at(1)).unwrap(), None);
}

#[test]
fn a_link_ends_with_its_time_and_with_the_next_one() {
    let mut accounts = Accounts::over(database()).unwrap();
    let first = accounts.link(PERSON, at(0)).unwrap();
    let second = accounts.link(PERSON, at(0)).unwrap();
    assert!(accounts.whose_link(&first, at(0)).is_err());
    assert!(accounts.whose_link(&second, at(0) + LINK_HOLDS).is_err());
    assert!(accounts.whose_link(&second, at(1)).is_ok());
}

#[test]
fn a_session_ends_when_it_idles_and_at_last_in_any_case() {
    let accounts = enrolled();
    let (_, session) = inside(
        accounts
            .sign_in("kim@agency", PHRASE, "::1", at(0))
            .unwrap(),
    );
    let step = SESSION_IDLES - SignedDuration::from_secs(1);
    let mut now = at(0);
    while now + step < at(0) + SESSION_LASTS {
        now += step;
        assert!(accounts.whose_session(&session, now).unwrap().is_some());
    }
    let ended = accounts
        .whose_session(&session, at(0) + SESSION_LASTS)
        .unwrap();
    assert_eq!(ended, None);
    let (_, idle) = inside(
        accounts
            .sign_in("kim@agency", PHRASE, "::1", at(20))
            .unwrap(),
    );
    let late = at(20) + SESSION_IDLES;
    assert_eq!(accounts.whose_session(&idle, late).unwrap(), None);
}

#[test]
fn a_new_password_ends_every_session() {
    let mut accounts = enrolled();
    let (_, session) = inside(
        accounts
            .sign_in("kim@agency", PHRASE, "::1", at(0))
            .unwrap(),
    );
    let link = accounts.link(PERSON, at(0)).unwrap();
    let other = password("another long enough phrase");
    accounts
        .set_password(&link, "kim@agency", &other, at(0))
        .unwrap();
    assert_eq!(accounts.whose_session(&session, at(0)).unwrap(), None);
    assert!(
        accounts
            .sign_in("kim@agency", PHRASE, "::1", at(0))
            .is_err()
    );
}

#[test]
fn wrong_names_and_wrong_passwords_are_told_alike() {
    let accounts = enrolled();
    let wrong = [
        ("kim@agency", "not the phrase"),
        ("nobody", PHRASE),
        ("", ""),
        ("a b", "c"),
    ];
    for (login, phrase) in wrong {
        let answer = accounts.sign_in(login, phrase, "::1", at(0));
        assert!(matches!(answer, Err(AccountError::Wrong)), "{answer:?}");
    }
}

#[test]
fn guessing_is_slowed_down_by_name_and_does_not_lock_out_for_ever() {
    let accounts = enrolled();
    for _ in 0..5 {
        let answer = accounts.sign_in("kim@agency", "guess", "10.0.0.1", at(0));
        assert!(matches!(answer, Err(AccountError::Wrong)), "{answer:?}");
    }
    let answer = accounts.sign_in("kim@agency", PHRASE, "10.0.0.2", at(0));
    let Err(AccountError::TooMany(until)) = answer else {
        panic!("{answer:?}");
    };
    assert!(until > at(0) && until <= at(1));
    accounts
        .sign_in("kim@agency", PHRASE, "10.0.0.2", until)
        .unwrap();
    // Signed in, the count begins anew.
    let answer = accounts.sign_in("kim@agency", "guess", "10.0.0.1", until);
    assert!(matches!(answer, Err(AccountError::Wrong)), "{answer:?}");
}

#[test]
fn guessing_many_names_from_one_address_is_slowed_down() {
    let accounts = enrolled();
    for number in 0..50 {
        let login = format!("guess{number}");
        let answer = accounts.sign_in(&login, "guess", "10.0.0.1", at(0));
        assert!(matches!(answer, Err(AccountError::Wrong)), "{answer:?}");
    }
    let answer = accounts.sign_in("kim@agency", PHRASE, "10.0.0.1", at(0));
    assert!(
        matches!(answer, Err(AccountError::TooMany(_))),
        "{answer:?}"
    );
    assert!(
        accounts
            .sign_in("kim@agency", PHRASE, "10.0.0.2", at(0))
            .is_ok()
    );
}

#[test]
fn a_login_name_belongs_to_one_person() {
    let mut accounts = enrolled();
    let link = accounts.link(PersonId(Sequence(8)), at(0)).unwrap();
    let answer = accounts.set_password(&link, "KIM@agency", &password(PHRASE), at(0));
    assert!(matches!(answer, Err(AccountError::Login(_))), "{answer:?}");
    // The link still holds: nothing was half done.
    assert!(accounts.whose_link(&link, at(0)).is_ok());
}

#[test]
fn who_steals_the_file_finds_no_token_and_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts.sqlite");
    let mut accounts = Accounts::open(&file).unwrap();
    let link = accounts.link(PERSON, at(0)).unwrap();
    accounts
        .set_password(&link, "kim", &password(PHRASE), at(0))
        .unwrap();
    let (_, session) = inside(accounts.sign_in("kim", PHRASE, "::1", at(0)).unwrap());
    let next = accounts.link(PersonId(Sequence(8)), at(0)).unwrap();
    let mut kept = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |secret: &[u8]| kept.windows(secret.len()).any(|window| window == secret);
    assert!(holds(b"kim"), "the file is looked at");
    assert!(!holds(PHRASE.as_bytes()));
    for token in [link, session, next] {
        let text = token.reveal();
        assert!(!holds(text.as_bytes()));
        let raw: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        assert!(!holds(&raw));
    }
    assert_eq!(Token::parse("nothing"), None);
}

#[test]
fn a_person_sees_their_sessions_and_ends_each_or_all_others() {
    let accounts = enrolled();
    let enter = |hour| {
        inside(
            accounts
                .sign_in("kim@agency", PHRASE, "::1", at(hour))
                .unwrap(),
        )
        .1
    };
    let minute = SignedDuration::from_mins(20);
    let first = enter(0);
    let now = at(0) + minute;
    let (_, second) = inside(accounts.sign_in("kim@agency", PHRASE, "::1", now).unwrap());
    assert_eq!(accounts.whose_session(&first, now).unwrap(), Some(PERSON));
    let seen = accounts.sessions(PERSON, &second, now).unwrap();
    let told: Vec<_> = seen
        .iter()
        .map(|it| (it.begun, it.seen, it.is_this))
        .collect();
    assert_eq!(told, [(now, now, true), (at(0), now, false)]);
    // Another person sees none of them and ends none.
    let other = PersonId(Sequence(8));
    assert_eq!(accounts.sessions(other, &second, now).unwrap(), []);
    assert!(!accounts.end_session(other, seen[1].id).unwrap());
    let id = SessionId::parse(&seen[1].id.to_string()).unwrap();
    assert!(accounts.end_session(PERSON, id).unwrap());
    assert!(!accounts.end_session(PERSON, id).unwrap());
    assert_eq!(accounts.whose_session(&first, now).unwrap(), None);
    assert_eq!(accounts.whose_session(&second, now).unwrap(), Some(PERSON));
    // What idles is not shown.
    let late = now + SESSION_IDLES;
    assert_eq!(accounts.sessions(PERSON, &second, late).unwrap(), []);
    let (third, fourth) = (enter(3), enter(3));
    assert_eq!(accounts.end_other_sessions(PERSON, &third).unwrap(), 2);
    assert_eq!(accounts.whose_session(&third, at(3)).unwrap(), Some(PERSON));
    assert_eq!(accounts.whose_session(&fourth, at(3)).unwrap(), None);
}

#[test]
fn a_sessions_name_is_read_as_it_was_written_and_in_no_other_spelling() {
    let id = SessionId::parse("00f0123456789abc").unwrap();
    assert_eq!(id.to_string(), "00f0123456789abc");
    for wrong in [
        "",
        "f0123456789abc",
        "00F0123456789ABC",
        "+0f0123456789abc",
        "00f0123456789abc0",
    ] {
        assert_eq!(SessionId::parse(wrong), None, "{wrong}");
    }
}
