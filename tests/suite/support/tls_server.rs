//! Web servers on 127.0.0.1 that a test starts itself: with certificates of every kind, old TLS versions, or nothing but bytes.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// How the paths begin that the probe makes up.
const NOBODY: &str = "/gonogo-";
const MISSING: &str =
    "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{\"error\":\"not found\"}";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A certificate authority made for a test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// What stands between a leaf and the root.
    between: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// A root with this name.
    pub fn root(name: &str) -> Self {
        let issuer = CertifiedIssuer::self_signed(authority(name), KeyPair::generate().unwrap()).unwrap();
        Self { issuer, between: Vec::new() }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::signed_by(authority(name), key, &self.issuer).unwrap();
        let between = std::iter::once(issuer.der().clone()).chain(self.between.clone()).collect();
        Self { issuer, between }
    }

    /// Its certificate in PEM form, in a file that goes with the test.
    pub fn file(&self) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(self.issuer.pem().as_bytes()).unwrap();
        file
    }

    /// A certificate for `host`, valid from `from` to `to` days from now, sent with its chain.
    pub fn issue(&self, host: &str, from: i32, to: i32) -> Identity {
        self.sign(&leaf(host, from, to))
    }

    /// As public authorities do: with the address at which the issuer's certificate can be fetched.
    pub fn issue_naming_its_issuer(&self, host: &str) -> Identity {
        let address = b"http://ca.example.com/ca.der";
        // AuthorityInfoAccessSyntax with one id-ad-caIssuers, RFC 5280 section 4.2.2.1.
        let mut access = vec![0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, address.len() as u8];
        access.extend(address);
        let length = access.len() as u8;
        let content = [&[0x30, length + 2, 0x30, length], access.as_slice()].concat();
        let mut params = leaf(host, -1, 90);
        params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content));
        self.sign(&params)
    }

    /// A certificate for `host` of an unusual kind.
    pub fn issue_changed(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = leaf(host, -1, 90);
        change(&mut params);
        self.sign(&params)
    }

    /// Its key in PEM form.
    pub fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A certificate for `host` and its key, each in PEM form, for servers that read files.
    pub fn issue_pem(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let leaf = leaf(host, -1, 90).signed_by(&key, &self.issuer).unwrap();
        (leaf.pem(), key.serialize_pem())
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        let chain = std::iter::once(leaf.der().clone()).chain(self.between.clone()).collect();
        Identity { chain, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
    }

    /// Its own certificate, as some servers send along.
    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }
}

/// What a server shows of itself.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// A certificate that vouches for itself.
    pub fn self_signed(host: &str) -> Self {
        Self::of(&leaf(host, -1, 90))
    }

    /// One for `count` names, of which none is `localhost`.
    pub fn with_names(count: usize) -> Self {
        Self::of(&many_names(count))
    }

    fn of(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().clone()], key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) }
    }

    /// Sends only its own certificate, without the chain.
    pub fn alone(mut self) -> Self {
        self.chain.truncate(1);
        self
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn leaf(host: &str, from: i32, to: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    params.not_before = days_from_now(from).into();
    params.not_after = days_from_now(to).into();
    params
}

fn many_names(count: usize) -> CertificateParams {
    let names: Vec<String> = (0..count).map(|at| format!("host-{at}.shop.example.com")).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params
}

fn days_from_now(days: i32) -> SystemTime {
    let distance = DAY * days.unsigned_abs();
    let now = SystemTime::now();
    if days < 0 { now - distance } else { now + distance }
}

/// A server; it stops when dropped.
pub struct Server {
    pub port: u16,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// HTTPS; `respond` gets the path.
    pub async fn https(identity: Identity, respond: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let respond = Arc::new(respond);
        Self::raw(move |stream| {
            let (acceptor, respond) = (acceptor.clone(), respond.clone());
            async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream, &*respond).await;
                }
            }
        })
        .await
    }

    /// Plain HTTP; `respond` gets the path.
    pub async fn http(respond: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let respond = Arc::new(respond);
        Self::raw(move |stream| {
            let respond = respond.clone();
            async move { answer(stream, &*respond).await }
        })
        .await
    }

    /// Whatever `serve` does with each connection.
    pub async fn raw<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream));
            }
        });
        Self { port, task }
    }
}

/// Reads a request up to its empty line and gives its path.
pub async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).split(' ').nth(1).unwrap_or("/").to_owned()
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, respond: &(dyn Fn(&str) -> String + Send + Sync)) {
    let path = request(&mut stream).await;
    // What nobody can have is not there, so that each test says what its server gives away and nothing else.
    let response =
        if path.contains(NOBODY) || path.contains("/.gonogo-") { MISSING.to_owned() } else { respond(&path) };
    let _ = stream.write_all(response.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A port on which nobody listens.
pub async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// `openssl s_server`, which still speaks what no library here does. The tests need the command `openssl`.
pub struct OpensslServer {
    pub port: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl OpensslServer {
    /// With these options, and a certificate for `localhost`.
    pub fn start(options: &[&str]) -> Self {
        Self::showing(&leaf("localhost", -1, 90), options)
    }

    /// With a certificate for so many names, too large for rustls to serve.
    pub fn with_names(count: usize) -> Self {
        Self::showing(&many_names(count), &[])
    }

    /// With a short RSA key and a SHA-1 signature.
    pub fn weak() -> Self {
        Self::rsa("1024", "-sha1", &["-cipher", "ALL:@SECLEVEL=0"])
    }

    /// With a certificate of its own for `localhost`, whose RSA key has so many bits.
    pub fn rsa(bits: &str, digest: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = format!("rsa:{bits}");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", &key, digest, "-nodes", "-days", "90", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Self::serving(folder, options)
    }

    /// With this certificate, which it sends without a chain, and these files beside it.
    pub fn with(identity: &Identity, files: &[(&str, &[u8])], options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key.pem"), identity.key.secret_der()).unwrap();
        std::fs::write(folder.path().join("cert.pem"), &identity.chain[0]).unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        Self::serving(folder, &[&["-certform", "DER", "-keyform", "DER"], options].concat())
    }

    fn showing(params: &CertificateParams, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
        Self::serving(folder, options)
    }

    fn serving(folder: tempfile::TempDir, options: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(["s_server", "-www", "-accept", "127.0.0.1:0", "-key", "key.pem", "-cert", "cert.pem"])
            .args(options)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        // Its output is read to the end, or it would stop when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Self { port, child, _folder: folder }
    }
}

impl Drop for OpensslServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
