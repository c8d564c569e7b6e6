//! Error pages as frameworks write them, in the layouts of real sites, and pages that only speak of such errors.

use super::*;

/// A page of Django with `DEBUG = True`, with so many patterns of URLs.
fn django(path: &str, patterns: usize) -> String {
    let names = ["admin/", "shop/<slug:name>/", "cart/", "accounts/login/", "api/orders/<int:pk>/"];
    let list: String = (0..patterns)
        .map(|n| format!("<li>\n<code>\n{}\n\n</code>\n</li>\n", names[n % names.len()].replace('<', "&lt;")))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta http-equiv=\"content-type\" content=\"text/html; charset=utf-8\">\n\
         <title>Page not found at {path}</title>\n<meta name=\"robots\" content=\"NONE,NOARCHIVE\">\n\
         <style>\nbody {{ font:small sans-serif; background:#eee; }}\n</style>\n</head>\n<body>\n<header id=\"summary\">\n\
         <h1>Page not found <small>(404)</small></h1>\n<table class=\"meta\">\n\
         <tr>\n<th scope=\"row\">Request Method:</th>\n<td>GET</td>\n</tr>\n\
         <tr>\n<th scope=\"row\">Request URL:</th>\n<td>http://localhost{path}</td>\n</tr>\n</table>\n</header>\n\
         <main id=\"info\">\n<p>Using the URLconf defined in <code>shop.urls</code>, Django tried these URL patterns, in this order:</p>\n\
         <ol>\n{list}</ol>\n<p>The current path, <code>{path}</code>, didn’t match any of these.</p>\n</main>\n\
         <footer id=\"explanation\">\n<p>\nYou’re seeing this error because you have <code>DEBUG = True</code> in\n\
         your Django settings file. Change that to <code>False</code>, and Django\nwill display a standard 404 page.\n</p>\n</footer>\n</body>\n</html>"
    )
}

/// A server before the app that refuses what no app expects.
fn refused(path: &str) -> Option<Answer> {
    let body = "<html><head><title>400 Bad Request</title></head><body><center><h1>400 Bad Request</h1></center><hr><center>nginx</center></body></html>";
    (path.contains('%') || path.contains('[')).then(|| ("400 Bad Request", "text/html", body.into()))
}

#[tokio::test]
async fn django_in_debug_mode_is_told_however_many_patterns_it_lists() {
    for patterns in [1, 3, 10, 60] {
        let found = told(move |path| match path {
            "/" => ok("text/html", HOME),
            path => refused(path).unwrap_or_else(|| ("404 Not Found", "text/html", django(path, patterns).into())),
        })
        .await;
        assert_eq!(found, ["major stack-trace-exposed /"], "{patterns}");
    }
}

#[tokio::test]
async fn a_trace_in_the_layout_of_the_site_is_told_and_a_post_on_every_page_is_not() {
    let links = (0..25).map(|n| format!("<li><a href=/c/{n}>Teapots of sort {n}</a>")).collect::<String>();
    let foot = format!("<footer>{}</footer>", "We send teapots to every place on earth. ".repeat(12));
    let error = "<h1>Not Found</h1>\n<h2>404</h2>\n<pre>NotFoundError: Not Found\n    at /srv/shop/app.js:27:8\n    \
                 at Layer.handle [as handle_request] (/srv/shop/node_modules/express/lib/router/layer.js:95:5)</pre>";
    for body in [format!("<nav>{links}</nav>{error}"), format!("{error}{foot}")] {
        let home = format!("{HOME}<nav>{links}</nav>{foot}");
        let found = told(move |path| match path {
            "/" => ok("text/html", &home),
            path => refused(path).unwrap_or_else(|| ("404 Not Found", "text/html", body.clone().into())),
        })
        .await;
        assert_eq!(found, ["major stack-trace-exposed /"]);
    }
    let post = format!(
        "<article><h2>Why my app died</h2><p>{}</p><pre>Error: no tea\n    at brew (/srv/shop/pot.js:4:2)</pre></article>",
        "I looked for hours. ".repeat(30)
    );
    let (home, lost) = (format!("{HOME}{post}"), format!("{OWN_404}<h2>Read instead</h2>{post}"));
    let found = told(move |path| match path {
        "/" => ok("text/html", &home),
        path => refused(path).unwrap_or_else(|| ("404 Not Found", "text/html", lost.clone().into())),
    })
    .await;
    assert!(!found.iter().any(|line| line.contains("stack-trace")), "{found:?}");
}

