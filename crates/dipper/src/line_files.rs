//! Files of one case a line: where cases come from and where results go.

use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// Where cases come from.
pub(crate) struct Source {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) bytes: Option<u64>,
}

impl Source {
    pub(crate) fn open(path: &Path) -> std::io::Result<Source> {
        if path == Path::new("-") {
            return Ok(Source { reader: Box::new(std::io::stdin()), bytes: None });
        }
        let file = File::open(path)?;
        let bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        Ok(Source { reader: Box::new(file), bytes })
    }
}

/// Where results go: standard output, or a file that appears under its name only when it is complete.
pub(crate) struct Sink {
    pub(crate) writer: BufWriter<Box<dyn Write + Send>>,
    rename: Option<(PathBuf, PathBuf)>,
}

impl Sink {
    pub(crate) fn create(path: &Path) -> std::io::Result<Sink> {
        if path == Path::new("-") {
            return Ok(Sink {
                writer: BufWriter::with_capacity(1 << 20, Box::new(std::io::stdout())),
                rename: None,
            });
        }
        // A pipe or device cannot be renamed into place.
        let special = path.metadata().is_ok_and(|metadata| !metadata.is_file());
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let partial = if special { path.to_owned() } else { path.with_file_name(name) };
        let writer =
            BufWriter::with_capacity(1 << 20, Box::new(File::create(&partial)?) as Box<dyn Write + Send>);
        Ok(Sink { writer, rename: (!special).then(|| (partial, path.to_owned())) })
    }

    pub(crate) fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()?;
        drop(self.writer);
        self.rename.map_or(Ok(()), |(from, to)| std::fs::rename(from, to))
    }
}

/// Progress on a terminal; hidden elsewhere.
pub(crate) fn bar(wanted: bool, bytes: Option<u64>) -> ProgressBar {
    if !wanted || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match bytes {
        Some(bytes) => (ProgressBar::new(bytes), "{bar:40} {percent}%  已处理 {msg} 例  剩余 {eta}"),
        None => (ProgressBar::new_spinner(), "{spinner} 已处理 {msg} 例  {elapsed}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
