//! Pages for developers: the API, to be read and tried out. They ask nothing of anybody else.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::header,
    web::{self, Bytes},
};
use bedside_protocol::Code;
use utoipa_swagger_ui::{Config, SwaggerFile, serve};

use crate::http::{document, problem::Problem};

/// Swagger UI styles its elements one by one; scripts are files of this server only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The API document, written once.
#[derive(Clone)]
pub struct Document(Bytes);

impl Document {
    /// From the route table.
    pub fn new() -> Self {
        Self(document::openapi().to_string().into())
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

/// `GET /openapi.json`
pub async fn openapi(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(document.0.clone())
}

/// `GET /docs`
pub async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "docs/")).finish()
}

/// `GET /docs/…`: Swagger UI, out of this program.
pub async fn docs(path: web::Path<String>) -> HttpResponse {
    let config = Config::new(["../openapi.json"]).try_it_out_enabled(true).validator_url("none");
    match serve(&path, Arc::new(config)) {
        Ok(Some(SwaggerFile { bytes, content_type, gzpipped, .. })) => {
            let mut page = page(&content_type);
            if gzpipped {
                page.insert_header((header::CONTENT_ENCODING, "gzip"));
            }
            page.body(bytes.into_owned())
        }
        Ok(None) => Problem::from(Code::NotFound).response(),
        Err(error) => Problem::from(crate::error::Error::fault(error.to_string())).response(),
    }
}

fn page(content_type: &str) -> actix_web::HttpResponseBuilder {
    let mut page = HttpResponse::Ok();
    page.content_type(content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    page
}
