//! Attackers at the doors: what is bound elsewhere, links, clocks that jump.

use jiff::SignedDuration;
use modu_programme::account::{
    AccountError, Accounts, Entered, LINK_HOLDS, Outside, Password, RESET_HOLDS, SESSION_IDLES,
};
use modu_programme::{PersonId, Sequence};

use crate::scene::{at, inside};

const KIM: PersonId = PersonId(Sequence(7));
const LEE: PersonId = PersonId(Sequence(8));
const PHRASE: &str = "correct horse battery staple";
const OUTSIDE: Outside<'_> = Outside {
    issuer: "https://id.example",
    subject: "2408",
    vouched: false,
};

fn enrolled() -> Accounts {
    let mut accounts = Accounts::in_memory().unwrap();
    let link = accounts.link(KIM, at(0)).unwrap();
    let password = Password::new(PHRASE).unwrap();
    accounts
        .set_password(&link, "kim", &password, at(0))
        .unwrap();
    accounts
}

#[test]
fn nobody_comes_in_from_outside_whom_no_link_has_bound() {
    let mut accounts = enrolled();
    let unknown = accounts.enter_from(&OUTSIDE, at(1));
    assert!(
        matches!(unknown, Err(AccountError::NotBound)),
        "{unknown:?}"
    );
    let link = accounts.link(KIM, at(1)).unwrap();
    assert_eq!(
        inside(accounts.bind(&link, &OUTSIDE, at(1)).unwrap()).0,
        KIM
    );
    assert_eq!(inside(accounts.enter_from(&OUTSIDE, at(2)).unwrap()).0, KIM);
    // Another issuer's person of the same name is another.
    for other in [
        Outside {
            issuer: "https://id.example/",
            ..OUTSIDE
        },
        Outside {
            subject: "2409",
            ..OUTSIDE
        },
        Outside {
            issuer: "https://id.example\n2408",
            subject: "",
            ..OUTSIDE
        },
    ] {
        let answer = accounts.enter_from(&other, at(2));
        assert!(matches!(answer, Err(AccountError::NotBound)), "{answer:?}");
    }
}

#[test]
fn an_identity_is_one_persons_and_a_link_binds_one() {
    let mut accounts = enrolled();
    let kims = accounts.link(KIM, at(1)).unwrap();
    accounts.bind(&kims, &OUTSIDE, at(1)).unwrap();
    let other = Outside {
        subject: "2409",
        ..OUTSIDE
    };
    let used = accounts.bind(&kims, &other, at(1));
    assert!(matches!(used, Err(AccountError::NoLink)), "{used:?}");
    let lees = accounts.link(LEE, at(1)).unwrap();
    let taken = accounts.bind(&lees, &OUTSIDE, at(1));
    assert!(
        matches!(taken, Err(AccountError::BoundElsewhere)),
        "{taken:?}"
    );
    // Nothing was half done: Lee's link still holds.
    assert_eq!(accounts.whose_link(&lees, at(1)).unwrap(), LEE);
    // Bound anew, the earlier identity is nobody's.
    let again = accounts.link(KIM, at(1)).unwrap();
    accounts.bind(&again, &other, at(1)).unwrap();
    let earlier = accounts.enter_from(&OUTSIDE, at(1));
    assert!(
        matches!(earlier, Err(AccountError::NotBound)),
        "{earlier:?}"
    );
}

