//! Where the hosts of a run are. DNS is asked once for each, so that a name cannot lead to one place first and to another
//! later, on whatever port and in whatever scheme (DNS rebinding).

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use url::Url;

use crate::probe::web::address::Nearness;
use crate::probe::web::connect::{Clock, Names, look_up, made_up};
use crate::probe::web::trouble::{Phase, Trouble};

type Answer = Result<Vec<SocketAddr>, Trouble>;

/// The hosts of a run.
#[derive(Debug)]
pub struct Hosts {
    names: Names,
    answers: Mutex<BTreeMap<String, Arc<OnceCell<Answer>>>>,
}

impl Hosts {
    /// None yet. `names` is empty but in tests.
    pub fn new(names: Names) -> Self {
        Self { names, answers: Mutex::default() }
    }

    /// The addresses of the host of `url`, with its port.
    ///
    /// # Errors
    /// When there are none, or they could not be found in time.
    pub async fn addresses(&self, url: &Url, clock: &Clock) -> Answer {
        if !self.names.is_empty() {
            return made_up(url, self.names);
        }
        let asking = async { clock.within(Phase::Lookup, look_up(url)).await? };
        let mut addresses = self.once(url.host_str().unwrap_or_default(), asking).await?;
        let port = url.port_or_known_default().unwrap_or_default();
        addresses.iter_mut().for_each(|address| address.set_port(port));
        Ok(addresses)
    }

    /// How far away the host of `url` is: the farthest of its addresses, so that a name which mixes them leads nowhere near.
    ///
    /// # Errors
    /// As for [`Hosts::addresses`].
    pub async fn nearness(&self, url: &Url, clock: &Clock) -> Result<Nearness, Trouble> {
        let addresses = self.addresses(url, clock).await?;
        addresses.iter().map(|address| Nearness::of(address.ip())).max().ok_or(Trouble::UnknownHost)
    }

    async fn once(&self, host: &str, asking: impl Future<Output = Answer>) -> Answer {
        self.answer(host).get_or_init(|| asking).await.clone()
    }

    fn answer(&self, host: &str) -> Arc<OnceCell<Answer>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(answers.entry(host.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_keeps_its_first_answer() {
        let hosts = Hosts::new(&[]);
        let of = |text: &str| -> Answer { Ok(vec![text.parse().unwrap()]) };
        let (first, second) = (of("93.184.215.14:443"), of("127.0.0.1:8500"));
        assert_eq!(hosts.once("evil.example", async { first.clone() }).await, first);
        assert_eq!(hosts.once("evil.example", async { second.clone() }).await, first);
        assert_eq!(hosts.once("other.example", async { second.clone() }).await, second);
        assert_eq!(hosts.once("gone.example", async { Err(Trouble::UnknownHost) }).await, Err(Trouble::UnknownHost));
        assert_eq!(hosts.once("gone.example", async { second }).await, Err(Trouble::UnknownHost));
    }
}
