//! A code beside the password: given once, taken once, and never guessed.

use jiff::SignedDuration;
use modu_programme::account::{
    AccountError, Accounts, Entered, Password, RECOVERY_CODES, SealKey, Secret, TICKET_HOLDS, Token,
};
use modu_programme::{PersonId, Sequence};

use crate::scene::{at, inside};

const KIM: PersonId = PersonId(Sequence(7));
const PHRASE: &str = "correct horse battery staple";

fn with_password(accounts: &mut Accounts, person: PersonId, login: &str) {
    let link = accounts.link(person, at(0)).unwrap();
    let password = Password::new(PHRASE).unwrap();
    accounts
        .set_password(&link, login, &password, at(0))
        .unwrap();
}

/// Kim with a second factor, confirmed at hour 0.
fn enrolled() -> (Accounts, Secret, Vec<String>) {
    let mut accounts = Accounts::in_memory().unwrap();
    with_password(&mut accounts, KIM, "kim");
    let secret = accounts.begin_factor(KIM).unwrap();
    let confirmed = accounts.confirm_factor(KIM, &secret.code_at(at(0)), at(0));
    (accounts, secret, confirmed.unwrap().codes)
}

fn ticket(accounts: &Accounts, hour: i64) -> Token {
    match accounts.sign_in("kim", PHRASE, "::1", at(hour)).unwrap() {
        Entered::CodeNext { ticket } => ticket,
        entered => panic!("{entered:?}"),
    }
}

/// A code that is surely none of those around a time.
fn wrong_code(secret: &Secret, hour: i64) -> String {
    let near: Vec<String> = [-30, 0, 30]
        .map(|off| secret.code_at(at(hour) + SignedDuration::from_secs(off)))
        .to_vec();
    (0..4)
        .map(|number| format!("{number:06}"))
        .find(|code| !near.contains(code))
        .unwrap()
}

#[test]
fn a_second_factor_counts_once_it_is_confirmed() {
    let mut accounts = Accounts::in_memory().unwrap();
    with_password(&mut accounts, KIM, "kim");
    let (_, before) = inside(accounts.sign_in("kim", PHRASE, "::1", at(0)).unwrap());
    let secret = accounts.begin_factor(KIM).unwrap();
    assert!(!accounts.has_factor(KIM).unwrap() && accounts.lacks_factor(KIM).unwrap());
    // Not yet confirmed, the password is enough.
    inside(accounts.sign_in("kim", PHRASE, "::1", at(0)).unwrap());
    let wrong = accounts.confirm_factor(KIM, &wrong_code(&secret, 0), at(0));
    assert!(matches!(wrong, Err(AccountError::WrongCode)), "{wrong:?}");
    // Begun again, what was shown before is worth nothing.
    let second = accounts.begin_factor(KIM).unwrap();
    assert_ne!(secret, second);
    assert_eq!(accounts.factor_to_confirm(KIM).unwrap(), second);
    let confirmed = accounts
        .confirm_factor(KIM, &second.code_at(at(0)), at(0))
        .unwrap();
    assert_eq!(confirmed.codes.len(), RECOVERY_CODES);
    assert!(accounts.has_factor(KIM).unwrap() && !accounts.lacks_factor(KIM).unwrap());
    assert_eq!(accounts.whose_session(&before, at(0)).unwrap(), None);
    let now = accounts.whose_session(&confirmed.session, at(0)).unwrap();
    assert_eq!(now, Some(KIM));
    let again = accounts.begin_factor(KIM);
    assert!(matches!(again, Err(AccountError::HasFactor)), "{again:?}");
}

#[test]
fn a_password_alone_opens_no_session_and_a_code_alone_neither() {
    let (mut accounts, secret, _) = enrolled();
    let ticket = ticket(&accounts, 1);
    assert_eq!(accounts.whose_session(&ticket, at(1)).unwrap(), None);
    let nobody = accounts.enter_code(&Token::new().unwrap(), &secret.code_at(at(1)), "::1", at(1));
    assert!(matches!(nobody, Err(AccountError::NoTicket)), "{nobody:?}");
    let late = at(1) + TICKET_HOLDS;
    let late = accounts.enter_code(&ticket, &secret.code_at(late), "::1", late);
    assert!(matches!(late, Err(AccountError::NoTicket)), "{late:?}");
    let (person, session) = accounts
        .enter_code(&ticket, &secret.code_at(at(1)), "::1", at(1))
        .unwrap();
    assert_eq!(person, KIM);
    assert_eq!(accounts.whose_session(&session, at(1)).unwrap(), Some(KIM));
    // The ticket is used up.
    let next = at(1) + SignedDuration::from_secs(30);
    let again = accounts.enter_code(&ticket, &secret.code_at(next), "::1", next);
    assert!(matches!(again, Err(AccountError::NoTicket)), "{again:?}");
}

#[test]
fn a_code_that_was_seen_over_somebodys_shoulder_is_taken_once() {
    let (mut accounts, secret, _) = enrolled();
    // The code of the confirmation itself was used too.
    let seen = secret.code_at(at(0));
    let ticket_now = ticket(&accounts, 0);
    let replayed = accounts.enter_code(&ticket_now, &seen, "::1", at(0));
    assert!(
        matches!(replayed, Err(AccountError::WrongCode)),
        "{replayed:?}"
    );
    let (mine, thiefs) = (ticket(&accounts, 1), ticket(&accounts, 1));
    let code = secret.code_at(at(1));
    accounts.enter_code(&mine, &code, "::1", at(1)).unwrap();
    for seconds in [0, 29, 30] {
        let now = at(1) + SignedDuration::from_secs(seconds);
        let replayed = accounts.enter_code(&thiefs, &code, "10.0.0.9", now);
        assert!(
            matches!(replayed, Err(AccountError::WrongCode)),
            "{replayed:?}"
        );
    }
    // Nor is an earlier one, which nobody has used.
    let earlier = secret.code_at(at(1) - SignedDuration::from_secs(30));
    let replayed = accounts.enter_code(&thiefs, &earlier, "::1", at(1));
    assert!(
        matches!(replayed, Err(AccountError::WrongCode)),
        "{replayed:?}"
    );
}

