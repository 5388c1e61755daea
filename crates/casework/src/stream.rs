//! The stream: a reader thread, batches grouped on all cores, results written in order. Memory does not grow with the
//! file, but for the ids seen (8 bytes each, at most [`MOST_IDS`]).

use crate::files::{CsvLayout, Line, Lines, decode, read_json};
use crate::line_writer::{self, Worker};
use crate::output::{self, Format};
use crate::{CaseError, CaseFileError, ColumnMap, Encoding, Engine, Summary, Wanted};
use model::Case;
use rayon::prelude::*;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::sync_channel;

/// Lines a batch.
const BATCH: usize = 4096;
/// Bytes a batch, about; keeps batches of long lines small.
const BATCH_BYTES: usize = 16 << 20;
/// Ids watched for duplicates: 128 MiB at most. Later ids of a longer file are not checked; the summary says so.
const MOST_IDS: usize = 12_000_000;

/// One run over a file of cases.
pub struct Stream<'a> {
    /// Grouper and pricer.
    pub engine: &'a Engine,
    /// What is wanted of each case.
    pub wanted: Wanted,
    /// Format of the cases; [`Format::Csv`] for every CSV.
    pub from: Format,
    /// Format of the results.
    pub to: Format,
    /// Columns of a CSV; `None`: the contract's names or their Chinese ones.
    pub map: Option<ColumnMap>,
    /// Encoding of the cases.
    pub encoding: Encoding,
    /// 医院 and 医院等级 of a case that names none.
    pub hospital: (&'a str, &'a str),
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

/// Where results go, and error lines if apart.
struct Writers<'r, 'e> {
    results: &'r mut dyn Write,
    errors: Option<&'e mut dyn Write>,
}

impl Stream<'_> {
    /// Groups every case of `reader` in order. Error lines go to `errors`, among the results when that is `None`. `progress`
    /// is told the bytes read and the cases done, and stops the run by answering false.
    pub fn run(
        mut self,
        reader: impl Read + Send,
        results: &mut dyn Write,
        errors: Option<&mut dyn Write>,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Summary, CaseFileError> {
        let mut lines = Lines::new(BufReader::with_capacity(1 << 20, reader));
        let encoding = self.encoding.decide(lines.head()?);
        let mut reading = Reading { encoding, csv: None };
        let mut first = 1;
        if self.from != Format::Jsonl {
            reading.csv = Some(read_header(&mut lines, encoding, self.map.take())?);
            first = 2;
        }
        let mut writers = Writers { results, errors };
        writers.results.write_all(self.to.header().as_bytes())?;
        if let Some(errors) = &mut writers.errors {
            errors.write_all(self.to.error_header().as_bytes())?;
        }
        let mut summary = Summary::default();
        let mut seen = Seen::default();
        let (sender, receiver) = sync_channel(2);
        let mut bytes = 0;
        std::thread::scope(|scope| -> Result<(), CaseFileError> {
            let feeder = scope.spawn(move || feed(lines, first, &sender));
            for batch in receiver {
                self.batch(&batch, &reading, &mut seen, &mut summary, &mut writers)?;
                bytes += batch.bytes;
                if !progress(bytes, summary.cases()) {
                    return Err(CaseFileError::Cancelled);
                }
            }
            feeder.join().map_err(|_| CaseFileError::Reader)??;
            Ok(())
        })?;
        writers.results.flush()?;
        if let Some(errors) = &mut writers.errors {
            errors.flush()?;
        }
        summary.ids_unchecked = seen.unchecked;
        Ok(summary)
    }

    /// Groups one batch on all cores and writes it in order.
    fn batch(
        &self,
        batch: &Batch,
        reading: &Reading,
        seen: &mut Seen,
        summary: &mut Summary,
        writers: &mut Writers<'_, '_>,
    ) -> Result<(), CaseFileError> {
        let at = |offset: usize| batch.first + offset;
        let parsed: Vec<Parsed> =
            batch.lines.par_iter().with_min_len(64).map(|line| self.read(line, reading)).collect();
        // Duplicates depend on what came before: decided in order, on one thread.
        let repeated: Vec<bool> = parsed
            .iter()
            .map(|parsed| matches!(parsed, Parsed::Case(case) if !seen.insert(&case.id)))
            .collect();
        let apart = writers.errors.is_some();
        let written: Vec<(Vec<u8>, Vec<u8>, Summary)> = parsed
            .par_chunks(256)
            .zip(repeated.par_chunks(256))
            .enumerate()
            .map_init(Worker::default, |worker, (chunk, (cases, repeated))| {
                let (mut text, mut errors, mut summary) = (Vec::new(), Vec::new(), Summary::default());
                for (offset, (parsed, repeated)) in cases.iter().zip(repeated).enumerate() {
                    let line = at(chunk * 256 + offset);
                    let (case, error) = match parsed {
                        Parsed::Blank => continue,
                        Parsed::Case(case) if *repeated => {
                            let message = format!("病例号 {} 与前面的病例重复，未处理", case.id);
                            (case, &CaseError::new("id", message))
                        }
                        Parsed::Case(case) => {
                            let how = (self.engine, self.wanted, self.to);
                            line_writer::write(how, &mut text, case, worker, &mut summary);
                            continue;
                        }
                        Parsed::Bad(case, error) => (case, error),
                    };
                    summary.error();
                    output::error(if apart { &mut errors } else { &mut text }, self.to, line, case, error);
                }
                (text, errors, summary)
            })
            .collect();
        for (text, errors, part) in written {
            writers.results.write_all(&text)?;
            if let Some(writer) = &mut writers.errors {
                writer.write_all(&errors)?;
            }
            summary.add(&part);
        }
        Ok(())
    }

    fn read(&self, line: &Line, reading: &Reading) -> Parsed {
        let bytes = match line {
            Line::Bytes(bytes) => bytes,
            Line::TooLong(length) => {
                let message = format!("本行 {length} 字节，超过 1 MB，未处理：请检查换行");
                return Parsed::Bad(Case::default(), CaseError::new("", message));
            }
        };
        let Some(text) = decode(bytes, reading.encoding) else {
            let message = "本行不是有效的文本编码：请另存为 UTF-8，或指明编码（--encoding gbk）";
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
            Ok(()) => {
                let or = |given: &mut compact_str::CompactString, default: &str| {
                    if given.is_empty() {
                        *given = default.into();
                    }
                };
                or(&mut case.hospital, self.hospital.0);
                or(&mut case.hospital_level, self.hospital.1);
                Parsed::Case(case)
            }
            Err(error) => Parsed::Bad(case, error),
        }
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

fn read_header<R: BufRead>(
    lines: &mut Lines<R>,
    encoding: Encoding,
    map: Option<ColumnMap>,
) -> Result<CsvLayout, CaseFileError> {
    let Some(Line::Bytes(header)) = lines.next()? else {
        return Err(CaseFileError::Shape("病例文件是空的：首行应为表头".to_owned()));
    };
    let Some(header) = decode(&header, encoding) else {
        return Err(CaseFileError::Shape(
            "表头不是有效的文本编码：请另存为 UTF-8，或指明编码（--encoding gbk）".to_owned(),
        ));
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
