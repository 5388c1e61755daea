//! 长任务: a progress line on the terminal, and Ctrl-C as a request to stop at the next safe point.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use store::Progress;

static STOP: AtomicBool = AtomicBool::new(false);

/// Whether somebody pressed Ctrl-C since [`LongWork::begin`].
pub(crate) fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Shows how far a work is; written to standard error, and only to a terminal.
pub(crate) struct LongWork {
    bar: ProgressBar,
    phase: String,
}

impl LongWork {
    pub(crate) fn begin() -> LongWork {
        static HANDLER: OnceLock<bool> = OnceLock::new();
        // Where no handler can be set Ctrl-C simply ends the program, which every work here survives.
        HANDLER.get_or_init(|| {
            let stop = || {
                if STOP.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
                eprintln!("\n正在停止：已提交的部分保留，再按一次 Ctrl-C 立即退出");
            };
            ctrlc::set_handler(stop).is_ok()
        });
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        LongWork { bar, phase: String::new() }
    }

    /// The progress line goes away.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for LongWork {
    fn report(&mut self, phase: &str, done: u64, total: u64) -> bool {
        if phase != self.phase {
            phase.clone_into(&mut self.phase);
            self.bar.reset();
            self.bar.set_message(self.phase.clone());
            let template = match total {
                0 => "{spinner} {msg} {human_pos}  {elapsed}",
                _ => "{bar:30} {percent}%  {msg} {human_pos}/{human_len}  剩余 {eta}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style);
            }
        }
        if total > 0 {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
        !stopped()
    }
}
