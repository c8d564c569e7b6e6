//! The workbench without a terminal: keys go in, screens come out.

mod fixture;
mod database;
mod flows;
mod hostile;
mod mouse;
mod screens;
mod speed;
