//! How much a stranger's file may ask for.

/// What a model may cost. Counts are of elements unless a field says bytes.
///
/// The first group is checked when the file is read, the second while it is
/// evaluated. Every check comes before the memory or time is spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes that the decoded messages may take in memory; a hostile file of
    /// empty messages would otherwise grow a hundredfold.
    pub decoded_bytes: u64,
    /// Nodes of the graph.
    pub nodes: u64,
    /// Constant tensors of the graph, and values named in it.
    pub tensors: u64,
    /// Elements of all constant tensors together.
    pub constant_elements: u64,
    /// Dimensions of a tensor.
    pub rank: u64,
    /// Bytes of a name.
    pub name_bytes: u64,
    /// Nodes of all decision trees together.
    pub tree_nodes: u64,
    /// Levels of a decision tree.
    pub tree_depth: u64,
    /// Classes or targets of a tree ensemble or linear model.
    pub classes: u64,

    /// Elements of one tensor during a run, inputs included.
    pub tensor_elements: u64,
    /// Elements of all tensors that are alive at one moment of a run, inputs
    /// and constants left out.
    pub live_elements: u64,
    /// Elementary operations of one run: a multiplication with its addition,
    /// an element copied, or a tree node visited at worst. A core does some
    /// hundreds of millions to billions of them a second.
    pub operations: u64,
}

impl Default for Limits {
    /// Room for models of a hundred megabytes and batches of some ten thousand
    /// rows, within about 2 GiB.
    fn default() -> Self {
        Self {
            file_bytes: 128 << 20,
            decoded_bytes: 512 << 20,
            nodes: 100_000,
            tensors: 100_000,
            constant_elements: 64 << 20,
            rank: 8,
            name_bytes: 1024,
            tree_nodes: 4 << 20,
            tree_depth: 1024,
            classes: 65_536,
            tensor_elements: 128 << 20,
            live_elements: 192 << 20,
            operations: 1 << 36,
        }
    }
}
