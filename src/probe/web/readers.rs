//! The readers of what servers send, one function each over bytes, for the fuzz targets. They never panic, and end in time
//! that grows with the length alone.
