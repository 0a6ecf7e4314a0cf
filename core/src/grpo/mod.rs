//! GRPO's arithmetic on the host: from rewards to advantages, from log-probabilities to a loss and its gradient, and the
//! small decisions between steps.
//!
//! It stands apart from any tensor library, in `f64` and without a clock, so that one tested implementation serves
//! every backend, and so that a resumed run decides as the uninterrupted one did: what has a memory ([`scale`],
//! [`curriculum`], [`plateau`]) is plain data that goes into checkpoints.

pub mod advantage;
pub mod curriculum;
pub mod loss;
pub mod overlong;
pub mod plateau;
pub mod scale;
pub mod schedule;
