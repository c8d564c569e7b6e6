//! What the code shows that the project is and has, where its manifests may say nothing: an app on the database that its
//! runtime carries, or one that calls a service without that service's package.

use super::facts::{FileFacts, Role};
use super::libraries::{DATABASES, OTHER_DATABASES, imported};

/// Trait, the modules that show it, and the hosts that are called for it.
const SIGNS: [(&str, &[&str], &[&str]); 5] = [
    // See `has_database`.
    ("database", &[], &[]),
    (
        "payments",
        &[
            "stripe",
            "@stripe/",
            "@paypal/",
            "paypalrestsdk",
            "@paddle/",
            "@lemonsqueezy/",
            "braintree",
            "mollie",
            "square",
        ],
        &[
            "api.stripe.com",
            "api-m.paypal.com",
            "api.paypal.com",
            "api.mollie.com",
            "api.paddle.com",
            "api.lemonsqueezy.com",
            "api.razorpay.com",
            "connect.squareup.com",
        ],
    ),
    (
        "ai",
        &[
            "openai",
            "@anthropic-ai/",
            "anthropic",
            "ai",
            "@ai-sdk/",
            "langchain",
            "@langchain/",
            "langchain_core",
            "langchain_openai",
            "litellm",
            "@google/generative-ai",
            "@google/genai",
            "google.generativeai",
            "google.genai",
            "@mistralai/",
            "mistralai",
            "cohere",
            "groq",
            "groq-sdk",
            "replicate",
            "ollama",
        ],
        &[
            "api.openai.com",
            "api.anthropic.com",
            "generativelanguage.googleapis.com",
            "api.mistral.ai",
            "api.cohere.ai",
            "api.cohere.com",
            "api.groq.com",
            "api.replicate.com",
            "api.deepseek.com",
            "api.together.xyz",
            "api.perplexity.ai",
            "openrouter.ai",
            "router.huggingface.co",
            "api-inference.huggingface.co",
        ],
    ),
    (
        "email",
        &[
            "nodemailer",
            "postmark",
            "@sendgrid/",
            "sendgrid",
            "resend",
            "mailgun.js",
            "mailgun-js",
            "@aws-sdk/client-ses",
            "@aws-sdk/client-sesv2",
            "smtplib",
            "aiosmtplib",
            "django.core.mail",
            "flask_mail",
            "fastapi_mail",
        ],
        &[
            "api.postmarkapp.com",
            "api.sendgrid.com",
            "api.resend.com",
            "api.mailgun.net",
            "api.eu.mailgun.net",
            "api.brevo.com",
            "api.mailjet.com",
            "mandrillapp.com",
        ],
    ),
    (
        "websocket",
        &[
            "socket.io",
            "express-ws",
            "@fastify/websocket",
            "@nestjs/websockets",
            "uWebSockets.js",
            "channels",
            "flask_socketio",
            "flask_sock",
            "socketio",
            "websockets.server",
        ],
        &[],
    ),
];

/// The traits that one file of production code shows; names of the catalog's list.
pub(super) fn of(file: &FileFacts) -> Vec<&'static str> {
    if !file.role.in_production() {
        return Vec::new();
    }
    let shows = |(name, modules, hosts): &&(&'static str, &[&str], &[&str])| {
        imported(file, modules).is_some()
            || calls_one_of(file, hosts)
            || match *name {
                "database" => has_database(file),
                "email" => file.endpoints.iter().any(|endpoint| {
                    !endpoint.dev_only
                        && (endpoint.text.starts_with("smtp://") || endpoint.text.starts_with("smtps://"))
                }),
                "websocket" => serves_sockets(file),
                _ => false,
            }
    };
    SIGNS.iter().filter(shows).map(|(name, ..)| *name).collect()
}

fn has_database(file: &FileFacts) -> bool {
    file.role == Role::Server
        && (!file.queries.is_empty()
            || imported(file, &DATABASES).is_some()
            || imported(file, &OTHER_DATABASES).is_some())
}

/// `new WebSocketServer()`, `new WebSocket.Server()`, `Deno.upgradeWebSocket()`, FastAPI's `@app.websocket("/ws")`.
fn serves_sockets(file: &FileFacts) -> bool {
    let decorated = |decorator: &str| decorator.ends_with(".websocket");
    file.calls.iter().any(|call| {
        call.method() == "WebSocketServer" || matches!(&*call.callee, "WebSocket.Server" | "Deno.upgradeWebSocket")
    }) || file.functions.iter().any(|function| function.decorators.iter().any(|d| decorated(&d.name)))
}

fn calls_one_of(file: &FileFacts, hosts: &[&str]) -> bool {
    file.endpoints.iter().filter(|endpoint| !endpoint.dev_only).any(|endpoint| {
        let Some((_, rest)) = endpoint.text.split_once("://") else { return false };
        let host = rest.split(['/', '?', '#', ':', '$', ' ', '"', '\'', ')']).next().unwrap_or(rest);
        hosts.contains(&host)
    })
}

#[cfg(test)]
mod tests {
    use super::SIGNS;

    // The catalog imports the model and not the probes; a test may look at both.
    #[test]
    fn every_trait_is_one_that_checklists_ask_about() {
        for (name, ..) in SIGNS {
            assert!(crate::catalog::TRAITS.contains(&name), "{name}");
        }
    }
}
