//! What the web probe brings home from a shop: two sites, two servers, and the requests that were made.

use gonogo::model::{
    AnswerTimes, CertificateRow, DnsRow, HeaderRow, Location, ObservatoryScore, ObservatoryTest, PathRow, RequestMade,
    Site, Span, Standing, SuiteRow, TlsServer, VersionRow, WebReport,
};

/// The address that was asked for first.
pub const SHOP: &str = "https://shop.example.com/";

/// The server behind it.
pub const SERVER: &str = "www.shop.example.com:443";

/// The whole report.
pub fn shop() -> WebReport {
    WebReport {
        sites: vec![site(), admin(), gone()],
        servers: vec![server(), old_server()],
        requests: requests(),
        tls_questions: 48,
    }
}

/// The same with `text` in every place that a server can fill.
pub fn poisoned(text: &str) -> WebReport {
    fn fill(value: &mut serde_json::Value, text: &str) {
        match value {
            serde_json::Value::Object(fields) => {
                fields
                    .iter_mut()
                    .filter(|(name, _)| *name != "standing" && *name != "kind")
                    .for_each(|(_, value)| fill(value, text));
            }
            serde_json::Value::Array(values) => values.iter_mut().for_each(|value| fill(value, text)),
            serde_json::Value::String(old) => text.clone_into(old),
            _ => {}
        }
    }
    let mut report = serde_json::to_value(shop()).unwrap();
    fill(&mut report, text);
    serde_json::from_value(report).unwrap()
}

fn site() -> Site {
    Site {
        url: SHOP.to_owned(),
        page: "https://www.shop.example.com/en/".to_owned(),
        status: Some(200),
        challenge: false,
        not_reached: None,
        hops: vec![
            "301 https://shop.example.com/ → https://www.shop.example.com/".to_owned(),
            "302 https://www.shop.example.com/ → https://www.shop.example.com/en/".to_owned(),
        ],
        observatory: Some(observatory()),
        headers: headers(),
        paths: paths(),
        times: Some(AnswerTimes { first_byte_ms: vec![188, 231, 204, 219, 640], page_ms: 1_430, page_bytes: 48_211 }),
        dns: vec![
            dns("CAA", "letsencrypt.org may issue certificates", Standing::Good),
            dns("AAAA", "no IPv6 address", Standing::Neutral),
            dns("SPF", "`v=spf1 include:_spf.example.net ~all`", Standing::Good),
            dns("DMARC", "none, so anybody can send mail in the name of shop.example.com", Standing::Weak),
            dns("DNSSEC", "the resolver gave no answer in 5 s", Standing::Unknown),
        ],
        dns_not_asked: None,
    }
}

fn dns(name: &str, found: &str, standing: Standing) -> DnsRow {
    DnsRow { name: name.to_owned(), found: found.to_owned(), standing }
}

fn observatory() -> ObservatoryScore {
    let test = |name: &str, result: &str, words: &str, modifier, pass| ObservatoryTest {
        name: name.to_owned(),
        result: result.to_owned(),
        words: words.to_owned(),
        modifier,
        pass,
    };
    ObservatoryScore {
        score: 35,
        grade: "D".to_owned(),
        tests: vec![
            test(
                "Content Security Policy",
                "csp-implemented-with-unsafe-inline",
                "there is one, and it allows scripts written into the page, which is how most injected scripts come",
                -20,
                false,
            ),
            test(
                "Cookies",
                "cookies-session-without-httponly-flag",
                "a session cookie can be read by scripts",
                -30,
                false,
            ),
            test("Cross-Origin Resource Sharing", "cors-not-implemented", "no other site may read answers", 0, true),
            test("Redirection", "redirection-to-https", "plain HTTP leads to HTTPS at once", 0, true),
            test("Referrer Policy", "referrer-policy-private", "other sites learn no paths", 5, true),
            test("Strict Transport Security", "hsts-implemented-max-age-less-than-six-months", "too short", -10, false),
            test(
                "Subresource Integrity",
                "sri-not-implemented-but-all-scripts-loaded-from-secure-origin",
                "not needed",
                0,
                true,
            ),
            test("X-Content-Type-Options", "x-content-type-options-nosniff", "set", 0, true),
            test("X-Frame-Options", "x-frame-options-not-implemented", "any site may frame the page", -20, false),
        ],
    }
}

