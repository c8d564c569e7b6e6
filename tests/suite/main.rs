//! The whole suite in one binary, so that the dependencies are linked once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod support;

mod architecture;
mod calls_across_files;
mod data_files;
mod database;
mod dependencies;
mod dependencies_used;
mod environment;
mod facts_file;
mod headless;
mod hostile;
mod incremental;
#[cfg(unix)]
mod migrations;
mod packages;
mod pty;
mod report;
mod repository;
mod repository_headers;
mod repository_hygiene;
mod rules;
mod secrets;
mod tui;
mod web;
