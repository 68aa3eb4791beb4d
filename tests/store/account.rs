//! Accounts and logins.

use bedside::{
    auth::{LoginId, NewPassword, PasswordHash},
    domain::account::add,
    store::{AccountAct, GRACE, NewLogin, Rotated, Store, StoreError},
};
use bedside_protocol::session::Role;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use crate::support::*;

/// Made once: it takes its time.
fn hash() -> PasswordHash {
    static HASH: std::sync::LazyLock<PasswordHash> = std::sync::LazyLock::new(|| {
        PasswordHash::of(&NewPassword::parse("correct horse battery").unwrap()).unwrap()
    });
    HASH.clone()
}

async fn account(store: &Store, id: &str) -> bool {
    add(store, user(id), None, Role::Doctor, hash(), start()).await.unwrap()
}

async fn log_in(store: &Store, id: &str, at: DateTime<Utc>) -> Result<LoginId, StoreError> {
    let login = LoginId::make().unwrap();
    let expires_at = at + TimeDelta::hours(12);
    let new = NewLogin { id: login.clone(), user: user(id), password: hash(), at, expires_at };
    store.log_in(new).await.map(|()| login)
}

fn generation(rotated: &Rotated) -> u64 {
    let Rotated::Next { generation, .. } = rotated else { panic!("{rotated:?}") };
    *generation
}

both! {
    async fn a_name_is_given_once_and_accounts_come_in_pages(db: Database) {
        let store = db.open().await;
        assert!(!store.has_accounts().await.unwrap());
        assert!(account(&store, "anna").await);
        assert!(!account(&store, "anna").await);
        assert!(store.has_accounts().await.unwrap());
        for n in 0..101 {
            assert!(account(&store, &format!("b{n:03}")).await);
        }
        let first = store.accounts(None).await.unwrap();
        let rest = store.accounts(first.last().map(|last| &last.user)).await.unwrap();
        let all: Vec<_> = first.iter().chain(&rest).map(|account| account.user.as_str()).collect();
        assert_eq!((first.len(), all.len(), all[0], all[101]), (100, 102, "anna", "b100"));
        assert!(!format!("{first:?}").contains("argon2"), "a hash does not show");
    }

    async fn each_refresh_token_is_good_once_but_for_those_who_ask_at_once(db: Database) {
        let store = db.open().await;
        account(&store, "anna").await;
        let login = log_in(&store, "anna", start()).await.unwrap();
        let mut tabs = JoinSet::new();
        for _ in 0..8 {
            let (store, login) = (store.clone(), login.clone());
            tabs.spawn(async move { store.rotate_login(&login, 0, start()).await.unwrap() });
        }
        assert!(tabs.join_all().await.iter().all(|rotated| generation(rotated) == 1));
        assert_eq!(generation(&store.rotate_login(&login, 0, start() + GRACE).await.unwrap()), 1);
        let late = start() + GRACE + TimeDelta::milliseconds(1);
        assert_eq!(generation(&store.rotate_login(&login, 1, late).await.unwrap()), 2);
        assert!(store.login_goes_on(&login, late).await.unwrap());

        assert_eq!(store.rotate_login(&login, 0, late).await.unwrap(), Rotated::Reused);

        assert!(!store.login_goes_on(&login, late).await.unwrap());
        assert_eq!(store.rotate_login(&login, 2, late).await.unwrap(), Rotated::Over);
        assert_eq!(store.logins_ended_since(late).await.unwrap(), [login]);
        assert_eq!(store.logins_ended_since(late + TimeDelta::milliseconds(1)).await.unwrap(), []);
    }

    async fn a_token_of_a_later_time_than_the_databases_ends_its_login(db: Database) {
        // As after a backup was put back.
        let store = db.open().await;
        account(&store, "anna").await;
        let login = log_in(&store, "anna", start()).await.unwrap();
        assert_eq!(store.rotate_login(&login, 5, start()).await.unwrap(), Rotated::Reused);
    }

    async fn a_login_ends_by_time_by_itself_and_with_the_account(db: Database) {
        let store = db.open().await;
        account(&store, "anna").await;
        account(&store, "ben").await;
        let (one, two) = (log_in(&store, "anna", start()).await.unwrap(), log_in(&store, "anna", start()).await.unwrap());
        let (bens, later) = (log_in(&store, "ben", start()).await.unwrap(), start() + TimeDelta::hours(1));
        assert_eq!(store.end_login(&one, false, later).await.unwrap(), std::slice::from_ref(&one));
        assert_eq!(store.end_login(&one, true, later).await.unwrap(), [], "it is over, and ends nothing more");
        let three = log_in(&store, "anna", start()).await.unwrap();
        let kept = AccountAct::SetPassword { password: hash(), keep: Some(three.clone()) };
        assert_eq!(store.change_account(&user("anna"), kept, later).await.unwrap(), [two]);
        assert_eq!(store.change_account(&user("anna"), AccountAct::Disable, later).await.unwrap(), [three]);
        assert_eq!(log_in(&store, "anna", later).await.unwrap_err(), StoreError::NotFound);
        store.change_account(&user("anna"), AccountAct::Enable, later).await.unwrap();
        log_in(&store, "anna", later).await.unwrap();
        let late = start() + TimeDelta::hours(12);
        assert_eq!(store.rotate_login(&bens, 0, late).await.unwrap(), Rotated::Over);
        assert!(!store.login_goes_on(&bens, late).await.unwrap());
        let nobody = store.change_account(&user("nobody"), AccountAct::Disable, later).await;
        assert_eq!(nobody.unwrap_err(), StoreError::NotFound);
    }

    async fn a_password_that_was_changed_while_it_was_compared_logs_nobody_in(db: Database) {
        let store = db.open().await;
        account(&store, "anna").await;
        let other = PasswordHash::of(&NewPassword::parse("quite another password").unwrap()).unwrap();
        let act = AccountAct::SetPassword { password: other, keep: None };
        store.change_account(&user("anna"), act, start()).await.unwrap();
        assert_eq!(log_in(&store, "anna", start()).await.unwrap_err(), StoreError::NotFound);
    }

    async fn logins_that_are_long_over_are_not_kept(db: Database) {
        let store = db.open().await;
        account(&store, "anna").await;
        let old = log_in(&store, "anna", start()).await.unwrap();
        store.end_login(&old, false, start()).await.unwrap();
        assert_eq!(store.logins_ended_since(start()).await.unwrap(), [old]);
        log_in(&store, "anna", start() + TimeDelta::hours(37)).await.unwrap();
        assert_eq!(store.logins_ended_since(start()).await.unwrap(), []);
    }
}
