//! What the deployed app shows of itself, as the web probe last saw it.

use url::{Origin, Url};

use super::{ProbeRun, Session};
use crate::model::{Finding, Location, Site, TlsServer, WebReport};

/// The probe that looks at addresses.
const PROBE: &str = "web";

impl Session {
    /// The probe that looks at addresses, with its run.
    #[must_use]
    pub fn web_run(&self) -> Option<&ProbeRun> {
        self.runs.iter().find(|run| run.meta.id.as_str() == PROBE)
    }

    /// What the last run of the web probe saw.
    #[must_use]
    pub fn web(&self) -> Option<&WebReport> {
        self.web_run()?.web()
    }

    /// What was seen from outside to be wrong with a site, the worst first: at the address asked for and at the one
    /// that answered.
    #[must_use]
    pub fn findings_about_site(&self, site: &Site) -> Vec<&Finding> {
        let origins: Vec<Origin> = [&site.url, &site.page].into_iter().filter_map(|url| origin(url)).collect();
        let servers = self.web().map(|report| report.servers.as_slice()).unwrap_or_default();
        let told_there = |origin: &Origin| servers.iter().any(|server| server_origin(server).as_ref() == Some(origin));
        self.findings_at(|finding, origin| origins.contains(origin) && !(is_about_tls(finding) && told_there(origin)))
    }

    /// What was seen to be wrong with a TLS server, the worst first.
    #[must_use]
    pub fn findings_about_server(&self, server: &TlsServer) -> Vec<&Finding> {
        let Some(own) = server_origin(server) else { return Vec::new() };
        self.findings_at(|finding, origin| is_about_tls(finding) && *origin == own)
    }

    /// The TLS server that sends a site's page.
    #[must_use]
    pub fn server_of(&self, site: &Site) -> Option<&TlsServer> {
        let page = origin(if site.page.is_empty() { &site.url } else { &site.page })?;
        self.web()?.servers.iter().find(|server| server_origin(server).as_ref() == Some(&page))
    }

    fn findings_at(&self, wanted: impl Fn(&Finding, &Origin) -> bool) -> Vec<&Finding> {
        let mut found = self.findings();
        found.retain(|finding| match &finding.location {
            Location::Url { url } if finding.probe.as_str() == PROBE => {
                origin(url).is_some_and(|origin| wanted(finding, &origin))
            }
            _ => false,
        });
        found
    }
}

/// Where a URL leads; `None` for what is no address.
fn origin(url: &str) -> Option<Origin> {
    Url::parse(url).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}

fn server_origin(server: &TlsServer) -> Option<Origin> {
    origin(&format!("https://{}/", server.name))
}

/// Whether a finding belongs to the server's page rather than to the site's.
fn is_about_tls(finding: &Finding) -> bool {
    ["tls-", "certificate-"].iter().any(|start| finding.rule.as_str().starts_with(start))
}
