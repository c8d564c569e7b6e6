//! Carries out what the session wants: runs probes, keeps the state, watches files, opens things.
//!
//! Frontends hold an [`Engine`], hand it the session's effects with [`Engine::carry_out`], and take in what happened
//! with [`Engine::next`]. It never blocks them.
