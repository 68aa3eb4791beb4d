//! Who asks: found in the token, and in nothing else of the request.

use actix_web::{HttpRequest, http::header};
use bedside_protocol::{Code, ids::UserId};

use crate::{
    domain::Clinic,
    gateway::socketio::bearer,
    http::{body::text, problem::Problem},
    model::actor::Actor,
};

/// Those who may ask an operation.
pub trait Caller: Sized + 'static {
    /// Whether a token is needed.
    const NEEDS_TOKEN: bool;

    /// Find out who it is.
    fn find(request: &HttpRequest, clinic: &Clinic) -> Result<Self, Problem>;

    /// Whose idempotency keys are meant.
    fn user_id(&self) -> Option<&UserId>;
}

/// Whoever has reached the server.
#[derive(Debug, Clone, Copy)]
pub struct Anyone;

impl Caller for Anyone {
    const NEEDS_TOKEN: bool = false;

    fn find(_: &HttpRequest, _: &Clinic) -> Result<Self, Problem> {
        Ok(Self)
    }

    fn user_id(&self) -> Option<&UserId> {
        None
    }
}

impl Caller for Actor {
    const NEEDS_TOKEN: bool = true;

    fn find(request: &HttpRequest, clinic: &Clinic) -> Result<Self, Problem> {
        let token = bearer(text(request, &header::AUTHORIZATION)).filter(|token| !token.is_empty());
        let identity = clinic.verifier.verify(token.ok_or(Code::TokenMissing)?, clinic.clock.now())?;
        Ok(identity.into())
    }

    fn user_id(&self) -> Option<&UserId> {
        Some(&self.user_id)
    }
}
