//! Which security headers and cookie flags the project's own files set: configuration of web servers, of hosts and of
//! frameworks, and code that sends headers. Read from texts alone, so that headers can be judged before anything is
//! deployed, and so that a header that the deployed app lacks can be tied to the place that should send it.
//!
//! [`Sources::gather`] reads the files once; everything after it is a pure function of their texts.

mod apache;
mod caddy;
mod cookies;
pub mod delivery;
mod django;
mod ecma;
mod express;
mod front;
mod hosts;
mod judge;
mod mentions;
mod model;
mod nginx;
mod page;
mod patterns;
mod rails;
mod servers;
mod snippet;
mod sources;
mod tokens;
mod values;

pub use judge::{Judged, Rules, State, judge};
pub use model::{Fault, Header, Layer, Lines, Place, Scope, Settings};
pub use snippet::lines_for;
pub use sources::Sources;

impl Settings {
    /// What the project's files set.
    #[must_use]
    pub fn read(sources: &Sources) -> Self {
        let mut settings = Self::default();
        // The order is that of the layers that a visitor meets: what stands first is what is shown.
        hosts::read(sources, &mut settings);
        nginx::read(sources, &mut settings);
        caddy::read(sources, &mut settings);
        apache::read(sources, &mut settings);
        ecma::read(sources, &mut settings);
        express::read(sources, &mut settings);
        django::read(sources, &mut settings);
        rails::read(sources, &mut settings);
        servers::read(sources, &mut settings);
        page::read(sources, &mut settings);
        mentions::read(sources, &mut settings);
        cookies::read(sources, &mut settings);
        settings.fronts = front::find(sources, &settings);
        settings
    }
}

#[cfg(test)]
mod tests;
