//! What `gonogo demo` shows itself on.

pub mod server;

pub use server::DemoServer;
