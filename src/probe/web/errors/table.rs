//! The error pages of frameworks, servers and hosts, one row each.

use super::signs::Kind;

/// Whose a database's error is.
pub const DATABASE: &str = "a database";

/// One sign of a page.
pub struct Row {
    /// What sort of page it is.
    pub kind: Kind,
    /// Whose it is.
    pub of: &'static str,
    /// All of them have to be there.
    pub marks: &'static [&'static str],
}

impl Row {
    /// Whether all marks are there.
    pub fn is_in(&self, body: &str) -> bool {
        self.marks.iter().all(|mark| body.contains(mark))
    }
}

const fn row(kind: Kind, of: &'static str, marks: &'static [&'static str]) -> Row {
    Row { kind, of, marks }
}

/// From the templates of the programs themselves.
pub static ROWS: &[Row] = &[
    row(Kind::Console, "the debugger of Werkzeug (Flask)", &["EVALEX = true", "Werkzeug"]),
    row(Kind::Trace, "the debugger of Werkzeug (Flask)", &["// Werkzeug Debugger</title>"]),
    // The explanation stands at the very end, after what can be a long list of settings.
    row(
        Kind::Trace,
        "Django in debug mode",
        &["seeing this error because you have", "DEBUG = True", "Request Method:"],
    ),
    row(Kind::Trace, "Django in debug mode", &["Request Method:", "Django Version:", "Exception Type:"]),
    row(Kind::Trace, "Django in debug mode", &["help section of this page because you have", "DEBUG = True"]),
    row(Kind::Trace, "Starlette in debug mode", &["<title>Starlette Debugger</title>"]),
    row(Kind::Trace, "Sinatra in development mode", &["seeing this error because you have", "<code>show_exceptions"]),
    row(Kind::Trace, "Rack in development mode", &["seeing this error because you use", "Rack::ShowExceptions"]),
    row(Kind::Trace, "Rails in development mode", &["Rails.root:", "Application Trace"]),
    row(Kind::Trace, "Rails in development mode", &["<title>Action Controller: Exception caught</title>"]),
    row(Kind::Trace, "Rails in development mode", &["No route matches [GET]", "Rails.root:"]),
    row(Kind::Trace, "Laravel with APP_DEBUG", &["Illuminate\\", "vendor/laravel/framework"]),
    row(Kind::Trace, "Laravel with APP_DEBUG", &["Illuminate\\\\", "\"trace\":"]),
    row(Kind::Trace, "Laravel with APP_DEBUG", &["ignition", "window.data ="]),
    row(Kind::Trace, "Symfony in debug mode", &["Symfony Exception", "exception-message"]),
    row(Kind::Trace, "Spring with stack traces", &["\"trace\":\"", "org.springframework."]),
    row(Kind::Trace, "ASP.NET without custom errors", &["Server Error in '", "Stack Trace:"]),
    row(
        Kind::Trace,
        "ASP.NET Core in development mode",
        &["An unhandled exception occurred while processing the request.", "<title>Internal Server Error</title>"],
    ),
    row(Kind::Trace, "Next.js in development mode", &["\"buildId\":\"development\""]),
    row(Kind::Trace, "Next.js in development mode", &["__nextjs_original-stack-frame"]),
    row(Kind::Trace, "Phoenix in development mode", &["Phoenix.Router.NoRouteError", "Available routes"]),
    row(Kind::Trace, "Go", &["goroutine ", "[running]:", ".go:"]),
    row(Kind::Trace, "Python", &["Traceback (most recent call last)", "File \""]),
    row(Kind::Trace, "Python", &["Traceback (most recent call last)", "File &quot;"]),
    row(Kind::Trace, "Python", &["Traceback (most recent call last)", "File &#34;"]),
    row(Kind::Trace, "Python", &["Traceback (most recent call last)", "File \\\""]),
    row(Kind::Trace, DATABASE, &["SQLSTATE["]),
    row(Kind::Default, "nginx", &["<center>nginx"]),
    row(Kind::Default, "OpenResty", &["<center>openresty"]),
    row(Kind::Default, "Apache", &["<h1>Not Found</h1>", "The requested URL", "was not found on this server"]),
    row(Kind::Default, "Tomcat", &["HTTP Status 404", "Apache Tomcat"]),
    row(Kind::Default, "Tomcat", &["HTTP Status 404", "does not exist or is not willing to disclose"]),
    row(Kind::Default, "IIS", &["404 - File or directory not found."]),
    row(Kind::Default, "ASP.NET", &["Server Error in '", "The resource cannot be found"]),
    row(Kind::Default, "Express", &["<pre>Cannot GET /"]),
    row(Kind::Default, "Flask", &["<h1>Not Found</h1>", "If you entered the URL manually please check your spelling"]),
    row(Kind::Default, "Django", &["<h1>Not Found</h1>", "The requested resource was not found on this server."]),
    row(Kind::Default, "Spring", &["Whitelabel Error Page"]),
    row(Kind::Default, "Next.js", &["next-error-h1", "This page could not be found"]),
    row(Kind::Default, "Rails", &["The page you were looking for doesn't exist.", "You may have mistyped the address"]),
    row(
        Kind::Default,
        "Laravel",
        &["border-r border-gray-400 tracking-wider", "ml-4 text-lg text-gray-500 uppercase tracking-wider"],
    ),
    row(Kind::Default, "Symfony", &["Oops! An Error Occurred", "The server returned a"]),
    row(Kind::Default, "Vercel", &["The page could not be found", "NOT_FOUND"]),
    row(Kind::Default, "Vercel", &["404: NOT_FOUND", "DEPLOYMENT_NOT_FOUND"]),
    row(Kind::Default, "Vercel", &["The deployment could not be found on Vercel"]),
    row(Kind::Default, "Netlify", &["Looks like you&#39;ve followed a broken link"]),
    row(Kind::Default, "Netlify", &["Looks like you've followed a broken link"]),
    row(Kind::Default, "GitHub Pages", &["The site configured at this address does not", "GitHub Pages"]),
    row(Kind::Default, "GitHub Pages", &["There isn't a GitHub Pages site here."]),
    row(Kind::Default, "Railway", &["\"message\":\"Application not found\"", "\"request_id\""]),
    row(Kind::Default, "Firebase", &["This file does not exist and there was no index.html found"]),
    row(Kind::Default, "Amazon S3", &["<Code>NoSuchKey</Code>"]),
    row(Kind::Default, "Amazon S3", &["<li>Code: NoSuchKey</li>"]),
    row(Kind::Default, "Python's http.server", &["Error code explanation:", "Nothing matches the given URI"]),
    // What the same programs show when a request fails.
    row(Kind::Default, "Apache", &["<h1>Internal Server Error</h1>", "internal error or", "misconfiguration"]),
    row(Kind::Default, "Apache", &["<h1>Service Unavailable</h1>", "temporarily unable to service your"]),
    row(Kind::Default, "Apache", &["<h1>Proxy Error</h1>", "The proxy server received an invalid"]),
    row(Kind::Default, "Tomcat", &["<h1>HTTP Status 50", "<b>Type</b>"]),
    row(Kind::Default, "IIS", &["500 - Internal server error."]),
    row(Kind::Default, "ASP.NET", &["Server Error in '", "Runtime Error"]),
    row(Kind::Default, "Express", &["<pre>Internal Server Error</pre>"]),
    row(
        Kind::Default,
        "Flask",
        &["<h1>Internal Server Error</h1>", "unable to complete your request. Either the server"],
    ),
    row(Kind::Default, "Django", &["<h1>Server Error (500)</h1>"]),
    row(Kind::Default, "gunicorn", &["<h1><p>Internal Server Error</p></h1>"]),
    row(Kind::Default, "Next.js", &["next-error-h1", "Internal Server Error"]),
    row(Kind::Default, "Rails", &["<title>We're sorry, but something went wrong (500"]),
    row(Kind::Default, "Puma", &["An unhandled lowlevel error occurred."]),
    row(Kind::Default, "Vercel", &["A server error has occurred", "FUNCTION_INVOCATION_"]),
    row(Kind::Default, "Cloudflare", &["cf-error-details", "cf-wrapper"]),
    row(Kind::Default, "Heroku", &["herokucdn.com/error-pages"]),
];

/// What is a standard page where it is all that there is, and whose: pages of an app's own say more. Starlette and FastAPI, Next.js and Gin
/// write the first ones, `net/http` the last.
pub const BARE: [(&str, &str); 4] = [
    ("Internal Server Error", "the framework"),
    ("500 Internal Server Error", "the framework"),
    ("{\"detail\":\"Internal Server Error\"}", "the framework"),
    ("404 page not found", "Go"),
];
