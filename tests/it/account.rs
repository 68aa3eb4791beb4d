//! Accounts of this server's own: logging in, going on, logging out, and being thrown out.

use std::{io::Write as _, time::Duration};

use bedside::{
    auth::{NewPassword, PasswordHash},
    clock::Clock,
    domain::account::add,
};
use bedside_peer::{Client, Connect};
use bedside_protocol::{
    Code,
    session::{Action, Role, SessionRefresh},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::{
    Peer, Server,
    raw::FRAMINGS,
    rest::{Request, Response},
    user_id,
};

pub const PASSWORD: &str = "correct horse battery";
/// Whoever is thrown out is out within so long.
const PROMPT: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(1);

/// Give somebody an account, unless they have one.
pub async fn with_account(server: &Server, user: &str, role: Role) {
    let hash = PasswordHash::of(&NewPassword::parse(PASSWORD).unwrap()).unwrap();
    let now = server.clinic.clock.now();
    add(&server.clinic.store, user_id(user), None, role, hash, now).await.unwrap();
}

/// A browser: it keeps the cookie and the token that it was given last.
pub struct Browser<'a> {
    server: &'a Server,
    pub cookie: Option<String>,
    token: String,
}

impl<'a> Browser<'a> {
    pub fn new(server: &'a Server) -> Self {
        Self { server, cookie: None, token: String::new() }
    }

    pub async fn log_in(&mut self, user: &str) {
        let credentials = json!({ "username": user, "password": PASSWORD });
        let answer = self.post("login", credentials).await;
        answer.ok(200);
    }

    /// As somebody who has just logged in.
    async fn of(server: &'a Server, user: &str) -> Self {
        let mut browser = Self::new(server);
        browser.log_in(user).await;
        browser
    }

    fn request(&self, path: &str) -> Request<'a> {
        let request = self.server.anyone("POST", &format!("/api/v1/auth/{path}"));
        let request = request.header("Origin", &self.server.url);
        match &self.cookie {
            Some(cookie) => request.header("Cookie", cookie),
            None => request,
        }
    }

    async fn post(&mut self, path: &str, body: Value) -> Response {
        let answer = self.request(path).bearer(&self.token).send(body).await;
        if let Some(cookie) = answer.header("set-cookie") {
            self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        }
        if answer.status == 200 {
            answer.json()["accessToken"].as_str().unwrap().clone_into(&mut self.token);
        }
        answer
    }

    async fn refresh(&mut self) -> Response {
        self.post("refresh", json!({})).await
    }

    async fn me(&self) -> Response {
        self.server.anyone("GET", "/api/v1/me").bearer(&self.token).go().await
    }

    fn connect(&self) -> Connect {
        Connect::to(&self.server.url, self.token.clone())
    }

    async fn socket(&self, user: &str) -> Peer {
        self.server.enter(user, self.connect()).await
    }
}

/// A command that succeeds, and what it wrote.
fn run(server: &Server, arguments: &[&str]) -> String {
    let output = server.command(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The socket is ended, for good and at once.
async fn is_thrown_out(peer: &Peer) {
    let closed = timeout(PROMPT, peer.closed()).await.unwrap();
    let closing = closed.closing.as_ref().map(|closing| (closing.code, closing.action));
    assert_eq!(closing, Some((4501, Action::Stop)), "{closed}");
    assert!(!peer.resume().await.unwrap_or(false), "there is nothing to come back to");
}

async fn is_still_in(peer: &Peer) {
    peer.ask(bedside_protocol::session::SessionPing {}).await.unwrap();
}

#[tokio::test]
async fn somebody_with_an_account_logs_in_and_is_who_they_are() {
    let server = Server::start().await;
    let offered = async || server.anyone("GET", "/api/v1/auth").go().await.ok(200)["accounts"].clone();
    assert_eq!(offered().await, false);
    with_account(&server, "anna", Role::Doctor).await;
    assert_eq!(offered().await, true);

    let mut browser = Browser::new(&server);
    let answer = browser.post("login", json!({ "username": " Anna ", "password": PASSWORD })).await;

    let user = json!({ "id": "anna", "name": null, "role": "doctor" });
    assert_eq!(answer.ok(200)["user"], user);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-bedside-refresh="), "{cookie}");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=43200"] {
        assert!(cookie.split("; ").any(|it| it == attribute), "{attribute} in {cookie}");
    }
    assert_eq!(browser.me().await.ok(200)["role"], "doctor");
    assert_eq!(browser.socket("anna").await.ready.user.role, Role::Doctor);
}

#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_disabled_account_are_refused_alike_and_take_as_long() {
    let server = Server::start().await;
    with_account(&server, "anna", Role::Doctor).await;
    with_account(&server, "dora", Role::Doctor).await;
    run(&server, &["user", "disable", "dora"]);
    let mut told = Vec::new();
    let mut fastest = Vec::new();
    for (name, password) in [("anna", "wrong"), ("nobody", PASSWORD), ("dora", PASSWORD), ("!", PASSWORD)] {
        let mut took = Vec::new();
        for _ in 0..3 {
            let clock = Clock::system();
            let body = json!({ "username": name, "password": password });
            let answer = Browser::new(&server).post("login", body).await;
            took.push(clock.monotonic());
            told.push((answer.refused(401, "credentials_invalid"), answer.header("set-cookie").is_none()));
        }
        fastest.push(took.into_iter().min().unwrap());
    }
    assert!(told.iter().all(|it| *it == told[0]), "{told:?}");
    // Without the hash an answer takes a tenth of the time.
    let (least, most) = (fastest.iter().min().unwrap(), fastest.iter().max().unwrap());
    assert!(*least * 3 > *most, "{fastest:?}");
}

