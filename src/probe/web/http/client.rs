//! The one way to ask a server for something. Every request of a run goes through it: what it may reach, how long it may
//! take and how it is shown to the user are said here and nowhere else.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::{Response, send};
use crate::model::RequestMade;
use crate::probe::web::address::{Nearness, is_secure, shown};
use crate::probe::web::connect::{Clock, connect};
use crate::probe::web::limits::Limits;
use crate::probe::web::tls::handshake;
use crate::probe::web::trouble::Trouble;

/// What to do with an address. None of these changes anything on a server that keeps to RFC 9110, section 9.2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// RFC 9110, section 9.3.1.
    Get,
    /// RFC 9110, section 9.3.2.
    Head,
    /// RFC 9110, section 9.3.7.
    Options,
}

/// One thing to ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// What stands in the request line in place of the URL's path and query; for requests that are meant to be malformed.
    pub target: Option<&'static str>,
    /// Headers beside those that every request carries.
    pub headers: Vec<(&'static str, String)>,
}

impl Request {
    /// An ordinary `GET`.
    pub fn get(url: Url) -> Self {
        Self { method: Method::Get, url, target: None, headers: Vec::new() }
    }

    /// With another method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// With a header; it takes the place of the one of that name which every request carries.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// How long the parts of an exchange took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Connecting and the TLS handshake; `None` on a connection that stood already.
    pub connect: Option<Duration>,
    /// From sending the request to the first byte of the answer.
    pub first_byte: Duration,
    /// From sending the request to the last byte of the body.
    pub total: Duration,
}

/// A request and what became of it.
#[derive(Debug)]
pub struct Exchange {
    /// What was asked for.
    pub request: Request,
    /// The server that was asked, where one was reached.
    pub address: Option<SocketAddr>,
    /// The answer.
    pub result: Result<Response, Trouble>,
    /// How long it took.
    pub times: Times,
}

impl Exchange {
    /// The answer, if there was one.
    pub fn response(&self) -> Option<&Response> {
        self.result.as_ref().ok()
    }
}

/// Sends requests within limits.
#[derive(Debug)]
pub struct Client {
    limits: Limits,
    made: Mutex<Vec<RequestMade>>,
}

impl Client {
    /// One for a run.
    pub fn new(limits: Limits) -> Self {
        Self { limits, made: Mutex::default() }
    }

    /// Asks, and gives the answer or why there is none. Follows no redirect.
    pub async fn send(&self, request: Request) -> Exchange {
        let start = Instant::now();
        let mut address = None;
        let result = self.ask(&request, &mut address).await;
        let total = start.elapsed();
        let exchange = Exchange { request, address, result, times: Times { connect: None, first_byte: total, total } };
        self.note(&exchange);
        exchange
    }

    async fn ask(&self, request: &Request, reached: &mut Option<SocketAddr>) -> Result<Response, Trouble> {
        let url = &request.url;
        let clock = Clock::start(&self.limits);
        let (stream, address) = connect(url, None::<Nearness>, &clock).await?;
        *reached = Some(address);
        if !is_secure(url) {
            return send(stream, request, &self.limits, &clock).await;
        }
        let (made, stream) = handshake::make(stream, address, url, &clock).await;
        match (stream, made.trouble) {
            (Some(stream), _) => send(stream, request, &self.limits, &clock).await,
            (None, trouble) => Err(trouble.unwrap_or(Trouble::Handshake("no connection".to_owned()))),
        }
    }

    /// Every request so far, in the order in which they ended.
    pub fn requests(&self) -> Vec<RequestMade> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, exchange: &Exchange) {
        let response = exchange.response();
        let made = RequestMade {
            method: format!("{:?}", exchange.request.method).to_uppercase(),
            url: shown(&exchange.request.url),
            status: response.map(|response| response.status),
            trouble: exchange.result.as_ref().err().map(ToString::to_string),
            ms: u64::try_from(exchange.times.total.as_millis()).unwrap_or(u64::MAX),
            bytes: response.map_or(0, |response| response.body.bytes.len() as u64),
        };
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(made);
    }
}
