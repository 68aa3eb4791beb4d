//! Floor 4, HTTP: requests to verbs, refusals to problems. [`table`] is the API on one page.

pub mod assistant;
pub mod attachment;
pub mod auth;
pub mod body;
pub mod border;
pub mod caller;
pub mod consultation;
pub mod cookie;
pub mod delivery;
pub mod document;
pub mod file;
pub mod health;
pub mod idempotency;
pub mod invitation;
pub mod listener;
pub mod me;
pub mod operation;
pub mod page;
pub mod play;
pub mod problem;
pub mod query;
pub mod range;
pub mod recording;
mod reticent;
pub mod room;
pub mod site;
pub mod table;
pub mod upload;
pub mod user;
pub mod version;

use std::sync::Arc;

use actix_web::{
    FromRequest, Handler, HttpResponse, Resource, Responder, Route, Scope, guard,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    middleware::from_fn,
    web,
};
use bedside_protocol::Code;

pub use self::{
    border::Border,
    page::Document,
    query::query_parameter,
    site::{Site, SiteError},
};
use self::{operation::Operation, problem::Problem};
use crate::domain::Clinic;

/// What the routes need. Cloned for each worker.
#[derive(Clone)]
pub struct Routes {
    clinic: web::Data<Clinic>,
    border: web::Data<Border>,
    document: web::Data<Document>,
    site: web::Data<Site>,
}

impl Routes {
    /// The routes of this clinic.
    pub fn new(clinic: Arc<Clinic>, border: Border, site: Site) -> Self {
        let (border, document) = (web::Data::new(border), web::Data::new(Document::new()));
        Self { clinic: clinic.into(), border, document, site: web::Data::new(site) }
    }

    /// Put them into a service, and answer whatever nobody else in it answers.
    pub fn configure(&self, service: &mut web::ServiceConfig) {
        let api =
            resources().into_iter().chain([delivery::resource()]).fold(web::scope("/api"), Scope::service);
        service
            .app_data(self.clinic.clone())
            .app_data(self.border.clone())
            .app_data(self.document.clone())
            .app_data(self.site.clone())
            .service(api.default_service(web::to(no_such_path)).wrap(from_fn(border::pass)))
            .service(only_get("/livez", health::live))
            .service(only_get("/readyz", health::ready))
            .service(only_get("/openapi.json", page::openapi).wrap(from_fn(border::pass)))
            .service(only_get("/docs", page::to_docs))
            .service(only_get("/docs/{file:.*}", page::docs));
        for address in site::ADDRESSES {
            service.service(only_get(address, site::page));
        }
        service.default_service(web::to(site::file));
    }
}

/// The API's operations, by path.
fn resources() -> Vec<Resource> {
    let mut paths: Vec<(&str, Vec<Operation>)> = Vec::new();
    for operation in table::operations() {
        match paths.last_mut() {
            Some((path, operations)) if *path == operation.path => operations.push(operation),
            Some(_) | None => paths.push((operation.path, vec![operation])),
        }
    }
    paths.into_iter().map(|(path, operations)| resource(path, operations)).collect()
}

fn resource(path: &str, operations: Vec<Operation>) -> Resource {
    let methods: Vec<&str> = operations.iter().map(|operation| operation.method.as_str()).collect();
    let head = methods.contains(&"GET").then_some("HEAD");
    let allowed = methods.into_iter().chain(head).collect::<Vec<_>>().join(", ");
    let under_api = path.strip_prefix("/api").unwrap_or(path);
    let resource = web::resource(under_api).default_service(wrong_method(allowed));
    operations.into_iter().fold(resource, |resource, operation| resource.route(operation.into_route()))
}

/// A page that is read and nothing else.
fn only_get<F, A>(path: &str, page: F) -> Resource
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let read = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(page);
    web::resource(path).route(read).default_service(wrong_method("GET, HEAD".to_owned()))
}

fn wrong_method(allowed: String) -> Route {
    web::to(move || {
        let problem = Problem::of_request(StatusCode::METHOD_NOT_ALLOWED, "this method has no meaning here");
        let mut response = problem.response();
        if let Ok(allowed) = HeaderValue::from_str(&allowed) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        async { response }
    })
}

async fn no_such_path() -> HttpResponse {
    Problem::from(Code::NotFound).response()
}
