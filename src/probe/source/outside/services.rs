//! Services that apps depend on, by the names of their libraries and their hosts.

use crate::probe::source::libraries::is_of;

/// One service.
#[derive(Debug)]
pub(in crate::probe::source) struct Service {
    /// Names it in ids.
    pub slug: &'static str,
    /// For people.
    pub name: &'static str,
    /// Modules of its libraries.
    modules: &'static [&'static str],
    /// Hosts of its interface, or how they end.
    hosts: &'static [&'static str],
    /// After how long its libraries give up by themselves, in words.
    pub limit: Option<&'static str>,
    /// How its libraries try again by themselves.
    pub retries: Option<&'static str>,
    /// Whether functions are called on the module itself, and not only on clients that it makes.
    pub module_is_client: bool,
}

const fn service(
    slug: &'static str,
    name: &'static str,
    modules: &'static [&'static str],
    hosts: &'static [&'static str],
) -> Service {
    Service { slug, name, modules, hosts, limit: None, retries: None, module_is_client: false }
}

impl Service {
    const fn gives_up(self, limit: &'static str) -> Self {
        Self { limit: Some(limit), ..self }
    }

    const fn tries_again(self, retries: &'static str) -> Self {
        Self { retries: Some(retries), ..self }
    }

    const fn by_module(self) -> Self {
        Self { module_is_client: true, ..self }
    }
}

