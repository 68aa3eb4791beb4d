//! Who asks: found in the token, and in nothing else of the request.

use actix_web::{HttpRequest, http::header};
use bedside_protocol::{Code, ids::UserId};

use crate::{
    auth::Identity,
    domain::Clinic,
    gateway::socketio::bearer,
    http::{body::text, problem::Problem},
    model::actor::Actor,
};

/// Those who may ask an operation.
pub trait Caller: Sized + 'static {
    /// Whether a token is needed.
    const NEEDS_TOKEN: bool;

    /// Whether a request under an `Idempotency-Key` is kept, so that it can be answered again.
    const REPEATABLE: bool = Self::NEEDS_TOKEN;

    /// Find out who it is.
    fn find(request: &HttpRequest, clinic: &Clinic) -> impl Future<Output = Result<Self, Problem>>;

    /// Whose idempotency keys are meant.
    fn user_id(&self) -> Option<&UserId>;
}

/// Whoever has reached the server.
#[derive(Debug, Clone, Copy)]
pub struct Anyone;

impl Caller for Anyone {
    const NEEDS_TOKEN: bool = false;

    async fn find(_: &HttpRequest, _: &Clinic) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn user_id(&self) -> Option<&UserId> {
        None
    }
}

impl Caller for Actor {
    const NEEDS_TOKEN: bool = true;

    async fn find(request: &HttpRequest, clinic: &Clinic) -> Result<Self, Problem> {
        Ok(identify(request, clinic).await?.into())
    }

    fn user_id(&self) -> Option<&UserId> {
        Some(&self.user_id)
    }
}

/// Who shows the token of this request.
pub async fn identify(request: &HttpRequest, clinic: &Clinic) -> Result<Identity, Problem> {
    let token = bearer(text(request, &header::AUTHORIZATION)).filter(|token| !token.is_empty());
    Ok(clinic.identify(token.ok_or(Code::TokenMissing)?).await?)
}
