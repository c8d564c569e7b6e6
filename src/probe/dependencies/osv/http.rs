//! HTTP requests with limits on everything: time, size, repetition.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, header, redirect};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

/// A server that asks for a longer pause than this is asked again after this one.
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// To reach a server at all.
const CONNECT: Duration = Duration::from_secs(10);
/// Larger bundles of trust roots are not read; the usual ones are about 200 kB.
const MAX_ROOTS_BYTES: u64 = 16 * 1024 * 1024;

/// How long and how often.
#[derive(Debug, Clone)]
pub struct Limits {
    /// For one request, its answer included.
    pub request: Duration,
    /// For all requests together.
    pub total: Duration,
    /// How often one request is tried.
    pub attempts: u32,
    /// The pause before the second try; doubled for each further one.
    pub backoff: Duration,
}

/// Why a request brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Somebody stopped the run.
    #[error("it was cancelled")]
    Cancelled,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// No connection, or a broken one.
    #[error("{0}")]
    Unreachable(String),
    /// An answer that is no success.
    #[error("the answer was HTTP {0}")]
    Status(u16, Option<Duration>),
    /// More than is read.
    #[error("the answer was larger than {0} bytes")]
    TooLarge(u64),
    /// The trust roots cannot be used.
    #[error("the trust roots in {0} cannot be used: {1}")]
    TrustRoots(String, String),
    /// The answer could not be kept.
    #[error("the answer could not be written to disk: {0}")]
    Disk(String),
}

impl HttpError {
    /// Whether it may go better in a moment.
    fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable(_) => true,
            Self::Status(status, _) => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

/// A client for one run.
pub struct Http {
    client: Client,
    limits: Limits,
    deadline: Instant,
    cancel: CancellationToken,
}

impl Http {
    /// A client that trusts the system's roots and those in the PEM file `trust_roots`.
    /// Redirects are not followed, and with `stay_here` no proxy is used: nothing then leaves this machine by a detour.
    ///
    /// # Errors
    /// When the trust roots cannot be used.
    pub fn new(
        trust_roots: Option<&Path>,
        stay_here: bool,
        limits: Limits,
        cancel: CancellationToken,
    ) -> Result<Self, HttpError> {
        // reqwest is built without a cryptography provider of its own; an error here means that one is installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("gonogo/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT);
        if stay_here {
            builder = builder.no_proxy();
        }
        if let Some(path) = trust_roots {
            builder = builder.tls_certs_merge(roots(path)?);
        }
        let client = builder.build().map_err(|error| HttpError::Unreachable(plain(error)))?;
        let deadline = Instant::now() + limits.total;
        Ok(Self { client, limits, deadline, cancel })
    }

    /// Sends `body` and gives the answer, at most `max` bytes of it.
    ///
    /// # Errors
    /// When nothing came of the last try.
    pub async fn post(&self, url: &Url, body: &Value, max: u64) -> Result<Vec<u8>, HttpError> {
        self.fetch(|| self.client.post(url.clone()).json(body), max).await
    }

    /// Gives the answer, at most `max` bytes of it.
    ///
    /// # Errors
    /// When nothing came of the last try.
    pub async fn get(&self, url: &Url, max: u64) -> Result<Vec<u8>, HttpError> {
        self.fetch(|| self.client.get(url.clone()), max).await
    }

    async fn fetch(&self, request: impl Fn() -> RequestBuilder, max: u64) -> Result<Vec<u8>, HttpError> {
        let one_try = async || {
            let mut response = answer(request()).await?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| HttpError::Unreachable(plain(error)))? {
                if (body.len() + chunk.len()) as u64 > max {
                    return Err(HttpError::TooLarge(max));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(body)
        };
        let mut pause = self.limits.backoff;
        for attempt in 1.. {
            let ends = self.deadline.min(Instant::now() + self.limits.request);
            match self.guarded(ends, one_try()).await {
                Err(error)
                    if error.is_passing() && attempt < self.limits.attempts && Instant::now() < self.deadline =>
                {
                    let wanted = match error {
                        HttpError::Status(_, Some(asked)) => asked,
                        _ => pause,
                    };
                    let wait = async {
                        sleep(wanted.min(MAX_PAUSE)).await;
                        Ok(())
                    };
                    self.guarded(self.deadline, wait).await?;
                    pause *= 2;
                }
                result => return result,
            }
        }
        Err(HttpError::TimedOut)
    }

    /// Writes the answer into `file`, at most `max` bytes of it, and tells how many have come. Tried once; only the
    /// silence between two pieces is limited, not the whole.
    ///
    /// # Errors
    /// When the answer is not complete.
    pub async fn download(
        &self,
        url: &Url,
        file: &mut fs::File,
        max: u64,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<u64, HttpError> {
        let step = || self.deadline.min(Instant::now() + self.limits.request);
        let mut response = self.guarded(step(), answer(self.client.get(url.clone()))).await?;
        let mut received = 0;
        loop {
            let next = async { response.chunk().await.map_err(|error| HttpError::Unreachable(plain(error))) };
            let Some(chunk) = self.guarded(step(), next).await? else { return Ok(received) };
            received += chunk.len() as u64;
            if received > max {
                return Err(HttpError::TooLarge(max));
            }
            file.write_all(&chunk).map_err(|error| HttpError::Disk(error.to_string()))?;
            progress(received);
        }
    }

    async fn guarded<T>(
        &self,
        ends: Instant,
        work: impl Future<Output = Result<T, HttpError>>,
    ) -> Result<T, HttpError> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(HttpError::Cancelled),
            result = timeout_at(ends, work) => result.unwrap_or(Err(HttpError::TimedOut)),
        }
    }
}

async fn answer(request: RequestBuilder) -> Result<Response, HttpError> {
    let response = request.send().await.map_err(|error| HttpError::Unreachable(plain(error)))?;
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    let after = response.headers().get(header::RETRY_AFTER);
    let seconds = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Err(HttpError::Status(response.status().as_u16(), seconds.map(Duration::from_secs)))
}

fn roots(path: &Path) -> Result<Vec<Certificate>, HttpError> {
    let unusable = |why: String| HttpError::TrustRoots(path.display().to_string(), why);
    let size = fs::metadata(path).map_err(|error| unusable(error.to_string()))?.len();
    if size > MAX_ROOTS_BYTES {
        return Err(unusable("larger than 16 MB".to_owned()));
    }
    let pem = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let roots = Certificate::from_pem_bundle(&pem).map_err(|_| unusable("not PEM certificates".to_owned()))?;
    if roots.is_empty() { Err(unusable("no certificate in it".to_owned())) } else { Ok(roots) }
}

/// The innermost cause, without the URL: that may carry credentials.
fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
