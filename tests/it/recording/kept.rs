//! What is kept of a recording, and for whom.
