//! The workbench without a terminal: keys go in, screens come out.

mod database;
mod dependencies;
mod fixture;
mod flows;
mod hostile;
mod mouse;
mod screens;
mod speed;
mod web;
