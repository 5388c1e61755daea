//! The stream: a reader thread, batches grouped on all cores, results written in order. Memory does not grow with the
//! file, but for the ids seen (8 bytes each, at most [`MOST_IDS`]).

use super::args::Format;
use super::engine::{Engine, Worker};
use super::output;
use super::summary::Summary;
use crate::cases::{CaseError, ColumnMap, CsvLayout, Encoding, Line, Lines, decode, read_json};
use indicatif::{ProgressBar, ProgressStyle};
use model::Case;
use rayon::prelude::*;
use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

/// Lines a batch.
const BATCH: usize = 4096;
/// Bytes a batch, about; keeps batches of long lines small.
const BATCH_BYTES: usize = 16 << 20;
/// Ids watched for duplicates: 128 MiB at most. Later ids of a longer file are not checked; the summary says so.
pub(crate) const MOST_IDS: usize = 12_000_000;

/// Where cases come from.
pub(crate) struct Source {
    reader: Box<dyn Read + Send>,
    bytes: Option<u64>,
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
    writer: BufWriter<Box<dyn Write + Send>>,
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

    fn finish(mut self) -> std::io::Result<()> {
        self.writer.flush()?;
        drop(self.writer);
        self.rename.map_or(Ok(()), |(from, to)| std::fs::rename(from, to))
    }
}

/// One run.
pub(crate) struct Stream<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) from: Format,
    pub(crate) to: Format,
    pub(crate) map: Option<ColumnMap>,
    pub(crate) encoding: Encoding,
    pub(crate) progress: bool,
}

struct Batch {
    lines: Vec<Line>,
    /// 1-based line of the first.
    first: usize,
    bytes: u64,
}

/// How the lines of this file are read.
struct Reading {
    encoding: Encoding,
    csv: Option<CsvLayout>,
}

