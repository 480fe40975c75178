//! The documentation as a test: what its pages tell a reader to type is typed, and what they say is printed is printed.
//!
//! Every code block of a page names its language. What a language means here:
//!
//! | language | what the test does with the block |
//! |---|---|
//! | `console` | lines after `$ ` are typed into one shell a page, the lines below are what it prints; `...` stands for any text, alone on a line for any lines |
//! | `console again` | each command is typed again until it prints that |
//! | `ini NAME` | is saved as the file NAME, as the reader does |
//! | `sql source`, `sql target` | is run at the source and at Databend, as the reader does |
//! | `sh` | each line is a command that [`forms`] knows, with the test that runs it |
//! | `ini`, `sql`, `text`, `yaml` | are no commands |

pub mod forms;
pub mod page;
mod shell;
pub mod transcript;
mod walk;

pub use shell::run_once;
pub use walk::{Own, walk};
