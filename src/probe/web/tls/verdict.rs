//! What a server's certificates come to. No I/O.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::ServerCertVerifier;

use super::certificate::Certificate;
use super::chain::{Disorder, disorder};
use super::handshake::server_name;
use super::staple::{Staple, Status};
use super::trust::{self, Distrust, Presented};
use crate::probe::web::survey::Server;

/// What webpki reads of one certificate.
const WEBPKI_BYTES: usize = 0xffff;

/// The certificates of a server, judged.
#[derive(Debug)]
pub struct Verdict {
    /// In the order sent, the server's own first. Empty where none was seen or the first cannot be read.
    pub chain: Vec<Certificate>,
    /// What is wrong with the place of each.
    pub disorder: Vec<Option<Disorder>>,
    /// Why browsers do not trust it; `Err` says why that could not be judged.
    pub distrust: Result<Vec<Distrust>, String>,
    /// What the stapled response says of the certificate.
    pub staple: Option<Staple>,
}

impl Verdict {
    /// Of one server at `now`. `roots` are the authorities to trust, or why there are none.
    pub fn of(server: &Server, roots: &Result<Arc<dyn ServerCertVerifier>, String>, now: Timestamp) -> Self {
        let handshake = &server.handshake;
        // A server that rustls cannot speak to may still have shown its certificate to our own question.
        let own = handshake.chain.is_empty();
        let sent = if own { &server.asked.chain } else { &handshake.chain };
        // nginx staples only from the second connection on.
        let stapled = match handshake.staple.as_slice() {
            [] => server.asked.staple.as_deref().unwrap_or_default(),
            staple => staple,
        };
        let chain: Vec<Certificate> = sent.iter().map_while(|der| Certificate::read(der)).collect();
        let Some(leaf) = chain.first() else {
            let trouble = handshake.trouble.as_ref().filter(|_| sent.is_empty());
            let why = trouble.map_or_else(|| "it cannot be read".to_owned(), ToString::to_string);
            let why = format!("the certificate of {} was not seen: {why}", server.origin.host);
            return Self { chain, disorder: Vec::new(), distrust: Err(why), staple: None };
        };
        let staple = Staple::read(stapled, &leaf.serial);
        let total: usize = sent.iter().map(|der| der.len()).sum();
        let distrust = match (roots, server_name(&server.url)) {
            // What browsers still take and webpki does not.
            (Ok(_), Some(_)) if sent.iter().any(|der| der.len() > WEBPKI_BYTES) && total <= trust::MOST_BYTES => {
                Err("the certificate is too large to be checked here".to_owned())
            }
            (Ok(verifier), Some(name)) => {
                let presented = Presented {
                    chain: sent,
                    read: &chain,
                    revoked: staple.is_some_and(|staple| staple.status == Status::Revoked),
                    signature_accepted: own || handshake.signature_accepted,
                };
                Ok(trust::examine(presented, &name, verifier.as_ref(), now))
            }
            (Err(why), _) => Err(why.clone()),
            (_, None) => Err("its host name is not one a certificate can carry".to_owned()),
        };
        Self { disorder: disorder(&chain), staple, distrust, chain }
    }

    /// The server's own certificate.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.chain.first()
    }

    /// Whether browsers accept it, where that is known.
    pub fn is_trusted(&self) -> Option<bool> {
        self.distrust.as_ref().ok().map(Vec::is_empty)
    }

    /// Whether it is trusted and comes from a public authority, to which the rules of the CA/Browser Forum apply. An
    /// authority of a company's own is trusted too where it was installed, but does not claim to keep them.
    pub fn is_public(&self) -> bool {
        let trust_but_for_dates = |reasons: &Vec<Distrust>| {
            reasons.iter().all(|reason| matches!(reason, Distrust::Expired(_) | Distrust::NotYetValid(_)))
        };
        self.distrust.as_ref().is_ok_and(trust_but_for_dates) && self.leaf().is_some_and(|leaf| leaf.claims_public)
    }
}
