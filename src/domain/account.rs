//! Accounts of this server's own: logging in with a password, going on, and logging out.
//!
//! Owns the memory of failed attempts. It is this process's: a restart forgets it, which gains whoever guesses a
//! handful of guesses.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bedside_protocol::{
    Code, Refusal,
    ids::UserId,
    session::{Role, User},
    text::{Name, Timestamp, Token},
    webrtc::LeaveReason,
};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Semaphore;

use crate::{
    auth::{Bearer, LoginId, NewPassword, Password, PasswordHash, RefreshToken},
    config,
    domain::Clinic,
    error::{Error, Result},
    model::{
        closing,
        patience::{Failures, Patience},
    },
    private::{Pii, Secret},
    store::{Account, AccountAct, NewLogin, Rotated, Store, StoreError},
};

/// How long an access token is good. A browser asks for the next one before.
const ACCESS_LIFE: TimeDelta = TimeDelta::minutes(10);
/// Access tokens of a login that ended longer ago have ended themselves; with as much again for clocks that differ.
const ENDED_LATELY: TimeDelta = TimeDelta::minutes(20);
/// How often one may fail with one name before it waits. The longest wait is short enough that nobody can keep
/// somebody else out for long.
const OF_A_NAME: Patience = Patience { free: 5, longest_ms: 5 * 60_000 };
/// The same of one address, which may be that of a whole clinic.
const OF_A_PLACE: Patience = Patience { free: 50, longest_ms: 5 * 60_000 };
/// How many may wait for their password to be looked at: some seconds' worth.
const MOST_WAITING: usize = 64;
/// When somebody may try again whom there was no room for, in milliseconds.
const FULL_PAUSE_MS: u64 = 2_000;
/// The longest name that somebody logs in as, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Who has failed to log in, and room for as much hashing as the machine bears.
pub(crate) struct Accounts {
    enabled: bool,
    life: TimeDelta,
    failures: Mutex<AllFailures>,
    waiting: Arc<Semaphore>,
    hashing: Arc<Semaphore>,
}

struct AllFailures {
    names: Failures<UserId>,
    places: Failures<Place>,
}

/// Where somebody is: an address, or of IPv6 the network that one subscriber has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place(Pii<[u8; 16]>);

impl Place {
    /// The place of an address.
    pub fn of(address: IpAddr) -> Self {
        let octets = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).octets(),
        };
        Self(Pii::new(octets))
    }
}

/// Somebody tries to log in.
#[derive(Debug)]
pub struct Attempt {
    /// As what.
    pub username: String,
    /// With what.
    pub password: Password,
    /// From where.
    pub place: Place,
}

/// Somebody is in.
#[derive(Debug)]
pub struct LoggedIn {
    /// For REST and sockets.
    pub access_token: Token,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// Who they are.
    pub user: User,
    /// With what they go on.
    pub refresh: Secret<String>,
    /// How long the login is good, in seconds.
    pub seconds_left: u64,
}

/// What somebody logs in as, and is to everybody else: lowercase letters and digits of ASCII, with `.`, `_`, `-` and
/// `@` between them. Capitals are taken for their lowercase letters.
pub fn username(text: &str) -> Option<UserId> {
    let name = text.trim().to_ascii_lowercase();
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let fits = begins && name.len() <= MAX_NAME_CHARS && name.chars().all(inner);
    UserId::parse(&name).ok().filter(|_| fits)
}

/// Make an account. Says whether the name was free.
pub async fn add(
    store: &Store,
    user: UserId,
    name: Option<Name>,
    role: Role,
    password: PasswordHash,
    at: DateTime<Utc>,
) -> std::result::Result<bool, StoreError> {
    let account = Account { user, name, role, password, password_at: at, disabled_at: None, created_at: at };
    store.add_account(account).await
}

impl Accounts {
    pub(crate) fn new(config: &config::Accounts) -> Self {
        // Logging in must not keep the machine from running calls.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let failures = AllFailures { names: Failures::new(OF_A_NAME), places: Failures::new(OF_A_PLACE) };
        Self {
            enabled: config.enabled,
            life: TimeDelta::hours(i64::try_from(config.login_hours).unwrap_or(1)),
            failures: Mutex::new(failures),
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            hashing: Arc::new(Semaphore::new((cores / 2).max(1))),
        }
    }