#[test]
fn a_second_factor_is_asked_for_unless_the_provider_has_asked() {
    let mut accounts = enrolled();
    let link = accounts.link(KIM, at(0)).unwrap();
    accounts.bind(&link, &OUTSIDE, at(0)).unwrap();
    assert!(accounts.lacks_factor(KIM).unwrap());
    let secret = accounts.begin_factor(KIM).unwrap();
    accounts
        .confirm_factor(KIM, &secret.code_at(at(0)), at(0))
        .unwrap();
    let asked = accounts.enter_from(&OUTSIDE, at(1)).unwrap();
    assert!(matches!(asked, Entered::CodeNext { .. }), "{asked:?}");
    let vouched = Outside {
        vouched: true,
        ..OUTSIDE
    };
    inside(accounts.enter_from(&vouched, at(1)).unwrap());
    // Somebody who comes by such a provider only lacks nothing.
    let link = accounts.link(LEE, at(1)).unwrap();
    let lee = Outside {
        subject: "2409",
        ..vouched
    };
    accounts.bind(&link, &lee, at(1)).unwrap();
    assert!(!accounts.lacks_factor(LEE).unwrap());
    let once = Outside {
        vouched: false,
        ..lee
    };
    accounts.enter_from(&once, at(1)).unwrap();
    assert!(accounts.lacks_factor(LEE).unwrap());
}

#[test]
fn a_reset_ends_all_that_let_somebody_in_at_once() {
    let mut accounts = enrolled();
    let link = accounts.link(KIM, at(0)).unwrap();
    accounts.bind(&link, &OUTSIDE, at(0)).unwrap();
    let (_, session) = inside(accounts.sign_in("kim", PHRASE, "::1", at(0)).unwrap());
    let name = modu_programme::Title::new("program").unwrap();
    let key = accounts.make_key(KIM, &name, at(0)).unwrap();
    let first = accounts.reset(KIM, at(1)).unwrap();
    assert!(!accounts.has_way_in(KIM).unwrap());
    assert_eq!(accounts.whose_session(&session, at(1)).unwrap(), None);
    assert_eq!(accounts.whose_key(&key, at(1)).unwrap(), None);
    assert!(accounts.enter_from(&OUTSIDE, at(1)).is_err());
    for password in [PHRASE, ""] {
        let old = accounts.sign_in("kim", password, "::1", at(1));
        assert!(matches!(old, Err(AccountError::Wrong)), "{old:?}");
    }
    // The name stays Kim's; of two ways back the later one holds, for a day.
    let taken = accounts.link(LEE, at(1)).unwrap();
    let password = Password::new("another long enough phrase").unwrap();
    let answer = accounts.set_password(&taken, "kim", &password, at(1));
    assert!(matches!(answer, Err(AccountError::Login(_))), "{answer:?}");
    let second = accounts.reset(KIM, at(1)).unwrap();
    assert!(accounts.whose_link(&first, at(1)).is_err());
    assert!(accounts.whose_link(&second, at(1) + RESET_HOLDS).is_err());
    assert_eq!(accounts.login_of(KIM).unwrap().as_deref(), Some("kim"));
    accounts
        .set_password(&second, "kim", &password, at(2))
        .unwrap();
    assert!(
        accounts
            .set_password(&second, "kim", &password, at(2))
            .is_err()
    );
    inside(
        accounts
            .sign_in("kim", "another long enough phrase", "::1", at(2))
            .unwrap(),
    );
}

#[test]
fn a_clock_that_goes_back_revives_nothing_and_locks_nobody_out() {
    let mut accounts = enrolled();
    let link = accounts.link(LEE, at(100)).unwrap();
    assert!(accounts.whose_link(&link, at(99)).is_err());
    assert!(accounts.whose_link(&link, at(100)).is_ok());
    let (_, session) = inside(accounts.sign_in("kim", PHRASE, "::1", at(100)).unwrap());
    // A clock that is set right in passing ends no session; an hour does.
    let right = at(100) - SignedDuration::from_secs(5);
    assert_eq!(accounts.whose_session(&session, right).unwrap(), Some(KIM));
    assert_eq!(accounts.whose_session(&session, at(99)).unwrap(), None);
    assert_eq!(accounts.whose_session(&session, at(100)).unwrap(), None);
    // Who is waiting waits as long as ever, not until the clock is there again.
    for _ in 0..8 {
        let _counted = accounts.sign_in("kim", "guess", "::1", at(24 * 365));
    }
    let answer = accounts.sign_in("kim", PHRASE, "::1", at(101));
    let Err(AccountError::TooMany(until)) = answer else {
        panic!("{answer:?}");
    };
    assert!(until <= at(101) + SignedDuration::from_mins(15), "{until}");
    inside(accounts.sign_in("kim", PHRASE, "::1", until).unwrap());
}

