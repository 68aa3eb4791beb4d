//! Every trick that has worked on a token somewhere, and that none works here.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bedside_protocol::Code;
use chrono::DateTime;
use proptest::prelude::*;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{self, KeyPair},
};
use serde_json::{Value, json};

use super::*;
use crate::{config::Layers, private::Secret};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;
/// An RSA key and a token for `anna` from [`NOW`] on, made with openssl.
const RSA_MODULUS: &str = "zkLAuDp6fr6fzRK6xr41Iqd9w8Z8OE8b6t22iyP3iQ_vxwbtBvYNA5BLX9sHHgK2R9NOqSmmk2obWwRjGYLEM_2JLnVd1R98RlhigoKSMlryFIHc9y8VHSJM1-1McBwOI6UmghwlzBP3xpx9SUzgTkSBMF-wJKDZLYkcgXZ_GwoqX_otlpNPd9jU2rEo79A25mAR3YzEH8Ozf0LJp2F7cOz1jQw_oECK7C3jZfNM2HTurg_hZ8wbL9IwQe021r9tMQ-MpLnUfCmluhRhBI0C1MpTyaSdIs4Ods2CROW6-KYiDfw_hpCozk9vm-k1Sx6SuFd-19GsGq2lJssa5vizqw";
const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm5hIiwicm9sZSI6ImRvY3RvciIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAzNjAwfQ.bPFlJ3lEa2U6v-8n7K7B5rh1MIWXSwmfUbv332Ca9z4femy_R7E5ile6mAZeNdZ3mLii_1ssMCNBRnpX8yMocDtkJG742wcixiQnbYhMqQCBM5y1OJScv8H_yZcAiU1U13OfQwhxrer-qWvfO8tT6dFgZ_uXrcRnlbVScJyKLAEoJh0FNImzq7hBOhFCDJ3Xf7Yj2wPmXjEuahbiS60veGoPDRBUr8JSpK2KDMe3PKcD4vwSXZ_2c8HTynF4ymHb7xdwBPgL9GQFPFWNM84N2ICr6KUyHtfDH1h5fpVGDtxVJjSxoCB9iMKgJZLrmkToxmPZit3tjn9G0AJVUjsFyg";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn verifier(settings: &[(&str, &str)]) -> std::sync::Arc<Verifier> {
    let layers = settings
        .iter()
        .fold(Layers::default(), |layers, (key, text)| layers.flag("test", key, text).unwrap());
    Verifier::new(&layers.read().unwrap().auth, &ServerKey::new(&[7; 32]), None).unwrap()
}

fn shared() -> std::sync::Arc<Verifier> {
    verifier(&[("auth.secret", SECRET)])
}

fn encode(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// A token with any header and claims, rightly signed with the shared secret.
fn signed(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes());
    format!("{message}.{}", encode(tag))
}

fn with(claims: &Value) -> String {
    signed(r#"{"alg":"HS256"}"#, &claims.to_string())
}

fn refused(verifier: &Verifier, token: &str) -> Code {
    verifier.verify(token, now()).unwrap_err().code
}

#[test]
fn a_good_token_tells_who_someone_is() {
    let token = with(&json!({
        "sub": "anna", "exp": NOW + 60, "iat": NOW, "nbf": NOW, "name": "Dr. Anna", "role": "doctor",
        "consultation": "c1", "jti": "ignored",
    }));
    let identity = shared().verify(&token, now()).unwrap();
    assert_eq!(identity.user_id.as_str(), "anna");
    assert_eq!(identity.name.unwrap().as_str(), "Dr. Anna");
    assert_eq!(identity.role, Role::Doctor);
    assert_eq!(identity.consultation.unwrap().as_str(), "c1");
    assert_eq!(identity.expires_at.timestamp(), NOW + 60);
}

#[test]
fn the_role_is_a_patients_unless_the_token_says_otherwise() {
    let identity = shared().verify(&with(&json!({ "sub": "ben", "exp": NOW + 60 })), now()).unwrap();
    assert_eq!((identity.role, identity.name, identity.consultation), (Role::Patient, None, None));
}

#[test]
fn no_trick_with_the_header_works() {
    let claims = format!(r#"{{"sub":"anna","exp":{}}}"#, NOW + 60);
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","crit":null}"#,
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"HS256","zip":"DEF"}"#,
        r#"{"alg":"HS256","enc":"A256GCM"}"#,
        r#"{"alg":"HS256","typ":"logout+jwt"}"#,
        r#"{"alg":"HS256","typ":"dpop+jwt"}"#,
        r#"{"alg":"HS256","typ":7}"#,
        r#"{"alg":"HS256","kid":7}"#,
        r#"{"alg":"HS256","kid":"bedside"}"#,
        r#"{"alg":"HS256"} "#.trim_end_matches(' ').trim_end_matches('}'),
        r#"{"alg":"HS256"}{}"#,
        r#"["HS256"]"#,
        "",
    ] {
        assert_eq!(refused(&shared(), &signed(header, &claims)), Code::TokenInvalid, "{header}");
    }
    for header in [
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"typ":"at+jwt","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"any","x5t":"x"}"#,
    ] {
        shared().verify(&signed(header, &claims), now()).unwrap();
    }
}

