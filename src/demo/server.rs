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
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") && request.len() < MOST_REQUEST_BYTES {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let line = String::from_utf8_lossy(&request);
    let path = line.split(' ').nth(1).and_then(|target| target.split('?').next()).unwrap_or("/");
    stream.write_all(response(path).as_bytes()).await?;
    stream.shutdown().await
}

/// One header is right; the rest is what a framework sends when nobody has looked.
fn response(path: &str) -> String {
    let (status, kind, body) = match path {
        "/" => ("200 OK", "text/html; charset=utf-8", HOME),
        "/api/products" => ("200 OK", "application/json", PRODUCTS),
        "/health" => ("200 OK", "application/json", r#"{"status":"ok"}"#),
        _ => ("404 Not Found", "text/html; charset=utf-8", NOT_FOUND),
    };
    format!(
        "HTTP/1.1 {status}\r\nX-Powered-By: Express\r\nX-Content-Type-Options: nosniff\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

const HOME: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Teapot Shop</title></head>
<body><h1>Teapot Shop</h1><div id=\"root\"></div><script>window.API = '/api'</script></body>
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
