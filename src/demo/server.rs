//! The web server of the sample app: HTTPS with a certificate that no browser trusts, and HTTP that does not lead there. All
//! in memory, on this machine's loopback.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Longer requests are not read.
const MOST_REQUEST_BYTES: usize = 16 * 1024;
/// A connection may take so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Far from its end for as long as anybody looks at a demo.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A running server of the sample app. It stops when dropped.
#[derive(Debug)]
pub struct DemoServer {
    https: SocketAddr,
    http: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

impl DemoServer {
    /// Starts it on two free ports of 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free or the certificate cannot be made.
    pub async fn start() -> io::Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(tls()?));
        let secure = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (https, http) = (secure.local_addr()?, plain.local_addr()?);
        let tasks = [tokio::spawn(serve(secure, Some(acceptor))), tokio::spawn(serve(plain, None))];
        Ok(Self { https, http, tasks })
    }

    /// The secure address: `https://localhost:…/`.
    #[must_use]
    pub fn https_url(&self) -> String {
        format!("https://localhost:{}/", self.https.port())
    }

    /// The plain address: `http://localhost:…/`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://localhost:{}/", self.http.port())
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn tls() -> io::Result<ServerConfig> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let now = SystemTime::now();
    params.not_before = (now - Duration::from_secs(3600)).into();
    params.not_after = (now + CERTIFICATE_LIFE).into();
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key))
        .map_err(io::Error::other)
}

async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>) {
    // Dropped with this task, so that no connection outlives the server.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let tls = tls.clone();
                connections.spawn(timeout(PATIENCE, async move {
                    match tls {
                        Some(tls) => answer(tls.accept(stream).await?).await,
                        None => answer(stream).await,
                    }
                }));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") && bytes.len() < MOST_REQUEST_BYTES {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    stream.write_all(response(&Request::read(&text)).as_bytes()).await?;
    stream.shutdown().await
}

/// What the server looks at of a request.
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    origin: Option<&'a str>,
}

impl<'a> Request<'a> {
    fn read(text: &'a str) -> Self {
        let mut words = text.split(' ');
        let method = words.next().unwrap_or_default();
        let path = words.next().and_then(|target| target.split('?').next()).unwrap_or("/");
        let origin = text.lines().filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
            let printable = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            (name.eq_ignore_ascii_case("origin") && printable).then(|| value.trim())
        });
        Self { method, path, origin }
    }
}

/// One header is right; the rest is what a framework sends when nobody has looked.
fn response(request: &Request<'_>) -> String {
    let script = ["/assets/", BUNDLE].concat();
    let map = format!("{script}.map");
    let asset = "Cache-Control: public, max-age=0\r\n";
    let (status, kind, more, body) = match request.path {
        _ if request.method == "OPTIONS" && request.origin.is_some() => {
            ("204 No Content", "", PREFLIGHT, String::new())
        }
        "/" => ("200 OK", "text/html; charset=utf-8", COOKIE, HOME.replace("{{BUNDLE}}", &script)),
        "/api/products" => ("200 OK", "application/json", "", PRODUCTS.to_owned()),
        "/health" => ("200 OK", "application/json", "", r#"{"status":"ok"}"#.to_owned()),
        path if path == script => ("200 OK", "text/javascript; charset=utf-8", asset, bundle()),
        path if path == map => ("200 OK", "application/json", asset, source_map()),
        _ => ("404 Not Found", "text/html; charset=utf-8", "", NOT_FOUND.to_owned()),
    };
    let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
    // As the app's `cors({ origin: true, credentials: true })` does it.
    let cors = request.origin.map_or_else(String::new, |origin| {
        format!("Vary: Origin\r\nAccess-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n")
    });
    let sent = if request.method == "HEAD" { "" } else { &body };
    format!(
        "HTTP/1.1 {status}\r\nX-Powered-By: Express\r\nX-Content-Type-Options: nosniff\r\n{kind}{more}{cors}\
         Content-Length: {}\r\nConnection: close\r\n\r\n{sent}",
        body.len()
    )
}

const PREFLIGHT: &str = "Access-Control-Allow-Methods: GET,HEAD,PUT,PATCH,POST,DELETE\r\n";

/// The cookie of `server/index.ts`, which has no flag.
const COOKIE: &str = "Set-Cookie: visit_session=8b0f2c1e-5a7d-4c33-9f0e-2f6f7c1d9a44; Path=/\r\n";

/// What a bundler makes of the front end, and of what.
const BUNDLE: &str = "index-4f2a9c1b.js";
const FRONT_END: [(&str, &str); 5] = [
    ("main.tsx", include_str!("../../demo/app/web/main.tsx")),
    ("App.tsx", include_str!("../../demo/app/web/App.tsx")),
    ("AskAssistant.tsx", include_str!("../../demo/app/web/AskAssistant.tsx")),
    ("OrderStatus.tsx", include_str!("../../demo/app/web/OrderStatus.tsx")),
    ("Reviews.tsx", include_str!("../../demo/app/web/Reviews.tsx")),
];

/// The key that the front end carries to every visitor; no real one.
pub(super) fn openai_key() -> String {
    ["sk-", "proj-", "Zt8Kq2Vw9XcR4nLm", "7PbY3sDfG6hJ1aEu"].concat()
}

fn source(text: &str) -> String {
    text.replace("{{FAKE:openai}}", &openai_key())
}

fn bundle() -> String {
    let code: Vec<String> = FRONT_END.iter().map(|(_, text)| source(text)).collect();
    format!("{}\n//# sourceMappingURL={BUNDLE}.map\n", code.join("\n"))
}

fn source_map() -> String {
    let names: Vec<String> = FRONT_END.iter().map(|(name, _)| format!("../../../web/{name}")).collect();
    let contents: Vec<String> = FRONT_END.iter().map(|(_, text)| source(text)).collect();
    serde_json::json!({
        "version": 3,
        "file": BUNDLE,
        "sources": names,
        "sourcesContent": contents,
        "names": [],
        "mappings": "AAAA",
    })
    .to_string()
}

const HOME: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Teapot Shop</title></head>
<body><h1>Teapot Shop</h1><div id=\"root\"></div><script>window.API = '/api'</script>
<script type=\"module\" src=\"{{BUNDLE}}\"></script></body>
</html>
";

const PRODUCTS: &str = r#"[{"id":1,"name":"Blue teapot","price":2900},{"id":2,"name":"Red teapot","price":3100}]"#;

const NOT_FOUND: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Error</title></head>
<body><pre>NotFoundError: Not Found
    at /srv/app/server/index.ts:48:8
    at Layer.handle [as handle_request] (/srv/app/node_modules/express/lib/router/layer.js:95:5)
    at trim_prefix (/srv/app/node_modules/express/lib/router/index.js:328:13)
    at next (/srv/app/node_modules/express/lib/router/index.js:280:10)</pre></body>
</html>
";