    fn failures(&self) -> MutexGuard<'_, AllFailures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Let an attempt begin, or say how long it has to wait. It counts as failed for now.
    fn begin(&self, name: Option<&UserId>, place: &Place, now_ms: u64) -> std::result::Result<(), Refusal> {
        let mut failures = self.failures();
        let of_name = name.and_then(|name| failures.names.wait_ms(name, now_ms));
        let wait_ms = of_name.max(failures.places.wait_ms(place, now_ms));
        if let Some(wait_ms) = wait_ms {
            let refusal = Refusal::new(Code::RateLimited, "too many failed attempts, wait a little");
            return Err(refusal.retry_after_ms(wait_ms));
        }
        if let Some(name) = name {
            failures.names.try_once(name.clone(), now_ms);
        }
        failures.places.try_once(place.clone(), now_ms);
        Ok(())
    }

    /// It was right: what failed before with this name does not count any more.
    fn succeeded(&self, name: &UserId, place: &Place) {
        let mut failures = self.failures();
        failures.names.forget(name);
        failures.places.take_back(place);
    }

    /// It was not found out whether it was right.
    fn undecided(&self, name: Option<&UserId>, place: &Place) {
        let mut failures = self.failures();
        if let Some(name) = name {
            failures.names.take_back(name);
        }
        failures.places.take_back(place);
    }

    /// Hash, in a thread of its own and with as many others as the machine bears.
    async fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let full = |_| Refusal::from(Code::Overloaded).retry_after_ms(FULL_PAUSE_MS);
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(full)?;
        let turn = Arc::clone(&self.hashing).acquire_owned().await.map_err(Error::fault)?;
        let hashed = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((place, turn));
            done
        });
        hashed.await.map_err(Error::fault)
    }

    async fn is_right(&self, hash: PasswordHash, password: Password) -> Result<bool> {
        self.hash(move || hash.is_of(&password)).await
    }
}

impl Clinic {
    /// Whether somebody can log in here.
    pub async fn has_accounts(&self) -> Result<bool> {
        Ok(self.accounts.enabled && self.store.has_accounts().await?)
    }

    /// Log in. A name that nobody has is answered like a wrong password, and takes as long.
    pub async fn log_in(&self, attempt: Attempt) -> Result<LoggedIn> {
        self.accounts_enabled()?;
        let Attempt { username: typed, password, place } = attempt;
        let Some(account) = self.try_password(username(&typed).as_ref(), &place, password).await? else {
            count_login("refused");
            return Err(Code::CredentialsInvalid.into());
        };
        let (id, at) = (LoginId::make().map_err(Error::fault)?, self.clock.now());
        let expires_at = at + self.accounts.life;
        let (user, password) = (account.user.clone(), account.password.clone());
        match self.store.log_in(NewLogin { id: id.clone(), user, password, at, expires_at }).await {
            // It was changed or disabled at this very moment.
            Err(StoreError::NotFound) => return Err(Code::CredentialsInvalid.into()),
            outcome => outcome?,
        }
        count_login("done");
        tracing::info!(user.id = %account.user, login.id = %id, "somebody has logged in");
        Ok(self.logged_in(account, &RefreshToken { login: id, generation: 0 }, at, expires_at))
    }

    /// The account of a name, if the password is its own; within the limits of the name and the place.
    async fn try_password(
        &self,
        name: Option<&UserId>,
        place: &Place,
        password: Password,
    ) -> Result<Option<Account>> {
        self.accounts.begin(name, place, self.clock.monotonic_ms())?;
        let found = self.look_up(name, password).await;
        match &found {
            Ok(Some(account)) => self.accounts.succeeded(&account.user, place),
            Ok(None) => {}
            Err(_) => self.accounts.undecided(name, place),
        }
        found
    }

    async fn look_up(&self, name: Option<&UserId>, password: Password) -> Result<Option<Account>> {
        let account = match name {
            Some(name) => self.store.account(name).await?.filter(|account| account.disabled_at.is_none()),
            None => None,
        };
        let hash = account.as_ref().map_or_else(PasswordHash::of_nobody, |account| account.password.clone());
        let right = self.accounts.is_right(hash, password).await?;
        Ok(account.filter(|_| right))
    }

