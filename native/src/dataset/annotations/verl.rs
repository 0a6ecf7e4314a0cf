//! Rows for verl in Parquet, as VideoSSR publishes them (methods §1.8): finished items.
//!
//! Their frames are listed files that are perturbed already, and prompt and truth are given: nothing is left to be drawn.
//! They can be looked at, and answers to them scored by the reward that their `data_source` names.
