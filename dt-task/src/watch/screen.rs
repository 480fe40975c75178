//! A terminal: the log runs, and progress bars stay below it.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressDrawTarget};

/// Standard output as a terminal.
#[derive(Debug, Clone)]
pub struct Screen {
    bars: MultiProgress,
}

impl Screen {
    /// The terminal, when standard output is one.
    pub fn of_stdout() -> Option<Self> {
        let bars = || MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        io::stdout().is_terminal().then(|| Self { bars: bars() })
    }

    /// The bars.
    pub(super) fn bars(&self) -> &MultiProgress {
        &self.bars
    }
}

/// Writes to standard output; the bars make room for what is written.
impl Write for Screen {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.bars.suspend(|| io::stdout().lock().write_all(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
