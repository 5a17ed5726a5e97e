//! The effects of the route engine: what touches the network and the disk.
//!
//! `modu-route` decides, from bytes that it is given; this crate brings the
//! bytes and carries the answers out. It fetches the RPKI over RRDP and rsync
//! into a cache of publication points, serves routers over RTR and people over
//! HTTP, and listens to routers over BMP.
