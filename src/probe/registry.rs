//! The one list of probes. Its order is the order on the screen and in reports.

use super::{Probe, database, dependencies, environment, repository, secrets, source, web};

/// Every probe.
pub static PROBES: [&(dyn Probe + 'static); 7] = [
    &source::SourceProbe,
    &secrets::SecretsProbe,
    &environment::EnvironmentProbe,
    &repository::RepositoryProbe,
    &dependencies::DependenciesProbe,
    &database::DatabaseProbe,
    &web::WebProbe::STANDARD,
];
