//! What is kept of an advisory, in two parts: what matching needs, small, and what is told of it, read for hits only.

use serde::{Deserialize, Serialize};

use crate::probe::dependencies::advisory::{Advisory, Affects, simplify};
use crate::probe::packages::Ecosystem;

/// Where the second part of an advisory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The block of texts.
    pub block: u32,
    /// Where it begins in the unpacked block.
    pub at: u32,
}

/// The first part, as it stands in a block: `(Place, id)`, then this.
type Matching = Vec<Affects>;

/// The second part.
#[derive(Serialize, Deserialize)]
struct Told {
    aliases: Vec<String>,
    summary: String,
    details: String,
    references: Vec<String>,
    modified: String,
    vectors: Vec<String>,
    rating: Option<String>,
    malware: bool,
}

/// What `advisory` says of one package. `None` for what cannot be written down, which lists of texts always can.
pub fn matching(advisory: &Advisory, ecosystem: Ecosystem, package: &str) -> Option<Vec<u8>> {
    let about = advisory.affects.iter().filter(|one| one.ecosystem == ecosystem && one.package == package);
    let about: Matching = about
        .cloned()
        .map(|mut affects| {
            simplify(&mut affects);
            // It stands beside the entry.
            affects.package.clear();
            affects
        })
        .collect();
    postcard::to_stdvec(&about).ok()
}

/// What is told of `advisory`.
pub fn told(advisory: &Advisory) -> Option<Vec<u8>> {
    let advisory = advisory.clone();
    postcard::to_stdvec(&Told {
        aliases: advisory.aliases,
        summary: advisory.summary,
        details: advisory.details,
        references: advisory.references,
        modified: advisory.modified,
        vectors: advisory.vectors,
        rating: advisory.rating,
        malware: advisory.malware,
    })
    .ok()
}

/// An entry of a block.
pub fn entry(place: Place, id: &str, matching: &[u8]) -> Option<Vec<u8>> {
    let mut entry = postcard::to_stdvec(&(place, id)).ok()?;
    entry.extend_from_slice(matching);
    Some(entry)
}

/// Reads an entry of a block; what is told is missing still.
pub fn read(entry: &[u8], package: &str) -> Option<(Place, Advisory)> {
    let ((place, id), rest) = postcard::take_from_bytes::<(Place, String)>(entry).ok()?;
    let mut affects: Matching = postcard::from_bytes(rest).ok()?;
    for one in &mut affects {
        package.clone_into(&mut one.package);
    }
    Some((place, Advisory { id, affects, ..Advisory::default() }))
}

/// Adds what is told, which stands at the beginning of `text`.
pub fn tell(advisory: &mut Advisory, text: &[u8]) -> Option<()> {
    let (told, _) = postcard::take_from_bytes::<Told>(text).ok()?;
    advisory.aliases = told.aliases;
    advisory.summary = told.summary;
    advisory.details = told.details;
    advisory.references = told.references;
    advisory.modified = told.modified;
    advisory.vectors = told.vectors;
    advisory.rating = told.rating;
    advisory.malware = told.malware;
    Some(())
}
