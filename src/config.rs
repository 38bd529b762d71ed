//! Every setting, read once by the process.
