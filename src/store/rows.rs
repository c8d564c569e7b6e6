//! Rows to data and back.

use jiff::Timestamp;

use super::StoreError;
use crate::model::{Change, ItemId, ProbeId, SavedRun};

pub(super) struct ChangeRow {
    pub id: String,
    pub at: String,
    pub item: String,
    pub kind: String,
    pub before: String,
    pub after: String,
}

pub(super) type NumberedChange = (i64, String, String, String, String, String, String);
pub(super) type RunRow = (String, String, i64, String, String, String);

impl ChangeRow {
    pub(super) fn from_change(change: &Change) -> Result<Self, StoreError> {
        Ok(Self {
            id: change.id.clone(),
            at: change.at.to_string(),
            item: change.item.to_string(),
            kind: serde_json::to_string(&change.kind)?,
            before: serde_json::to_string(&change.before)?,
            after: serde_json::to_string(&change.after)?,
        })
    }
}

pub(super) fn to_change((_, id, at, item, kind, before, after): NumberedChange) -> Result<Change, StoreError> {
    Ok(Change {
        id,
        at: time(&at)?,
        item: ItemId::from(item),
        kind: serde_json::from_str(&kind)?,
        before: serde_json::from_str(&before)?,
        after: serde_json::from_str(&after)?,
    })
}

pub(super) fn to_run(
    (probe, ended, duration_ms, outcome, observations, cited): RunRow,
) -> Result<SavedRun, StoreError> {
    Ok(SavedRun {
        probe: ProbeId::from(probe),
        ended: time(&ended)?,
        duration_ms: u64::try_from(duration_ms).unwrap_or(0),
        outcome: serde_json::from_str(&outcome)?,
        observations: serde_json::from_str(&observations)?,
        cited: serde_json::from_str(&cited)?,
    })
}

fn time(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::Row(serde::de::Error::custom(format!("{text:?} is not a time"))))
}