/// Figures and where they are from:
/// - Stripe: 80 s and one more try (<https://github.com/stripe/stripe-node#configuration>).
/// - OpenAI: 600 s and two more tries (<https://github.com/openai/openai-node#timeouts>); Anthropic likewise
///   (<https://github.com/anthropics/anthropic-sdk-typescript#timeouts>).
/// - AWS: three tries in all (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>); boto3 waits
///   60 s to connect and 60 s for an answer
///   (<https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html>), the JavaScript libraries
///   without end, so that no limit is stated here.
/// - nodemailer: 2 minutes to connect, 10 minutes of silence (<https://nodemailer.com/smtp/>).
/// - Twilio: 30 s (<https://github.com/twilio/twilio-node>).
/// - Slack: tries again ten times in half an hour (<https://tools.slack.dev/node-slack-sdk/web-api/>).
static SERVICES: &[Service] = &[
    service(
        "stripe",
        "Stripe",
        &["stripe", "com.stripe", "Stripe", "github.com/stripe/stripe-go"],
        &["api.stripe.com"],
    )
    .gives_up("80 s, Stripe's own")
    .tries_again("Stripe's library tries again"),
    service(
        "openai",
        "OpenAI",
        &[
            "openai",
            "@ai-sdk/openai",
            "langchain_openai",
            "@langchain/openai",
            "OpenAI",
            "github.com/sashabaranov/go-openai",
            "github.com/openai/openai-go",
        ],
        &["api.openai.com"],
    )
    .gives_up("600 s, OpenAI's own")
    .tries_again("OpenAI's library tries twice more"),
    service("anthropic", "Anthropic", &["@anthropic-ai/sdk", "anthropic", "@ai-sdk/anthropic"], &["api.anthropic.com"])
        .gives_up("600 s, Anthropic's own")
        .tries_again("Anthropic's library tries twice more"),
    service(
        "google-ai",
        "Google AI",
        &["@google/generative-ai", "@google/genai", "google.generativeai", "google.genai", "@ai-sdk/google"],
        &["generativelanguage.googleapis.com"],
    ),
    service("mistral", "Mistral", &["@mistralai/mistralai", "mistralai"], &["api.mistral.ai"]),
    service("groq", "Groq", &["groq-sdk", "groq"], &["api.groq.com"])
        .gives_up("60 s, Groq's own")
        .tries_again("Groq's library tries twice more"),
    service("replicate", "Replicate", &["replicate"], &["api.replicate.com"]),
    service("hugging-face", "Hugging Face", &["@huggingface/inference", "huggingface_hub"], &["huggingface.co"]),
    service("openrouter", "OpenRouter", &[], &["openrouter.ai"]),
    service(
        "aws-s3",
        "AWS S3",
        &[
            "@aws-sdk/client-s3",
            "@aws-sdk/lib-storage",
            "aws-sdk/clients/s3",
            "Aws\\S3",
            "github.com/aws/aws-sdk-go-v2/service/s3",
            "github.com/aws/aws-sdk-go/service/s3",
        ],
        &["amazonaws.com"],
    )
    .tries_again("the AWS library tries three times"),
    service("aws-ses", "AWS SES", &["@aws-sdk/client-ses", "@aws-sdk/client-sesv2"], &[])
        .tries_again("the AWS library tries three times"),
    service("aws-sqs", "AWS SQS", &["@aws-sdk/client-sqs"], &[]).tries_again("the AWS library tries three times"),
    service("aws-sns", "AWS SNS", &["@aws-sdk/client-sns"], &[]).tries_again("the AWS library tries three times"),
    service(
        "aws",
        "AWS",
        &[
            "@aws-sdk/",
            "aws-sdk",
            "boto3",
            "aioboto3",
            "software.amazon.awssdk",
            "Aws",
            "github.com/aws/aws-sdk-go-v2",
            "github.com/aws/aws-sdk-go",
        ],
        &[],
    )
    .tries_again("the AWS library tries again"),
    service("supabase", "Supabase", &["@supabase/supabase-js", "@supabase/ssr", "supabase"], &["supabase.co"]),
    service(
        "firebase",
        "Firebase",
        &["firebase-admin", "firebase_admin", "firebase"],
        &["firebaseio.com", "fcm.googleapis.com"],
    ),
    service(
        "twilio",
        "Twilio",
        &["twilio", "Twilio", "com.twilio", "github.com/twilio/twilio-go"],
        &["api.twilio.com", "verify.twilio.com"],
    )
    .gives_up("30 s, Twilio's own"),
    service(
        "sendgrid",
        "SendGrid",
        &["@sendgrid/mail", "@sendgrid/client", "sendgrid", "SendGrid", "github.com/sendgrid/sendgrid-go"],
        &["api.sendgrid.com"],
    )
    .by_module(),
    service("resend", "Resend", &["resend"], &["api.resend.com"]),
    service("postmark", "Postmark", &["postmark", "postmarker"], &["api.postmarkapp.com"])
        .gives_up("180 s, Postmark's own"),
    service("mailgun", "Mailgun", &["mailgun.js", "mailgun-js", "mailgun"], &["api.mailgun.net", "api.eu.mailgun.net"]),
    service("brevo", "Brevo", &["@getbrevo/brevo", "sib_api_v3_sdk"], &["api.brevo.com", "api.sendinblue.com"]),
    service("mailchimp", "Mailchimp", &["@mailchimp/"], &["api.mailchimp.com", "mandrillapp.com"]),
    service(
        "email",
        "Mail (SMTP)",
        &[
            "nodemailer",
            "smtplib",
            "aiosmtplib",
            "django.core.mail",
            "flask_mail",
            "fastapi_mail",
            "net/smtp",
            "emailjs",
            "PHPMailer",
            "Symfony\\Component\\Mailer",
            "Illuminate\\Support\\Facades\\Mail",
            "gopkg.in/gomail.v2",
            "jakarta.mail",
            "javax.mail",
            "org.springframework.mail",
        ],
        &[],
    ),
    service(
        "slack",
        "Slack",
        &["@slack/web-api", "@slack/webhook", "@slack/bolt", "slack_sdk", "github.com/slack-go/slack", "com.slack.api"],
        &["hooks.slack.com", "slack.com"],
    )
    .tries_again("Slack's library tries again"),
    service("discord", "Discord", &["discord.js", "discord"], &["discord.com", "discordapp.com"]),
    service("telegram", "Telegram", &["node-telegram-bot-api", "telegraf", "telegram"], &["api.telegram.org"]),
    service(
        "github",
        "GitHub",
        &["@octokit/", "octokit", "github.com/google/go-github"],
        &["github.com", "githubusercontent.com"],
    ),
    service("elasticsearch", "Elasticsearch", &["@elastic/elasticsearch", "elasticsearch"], &[])
        .gives_up("30 s, Elasticsearch's own")
        .tries_again("Elasticsearch's library tries three times more"),
    service("algolia", "Algolia", &["algoliasearch"], &["algolia.net", "algolianet.com"]),
    service("meilisearch", "Meilisearch", &["meilisearch"], &[]),
    service("typesense", "Typesense", &["typesense"], &[]),
    service("pusher", "Pusher", &["pusher"], &["pusher.com"]),
    service("ably", "Ably", &["ably"], &["rest.ably.io"]),
    service(
        "clerk",
        "Clerk",
        &["@clerk/backend", "@clerk/clerk-sdk-node", "@clerk/nextjs/server"],
        &["api.clerk.com", "api.clerk.dev"],
    ),
    service("auth0", "Auth0", &["auth0"], &["auth0.com"]),
    service("workos", "WorkOS", &["@workos-inc/node", "workos"], &["api.workos.com"]),
    service(
        "google",
        "Google APIs",
        &["googleapis", "@googleapis/", "googleapiclient", "google.cloud", "@google-cloud/", "google-auth-library"],
        &["googleapis.com", "www.google.com", "accounts.google.com"],
    ),
    service(
        "microsoft",
        "Microsoft",
        &["@microsoft/microsoft-graph-client", "msal"],
        &["graph.microsoft.com", "login.microsoftonline.com"],
    ),
    service(
        "paypal",
        "PayPal",
        &["@paypal/", "paypalrestsdk"],
        &["api-m.paypal.com", "api.paypal.com", "api-m.sandbox.paypal.com"],
    ),
    service("paddle", "Paddle", &["@paddle/paddle-node-sdk"], &["api.paddle.com"]),
    service("lemon-squeezy", "Lemon Squeezy", &["@lemonsqueezy/lemonsqueezy.js"], &["api.lemonsqueezy.com"])
        .by_module(),
    service("razorpay", "Razorpay", &["razorpay"], &["api.razorpay.com"]),
    service("mollie", "Mollie", &["@mollie/api-client", "mollie"], &["api.mollie.com"]),
    service("square", "Square", &["square"], &["connect.squareup.com"]),
    service("braintree", "Braintree", &["braintree"], &["braintreegateway.com"]),
    service("plaid", "Plaid", &["plaid"], &["plaid.com"]),
    service("shopify", "Shopify", &["@shopify/shopify-api"], &["myshopify.com"]),
    service("cloudinary", "Cloudinary", &["cloudinary"], &["api.cloudinary.com"]).by_module(),
    service("vercel-blob", "Vercel Blob", &["@vercel/blob"], &["blob.vercel-storage.com"]),
    service("upstash", "Upstash", &["@upstash/redis", "@upstash/qstash"], &["upstash.io"])
        .tries_again("Upstash's library tries again"),
    service(
        "redis",
        "Redis",
        &[
            "ioredis",
            "redis",
            "aioredis",
            "Predis",
            "Redis",
            "github.com/redis/go-redis",
            "github.com/go-redis/redis",
            "github.com/gomodule/redigo",
            "redis.clients.jedis",
        ],
        &[],
    )
    .tries_again("the client connects again by itself"),
    service("rabbitmq", "RabbitMQ", &["amqplib", "amqp-connection-manager", "pika", "aio_pika"], &[]),
    service("kafka", "Kafka", &["kafkajs", "confluent_kafka", "aiokafka"], &[]),
    service("hubspot", "HubSpot", &["@hubspot/api-client", "hubspot"], &["api.hubapi.com"]),
    service("notion", "Notion", &["@notionhq/client", "notion_client"], &["api.notion.com"])
        .gives_up("60 s, Notion's own"),
    service("airtable", "Airtable", &["airtable", "pyairtable"], &["api.airtable.com"]),
    service("mapbox", "Mapbox", &["@mapbox/mapbox-sdk"], &["api.mapbox.com"]),
    service("posthog", "PostHog", &["posthog-node", "posthog"], &["posthog.com"]),
    service("segment", "Segment", &["@segment/analytics-node", "analytics-node"], &["api.segment.io"]),
    service("cloudflare", "Cloudflare", &["cloudflare"], &["api.cloudflare.com", "challenges.cloudflare.com"]),
    service("pinecone", "Pinecone", &["@pinecone-database/pinecone", "pinecone"], &["pinecone.io"]),
];

/// Services whose outage users do not notice: no question is asked about them.
pub(super) fn is_aside(service: &Service) -> bool {
    matches!(service.slug, "posthog" | "segment")
}

/// The service whose library `module` is.
pub(super) fn of_module(module: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.modules.iter().any(|name| is_of(module, name)))
}

/// The service that answers at `host`.
pub(super) fn of_host(host: &str) -> Option<&'static Service> {
    let host = host.split(':').next().unwrap_or(host);
    SERVICES.iter().find(|service| {
        let is_it = |end: &&str| host.strip_suffix(*end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        service.hosts.iter().any(is_it)
    })
}

/// The service of AWS that `boto3.client("s3")` speaks to.
pub(super) fn of_aws(name: &str) -> &'static Service {
    let slug = match name {
        "s3" => "aws-s3",
        "ses" | "sesv2" => "aws-ses",
        "sqs" => "aws-sqs",
        "sns" => "aws-sns",
        _ => "aws",
    };
    SERVICES.iter().find(|service| service.slug == slug).unwrap_or(&OTHER_AWS)
}

static OTHER_AWS: Service = service("aws", "AWS", &[], &[]);
