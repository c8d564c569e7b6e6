//! The key formats of providers, one table row each. A new format is a new row.

use crate::model::Severity::{self, Blocker, Major, Minor};

/// How one provider's keys look.
#[derive(Debug)]
pub struct Provider {
    /// For people, to stand after "a" or "an": `Stripe live secret key`.
    pub name: &'static str,
    /// Text without which no key of this row can be in a file; what the cheap search looks for.
    pub marks: &'static [&'static str],
    /// The whole key, or its secret part as the group `s`.
    pub pattern: &'static str,
    /// Shannon entropy of the secret part in bits a character below which it is a placeholder or an example.
    pub entropy: f64,
    /// How bad it is to have it in the repository.
    pub severity: Severity,
    /// What else has to hold before it counts.
    pub check: Check,
}

/// Conditions that a pattern cannot express.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The pattern says it all.
    None,
    /// A JSON web token whose payload says `"role": "service_role"`; the `anon` one is public by design.
    ServiceRole,
    /// A PEM block with a body, not only the header that parsers compare against.
    PemBody,
    /// A URL with a password that is not a development default.
    UrlPassword,
    /// Not beside a Firebase web configuration, where the key is public by design.
    NotFirebase,
    /// Not the well-known key of the storage emulator.
    NotEmulator,
}

const fn row(
    name: &'static str,
    marks: &'static [&'static str],
    pattern: &'static str,
    severity: Severity,
) -> Provider {
    // 3.0 bits a character: random text of 20 or more characters from any of these alphabets lies above it, and
    // `xxxx…`, `0000…` or `abcabc…` far below. Gitleaks' per-provider rules use 2 to 4.
    Provider { name, marks, pattern, entropy: 3.0, severity, check: Check::None }
}

