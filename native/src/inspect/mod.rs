//! Looking at what is there: items, recipe files, finished rows, answers and runs, as a page that plays them and as text.
//!
//! Pages are for people who must trust an item before they spend a training run on it, so a page shows what the item
//! itself holds (frames on their clock, truth, prompt, chance) and scores what was said with the item's own reward.
//! A page is one file without any reference to the network; what it shows comes from files of unknown origin and is
//! escaped, and its content policy admits no script but its own.

pub mod answers;
mod chart;
mod curves;
pub mod evaluations;
mod html;
pub mod item;
mod marks;
pub mod page;
mod player;
pub mod run;
pub mod run_page;
mod samples;
mod section;
mod sheet;
pub mod subject;
pub mod summary;
pub mod tables;