fn headers() -> Vec<HeaderRow> {
    let row = |name: &str, sent: &[&str], wanted: Option<&str>, why: &str, standing| HeaderRow {
        name: name.to_owned(),
        sent: sent.iter().map(|value| (*value).to_owned()).collect(),
        wanted: wanted.map(str::to_owned),
        why: why.to_owned(),
        standing,
        place: None,
    };
    let hosts: Vec<String> = (1..=40).map(|number| format!("https://cdn{number}.example.net")).collect();
    let long = format!("default-src 'self'; script-src 'self' 'unsafe-inline' {}; object-src 'none'", hosts.join(" "));
    let place = Location::File { path: "deploy/nginx.conf".to_owned(), span: Some(Span::line(31)) };
    vec![
        row(
            "Content-Security-Policy",
            &[&long],
            Some("default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
            "Says which scripts may run in the page, so that injected ones do not.",
            Standing::Weak,
        ),
        HeaderRow {
            place: Some(place),
            ..row(
                "Strict-Transport-Security",
                &["max-age=86400"],
                Some("max-age=63072000; includeSubDomains"),
                "Makes browsers come by HTTPS only, also on the first click of the day.",
                Standing::Weak,
            )
        },
        row(
            "X-Frame-Options",
            &[],
            Some("DENY"),
            "Keeps other sites from putting the page into a frame and stealing clicks.",
            Standing::Bad,
        ),
        row(
            "X-Content-Type-Options",
            &["nosniff"],
            Some("nosniff"),
            "Keeps browsers from guessing that a file is a script.",
            Standing::Good,
        ),
        row(
            "Permissions-Policy",
            &[],
            None,
            "Says which of camera, microphone and location the page may ask for.",
            Standing::Unknown,
        ),
        row(
            "Server",
            &["nginx/1.18.0 (Ubuntu)", "\u{1b}[2J\u{202e}evil"],
            None,
            "Tells strangers which version to look for holes in.",
            Standing::Neutral,
        ),
    ]
}

fn paths() -> Vec<PathRow> {
    let row = |path: &str, status, words: &str, standing| PathRow {
        path: path.to_owned(),
        status,
        words: words.to_owned(),
        standing,
    };
    let mut paths = vec![
        row("/.env", Some(200), "an environment file with 3 secrets", Standing::Bad),
        row(
            "/assets/index-4f2a9c1b.js.map",
            Some(200),
            "a source map with 41 files of the source in it",
            Standing::Weak,
        ),
        row("/robots.txt", Some(200), "it names /admin-old/", Standing::Neutral),
        row(
            "/.well-known/security.txt",
            Some(404),
            "not there, so finders of holes do not know whom to tell",
            Standing::Neutral,
        ),
        row("/actuator/env", None, "no answer in 5 s", Standing::Unknown),
    ];
    let gone = [
        "/.git/HEAD",
        "/.git/config",
        "/.svn/entries",
        "/.DS_Store",
        "/.env.local",
        "/.env.production",
        "/backup.zip",
        "/backup.sql",
        "/dump.sql",
        "/server-status",
        "/phpinfo.php",
        "/debug",
        "/openapi.json",
        "/swagger.json",
    ];
    paths.extend(gone.map(|path| row(path, Some(404), "not there", Standing::Good)));
    let same = ["/graphql", "/.aws/credentials", "/id_rsa"];
    paths.extend(same.map(|path| row(path, Some(200), "the same page as for any path", Standing::Good)));
    paths
}

fn admin() -> Site {
    Site {
        url: "http://localhost:8080/".to_owned(),
        page: "http://localhost:8080/".to_owned(),
        observatory: Some(ObservatoryScore { score: 0, grade: "F".to_owned(), tests: Vec::new() }),
        times: Some(AnswerTimes { first_byte_ms: vec![3, 2, 2], page_ms: 4, page_bytes: 812 }),
        dns_not_asked: Some("it is on this machine".to_owned()),
        ..Site::default()
    }
}

fn gone() -> Site {
    Site {
        url: "https://old.shop.example.com/".to_owned(),
        not_reached: Some("the name old.shop.example.com leads nowhere".to_owned()),
        ..Site::default()
    }
}

fn version(name: &str, answer: &str, standing: Standing) -> VersionRow {
    VersionRow { name: name.to_owned(), answer: answer.to_owned(), standing }
}

fn suite(name: &str, version: &str, weakness: Option<&str>) -> SuiteRow {
    SuiteRow { name: name.to_owned(), version: version.to_owned(), weakness: weakness.map(str::to_owned) }
}

fn server() -> TlsServer {
    let authority = |subject: &str, issuer: &str, key: &str, from: &str, to: &str, days, days_left| CertificateRow {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        names: Vec::new(),
        key: key.to_owned(),
        signature: "SHA-256 with RSA".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        days,
        days_left,
        standing: match days_left {
            i64::MIN..0 => Standing::Bad,
            _ if days_left > days => Standing::Bad,
            0..30 => Standing::Weak,
            _ => Standing::Good,
        },
        faults: Vec::new(),
    };
    let mut names = vec!["shop.example.com".to_owned(), "www.shop.example.com".to_owned()];
    names.extend((1..=38).map(|number| format!("tenant-{number:02}.shop.example.com")));
    TlsServer {
        name: SERVER.to_owned(),
        grade: Some("B".to_owned()),
        caps: vec!["TLS 1.0 and TLS 1.1 are offered".to_owned(), "Strict-Transport-Security is short".to_owned()],
        profile: None,
        off_profile: vec![
            "TLS 1.0 and TLS 1.1 are offered".to_owned(),
            "TLS_RSA_WITH_AES_128_CBC_SHA has no forward secrecy".to_owned(),
        ],
        versions: vec![
            version("SSL 3.0", "refused", Standing::Good),
            version("TLS 1.0", "offered", Standing::Bad),
            version("TLS 1.1", "offered", Standing::Bad),
            version("TLS 1.2", "offered", Standing::Good),
            version("TLS 1.3", "no answer", Standing::Unknown),
        ],
        suites: vec![
            suite("TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS 1.2", Some("64-bit blocks can be attacked (Sweet32)")),
            suite(
                "TLS_RSA_WITH_AES_128_CBC_SHA",
                "TLS 1.2",
                Some("no forward secrecy: a stolen key opens old traffic"),
            ),
            suite("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS 1.2", None),
            suite("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS 1.2", None),
        ],
        chain: vec![
            CertificateRow {
                names,
                faults: vec!["it ends in 9 days and is not renewed yet".to_owned()],
                ..authority(
                    "CN=shop.example.com",
                    "CN=Example R11, O=Example Trust",
                    "RSA, 2048 bits",
                    "2026-08-31",
                    "2026-11-29",
                    90,
                    9,
                )
            },
            authority(
                "CN=Example R11, O=Example Trust",
                "CN=Example Root X1, O=Example Trust",
                "RSA, 2048 bits",
                "2024-03-13",
                "2027-03-12",
                1_094,
                477,
            ),
            authority(
                "CN=Example Root X1, O=Example Trust",
                "CN=Example Old Root, O=Example Signature Co.",
                "RSA, 4096 bits",
                "2021-01-20",
                "2024-09-30",
                1_349,
                -781,
            ),
            authority(
                "CN=Example Old Root, O=Example Signature Co.",
                "CN=Example Old Root, O=Example Signature Co.",
                "RSA, 2048 bits",
                "2027-01-01",
                "2035-01-01",
                2_922,
                2_964,
            ),
        ],
        distrust: Vec::new(),
        trust_known: true,
        stapled: Some("good".to_owned()),
    }
}

fn old_server() -> TlsServer {
    TlsServer {
        name: "shop.example.com:443".to_owned(),
        grade: Some("T".to_owned()),
        caps: vec!["browsers do not trust the certificate".to_owned()],
        profile: Some("intermediate".to_owned()),
        versions: vec![version("TLS 1.2", "offered", Standing::Good), version("TLS 1.3", "offered", Standing::Good)],
        chain: vec![CertificateRow {
            subject: "CN=localhost".to_owned(),
            issuer: "CN=localhost".to_owned(),
            names: vec!["localhost".to_owned()],
            key: "EC, 256 bits".to_owned(),
            signature: "SHA-256 with ECDSA".to_owned(),
            from: "2026-11-20".to_owned(),
            to: "2026-12-20".to_owned(),
            days: 30,
            days_left: 30,
            standing: Standing::Good,
            faults: Vec::new(),
        }],
        distrust: vec!["is self-signed, so no browser trusts it".to_owned(), "is not for shop.example.com".to_owned()],
        trust_known: true,
        ..TlsServer::default()
    }
}

fn requests() -> Vec<RequestMade> {
    let made = |method: &str, url: &str, status, ms, bytes| RequestMade {
        method: method.to_owned(),
        url: url.to_owned(),
        status,
        trouble: None,
        ms,
        bytes,
    };
    let mut requests = vec![
        made("GET", SHOP, Some(301), 41, 162),
        made("GET", "https://www.shop.example.com/", Some(302), 38, 0),
        made("GET", "https://www.shop.example.com/en/", Some(200), 204, 48_211),
        made("OPTIONS", "https://www.shop.example.com/api/", Some(204), 35, 0),
        made("GET", "https://www.shop.example.com/assets/index-4f2a9c1b.js.map", Some(200), 390, 1_204_331),
        RequestMade {
            trouble: Some("the server sent nothing for 5 s".to_owned()),
            ..made("GET", "https://www.shop.example.com/actuator/env", None, 5_000, 0)
        },
    ];
    let paths = site().paths;
    let rest = paths.iter().filter(|row| row.status == Some(404));
    requests
        .extend(rest.map(|row| made("GET", &format!("https://www.shop.example.com{}", row.path), row.status, 36, 548)));
    requests
}
