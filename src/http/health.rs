//! Whether the server is alive, and whether it takes work.

use actix_web::{HttpResponse, http::header, web};
use serde_json::json;

use crate::domain::Clinic;

/// `GET /livez`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(json!({ "status": "ok" }))
}

/// `GET /readyz`: new clients may be sent here.
pub async fn ready(clinic: web::Data<Clinic>) -> HttpResponse {
    let reason = if clinic.is_draining() {
        Some("draining")
    } else if clinic.store.health().await.is_err() {
        Some("database")
    } else {
        None
    };
    match reason {
        None => live().await,
        Some(reason) => HttpResponse::ServiceUnavailable()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::RETRY_AFTER, "1"))
            .json(json!({ "status": "unavailable", "reason": reason })),
    }
}
