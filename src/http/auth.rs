//! Logging in with an account of this server's own, going on, and logging out.

use std::net::IpAddr;

use actix_socketio::{OriginPolicy, Verdict};
use actix_web::{HttpRequest, http::header};
use bedside_protocol::{
    Code, Refusal,
    ids::UserId,
    session::User,
    text::{Timestamp, Token},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    auth::{LoginId, NewPassword, Password},
    domain::{
        Clinic,
        account::{self, Attempt, Place},
    },
    error::Result,
    http::{
        body::{check_type, text},
        border::Border,
        caller::{Anyone, Caller, identify},
        cookie::{self, Cookie},
        operation::{Answer, Ask, Nothing, app_data},
        problem::Problem,
    },
    model::actor::Actor,
    private::Secret,
};

/// A browser with its cookie, or without. It says JSON, and comes from a page of this server's or of one that is
/// listed: no other page can make it ask.
pub struct Browser {
    /// Where it is.
    address: IpAddr,
    /// What it has kept of a login.
    refresh: Option<Secret<String>>,
}

impl Caller for Browser {
    const NEEDS_TOKEN: bool = false;

    async fn find(request: &HttpRequest, _: &Clinic) -> std::result::Result<Self, Problem> {
        let address = from_own_page(request)?;
        Ok(Self { address, refresh: cookie::kept(request, cookie::REFRESH) })
    }

    fn user_id(&self) -> Option<&UserId> {
        None
    }
}

/// Somebody who has logged in with an account of this server's own.
pub struct Holder {
    address: IpAddr,
    actor: Actor,
    login: LoginId,
}

impl Caller for Holder {
    const NEEDS_TOKEN: bool = true;
    // What is kept of a request holds a hash of it that is made for speed: none of one with a password in it.
    const REPEATABLE: bool = false;

    async fn find(request: &HttpRequest, clinic: &Clinic) -> std::result::Result<Self, Problem> {
        let address = from_own_page(request)?;
        let identity = identify(request, clinic).await?;
        let elsewhere =
            || Refusal::new(Code::Forbidden, "this is for those who have logged in with a password");
        let login = identity.login.clone().ok_or_else(elsewhere)?;
        Ok(Self { address, actor: identity.into(), login })
    }

    fn user_id(&self) -> Option<&UserId> {
        Some(&self.actor.user_id)
    }
}

/// The address of somebody whom no other site's page has sent.
fn from_own_page(request: &HttpRequest) -> std::result::Result<IpAddr, Problem> {
    let border = app_data::<Border>(request)?;
    let listed = match &border.origins {
        // Whoever opens the API to every page has not thought of passwords.
        OriginPolicy::Any => OriginPolicy::AllowList(Vec::new()),
        OriginPolicy::AllowList(_) => border.origins.clone(),
    };
    if listed.judge(text(request, &header::ORIGIN), text(request, &header::HOST)) == Verdict::Refused {
        return Err(Refusal::new(Code::Forbidden, "pages of this origin may not log anybody in").into());
    }
    check_type(request)?;
    Ok(border.addresses.client(request.peer_addr(), |name| {
        request.headers().get(name).and_then(|value| value.to_str().ok())
    }))
}

/// Which ways in there are.
#[derive(Serialize, JsonSchema)]
pub struct WaysIn {
    /// Whether somebody can log in with a name and a password of this server's own.
    accounts: bool,
}

impl Answer for WaysIn {}

/// `GET /api/v1/auth`
pub async fn see(ask: Ask<Anyone>) -> Result<WaysIn> {
    Ok(WaysIn { accounts: ask.clinic.has_accounts().await? })
}

/// Somebody who wants to come in.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// What they log in as.
    username: String,
    /// Their password.
    password: Password,
}

/// Somebody who is in. A cookie with which to ask for the next access token comes beside it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoggedIn {
    /// The token for REST and sockets.
    access_token: Token,
    /// Until when it is good.
    expires_at: Timestamp,
    /// Who they are.
    user: User,
    #[serde(skip)]
    cookie: Cookie,
}

impl Answer for LoggedIn {
    fn cookie(&self) -> Option<Cookie> {
        Some(self.cookie.clone())
    }
}

impl From<account::LoggedIn> for LoggedIn {
    fn from(logged_in: account::LoggedIn) -> Self {
        let account::LoggedIn { access_token, expires_at, user, refresh, seconds_left } = logged_in;
        Self {
            access_token,
            expires_at,
            user,
            cookie: Cookie::Keep { value: refresh, seconds: seconds_left },
        }
    }
}

/// `POST /api/v1/auth/login`
pub async fn log_in(ask: Ask<Browser, (), Nothing, Credentials>) -> Result<LoggedIn> {
    let Credentials { username, password } = ask.body;
    let place = Place::of(ask.caller.address);
    Ok(ask.clinic.log_in(Attempt { username, password, place }).await?.into())
}

/// `POST /api/v1/auth/refresh`
pub async fn refresh(ask: Ask<Browser>) -> Result<LoggedIn> {
    let token = ask.caller.refresh.ok_or(Code::TokenMissing)?;
    Ok(ask.clinic.refresh_login(token.expose()).await?.into())
}

/// How far to log out.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Logout {
    /// Whether every login of theirs ends, on all devices.
    #[serde(default)]
    everywhere: bool,
}

/// They are out.
#[derive(Serialize, JsonSchema)]
pub struct LoggedOut {}

impl Answer for LoggedOut {
    fn cookie(&self) -> Option<Cookie> {
        Some(Cookie::Forget)
    }
}

/// `POST /api/v1/auth/logout`
pub async fn log_out(ask: Ask<Browser, (), Nothing, Logout>) -> Result<LoggedOut> {
    if let Some(token) = ask.caller.refresh {
        ask.clinic.log_out(token.expose(), ask.body.everywhere).await?;
    }
    Ok(LoggedOut {})
}

/// Another password.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordChange {
    /// The one that it is.
    current: Password,
    /// The one that it shall be.
    new: NewPassword,
}

/// `POST /api/v1/auth/password`
pub async fn change_password(ask: Ask<Holder, (), Nothing, PasswordChange>) -> Result<Nothing> {
    let Holder { address, actor, login } = ask.caller;
    let PasswordChange { current, new } = ask.body;
    ask.clinic.change_password(&actor.user_id, &login, Place::of(address), current, new).await?;
    Ok(Nothing {})
}