#[tokio::test]
async fn each_failure_makes_the_next_attempt_with_that_name_wait_longer_and_the_right_one_too() {
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &[]).await;
    with_account(&server, "anna", Role::Doctor).await;
    let attempt = async |name: &str, password: &str| {
        Browser::new(&server).post("login", json!({ "username": name, "password": password })).await
    };
    for name in ["anna", "nobody"] {
        for _ in 0..5 {
            attempt(name, "wrong").await.refused(401, "credentials_invalid");
        }
        for wait_s in [1_u64, 2, 4] {
            clock.advance(SECOND * u32::try_from(wait_s).unwrap());
            attempt(name, "wrong").await.refused(401, "credentials_invalid");
        }
        // Long enough that a busy machine does not wait it out by itself.
        for wait_s in [8_u64, 16, 32] {
            let answer = attempt(name, PASSWORD).await;
            let wait_ms = answer.refused(429, "rate_limited")["retryAfterMs"].as_u64().unwrap();
            assert!(
                (1..=wait_s * 1_000).contains(&wait_ms) && wait_ms > wait_s * 500,
                "{wait_ms} of {wait_s} s"
            );
            assert_eq!(answer.header("retry-after"), Some(wait_ms.div_ceil(1_000).to_string().as_str()));
            clock.advance(SECOND * u32::try_from(wait_s).unwrap());
            attempt(name, "wrong").await.refused(401, "credentials_invalid");
        }
    }
    clock.advance(SECOND * 64);
    attempt("anna", PASSWORD).await.ok(200);
    for _ in 0..4 {
        attempt("anna", "wrong").await.refused(401, "credentials_invalid");
    }
    attempt("anna", PASSWORD).await.ok(200);
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits_and_others_do_not() {
    let server = Server::with(&[("server.trusted_proxies", "127.0.0.1/32")]).await;
    with_account(&server, "anna", Role::Doctor).await;
    let from = async |address: &str, name: &str, password: &str| {
        let request = Browser::new(&server).request("login").header("X-Forwarded-For", address);
        request.send(json!({ "username": name, "password": password })).await
    };
    for name in 0..50 {
        from("192.0.2.1", &format!("name{name}"), "wrong").await.refused(401, "credentials_invalid");
    }
    from("192.0.2.1", "anna", PASSWORD).await.refused(429, "rate_limited");
    from("192.0.2.2", "anna", PASSWORD).await.ok(200);
}

#[tokio::test]
async fn a_login_goes_on_with_a_new_token_each_time_and_ends_after_its_hours() {
    let clock = Clock::test(Clock::system().now());
    let server = Server::at(clock.clone(), &[("accounts.login_hours", "1")]).await;
    with_account(&server, "anna", Role::Doctor).await;
    let mut browser = Browser::of(&server, "anna").await;
    let anna = browser.socket("anna").await;
    for _ in 0..6 {
        let before = browser.cookie.clone();
        clock.advance(SECOND * 9 * 60);
        browser.refresh().await.ok(200);
        assert_ne!(browser.cookie, before);
        anna.ask(SessionRefresh { token: browser.token.clone().into() }).await.unwrap();
    }
    clock.advance(SECOND * 6 * 60);
    browser.refresh().await.refused(401, "token_expired");
    browser.me().await.refused(401, "token_invalid");
    assert_eq!(anna.closed().await.code, Some(4401));
}

#[tokio::test]
async fn two_tabs_that_ask_at_once_are_given_the_same() {
    let server = Server::start().await;
    with_account(&server, "anna", Role::Doctor).await;
    let browser = Browser::of(&server, "anna").await;
    let tab = || Browser { cookie: browser.cookie.clone(), ..Browser::new(&server) };
    let (mut first, mut second) = (tab(), tab());

    let (one, other) = tokio::join!(first.refresh(), second.refresh());

    one.ok(200);
    other.ok(200);
    assert_eq!(first.cookie, second.cookie);
    second.refresh().await.ok(200);
}

