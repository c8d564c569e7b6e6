//! Calls that reach the address that they are given.

use crate::probe::source::code::Call;
use crate::probe::source::facts::FileFacts;

/// Calls of Go that reach what they are given.
pub(super) fn go(callee: &str, method: &str) -> bool {
    matches!(
        callee,
        "http.Get"
            | "http.Post"
            | "http.PostForm"
            | "http.Head"
            | "http.NewRequest"
            | "http.NewRequestWithContext"
            | "redis.ParseURL"
            | "nats.Connect"
            | "amqp.Dial"
            | "sql.Open"
            | "postgres.Open"
            | "mysql.Open"
            | "pgxpool.ParseConfig"
            | "mongo.Connect"
            | "sqlx.Connect"
            | "sqlx.Open"
            | "pgx.Connect"
            | "pgxpool.New"
            | "grpc.Dial"
            | "grpc.NewClient"
            | "httputil.NewSingleHostReverseProxy"
    ) || matches!(method, "ApplyURI" | "SetBaseURL" | "SetHostURL" | "DialContext")
}

/// Calls of Java that reach what they are given.
pub(super) fn java(callee: &str, method: &str) -> bool {
    matches!(
        callee,
        "URI.create"
            | "URL"
            | "URI"
            | "WebClient.create"
            | "RestClient.create"
            | "DriverManager.getConnection"
            | "MongoClients.create"
            | "Jedis"
            | "HttpGet"
            | "HttpPost"
            | "HttpPut"
            | "RedisClient.create"
    ) || matches!(
        method,
        "getForObject"
            | "getForEntity"
            | "postForObject"
            | "postForEntity"
            | "exchange"
            | "baseUrl"
            | "rootUri"
            | "uri"
            | "setJdbcUrl"
            | "setUrl"
            | "connectionString"
    )
}

/// Calls of PHP that reach what they are given.
pub(super) fn php(call: &Call) -> bool {
    let (callee, method) = (&*call.callee, call.method());
    matches!(callee, "curl_init" | "file_get_contents" | "fopen" | "fsockopen" | "stream_socket_client" | "SoapClient")
        || (callee == "curl_setopt" && call.argument(1).and_then(|option| option.path()) == Some("CURLOPT_URL"))
        || (call.constructs && matches!(method, "PDO" | "Client" | "Predis" | "MongoClient"))
        || method == "baseUrl"
        || (call.root() == "Http" && is_verb(method))
        || (is_verb(method) && names_client(call.object()))
}

/// Calls of Ruby that reach what they are given; `name` is that of the argument.
pub(super) fn ruby(file: &FileFacts, call: &Call, name: &str) -> bool {
    let (callee, method) = (&*call.callee, call.method());
    // `Net::HTTP.get(URI("http://…"))`
    let is_uri = matches!(callee, "URI" | "URI.parse" | "URI.join" | "Addressable.URI.parse");
    if is_uri {
        let outer = call.argument_of.and_then(|id| file.call(id));
        let kept = || {
            file.assignments
                .iter()
                .any(|a| a.place.bytes.0 < call.place.bytes.0 && call.place.bytes.1 <= a.place.bytes.1)
        };
        return match outer {
            Some(outer) => outer.root() == "Net" || is_verb(outer.method()),
            None => kept(),
        };
    }
    if call.constructs && matches!(name, "url" | "host" | "hosts" | "uri" | "address" | "base_url" | "endpoint") {
        return true;
    }
    matches!(
        callee,
        "base_uri"
            | "Faraday.new"
            | "Faraday"
            | "Redis.new"
            | "Redis"
            | "Mongo.Client"
            | "Bunny.new"
            | "Bunny"
            | "PG.connect"
            | "URI.open"
    ) || (matches!(call.root(), "HTTParty" | "Faraday" | "RestClient" | "HTTP" | "Typhoeus" | "Excon" | "Net")
        && (is_verb(method) || method == "new"))
        || (is_verb(method) && names_client(call.object()))
        || matches!(callee, "ActiveRecord.Base.establish_connection" | "Sequel.connect")
}

fn is_verb(method: &str) -> bool {
    matches!(method, "get" | "post" | "put" | "patch" | "delete" | "head" | "request" | "get_response" | "post_form")
}

/// `$this->client->get(…)`, `http.post(…)`, `connection.get(…)`.
fn names_client(object: &str) -> bool {
    let last = object.rsplit('.').next().unwrap_or(object).trim_end_matches("()").to_ascii_lowercase();
    ["client", "http", "guzzle", "connection", "conn", "faraday"].iter().any(|end| last.ends_with(end))
}
