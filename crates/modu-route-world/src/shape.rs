//! What world is wanted.

/// A publication server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its rsync module, `rsync://authority/module/`.
    pub rsync: String,
    /// Its RRDP notification file, an `https` URI, if it speaks RRDP.
    pub notify: Option<String>,
}

impl Host {
    /// The server of this number under the made-up name `hostN.modu.example`.
    #[must_use]
    pub fn example(number: usize, rrdp: bool) -> Self {
        let name = format!("host{number}.modu.example");
        Self {
            rsync: format!("rsync://{name}/repo/"),
            notify: rrdp.then(|| format!("https://{name}/rrdp/notification.xml")),
        }
    }
}

/// The size and form of a world. What is drawn follows from the seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What the draws begin with.
    pub seed: u64,
    /// Seconds since 1970 (UTC) at which everything is signed.
    pub time: i64,
    /// Trust anchors; each claims all addresses.
    pub anchors: usize,
    /// Authorities below the anchors, in all.
    pub authorities: usize,
    /// How many children an authority has at most; 1 makes a chain.
    pub fan_out: usize,
    /// ROAs of each authority (anchors have none).
    pub roas: usize,
    /// Prefixes of each ROA.
    pub prefixes: usize,
    /// ASPAs in all.
    pub aspas: usize,
    /// Of a hundred prefixes, how many are IPv6.
    pub ipv6_percent: u8,
    /// The publication servers, used in turn.
    pub hosts: Vec<Host>,
    /// Seconds until the next manifest and revocation list are due.
    pub due_after: i64,
    /// How many keys the authorities share; 0 gives each its own. Never fewer
    /// than one chain from anchor to leaf is long: a key that returns in its
    /// own chain is a loop.
    pub shared_keys: usize,
}

impl Default for Shape {
    /// A small world for tests: one anchor, three authorities of two ROAs with
    /// two prefixes each, three ASPAs, one host; signed on 2026-01-01.
    fn default() -> Self {
        Self {
            seed: 1,
            time: 1_767_225_600,
            anchors: 1,
            authorities: 3,
            fan_out: 2,
            roas: 2,
            prefixes: 2,
            aspas: 3,
            ipv6_percent: 30,
            hosts: vec![Host::example(0, false)],
            due_after: 86_400,
            shared_keys: 0,
        }
    }
}

impl Shape {
    /// VRPs of each authority.
    #[must_use]
    pub const fn vrps_each(&self) -> usize {
        self.roas * self.prefixes
    }
}

/// A number that follows from the seed and a place, evenly spread
/// (SplitMix64, Steele and others 2014).
pub(crate) fn draw(seed: u64, place: [u64; 2]) -> u64 {
    let mut state = seed;
    for part in place {
        state = state.wrapping_add(part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}