#[tokio::test]
async fn a_refresh_token_that_was_used_before_ends_its_login_and_no_other() {
    for framing in FRAMINGS {
        let clock = Clock::test(Clock::system().now());
        let server = Server::at(clock.clone(), &[]).await;
        with_account(&server, "anna", Role::Doctor).await;
        let mut browser = Browser::of(&server, "anna").await;
        let other = Browser::of(&server, "anna").await;
        let anna = server.enter("anna", browser.connect().framing(framing)).await;
        let elsewhere = other.socket("anna").await;
        let mut thief = Browser { cookie: browser.cookie.clone(), ..Browser::new(&server) };
        browser.refresh().await.ok(200);
        clock.advance(SECOND * 31);

        thief.refresh().await.refused(401, "token_invalid");

        is_thrown_out(&anna).await;
        browser.refresh().await.refused(401, "token_expired");
        browser.me().await.refused(401, "token_invalid");
        is_still_in(&elsewhere).await;
        other.me().await.ok(200);
    }
}

#[tokio::test]
async fn a_refresh_token_that_nobody_was_given_is_refused() {
    let server = Server::start().await;
    with_account(&server, "anna", Role::Doctor).await;
    let mut browser = Browser::of(&server, "anna").await;
    let good = browser.cookie.clone().unwrap();
    let forged = good.replacen(".0.", ".1.", 1);
    assert_ne!(good, forged);
    for cookie in [forged, "__Host-bedside-refresh=x".to_owned(), format!("{good}; {good}")] {
        let mut liar = Browser { cookie: Some(cookie), ..Browser::new(&server) };
        assert_eq!(liar.refresh().await.status, 401);
    }
    Browser::new(&server).refresh().await.refused(401, "token_missing");
    browser.refresh().await.ok(200);
}

#[tokio::test]
async fn logging_out_ends_the_login_and_its_sockets_and_leaves_others_alone() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        with_account(&server, "anna", Role::Doctor).await;
        let mut browser = Browser::of(&server, "anna").await;
        let other = Browser::of(&server, "anna").await;
        let anna = server.enter("anna", browser.connect().framing(framing)).await;
        let elsewhere = server.enter("anna", other.connect().framing(framing)).await;
        let cookie = browser.cookie.clone();

        let answer = browser.post("logout", json!({})).await;

        assert_eq!(answer.status, 204, "{answer:?}");
        assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"), "{answer:?}");
        is_thrown_out(&anna).await;
        browser.cookie = cookie;
        browser.refresh().await.refused(401, "token_expired");
        browser.me().await.refused(401, "token_invalid");
        let refused = Client::connect(browser.connect().framing(framing)).await.unwrap_err();
        assert_eq!(refused.code(), Some(Code::TokenInvalid));
        let token = browser.token.clone().into();
        assert_eq!(
            elsewhere.ask(SessionRefresh { token }).await.unwrap_err().code(),
            Some(Code::TokenInvalid)
        );
        is_still_in(&elsewhere).await;
        assert_eq!(Browser::new(&server).post("logout", json!({})).await.status, 204, "out is out");
    }
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_logins_of_that_person_and_nobody_elses() {
    let server = Server::start().await;
    with_account(&server, "anna", Role::Doctor).await;
    with_account(&server, "ben", Role::Patient).await;
    let mut browser = Browser::of(&server, "anna").await;
    let (phone, bens) = (Browser::of(&server, "anna").await, Browser::of(&server, "ben").await);
    let (anna, on_phone, ben) =
        (browser.socket("anna").await, phone.socket("anna").await, bens.socket("ben").await);

    browser.post("logout", json!({ "everywhere": true })).await;

    is_thrown_out(&anna).await;
    is_thrown_out(&on_phone).await;
    phone.me().await.refused(401, "token_invalid");
    is_still_in(&ben).await;
    bens.me().await.ok(200);
}