#[test]
fn no_trick_with_the_claims_works() {
    let good = json!({ "sub": "anna", "exp": NOW + 60 });
    for (name, value) in [
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!(["anna"])),
        ("sub", json!("x".repeat(129))),
        ("sub", json!("an\nna")),
        ("exp", Value::Null),
        ("exp", json!("1800000060")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("exp", json!(true)),
        ("exp", json!(NOW + 86_401)),
        ("exp", json!((NOW + 60) * 1000)),
        ("nbf", json!("now")),
        ("nbf", Value::Null),
        ("iat", json!({})),
        ("iat", json!(NOW - 86_400)),
        ("name", json!(7)),
        ("role", json!("admin")),
        ("role", json!("")),
        ("role", json!("Doctor")),
        ("role", json!(7)),
        ("role", Value::Null),
        ("role", json!(["doctor", 7])),
        ("consultation", json!(7)),
        ("consultation", json!("")),
    ] {
        let mut claims = good.clone();
        claims[name] = value.clone();
        assert_eq!(refused(&shared(), &with(&claims)), Code::TokenInvalid, "{name}: {value}");
    }
    for text in [
        format!(r#"{{"sub":"anna","sub":"ben","exp":{}}}"#, NOW + 60),
        format!(r#"{{"sub":"anna","exp":1,"exp":{}}}"#, NOW + 60),
        format!(r#"{{"exp":{}}}"#, NOW + 60),
        r#"{"sub":"anna"}"#.to_owned(),
        "[]".to_owned(),
        String::new(),
    ] {
        assert_eq!(refused(&shared(), &signed(r#"{"alg":"HS256"}"#, &text)), Code::TokenInvalid, "{text}");
    }
}

#[test]
fn time_is_looked_at_last_and_with_thirty_seconds_of_leeway() {
    let at = |claims: Value| shared().verify(&with(&claims), now()).map_err(|refusal| refusal.code);
    assert!(at(json!({ "sub": "a", "exp": NOW - 29 })).is_ok());
    assert_eq!(at(json!({ "sub": "a", "exp": NOW - 30 })), Err(Code::TokenExpired));
    assert!(at(json!({ "sub": "a", "exp": NOW + 99, "nbf": NOW + 30 })).is_ok());
    assert_eq!(at(json!({ "sub": "a", "exp": NOW + 99, "nbf": NOW + 31 })), Err(Code::TokenNotYetValid));
    assert_eq!(at(json!({ "sub": "a", "exp": NOW + 99, "iat": NOW + 31 })), Err(Code::TokenNotYetValid));
    assert!(at(json!({ "sub": "a", "exp": NOW + 86_400 })).is_ok());
    assert!(at(json!({ "sub": "a", "exp": 1_800_000_060.5 })).is_ok());
    assert_eq!(at(json!({ "sub": "", "exp": NOW - 99 })), Err(Code::TokenInvalid));
}

#[test]
fn what_is_no_token_is_refused() {
    let good = with(&json!({ "sub": "anna", "exp": NOW + 60 }));
    let (head, tail) = good.rsplit_once('.').unwrap();
    assert_eq!(refused(&shared(), ""), Code::TokenMissing);
    for bad in [
        " ".to_owned(),
        "a.b".to_owned(),
        "..".to_owned(),
        head.to_owned(),
        format!("{head}."),
        format!("{good}."),
        format!("{good}.x"),
        format!(" {good}"),
        format!("{good}="),
        format!("{head}.{}", tail.to_uppercase()),
        with(&json!({ "sub": "anna", "exp": NOW + 60, "pad": "x".repeat(8192) })),
        "é".repeat(100),
    ] {
        assert_eq!(refused(&shared(), &bad), Code::TokenInvalid, "{bad}");
    }
}

#[test]
fn issuer_and_audience_are_required_where_they_are_configured() {
    let picky =
        verifier(&[("auth.secret", SECRET), ("auth.issuer", "https://id"), ("auth.audience", "bedside")]);
    let token = |iss: Value, aud: Value| {
        let mut claims = json!({ "sub": "anna", "exp": NOW + 60 });
        for (name, value) in [("iss", iss), ("aud", aud)].into_iter().filter(|(_, value)| !value.is_null()) {
            claims[name] = value;
        }
        with(&claims)
    };
    for aud in [json!("bedside"), json!(["other", "bedside"])] {
        picky.verify(&token(json!("https://id"), aud), now()).unwrap();
    }
    for (iss, aud) in [
        (Value::Null, json!("bedside")),
        (json!("https://id"), Value::Null),
        (json!("https://id/"), json!("bedside")),
        (json!(["https://id"]), json!("bedside")),
        (json!("https://id"), json!("bedside2")),
        (json!("https://id"), json!([])),
        (json!("https://id"), json!(["bedside", 7])),
        (json!("https://id"), json!({ "bedside": true })),
    ] {
        assert_eq!(refused(&picky, &token(iss.clone(), aud.clone())), Code::TokenInvalid, "{iss} {aud}");
    }
}

#[test]
fn the_role_is_found_where_the_provider_puts_it() {
    let role = |path: &str, claims: Value| {
        let mut all = json!({ "sub": "anna", "exp": NOW + 60 });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        verifier(&[("auth.secret", SECRET), ("auth.role_claim", path)])
            .verify(&with(&all), now())
            .unwrap()
            .role
    };
    let keycloak = json!({ "realm_access": { "roles": ["offline_access", "patient", "doctor"] } });
    assert_eq!(role("realm_access.roles", keycloak), Role::Doctor);
    assert_eq!(
        role("realm_access.roles", json!({ "realm_access": { "roles": ["offline_access"] } })),
        Role::Patient
    );
    assert_eq!(
        role("https://clinic.example/role", json!({ "https://clinic.example/role": "staff" })),
        Role::Staff
    );
    assert_eq!(role("app.role", json!({ "app": { "role": "guest" }, "role": "staff" })), Role::Guest);
    assert_eq!(role("app.role", json!({ "role": "staff" })), Role::Patient);
}

#[test]
fn a_name_is_made_fit_to_be_shown() {
    let name = |text: &str| {
        shared().verify(&with(&json!({ "sub": "a", "exp": NOW + 60, "name": text })), now()).unwrap().name
    };
    assert_eq!(name("  A\u{202e}nn\0a\n ").unwrap().as_str(), "Anna");
    assert_eq!(name(&"ä".repeat(500)).unwrap().as_str().chars().count(), 100);
    assert_eq!(name(" \n"), None);
}

/// A key set file, and signers for its keys.
struct Provider {
    file: tempfile::NamedTempFile,
    ec: signature::EcdsaKeyPair,
    ed: signature::Ed25519KeyPair,
}

impl Provider {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = signature::EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let ec = signature::EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let pkcs8 = signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let ed = signature::Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let point = ec.public_key().as_ref();
        let keys = json!({ "keys": [
            { "kty": "RSA", "kid": "rsa-1", "use": "sig", "alg": "RS256", "n": RSA_MODULUS, "e": "AQAB" },
            { "kty": "RSA", "kid": "rsa-enc", "use": "enc", "n": RSA_MODULUS, "e": "AQAB" },
            { "kty": "RSA", "kid": "rsa-512", "alg": "RS512", "n": RSA_MODULUS, "e": "AQAB" },
            { "kty": "EC", "kid": "ec-1", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
            { "kty": "EC", "kid": "ec-enc", "use": "enc", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
            { "kty": "EC", "kid": "ec-sign", "key_ops": ["sign"], "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
            { "kty": "EC", "kid": "ec-384", "alg": "ES384", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
            { "kty": "OKP", "kid": "ed-1", "crv": "Ed25519", "x": encode(ed.public_key()) },
            { "kty": "oct", "kid": "oct-1", "k": encode(SECRET) },
            { "kty": "lattice", "kid": "new-1" },
            7,
        ]});
        file.write_all(keys.to_string().as_bytes()).unwrap();
        Self { file, ec, ed }
    }

    fn verifier(&self, more: &[(&str, &str)]) -> std::sync::Arc<Verifier> {
        let file = self.file.path().to_str().unwrap();
        verifier(&[&[("auth.jwks_file", file)], more].concat())
    }

    fn token(&self, alg: &str, kid: Option<&str>) -> String {
        let mut header = json!({ "alg": alg });
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        let message = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(format!(r#"{{"sub":"anna","exp":{}}}"#, NOW + 60))
        );
        let tag = match alg {
            "ES256" => self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            "EdDSA" => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            _ => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes())
                .as_ref()
                .to_vec(),
        };
        format!("{message}.{}", encode(tag))
    }
}

#[test]
fn keys_of_a_provider_are_chosen_by_id_and_good_for_one_algorithm() {
    let provider = Provider::new();
    let verifier = provider.verifier(&[]);
    for good in [
        RSA_TOKEN.to_owned(),
        provider.token("ES256", Some("ec-1")),
        provider.token("EdDSA", Some("ed-1")),
        provider.token("ES256", None),
    ] {
        assert_eq!(verifier.verify(&good, now()).unwrap().user_id.as_str(), "anna");
    }
    for bad in [
        provider.token("ES256", Some("ed-1")),
        provider.token("ES256", Some("ec-enc")),
        provider.token("ES256", Some("ec-sign")),
        provider.token("ES256", Some("ec-384")),
        provider.token("ES256", Some("unknown")),
        provider.token("EdDSA", Some("ec-1")),
        provider.token("HS256", Some("oct-1")),
        provider.token("HS256", Some("rsa-1")),
        provider.token("HS256", None),
    ] {
        assert_eq!(refused(&verifier, &bad), Code::TokenInvalid, "{bad}");
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let provider = Provider::new();
    let verifier = provider.verifier(&[("auth.secret", SECRET)]);
    let claims = encode(format!(r#"{{"sub":"anna","exp":{}}}"#, NOW + 60));
    let message = format!("{}.{claims}", encode(r#"{"alg":"HS256","kid":"rsa-1"}"#));
    for key in [RSA_MODULUS.as_bytes(), &URL_SAFE_NO_PAD.decode(RSA_MODULUS).unwrap(), b""] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
        assert_eq!(refused(&verifier, &format!("{message}.{}", encode(tag))), Code::TokenInvalid);
    }
    verifier.verify(&provider.token("HS256", None), now()).unwrap();
    verifier.verify(&provider.token("ES256", Some("ec-1")), now()).unwrap();
}

#[test]
fn a_key_set_without_a_usable_key_is_refused_at_the_start() {
    for text in ["", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let layers = Layers::default().flag("f", "auth.jwks_file", file.path().to_str().unwrap()).unwrap();
        assert!(
            Verifier::new(&layers.read().unwrap().auth, &ServerKey::new(&[7; 32]), None).is_err(),
            "{text}"
        );
    }
}

#[test]
fn keys_that_have_not_arrived_are_an_outage_and_not_a_bad_token() {
    let verifier = verifier(&[("auth.jwks_url", "https://id.example.org/keys")]);
    assert_eq!(refused(&verifier, RSA_TOKEN), Code::Unavailable);
    assert_eq!(refused(&verifier, "x"), Code::TokenInvalid);
    assert!(!verifier.has_keys());
}

#[test]
fn minted_tokens_are_accepted_by_the_server_that_they_are_for_and_by_no_other() {
    let bearer = Bearer {
        user_id: UserId::parse("guest-1").unwrap(),
        name: Some("Gus".to_owned()),
        role: Role::Guest,
        consultation: Some(RoomId::parse("c1").unwrap()),
    };
    let hour = std::time::Duration::from_hours(1);
    let settings = [
        ("auth.secret", SECRET),
        ("auth.issuer", "i"),
        ("auth.audience", "a"),
        ("auth.role_claim", "x.role"),
    ];
    let picky = verifier(&settings);
    let expected = Expected {
        issuer: Some("i".to_owned()),
        audience: Some("a".to_owned()),
        role_claim: "x.role".to_owned(),
    };
    for minter in
        [Minter::own(&ServerKey::new(&[7; 32])), Minter::shared(&Secret::new(SECRET.to_owned()), expected)]
    {
        let identity = picky.verify(minter.mint(&bearer, now(), hour).expose(), now()).unwrap();
        assert_eq!((identity.user_id, identity.role), (bearer.user_id.clone(), Role::Guest));
        assert_eq!(identity.consultation, bearer.consultation);
    }
    let stranger = Minter::own(&ServerKey::new(&[8; 32])).mint(&bearer, now(), hour);
    assert_eq!(refused(&picky, stranger.expose()), Code::TokenInvalid);
}

#[test]
fn peer_ids_are_the_same_for_the_same_page_and_for_nobody_else() {
    let id = |key: u8, user: &str, page: &str| {
        let instance = bedside_protocol::ids::InstanceId::parse(page).unwrap();
        ServerKey::new(&[key; 32]).peer_id(&UserId::parse(user).unwrap(), &instance)
    };
    assert_eq!(id(7, "anna", "p1"), id(7, "anna", "p1"));
    for other in [id(8, "anna", "p1"), id(7, "ann", "ap1"), id(7, "anna", "p2"), id(7, "ben", "p1")] {
        assert_ne!(id(7, "anna", "p1"), other);
    }
}

proptest! {
    #[test]
    fn no_changed_byte_is_accepted(at in 0usize..500, byte in 0u8..128) {
        let good = with(&json!({ "sub": "anna", "exp": NOW + 60 }));
        let mut bytes = good.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert!(shared().verify(&changed, now()).is_err());
    }

    #[test]
    fn no_text_makes_the_verifier_panic(text in ".{0,200}") {
        prop_assert!(shared().verify(&text, now()).is_err());
    }
}
