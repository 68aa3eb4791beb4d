//! The relay as it is commonly written on socketioxide and axum: a token, rooms, and events that are passed on. The same
//! as `../node/relay.js`.

use std::{env, error::Error};

use axum::serve::ListenerExt as _;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
    handler::ConnectHandler as _,
};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Auth {
    token: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Join {
    room_id: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Signal {
    room_id: String,
    #[serde(skip_deserializing)]
    from: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Who a socket belongs to.
#[derive(Clone)]
struct User(String);

fn main() -> Result<(), Box<dyn Error>> {
    // One core is the server's, as Node has one.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, env::var("SECRET")?.as_bytes());
    let (layer, io) = SocketIo::builder().max_payload(100_000).max_buffer_size(1_024).build_layer();
    let check = move |socket: SocketRef, Data(auth): Data<Auth>| {
        let user = verify(&key, &auth.token).ok_or("the token is not valid");
        std::future::ready(user.map(|user| drop(socket.extensions.insert(User(user)))))
    };
    io.ns("/", enter.with(check));
    let listener = TcpListener::bind(("127.0.0.1", env::var("PORT")?.parse()?)).await?;
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    axum::serve(listener, axum::Router::new().layer(layer)).await?;
    Ok(())
}

async fn enter(socket: SocketRef) {
    let user = socket.extensions.get::<User>().map(|user| user.0).unwrap_or_default();
    drop(socket.emit("session:ready", &json!({ "sessionId": socket.id, "user": { "id": user } })));
    for kind in ["chat", "webrtc"] {
        socket.on(
            format!("{kind}:join_room"),
            move |socket: SocketRef, Data(Join { room_id }): Data<Join>, ack: AckSender| async move {
                socket.join(format!("{kind}:{room_id}"));
                drop(ack.send(&json!({ "roomId": room_id })));
            },
        );
    }
    for event in ["webrtc:offer", "webrtc:answer", "webrtc:ice_candidate"] {
        socket.on(
            event,
            move |socket: SocketRef, Data(mut signal): Data<Signal>, ack: AckSender| async move {
                let room = format!("webrtc:{}", signal.room_id);
                if !socket.rooms().iter().any(|joined| *joined == room) {
                    drop(ack.send(&json!({ "error": { "code": "not_joined" } })));
                    return;
                }
                signal.from = socket.id.to_string();
                drop(socket.to(room).emit(event, &signal).await);
                drop(ack.send(&json!({})));
            },
        );
    }
}

/// The subject of an HS256 token.
fn verify(key: &hmac::Key, token: &str) -> Option<String> {
    let (signed, signature) = token.rsplit_once('.')?;
    hmac::verify(key, signed.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
    serde_json::from_slice::<Claims>(&claims).ok().map(|claims| claims.sub)
}