impl Stream<'_> {
    pub(crate) fn run(mut self, source: Source, mut sink: Sink) -> anyhow::Result<Summary> {
        let bar = self.bar(source.bytes);
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, source.reader));
        let encoding = self.encoding.decide(lines.head()?);
        let mut reading = Reading { encoding, csv: None };
        let mut first = 1;
        if self.from == Format::Csv {
            reading.csv = Some(read_header(&mut lines, encoding, self.map.take())?);
            first = 2;
        }
        if self.to == Format::Csv {
            sink.writer.write_all(output::CSV_HEADER.as_bytes())?;
        }
        let mut summary = Summary::default();
        let mut seen = Seen::default();
        let (sender, receiver) = sync_channel(2);
        std::thread::scope(|scope| -> anyhow::Result<()> {
            let feeder = scope.spawn(move || feed(lines, first, &sender));
            for batch in receiver {
                self.batch(&batch, &reading, &mut seen, &mut summary, &mut sink.writer)?;
                bar.inc(batch.bytes);
                bar.set_message(summary.cases().to_string());
            }
            feeder.join().map_err(|_| anyhow::anyhow!("读取线程异常终止"))??;
            Ok(())
        })?;
        sink.finish()?;
        bar.finish_and_clear();
        summary.ids_unchecked = seen.unchecked;
        Ok(summary)
    }

    fn bar(&self, bytes: Option<u64>) -> ProgressBar {
        if !self.progress || !std::io::stderr().is_terminal() {
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

    /// Groups one batch on all cores and writes it in order.
    fn batch(
        &self,
        batch: &Batch,
        reading: &Reading,
        seen: &mut Seen,
        summary: &mut Summary,
        writer: &mut impl Write,
    ) -> anyhow::Result<()> {
        let at = |offset: usize| batch.first + offset;
        let parsed: Vec<Parsed> =
            batch.lines.par_iter().with_min_len(64).map(|line| read(line, reading)).collect();
        // Duplicates depend on what came before: decided in order, on one thread.
        let repeated: Vec<bool> = parsed
            .iter()
            .map(|parsed| matches!(parsed, Parsed::Case(case) if !seen.insert(&case.id)))
            .collect();
        let written: Vec<(Vec<u8>, Summary)> = parsed
            .par_chunks(256)
            .zip(repeated.par_chunks(256))
            .enumerate()
            .map_init(Worker::default, |worker, (chunk, (cases, repeated))| {
                let (mut text, mut summary) = (Vec::new(), Summary::default());
                for (offset, (parsed, repeated)) in cases.iter().zip(repeated).enumerate() {
                    let line = at(chunk * 256 + offset);
                    match parsed {
                        Parsed::Blank => {}
                        Parsed::Case(case) if *repeated => {
                            let message = format!("病例号 {} 与前面的病例重复，未处理", case.id);
                            summary.error();
                            output::error(&mut text, self.to, line, case, &CaseError::new("id", message));
                        }
                        Parsed::Case(case) => {
                            self.engine.write(&mut text, self.to, case, worker, &mut summary)
                        }
                        Parsed::Bad(case, error) => {
                            summary.error();
                            output::error(&mut text, self.to, line, case, error);
                        }
                    }
                }
                (text, summary)
            })
            .collect();
        for (text, part) in written {
            writer.write_all(&text)?;
            summary.add(&part);
        }
        Ok(())
    }
}

/// One line, read.
enum Parsed {
    /// Nothing on it: passed over.
    Blank,
    Case(Case),
    /// What could be read of it (the id), and what is wrong.
    Bad(Case, CaseError),
}

fn read(line: &Line, reading: &Reading) -> Parsed {
    let bytes = match line {
        Line::Bytes(bytes) => bytes,
        Line::TooLong(length) => {
            let message = format!("本行 {length} 字节，超过 1 MB，未处理：请检查换行");
            return Parsed::Bad(Case::default(), CaseError::new("", message));
        }
    };
    let Some(text) = decode(bytes, reading.encoding) else {
        let message = "本行不是有效的文本编码：请另存为 UTF-8，或用 --encoding gbk 指明";
        return Parsed::Bad(Case::default(), CaseError::new("", message));
    };
    if text.trim().is_empty() {
        return Parsed::Blank;
    }
    let mut case = Case::default();
    let result = match &reading.csv {
        Some(layout) => layout.read(&text, &mut case),
        None => read_json(&text, &mut case),
    };
    match result {
        Ok(()) => Parsed::Case(case),
        Err(error) => Parsed::Bad(case, error),
    }
}

fn read_header<R: BufRead>(
    lines: &mut Lines<R>,
    encoding: Encoding,
    map: Option<ColumnMap>,
) -> anyhow::Result<CsvLayout> {
    let Some(Line::Bytes(header)) = lines.next()? else {
        anyhow::bail!("病例文件是空的：首行应为表头")
    };
    let Some(header) = decode(&header, encoding) else {
        anyhow::bail!("表头不是有效的文本编码：请另存为 UTF-8，或用 --encoding gbk 指明")
    };
    CsvLayout::new(&header, map)
}

fn feed<R: BufRead>(
    mut lines: Lines<R>,
    mut first: usize,
    sender: &std::sync::mpsc::SyncSender<Batch>,
) -> std::io::Result<()> {
    loop {
        let mut batch = Batch { lines: Vec::with_capacity(BATCH), first, bytes: 0 };
        while batch.lines.len() < BATCH && batch.bytes < BATCH_BYTES as u64 {
            let Some(line) = lines.next()? else { break };
            batch.bytes += match &line {
                Line::Bytes(bytes) => bytes.len() as u64 + 1,
                Line::TooLong(length) => *length as u64 + 1,
            };
            batch.lines.push(line);
        }
        first += batch.lines.len();
        // The receiver is gone when writing failed: that error is reported there.
        if batch.lines.is_empty() || sender.send(batch).is_err() {
            return Ok(());
        }
    }
}

/// Ids seen so far, as 64-bit fingerprints.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    prints: HashSet<u64, std::hash::BuildHasherDefault<Identity>>,
    unchecked: u64,
}

impl Seen {
    /// False when the id was seen before.
    fn insert(&mut self, id: &str) -> bool {
        let print = self.hasher.hash_one(id);
        if self.prints.len() >= MOST_IDS {
            self.unchecked += 1;
            return !self.prints.contains(&print);
        }
        self.prints.insert(print)
    }
}

/// Fingerprints are hashes already.
#[derive(Default)]
struct Identity(u64);

impl std::hash::Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
