//! Worlds to test route security with: certificate authorities, ROAs and
//! ASPAs that are really signed, and the things that attackers do to them.
//!
//! A validator is only as good as the worlds it was tried in. The real one
//! cannot be carried along, and holds none of the attacks on purpose; so here
//! is a small certificate authority software that makes any number of
//! authorities in a stated shape, signs them with kept keys, and spoils them
//! in stated ways. For tests and benches only: its keys are nobody's secret.