impl Provider {
    const fn check(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    const fn entropy(mut self, entropy: f64) -> Self {
        self.entropy = entropy;
        self
    }
}

/// Every format, from the providers' documentation and the published rules of gitleaks and trufflehog.
pub static PROVIDERS: &[Provider] = &[
    // Clouds and hosting
    // The id opens nothing without its secret half, but says that somebody put keys into the code.
    row("AWS access key id", &["AKIA", "ASIA", "ABIA", "ACCA"], r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", Major),
    row(
        "AWS secret access key",
        &["aws", "AWS", "Aws", "secretAccessKey", "secret_access_key", "SECRET_ACCESS_KEY"],
        r#"(?:(?:aws|AWS|Aws).{0,20}(?i:secret|sk).{0,20}|secretAccessKey|secret_access_key|SECRET_ACCESS_KEY)["']?\s{0,3}(?:=>|[:=,])\s{0,3}["']?(?P<s>[A-Za-z0-9/+]{40})(?:["'`\s,;)<]|$)"#,
        Blocker,
    )
    .entropy(3.5),
    row("Google API key", &["AIza"], r"\bAIza[0-9A-Za-z_-]{35}\b", Major).check(Check::NotFirebase),
    row("Google OAuth client secret", &["GOCSPX-"], r"\bGOCSPX-[A-Za-z0-9_-]{28}\b", Blocker),
    row("Firebase Cloud Messaging server key", &[":APA91b"], r"\bAAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{120,}", Blocker),
    row("Azure storage account key", &["AccountKey="], r"AccountKey=(?P<s>[A-Za-z0-9+/]{86}==)", Blocker)
        .check(Check::NotEmulator),
    row("Azure client secret", &["Q~"], r"\b[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}\b", Blocker),
    row("DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}\b", Blocker),
    row("Heroku API key", &["HRKU-"], r"\bHRKU-AA[A-Za-z0-9_-]{58}\b", Blocker),
    row("Vercel token", &["vcp_", "vci_", "vca_", "vcr_", "vck_"], r"\bvc[piark]_[A-Za-z0-9]{24,}\b", Blocker),
    row("Vercel Blob token", &["vercel_blob_rw_"], r"\bvercel_blob_rw_[A-Za-z0-9]{12,}_[A-Za-z0-9]{24,}\b", Blocker),
    row("Netlify token", &["nfp_"], r"\bnfp_[A-Za-z0-9_]{36}\b", Blocker),
    row("Fly.io token", &["fo1_", "fm2_", "fm1r_", "fm1a_"], r"\b(?:fo1_[A-Za-z0-9_-]{43}|fm(?:2|1r|1a)_[A-Za-z0-9+/]{100,}={0,3})", Blocker),
    row("Pulumi token", &["pul-"], r"\bpul-[a-f0-9]{40}\b", Blocker),
    row("Terraform Cloud token", &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}", Blocker),
    row("Docker Hub token", &["dckr_pat_", "dckr_oat_"], r"\bdckr_[po]at_[A-Za-z0-9_-]{27,}", Blocker),
    // Secrets managers
    row("Doppler token", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}\b", Blocker),
    row("HashiCorp Vault token", &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}", Blocker),
    row("age secret key", &["AGE-SECRET-KEY-1"], r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b", Blocker),
    row("private key", &["PRIVATE KEY"], r#"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?P<s>[A-Za-z0-9+/=\s\\"'`,:.-]{64,})"#, Blocker)
        .check(Check::PemBody),
    // Code hosting and packages
    row("GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", Blocker),
    row("GitHub fine-grained token", &["github_pat_"], r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b", Blocker),
    row("GitLab token", &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-"], r"\bgl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_.-]{20,}", Blocker),
    row("Bitbucket or Atlassian token", &["ATATT3", "ATCTT3"], r"\bAT[AC]TT3[A-Za-z0-9_=-]{100,}", Blocker),
    row("npm token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b", Blocker),
    row("PyPI token", &["pypi-AgE"], r"\bpypi-AgE[A-Za-z0-9_-]{50,}", Blocker),
    row("RubyGems token", &["rubygems_"], r"\brubygems_[a-f0-9]{48}\b", Blocker),
    row("crates.io token", &["cio"], r"\bcio[A-Za-z0-9]{32}\b", Blocker).entropy(3.8),
    // Payment
    row("live secret key of Stripe or Clerk", &["sk_live_"], r"\bsk_live_[A-Za-z0-9]{16,}\b", Blocker),
    row("Stripe live restricted key", &["rk_live_"], r"\brk_live_[A-Za-z0-9]{16,}\b", Blocker),
    row("test-mode secret key of Stripe or Clerk", &["sk_test_", "rk_test_"], r"\b[sr]k_test_[A-Za-z0-9]{16,}\b", Minor),
    row("webhook signing secret", &["whsec_"], r"\bwhsec_[A-Za-z0-9+/]{24,}={0,2}", Major),
    row("Square token", &["sq0atp-", "sq0csp-", "EAAA"], r"\b(?:sq0atp-[A-Za-z0-9_-]{22}|sq0csp-[A-Za-z0-9_-]{43}|EAAA[A-Za-z0-9_-]{60})\b", Blocker),
    row("Braintree access token", &["access_token$production$"], r"access_token\$production\$[a-z0-9]{16}\$[a-f0-9]{32}", Blocker),
    row("Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b", Blocker),
    // Language models
    row("Anthropic API key", &["sk-ant-"], r"\bsk-ant-[a-z]{3,6}[0-9]{2}-[A-Za-z0-9_-]{32,}", Blocker),
    row("OpenAI API key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "T3BlbkFJ"], r"\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b)", Blocker),
    row("OpenRouter API key", &["sk-or-v1-"], r"\bsk-or-v1-[a-f0-9]{64}\b", Blocker),
    row("API key in the format of OpenAI and DeepSeek", &["sk-"], r"\bsk-[A-Za-z0-9]{32,64}\b", Blocker).entropy(3.5),
    row("Hugging Face token", &["hf_", "api_org_"], r"\b(?:hf_|api_org_)[A-Za-z0-9]{34}\b", Blocker),
    row("Groq API key", &["gsk_"], r"\bgsk_[A-Za-z0-9]{50,56}\b", Blocker),
    row("Replicate token", &["r8_"], r"\br8_[A-Za-z0-9]{37}\b", Blocker),
    row("Perplexity API key", &["pplx-"], r"\bpplx-[A-Za-z0-9]{48}\b", Blocker),
    row("xAI API key", &["xai-"], r"\bxai-[A-Za-z0-9]{70,90}\b", Blocker),
    // Databases
    row("Supabase service_role key", &["eyJ"], r"\beyJ[A-Za-z0-9_-]{10,}\.(?P<s>eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})", Blocker)
        .check(Check::ServiceRole),
    row("Supabase secret key", &["sb_secret_"], r"\bsb_secret_[A-Za-z0-9_-]{20,}", Blocker),
    row("Supabase access token", &["sbp_"], r"\bsbp_[a-f0-9]{40}\b", Blocker),
    row("PlanetScale token", &["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,}", Blocker),
    row("Neon API key", &["napi_"], r"\bnapi_[a-z0-9]{60,}\b", Blocker),
    row(
        "connection string with its password",
        &["://"],
        r#"\b(?:postgres(?:ql)?|mysql2?|mariadb|mongodb|rediss?|valkeys?|amqps?|mssql|sqlserver|clickhouse|cockroachdb|nats|smtps?|sftp|ftp|ldaps?|https?)(?:\+[a-z0-9_]{1,12})?://[^\s:@/"'`<>{}]{0,64}:(?P<s>[^\s@/"'`<>]{3,256})@[^\s/"'`<>@:?#]{1,253}"#,
        Blocker,
    )
    .entropy(0.0)
    .check(Check::UrlPassword),
    // Messages and mail
    row("Slack token", &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xoxo-"], r"\bxox[abeoprs][-.][A-Za-z0-9.-]{24,}\b", Blocker),
    row("Slack app token", &["xapp-"], r"\bxapp-[0-9]-[A-Z0-9]{8,}-[0-9]{8,}-[a-f0-9]{32,}\b", Blocker),
    row("Slack webhook", &["hooks.slack.com/"], r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[TE][A-Z0-9]{7,}/[A-Z0-9]{8,}/[A-Za-z0-9]{18,})", Major),
    row("Discord webhook", &["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/(?P<s>[0-9]{17,20}/[A-Za-z0-9_-]{60,})", Major),
    row("Discord bot token", &["discord", "Discord", "DISCORD"], r"\b[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}\b", Blocker).entropy(3.8),
    row("Telegram bot token", &[":AA"], r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b", Blocker),
    row("SendGrid API key", &["SG."], r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}\b", Blocker),
    row("Mailgun API key", &["key-", "mailgun", "MAILGUN", "Mailgun"], r#"(?:\bkey-[a-f0-9]{32}\b|(?:mailgun|MAILGUN|Mailgun)[^\n]{0,40}["'=:\s](?P<s>[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8})\b)"#, Blocker),
    row("Mailchimp API key", &["-us"], r"\b[a-f0-9]{32}-us[0-9]{1,2}\b", Blocker),
    row("Brevo API key", &["xkeysib-", "xsmtpsib-"], r"\bx(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}\b", Blocker),
    row("Resend API key", &["re_"], r"\bre_[A-Za-z0-9]{8}_[A-Za-z0-9]{24,28}\b", Blocker),
    row("Twilio API key", &["SK"], r"\bSK[a-f0-9]{32}\b", Major),
    row("Twilio auth token", &["twilio", "TWILIO", "Twilio"], r#"(?:twilio|TWILIO|Twilio)[^\n]{0,30}(?i:token)["']?\s{0,3}[:=]\s{0,3}["']?(?P<s>[a-f0-9]{32})\b"#, Blocker),
    // Watching and work
    row("Sentry auth token", &["sntrys_", "sntryu_"], r"\bsntry(?:s_[A-Za-z0-9_=+/-]{60,}|u_[a-f0-9]{64}\b)", Blocker),
    row("New Relic key", &["NRAK-", "NRJS-", "NRII-"], r"\bNR(?:AK|II)-[A-Z0-9a-z_-]{27,32}\b", Blocker),
    row("Grafana token", &["glsa_", "glc_"], r"\bgl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_[A-Za-z0-9+/]{32,}={0,2})", Blocker),
    row("Linear API key", &["lin_api_", "lin_oauth_"], r"\blin_(?:api_[A-Za-z0-9]{40}|oauth_[a-f0-9]{64})\b", Blocker),
    row("Notion token", &["ntn_"], r"\bntn_[0-9]{11}[A-Za-z0-9]{35}\b", Blocker),
    row("Airtable token", &["pat"], r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b", Blocker),
    row("Postman API key", &["PMAK-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b", Blocker),
    row("Figma token", &["figd_"], r"\bfigd_[A-Za-z0-9_-]{40,}", Blocker),
    row("Dropbox token", &["sl."], r"\bsl\.[A-Za-z0-9_-]{130,}", Blocker),
    row("Mapbox secret token", &["sk.eyJ"], r"\bsk\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}", Blocker),
];