#[test]
fn a_clock_that_leaps_ahead_ends_things_early_and_opens_none() {
    let mut accounts = enrolled();
    let link = accounts.link(LEE, at(0)).unwrap();
    let (_, session) = inside(accounts.sign_in("kim", PHRASE, "::1", at(0)).unwrap());
    let far = at(24 * 365);
    assert!(accounts.whose_link(&link, far).is_err());
    assert!(accounts.whose_link(&link, at(0) + LINK_HOLDS).is_err());
    assert_eq!(accounts.whose_session(&session, far).unwrap(), None);
    // What ended stays ended when the clock is right again.
    assert_eq!(accounts.whose_session(&session, at(0)).unwrap(), None);
}

#[test]
fn codes_of_a_time_that_was_already_are_not_taken_again() {
    let mut accounts = enrolled();
    let secret = accounts.begin_factor(KIM).unwrap();
    let codes = accounts
        .confirm_factor(KIM, &secret.code_at(at(10)), at(10))
        .unwrap()
        .codes;
    let ticket = |hour| match accounts.sign_in("kim", PHRASE, "::1", at(hour)).unwrap() {
        Entered::CodeNext { ticket } => ticket,
        entered => panic!("{entered:?}"),
    };
    // The clock goes back by an hour: its codes are those of back then.
    let back = ticket(9);
    let other = ticket(9);
    let replayed = accounts.enter_code(&back, &secret.code_at(at(9)), "::1", at(9));
    assert!(
        matches!(replayed, Err(AccountError::WrongCode)),
        "{replayed:?}"
    );
    accounts
        .enter_code(&other, &codes[0], "::1", at(9))
        .unwrap();
}

#[test]
fn guesses_made_at_once_are_all_counted_before_any_is_looked_at() {
    let accounts = enrolled();
    let mut begun = Vec::new();
    let refused = (0..20)
        .filter_map(|_| match accounts.attempt("kim", "10.0.0.1", at(1)) {
            Ok(attempt) => {
                begun.push(attempt);
                None
            }
            Err(error) => Some(error),
        })
        .count();
    assert_eq!((begun.len(), refused), (5, 15));
}

#[test]
fn who_comes_in_does_not_clear_the_guesses_of_their_address() {
    let mut accounts = enrolled();
    let link = accounts.link(LEE, at(0)).unwrap();
    let password = Password::new(PHRASE).unwrap();
    accounts
        .set_password(&link, "lee", &password, at(0))
        .unwrap();
    let (mut wrong, mut refused) = (0, false);
    for round in 0..60 {
        // Names that there are not, and now and then one's own.
        let answer = match round % 10 {
            9 => accounts
                .sign_in("lee", PHRASE, "2001:db8::1", at(1))
                .map(drop),
            // All of a network's addresses are one.
            part => {
                let from = format!("2001:db8::{part}:{round}");
                accounts
                    .sign_in(&format!("guess{round}"), "x", &from, at(1))
                    .map(drop)
            }
        };
        match answer {
            Err(AccountError::Wrong) => wrong += 1,
            Err(AccountError::TooMany(_)) => refused = true,
            _ => {}
        }
    }
    assert!(
        refused && wrong == 50,
        "{wrong} wrong guesses were let through"
    );
    // Others come from elsewhere meanwhile, and the address is forgiven in time.
    inside(
        accounts
            .sign_in("kim", PHRASE, "2001:db8:1::1", at(1))
            .unwrap(),
    );
    let later = at(1) + SESSION_IDLES;
    assert!(
        accounts
            .sign_in("kim", PHRASE, "2001:db8::1", later)
            .is_ok()
    );
}