#[test]
fn a_recovery_code_is_good_once_in_any_spelling() {
    let (mut accounts, _, codes) = enrolled();
    let first = ticket(&accounts, 1);
    let typed = codes[3].to_lowercase().replace('-', " ");
    accounts.enter_code(&first, &typed, "::1", at(1)).unwrap();
    assert_eq!(accounts.codes_left(KIM).unwrap(), RECOVERY_CODES - 1);
    let second = ticket(&accounts, 1);
    let again = accounts.enter_code(&second, &codes[3], "::1", at(1));
    assert!(matches!(again, Err(AccountError::WrongCode)), "{again:?}");
    // New ones take the place of all old ones.
    let fresh = accounts.renew_codes(KIM, &codes[4], at(1)).unwrap();
    let old = accounts.enter_code(&second, &codes[5], "::1", at(1));
    assert!(matches!(old, Err(AccountError::WrongCode)), "{old:?}");
    accounts
        .enter_code(&second, &fresh[0], "::1", at(1))
        .unwrap();
    // And are another's of nobody.
    with_password(&mut accounts, PersonId(Sequence(8)), "lee");
    let lees = accounts.end_factor(PersonId(Sequence(8)), &fresh[1], at(1));
    assert!(matches!(lees, Err(AccountError::WrongCode)), "{lees:?}");
}

#[test]
fn guessing_codes_is_slowed_down_and_a_right_password_does_not_begin_anew() {
    let (mut accounts, secret, codes) = enrolled();
    let wrong = wrong_code(&secret, 1);
    for guess in 0..5 {
        // From another address each time, with the password right each time.
        let ticket = ticket(&accounts, 1);
        let answer = accounts.enter_code(&ticket, &wrong, &format!("10.0.0.{guess}"), at(1));
        assert!(matches!(answer, Err(AccountError::WrongCode)), "{answer:?}");
    }
    let ticket = ticket(&accounts, 1);
    for code in [&secret.code_at(at(1)), &codes[0]] {
        let answer = accounts.enter_code(&ticket, code, "10.0.0.9", at(1));
        assert!(
            matches!(answer, Err(AccountError::TooMany(_))),
            "{answer:?}"
        );
    }
    // On the pages of somebody signed in as well.
    let answer = accounts.end_factor(KIM, &codes[0], at(1));
    assert!(
        matches!(answer, Err(AccountError::TooMany(_))),
        "{answer:?}"
    );
    // It passes, and nothing was used up.
    let later = at(1) + SignedDuration::from_secs(2);
    accounts
        .enter_code(&ticket, &codes[0], "10.0.0.9", later)
        .unwrap();
}

#[test]
fn whoever_runs_the_programme_takes_a_lost_phone_away() {
    let (mut accounts, secret, codes) = enrolled();
    let ticket = ticket(&accounts, 1);
    accounts.take_factor(KIM).unwrap();
    for code in [&secret.code_at(at(1)), &codes[0]] {
        assert!(accounts.enter_code(&ticket, code, "::1", at(1)).is_err());
    }
    inside(accounts.sign_in("kim", PHRASE, "::1", at(1)).unwrap());
}

#[test]
fn who_copies_the_database_has_no_secret_and_no_recovery_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts.sqlite");
    let key = SealKey::new().unwrap();
    let mut accounts = Accounts::open(&file).unwrap().sealed_with(key.clone());
    with_password(&mut accounts, KIM, "kim");
    let secret = accounts.begin_factor(KIM).unwrap();
    let codes = accounts
        .confirm_factor(KIM, &secret.code_at(at(0)), at(0))
        .unwrap()
        .codes;
    let mut kept = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |secret: &[u8]| kept.windows(secret.len()).any(|window| window == secret);
    assert!(holds(b"kim"), "the file is looked at");
    assert!(!holds(secret.base32().as_bytes()) && !holds(key.reveal().as_bytes()));
    // The secret's own bytes: base32 undone five bits at a time.
    let digits = secret.base32();
    let bits: String = digits
        .chars()
        .map(|c| {
            format!(
                "{:05b}",
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap()
            )
        })
        .collect();
    let raw: Vec<u8> = (0..20)
        .map(|at| u8::from_str_radix(&bits[8 * at..8 * at + 8], 2).unwrap())
        .collect();
    assert!(!holds(&raw));
    for code in &codes {
        assert!(!holds(code.as_bytes()) && !holds(code.replace('-', "").as_bytes()));
    }
    // With another key, or none, no code is right; recovery codes still are.
    let ticket = ticket(&accounts, 1);
    let mut other = Accounts::open(&file)
        .unwrap()
        .sealed_with(SealKey::new().unwrap());
    let answer = other.enter_code(&ticket, &secret.code_at(at(1)), "::1", at(1));
    assert!(
        matches!(answer, Err(AccountError::Unreadable(_))),
        "{answer:?}"
    );
    let mut without = Accounts::open(&file).unwrap();
    let answer = without.begin_factor(PersonId(Sequence(8)));
    assert!(matches!(answer, Err(AccountError::NoSealKey)), "{answer:?}");
    without
        .enter_code(&ticket, &codes[0], "::1", at(1))
        .unwrap();
}
