//! Manifests and lock files of every package manager, each as its own tools read it.

mod bundler;
mod cargo;
mod composer;
mod go;
mod jvm;