#[tokio::test]
async fn another_password_ends_all_other_logins() {
    let server = Server::start().await;
    with_account(&server, "anna", Role::Doctor).await;
    let mut browser = Browser::of(&server, "anna").await;
    let other = Browser::of(&server, "anna").await;
    let (anna, elsewhere) = (browser.socket("anna").await, other.socket("anna").await);
    let new = "quite another password";

    let wrong = browser.post("password", json!({ "current": "wrong", "new": new })).await;
    assert_eq!(wrong.refused(401, "credentials_invalid")["field"], "current");
    let short = browser.post("password", json!({ "current": PASSWORD, "new": "too short" })).await;
    assert_eq!(short.refused(400, "malformed")["field"], "new");
    let done = browser.post("password", json!({ "current": PASSWORD, "new": new })).await;
    assert_eq!(done.status, 204, "{done:?}");

    is_thrown_out(&elsewhere).await;
    is_still_in(&anna).await;
    browser.refresh().await.ok(200);
    let log_in = async |password: &str| {
        Browser::new(&server).post("login", json!({ "username": "anna", "password": password })).await
    };
    log_in(PASSWORD).await.refused(401, "credentials_invalid");
    log_in(new).await.ok(200);
}

#[tokio::test]
async fn who_has_not_logged_in_with_a_password_cannot_change_one() {
    let server = Server::start().await;
    with_account(&server, "anna", Role::Doctor).await;
    let change = json!({ "current": PASSWORD, "new": "quite another password" });
    let ask = server.rest(("anna", Role::Doctor), "POST", "/api/v1/auth/password");
    ask.send(change.clone()).await.refused(403, "forbidden");
    server.anyone("POST", "/api/v1/auth/password").send(change).await.refused(401, "token_missing");
}

#[tokio::test]
async fn who_is_disabled_on_the_command_line_is_out_within_two_seconds_until_they_are_enabled() {
    for framing in FRAMINGS {
        let server = Server::start().await;
        with_account(&server, "anna", Role::Doctor).await;
        let mut browser = Browser::of(&server, "anna").await;
        let anna = server.enter("anna", browser.connect().framing(framing)).await;
        let other = server.enter("anna", server.connect("anna", Role::Doctor).framing(framing)).await;

        run(&server, &["user", "disable", "anna"]);

        is_thrown_out(&anna).await;
        browser.refresh().await.refused(401, "token_expired");
        browser.me().await.refused(401, "token_invalid");
        is_still_in(&other).await;
        let again = json!({ "username": "anna", "password": PASSWORD });
        browser.post("login", again.clone()).await.refused(401, "credentials_invalid");
        run(&server, &["user", "enable", "anna"]);
        browser.post("login", again).await.ok(200);
        browser.socket("anna").await;
    }
}

#[tokio::test]
async fn an_account_that_is_made_and_reset_on_the_command_line_works_at_once() {
    let server = Server::start().await;
    let mut add = server.command(&[
        "user",
        "add",
        "Anna",
        "--role",
        "doctor",
        "--name",
        "Dr. Anna",
        "--password-stdin",
    ]);
    let mut add = add.spawn().unwrap();
    add.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(add.wait().unwrap().success());
    let mut browser = Browser::new(&server);
    let answer = browser.post("login", json!({ "username": "anna", "password": PASSWORD })).await;
    assert_eq!(answer.ok(200)["user"]["name"], "Dr. Anna");
    let anna = browser.socket("anna").await;

    let shown = run(&server, &["user", "reset", "anna", "--generate"]);
    let password = shown.lines().find_map(|line| line.strip_prefix("password: ")).unwrap();

    is_thrown_out(&anna).await;
    browser.post("login", json!({ "username": "anna", "password": password })).await.ok(200);
}

#[tokio::test]
async fn no_page_of_another_origin_and_nothing_but_json_logs_anybody_in() {
    for settings in [&[][..], &[("server.allowed_origins", "*")]] {
        let server = Server::with(settings).await;
        with_account(&server, "anna", Role::Doctor).await;
        let body = json!({ "username": "anna", "password": PASSWORD });
        for path in ["login", "refresh", "logout", "password"] {
            for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
                let ask = server.anyone("POST", &format!("/api/v1/auth/{path}")).header("Origin", origin);
                ask.send(body.clone()).await.refused(403, "forbidden");
            }
            let ask = server.anyone("POST", &format!("/api/v1/auth/{path}"));
            assert_eq!(ask.body("text/plain", body.to_string().as_bytes()).go().await.status, 415);
            assert_eq!(server.anyone("POST", &format!("/api/v1/auth/{path}")).go().await.status, 415);
        }
        Browser::new(&server).log_in("anna").await;
        server.anyone("POST", "/api/v1/auth/login").send(body).await.ok(200);
    }
}

#[tokio::test]
async fn where_accounts_are_off_nobody_logs_in() {
    let server = Server::with(&[("accounts.enabled", "false")]).await;
    with_account(&server, "anna", Role::Doctor).await;
    assert_eq!(server.anyone("GET", "/api/v1/auth").go().await.ok(200)["accounts"], false);
    let body = json!({ "username": "anna", "password": PASSWORD });
    Browser::new(&server).post("login", body).await.refused(404, "not_found");
}