#[tokio::test]
async fn posts_that_an_own_error_page_lists_are_no_errors_of_the_app() {
    let teasers: String = ["Node", "Go", "Python"]
        .iter()
        .map(|of| {
            format!(
                "<article><h2><a href=\"/posts/{of}\">When {of} fails</a></h2><p>One morning I found this:</p>\
                 <pre>Error: no tea\n    at brew (/srv/shop/(pots)/{of}.js:4:2)</pre><a href=\"/posts/{of}\">More</a></article>"
            )
        })
        .collect();
    let lost = OWN_404.replace("</body>", &format!("<h2>Read instead</h2>{teasers}</body>"));
    let of = async |lost: String| {
        told(move |path| match path {
            "/" => ok("text/html", HOME),
            path => refused(path).unwrap_or_else(|| ("404 Not Found", "text/html", lost.clone().into())),
        })
        .await
    };
    let found = of(lost.clone()).await;
    assert!(!found.iter().any(|line| line.contains("stack-trace")), "{found:?}");
    let own = "<pre>Error: gone\n    at find (/srv/shop/find.js:9:1)</pre>";
    let found = of(lost.replace("</body>", &format!("{own}</body>"))).await;
    assert!(found.contains(&"major stack-trace-exposed /".to_owned()), "{found:?}");
}

#[tokio::test]
async fn php_and_ruby_are_known_and_no_password_is_repeated() {
    let php = format!(
        "<br />\n<b>Fatal error</b>:  Uncaught PDOException: SQLSTATE[HY000] [1045] Access denied for user 'root'@'db' in /var/www/html/db.php:3\n\
         Stack trace:\n#0 /var/www/html/db.php(3): PDO-&gt;__construct('mysql:host=db', 'root', '{RANDOM}')\n#1 {{main}}\n  \
         thrown in <b>/var/www/html/db.php</b> on line <b>3</b><br />\n"
    );
    let ruby = "RuntimeError: boom\n\t/srv/shop/app.rb:12:in 'block in <class:Shop>'\n\t/srv/gems/sinatra/base.rb:1706:in 'call'";
    let json = format!(
        "{{\"error\":\"SQLSTATE[HY000] [1045] #0 /db.php(3): PDO->__construct('mysql:host=db','root','{RANDOM}')\"}}"
    );
    let python = format!(
        "Traceback (most recent call last):<br>File \"/a.py\", line 1<br>OperationalError: postgres://app:{RANDOM}@db.internal/shop"
    );
    for body in [php.clone(), ruby.to_owned(), json, python] {
        for status in ["500 Internal Server Error", "404 Not Found"] {
            let body = body.clone();
            // `told` looks for the password in everything that is said.
            let found = told(move |path| match path {
                "/" => ok("text/html", HOME),
                _ => (status, "text/html", body.clone().into()),
            })
            .await;
            assert_eq!(found, ["major stack-trace-exposed /"], "{status}");
        }
    }
    let seen = site(move |_| ok("text/html", &php)).await;
    let (_, seen) = seen_at(&seen.0).await;
    assert!(said(&seen, "front-page-broken").contains("error page of PHP"), "{seen:?}");
    assert!(!format!("{seen:?}").contains(RANDOM));
}

#[tokio::test]
async fn a_key_in_the_path_of_a_redirect_is_not_repeated_in_what_was_not_seen() {
    let key = format!("{}{RANDOM}", ["sk_", "live_"].concat());
    let home = format!("/app/{key}/home");
    let to = format!("text/html\r\nLocation: {home}?session={RANDOM}");
    let to: &'static str = to.leak();
    let (server, _) = site(move |path| match path {
        "/" => ("302 Found", to, Vec::new()),
        path if path.starts_with(&home) => ok("text/html", HOME),
        path if path.contains("gonogo-") => missing(),
        _ => ("429 Too Many Requests", "text/plain", b"slow down".to_vec()),
    })
    .await;
    let (_, seen) = seen_at(&server).await;
    let examined = seen.result.as_ref().unwrap();
    let whole = format!("{:?} {:?}", examined.gaps, examined.rules);
    assert!(whole.contains("/app/") && !whole.contains(RANDOM), "{whole}");
}