    /// Go on: the next access token, and the next thing to ask with.
    pub async fn refresh_login(&self, refresh: &str) -> Result<LoggedIn> {
        self.accounts_enabled()?;
        let token = RefreshToken::parse(refresh, &self.key).ok_or(Code::TokenInvalid)?;
        let at = self.clock.now();
        match self.store.rotate_login(&token.login, token.generation, at).await? {
            Rotated::Next { generation, account, expires_at } => {
                Ok(self.logged_in(account, &RefreshToken { login: token.login, generation }, at, expires_at))
            }
            Rotated::Reused => {
                tracing::warn!(login.id = %token.login, "a refresh token was used twice: its login has ended");
                metrics::counter!("bedside_refresh_tokens_reused_total").increment(1);
                self.end_sessions_of(&[token.login]);
                Err(Code::TokenInvalid.into())
            }
            Rotated::Over => Err(Code::TokenExpired.into()),
        }
    }

    /// End a login, or all of whoever it belongs to, with their open sockets.
    pub async fn log_out(&self, refresh: &str, everywhere: bool) -> Result<()> {
        let Some(token) = RefreshToken::parse(refresh, &self.key) else { return Ok(()) };
        let ended = self.store.end_login(&token.login, everywhere, self.clock.now()).await?;
        tracing::info!(login.id = %token.login, logins = ended.len(), "somebody has logged out");
        self.end_sessions_of(&ended);
        Ok(())
    }

    /// Take another password. All other logins of theirs end.
    pub async fn change_password(
        &self,
        user: &UserId,
        login: &LoginId,
        place: Place,
        current: Password,
        new: NewPassword,
    ) -> Result<()> {
        self.accounts_enabled()?;
        if self.try_password(Some(user), &place, current).await?.is_none() {
            return Err(Refusal { field: Some("current".into()), ..Code::CredentialsInvalid.into() }.into());
        }
        let password = self.accounts.hash(move || PasswordHash::of(&new)).await?.map_err(Error::fault)?;
        let act = AccountAct::SetPassword { password, keep: Some(login.clone()) };
        let ended = self.store.change_account(user, act, self.clock.now()).await?;
        tracing::info!(user.id = %user, logins = ended.len(), "somebody has changed their password");
        self.end_sessions_of(&ended);
        Ok(())
    }

    /// End the sessions whose login was ended, by this process or another: the command line, say.
    pub(crate) async fn end_sessions_of_ended_logins(&self) -> Result<()> {
        if self.hub.sessions().iter().any(|session| session.login().is_some()) {
            let ended = self.store.logins_ended_since(self.clock.now() - ENDED_LATELY).await?;
            self.end_sessions_of(&ended);
        }
        Ok(())
    }

    fn end_sessions_of(&self, logins: &[LoginId]) {
        if logins.is_empty() {
            return;
        }
        let logins: std::collections::HashSet<&LoginId> = logins.iter().collect();
        for session in self.hub.sessions() {
            if session.login().is_some_and(|login| logins.contains(&login)) {
                session.close(&closing::logged_out());
                self.finish(&session, LeaveReason::Left);
            }
        }
    }

    fn logged_in(
        &self,
        account: Account,
        refresh: &RefreshToken,
        now: DateTime<Utc>,
        login_ends: DateTime<Utc>,
    ) -> LoggedIn {
        let life = ACCESS_LIFE.min(login_ends - now).to_std().unwrap_or(Duration::ZERO);
        let Account { user, name, role, .. } = account;
        let called = name.as_ref().map(|name| name.as_str().to_owned());
        let bearer = Bearer { user_id: user.clone(), name: called, role, consultation: None };
        let access_token = self.minter.mint_for_login(&bearer, &refresh.login, now, life);
        LoggedIn {
            access_token: access_token.expose().clone().into(),
            expires_at: (now + life).into(),
            user: User { id: user, name, role },
            refresh: refresh.text(&self.key),
            seconds_left: u64::try_from((login_ends - now).num_seconds()).unwrap_or(0),
        }
    }

    fn accounts_enabled(&self) -> std::result::Result<(), Refusal> {
        if self.accounts.enabled { Ok(()) } else { Err(Code::NotFound.into()) }
    }
}

fn count_login(outcome: &'static str) {
    metrics::counter!("bedside_logins_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_simple_and_capitals_do_not_count() {
        for (typed, name) in [(" Dr.Anna@clinic ", "dr.anna@clinic"), ("ben_2-b", "ben_2-b")] {
            assert_eq!(username(typed).unwrap().as_str(), name);
        }
        for wrong in ["", "-a", "guest:1", "ann a", "änne", &"a".repeat(65)] {
            assert_eq!(username(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_subscribers_ipv6_addresses_are_one_place() {
        let place = |text: &str| Place::of(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
    }
}
