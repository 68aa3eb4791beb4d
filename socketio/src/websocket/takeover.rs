//! How a WebSocket comes by its bare connection: a service for the upgrades of an HTTP server. It lets the application
//! answer them as always, and then gives the connection to the one who has accepted.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::poll_fn,
    io,
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_codec::{Encoder as _, Framed};
use actix_http::{
    Request, Response,
    body::MessageBody as _,
    h1::{Codec, Message},
};
use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::BoxBody,
    dev::{AppConfig, Service, ServiceFactory, ServiceResponse},
    http::{ConnectionType, StatusCode},
};
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    bare::{self, Connection},
    pipe::Pipe,
};

/// How long it may take to give a refusal to a client.
const REFUSAL: Duration = Duration::from_secs(5);

/// What runs on the connection, once there is one.
pub(super) type Start = Box<dyn FnOnce(Rc<RefCell<Connection>>) -> LocalBoxFuture<'static, ()>>;

/// Lies among the extensions of a request whose connection can be had.
#[derive(Clone, Default)]
pub(super) struct Offer(Rc<RefCell<Option<Taker>>>);

/// Who takes a connection: its pipe, and what runs on it.
type Taker = (Arc<Pipe>, Start);

impl Offer {
    /// Takes the connection, when the upgrade has been answered.
    pub(super) fn take_up(&self, pipe: Arc<Pipe>, start: Start) {
        *self.0.borrow_mut() = Some((pipe, start));
    }
}

/// The offer of this request's connection, if there is one.
pub(super) fn offer(request: &HttpRequest) -> Option<Offer> {
    request.extensions().get::<Offer>().cloned()
}

/// The upgrades of an application, for `HttpService::upgrade`: what [`super::accept`] accepts runs on the bare
/// connection. Without it they run on HTTP's streams, which costs 16 KiB more for each, and a second task's turn for each
/// message.
#[derive(Clone, Debug)]
pub struct Upgrades<F>(F);

impl<F> Upgrades<F> {
    /// Of an application, made anew by this function.
    pub fn new(application: F) -> Self {
        Self(application)
    }
}

impl<F, A, S> ServiceFactory<(Request, Framed<S, Codec>)> for Upgrades<F>
where
    F: Fn() -> A,
    A: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<BoxBody>, Error = Error>,
    A::Service: 'static,
    A::Future: 'static,
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    type Response = ();
    type Error = Infallible;
    type Config = ();
    type Service = Upgrade<A::Service>;
    type InitError = A::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let application = (self.0)().new_service(AppConfig::default());
        Box::pin(async { Ok(Upgrade(Rc::new(application.await?))) })
    }
}

/// The upgrades of one worker.
#[derive(Debug)]
pub struct Upgrade<A>(Rc<A>);

impl<A, S> Service<(Request, Framed<S, Codec>)> for Upgrade<A>
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    type Response = ();
    type Error = Infallible;
    type Future = LocalBoxFuture<'static, Result<(), Infallible>>;

    fn poll_ready(&self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // An application is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&self, (request, framed): (Request, Framed<S, Codec>)) -> Self::Future {
        let application = Rc::clone(&self.0);
        Box::pin(async move {
            // In a box of its own, which is gone while the connection lives.
            let answered = Box::pin(answer(application, request, framed)).await;
            if let Some((connection, task)) = answered {
                bare::run(connection, task).await;
            }
            Ok(())
        })
    }
}

/// Lets the application answer. Gives the connection and its task, if it was taken.
async fn answer<A, S>(
    application: Rc<A>,
    request: Request,
    framed: Framed<S, Codec>,
) -> Option<(Rc<RefCell<Connection>>, LocalBoxFuture<'static, ()>)>
where
    A: Service<Request, Response = ServiceResponse<BoxBody>, Error = Error>,
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let offer = Offer::default();
    request.extensions_mut().insert(offer.clone());
    let response = match application.call(request).await {
        Ok(response) => Response::from(response),
        Err(error) => error.into(),
    };
    let parts = framed.into_parts();
    let mut answer = Answer { codec: parts.codec, bytes: parts.write_buf };
    let taken = offer.0.take().filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS);
    let Some((pipe, start)) = taken else {
        // Whoever does not take the refusal goes without.
        timeout(REFUSAL, answer.refuse(parts.io, response)).await.ok();
        return None;
    };
    answer.begin(response).ok()?;
    // Copies, because both lie in buffers of 8 KiB.
    let early = Bytes::copy_from_slice(&parts.read_buf);
    let answer = Bytes::copy_from_slice(&answer.bytes);
    let connection = Connection::new(Box::new(parts.io), early, answer, pipe);
    let connection = Rc::new(RefCell::new(connection));
    let task = start(Rc::clone(&connection));
    Some((connection, task))
}

/// What a request is answered with, behind what was still to be written before it.
struct Answer {
    codec: Codec,
    bytes: BytesMut,
}

impl Answer {
    /// The head. Gives the body, of which nothing is written yet.
    fn begin(&mut self, response: Response<BoxBody>) -> io::Result<BoxBody> {
        let (response, body) = response.into_parts();
        self.codec.encode(Message::Item((response, body.size())), &mut self.bytes)?;
        Ok(body)
    }

    /// An answer that is no upgrade, to its end and that of the connection.
    async fn refuse(
        &mut self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        mut response: Response<BoxBody>,
    ) -> io::Result<()> {
        response.head_mut().set_connection_type(ConnectionType::Close);
        let mut body = pin!(self.begin(response)?);
        while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            let chunk = chunk.map_err(|error| io::Error::other(error.to_string()))?;
            self.codec.encode(Message::Chunk(Some(chunk)), &mut self.bytes)?;
            stream.write_all_buf(&mut self.bytes).await?;
        }
        self.codec.encode(Message::Chunk(None), &mut self.bytes)?;
        stream.write_all_buf(&mut self.bytes).await?;
        stream.shutdown().await?;
        // The client closes when it has read it.
        while stream.read(&mut [0; 1_024]).await? > 0 {}
        Ok(())
    }
}
