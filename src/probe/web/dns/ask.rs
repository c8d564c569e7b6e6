//! One question to DNS. Only a clear answer counts: everything else is unknown.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};
use tokio::time::{Instant, timeout_at};

use super::MOST_RECORDS;

/// How long one server may take over one question.
const ONE_QUESTION: Duration = Duration::from_millis(2000);

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// Records of the kind.
    Records(Vec<T>),
    /// A clear answer that there are none.
    Nothing,
    /// A clear answer that there is no such name at all.
    NoName,
    /// No clear answer; why, as a phrase.
    Unknown(String),
}

impl<T> Answer<T> {
    /// The records; none where there are none or nothing is known.
    pub fn records(&self) -> &[T] {
        match self {
            Self::Records(records) => records,
            Self::Nothing | Self::NoName | Self::Unknown(_) => &[],
        }
    }

    /// Why nothing is known.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Self::Unknown(why) => Some(why),
            Self::Records(_) | Self::Nothing | Self::NoName => None,
        }
    }
}

/// Asks until the time is over.
pub struct Asker {
    resolver: TokioResolver,
    deadline: Instant,
}

impl Asker {
    /// Asks `server`, or those that this machine uses.
    ///
    /// # Errors
    /// When it is not known whom to ask, as a phrase.
    pub fn new(server: Option<SocketAddr>, patience: Duration) -> Result<Self, String> {
        let no_server = |error: NetError| format!("this machine's DNS settings could not be read ({error})");
        let mut builder = match server {
            None => TokioResolver::builder_tokio().map_err(no_server)?,
            Some(server) => {
                let at = |mut connection: ConnectionConfig| {
                    connection.port = server.port();
                    connection
                };
                let ways = vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())];
                let config = NameServerConfig::new(server.ip(), true, ways);
                let config = ResolverConfig::from_parts(None, Vec::new(), vec![config]);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        options.timeout = ONE_QUESTION;
        options.attempts = 1;
        options.edns0 = true;
        // A hosts file says nothing of what others see.
        options.use_hosts_file = ResolveHosts::Never;
        let resolver = builder.build().map_err(no_server)?;
        Ok(Self { resolver, deadline: Instant::now() + patience })
    }

    /// Asks for the records of one kind and keeps what `read` makes of them.
    pub async fn ask<T>(&self, name: &str, kind: RecordType, read: impl Fn(&RData) -> Option<T>) -> Answer<T> {
        let Ok(mut full) = Name::from_ascii(name) else {
            return Answer::Unknown(format!("{name} cannot be asked for"));
        };
        full.set_fqdn(true);
        match timeout_at(self.deadline, self.resolver.lookup(full, kind)).await {
            Err(_) | Ok(Err(NetError::Timeout)) => Answer::Unknown("the DNS server did not answer in time".to_owned()),
            Ok(Ok(lookup)) => {
                let records = lookup.answers().iter().filter_map(|record| read(&record.data));
                let records: Vec<T> = records.take(MOST_RECORDS).collect();
                if records.is_empty() { Answer::Nothing } else { Answer::Records(records) }
            }
            Ok(Err(error)) => nothing_or_unknown(&error),
        }
    }
}

fn nothing_or_unknown<T>(error: &NetError) -> Answer<T> {
    let NetError::Dns(error) = error else {
        return Answer::Unknown("the DNS server gave no answer that can be read".to_owned());
    };
    match error {
        DnsError::NoRecordsFound(none) => {
            // Servers named instead of an answer mean that whoever was asked does not know (RFC 2308, section 2.1).
            let referral = none.soa.is_none() && none.ns.as_ref().is_some_and(|servers| !servers.is_empty());
            match none.response_code {
                ResponseCode::NoError if !referral => Answer::Nothing,
                ResponseCode::NXDomain => Answer::NoName,
                ResponseCode::NoError => Answer::Unknown("the DNS server named others instead of answering".to_owned()),
                code => Answer::Unknown(format!("the DNS server answered {code}")),
            }
        }
        DnsError::ResponseCode(code) => Answer::Unknown(format!("the DNS server answered {code}")),
        _ => Answer::Unknown("the DNS server gave no answer that can be read".to_owned()),
    }
}
