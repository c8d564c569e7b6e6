//! HTTP requests with limits on everything: time, size, repetition.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode, header, redirect};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

/// A server that asks for a longer pause than this is not asked again.
const MAX_PAUSE: Duration = Duration::from_secs(60);
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
    /// The longest pause before the second try; doubled for each further one.
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
    #[error("the answer was HTTP {0}{after}", after = asked_for(.1.as_ref()))]
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

fn asked_for(pause: Option<&Duration>) -> String {
    pause.map_or_else(String::new, |pause| format!(", to be asked again after {} s", pause.as_secs()))
}

impl HttpError {
    /// Whether it may go better in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable(_) => true,
            // Timeout, too early, too many requests: <https://www.rfc-editor.org/rfc/rfc9110#section-15.5>, RFC 8470, RFC 6585.
            Self::Status(status, _) => matches!(*status, 408 | 425 | 429) || *status >= 500,
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
    /// The server asked that nobody comes before this.
    quiet_until: Mutex<Option<Instant>>,
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
        Ok(Self { client, limits, deadline, cancel, quiet_until: Mutex::new(None) })
    }

    /// Sends `body` and gives the answer, at most `max` bytes of it.
    ///
    /// # Errors
    /// When nothing came of the last try.
    pub async fn post(&self, url: &Url, body: &Value, max: u64) -> Result<Vec<u8>, HttpError> {
        let seed = hash(&(url.path(), body.to_string()));
        self.read(|| self.client.post(url.clone()).json(body), seed, max).await
    }

    /// Gives the answer, at most `max` bytes of it.
    ///
    /// # Errors
    /// When nothing came of the last try.
    pub async fn get(&self, url: &Url, max: u64) -> Result<Vec<u8>, HttpError> {
        self.read(|| self.client.get(url.clone()), hash(&url.path()), max).await
    }

    async fn read(&self, request: impl Fn() -> RequestBuilder, seed: u64, max: u64) -> Result<Vec<u8>, HttpError> {
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
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.keep_quiet().await?;
            match self.guarded(self.next_deadline(), one_try()).await {
                Err(error) => self.pause(error, seed, attempt).await?,
                done => return done,
            }
        }
    }

    fn next_deadline(&self) -> Instant {
        self.deadline.min(Instant::now() + self.limits.request)
    }

    /// Writes the answer into `file`, at most `max` bytes of it, and tells how many have come. Only the silence between
    /// two pieces is limited, not the whole. A download that breaks off begins anew.
    ///
    /// # Errors
    /// When the answer is not complete after the last try.
    pub async fn download(
        &self,
        url: &Url,
        file: &mut fs::File,
        max: u64,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<u64, HttpError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.keep_quiet().await?;
            match self.download_once(url, file, max, progress).await {
                Err(error) => self.pause(error, hash(&url.path()), attempt).await?,
                done => return done,
            }
        }
    }

    async fn download_once(
        &self,
        url: &Url,
        file: &mut fs::File,
        max: u64,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<u64, HttpError> {
        let disk = |error: std::io::Error| HttpError::Disk(error.to_string());
        file.set_len(0).and_then(|()| file.rewind()).map_err(disk)?;
        let mut response = self.guarded(self.next_deadline(), answer(self.client.get(url.clone()))).await?;
        let mut received = 0;
        loop {
            let next = async { response.chunk().await.map_err(|error| HttpError::Unreachable(plain(error))) };
            let Some(chunk) = self.guarded(self.next_deadline(), next).await? else { return Ok(received) };
            received += chunk.len() as u64;
            if received > max {
                return Err(HttpError::TooLarge(max));
            }
            file.write_all(&chunk).map_err(disk)?;
            progress(received);
        }
    }

    /// Waits before the next try; gives the error back where another one would be of no use, or there is no time for it.
    async fn pause(&self, error: HttpError, seed: u64, attempt: u32) -> Result<(), HttpError> {
        if !error.is_passing() || attempt >= self.limits.attempts {
            return Err(error);
        }
        let asked = if let HttpError::Status(_, asked) = &error { *asked } else { None };
        let longest = self.limits.backoff.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let pause = asked.unwrap_or_else(|| jittered(longest, seed, attempt));
        let until = Instant::now() + pause.min(MAX_PAUSE);
        if pause > MAX_PAUSE || until >= self.deadline {
            return Err(error);
        }
        if asked.is_some() {
            // What holds for one request holds for those beside it.
            let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            *quiet = (*quiet).max(Some(until));
            return Ok(());
        }
        self.wait(until).await
    }

    async fn keep_quiet(&self) -> Result<(), HttpError> {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        match until {
            Some(until) => self.wait(until).await,
            None => Ok(()),
        }
    }

    async fn wait(&self, until: Instant) -> Result<(), HttpError> {
        let wait = async {
            sleep_until(until).await;
            Ok(())
        };
        self.guarded(self.deadline, wait).await
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
    Err(HttpError::Status(response.status().as_u16(), retry_after(&response)))
}

/// The pause that the server asks for: seconds, or a date
/// (<https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>), which only the server's own clock can tell.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let pause = time(asked)?.duration_since(time(text(header::DATE)?)?);
    // A moment that has passed needs no pause.
    Some(Duration::try_from(pause).unwrap_or_default())
}

/// Between half the pause and all of it, so that clients that were turned away together do not come back together. No
/// dice: the same request waits the same time.
fn jittered(longest: Duration, seed: u64, attempt: u32) -> Duration {
    let share = u32::try_from(hash(&(seed, attempt)) % 1000).unwrap_or(0);
    longest / 2 + longest.mul_f64(f64::from(share) / 2000.0)
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_differ_between_requests_and_not_between_runs() {
        let longest = Duration::from_secs(8);
        let of = |seed: u64, attempt: u32| jittered(longest, seed, attempt);
        let all: std::collections::BTreeSet<Duration> = (0..100).map(|seed| of(seed, 1)).collect();
        assert!(all.len() > 50, "{all:?}");
        assert!(all.iter().all(|pause| (longest / 2..=longest).contains(pause)), "{all:?}");
        assert_ne!(of(7, 1), of(7, 2));
        assert_eq!(of(7, 1), of(7, 1));
    }
}
