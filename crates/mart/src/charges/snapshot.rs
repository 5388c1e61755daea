//! 快照: the columns in a file, so that a start need not read the mart.
//!
//! Layout, all numbers little-endian: magic, version, number of sections; then for each section its length in bytes and its
//! XXH3 checksum (64 bits each); a checksum of this head; then the sections one after the other. Sections are read in
//! parallel, each checked. The file is written beside itself and renamed into place: it is there whole or not at all.

use super::columns::ChargeColumns;
use super::dictionary::Dictionary;
use crate::MartError;
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use store::MonthVersion;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

const MAGIC: &[u8; 8] = b"DIPCHARG";
/// Rises with the layout; another version is built anew.
const VERSION: u64 = 1;
const SECTIONS: usize = 15;
const HEAD: usize = 8 + 8 + 8 + SECTIONS * 16 + 8;
/// Bytes turned into numbers at a time.
const CHUNK: usize = 1 << 20;

/// A number as it stands in the file. Whole slices at a time: a call for each number is slow where little is inlined.
trait Fixed: Copy + Send {
    const SIZE: usize;
    fn put(numbers: &[Self], bytes: &mut Vec<u8>);
    fn get(bytes: &[u8], numbers: &mut Vec<Self>);
}

macro_rules! fixed {
    ($($number:ty),*) => {$(
        impl Fixed for $number {
            const SIZE: usize = size_of::<$number>();
            fn put(numbers: &[$number], bytes: &mut Vec<u8>) {
                for number in numbers {
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
            }
            fn get(bytes: &[u8], numbers: &mut Vec<$number>) {
                let (chunks, _) = bytes.as_chunks::<{ size_of::<$number>() }>();
                numbers.extend(chunks.iter().map(|chunk| <$number>::from_le_bytes(*chunk)));
            }
        }
    )*};
}
fixed!(u16, u32, u64, i64);

impl Fixed for u8 {
    const SIZE: usize = 1;
    fn put(numbers: &[u8], bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(numbers);
    }
    fn get(bytes: &[u8], numbers: &mut Vec<u8>) {
        numbers.extend_from_slice(bytes);
    }
}

/// A column that a section is read into.
trait Section: Send {
    fn read(&mut self, file: &mut File, length: u64, checksum: u64) -> Result<(), MartError>;
}

impl<T: Fixed> Section for Vec<T> {
    fn read(&mut self, file: &mut File, length: u64, checksum: u64) -> Result<(), MartError> {
        let length = usize::try_from(length).map_err(|_| MartError::Snapshot("长度不符"))?;
        if !length.is_multiple_of(T::SIZE) {
            return Err(MartError::Snapshot("长度不符"));
        }
        self.reserve_exact(length / T::SIZE);
        let mut hash = Xxh3::new();
        let mut chunk = vec![0; CHUNK.min(length)];
        let mut left = length;
        while left > 0 {
            let size = left.min(CHUNK);
            let bytes = &mut chunk[..size];
            file.read_exact(bytes).map_err(|_| MartError::Snapshot("文件被截断"))?;
            hash.update(bytes);
            T::get(bytes, self);
            left -= size;
        }
        if hash.digest() == checksum { Ok(()) } else { Err(MartError::Snapshot("校验和不符")) }
    }
}

/// Where the snapshot of a mart's charge columns stands: beside the mart.
pub fn charge_snapshot(mart: &Path) -> PathBuf {
    mart.with_extension("charges")
}

impl ChargeColumns {
    /// Writes the snapshot.
    pub fn write(&self, path: &Path) -> Result<(), MartError> {
        let failed = |error| MartError::File("无法写入费用列快照".into(), error);
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let file = File::create(&unfinished).map_err(failed)?;
        let written = self.write_to(file).and_then(|()| std::fs::rename(&unfinished, path));
        written.map_err(|error| {
            // What is left of it would only take room.
            let _ = std::fs::remove_file(&unfinished);
            failed(error)
        })
    }

    fn write_to(&self, file: File) -> std::io::Result<()> {
        let (items, departments) = (texts(&self.items), texts(&self.departments));
        let versions: Vec<i64> = self.versions.iter().flat_map(|v| [v.month, v.version]).collect();
        let mut out = SectionWriter { file: BufWriter::with_capacity(CHUNK, file), head: Vec::new() };
        out.file.write_all(&[0; HEAD])?;
        out.section(&self.stays)?;
        out.section(&self.months)?;
        out.section(&self.starts)?;
        out.section(&self.key_starts)?;
        out.section(&self.time)?;
        out.section(&self.item)?;
        out.section(&self.department)?;
        out.section(&self.quantity)?;
        out.section(&self.amount)?;
        out.section(&self.refund_of)?;
        out.section(&self.key_length)?;
        out.section(&self.key_bytes)?;
        out.section(&items)?;
        out.section(&departments)?;
        out.section(&versions)?;
        out.finish()
    }

    /// Reads a snapshot. Errors: [`MartError::Snapshot`] for one that is damaged or of another version.
    pub fn read(path: &Path) -> Result<ChargeColumns, MartError> {
        let failed = |error| MartError::File("无法读取费用列快照".into(), error);
        let mut file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut head = [0; HEAD];
        file.read_exact(&mut head).map_err(|_| MartError::Snapshot("文件被截断"))?;
        let places = read_head(&head, size)?;

        let mut columns = ChargeColumns::default();
        let (mut items, mut departments): (Vec<u8>, Vec<u8>) = Default::default();
        let mut versions: Vec<i64> = Vec::new();
        let sections: [&mut dyn Section; SECTIONS] = [
            &mut columns.stays,
            &mut columns.months,
            &mut columns.starts,
            &mut columns.key_starts,
            &mut columns.time,
            &mut columns.item,
            &mut columns.department,
            &mut columns.quantity,
            &mut columns.amount,
            &mut columns.refund_of,
            &mut columns.key_length,
            &mut columns.key_bytes,
            &mut items,
            &mut departments,
            &mut versions,
        ];
        sections.into_par_iter().zip(places).try_for_each(|(section, place)| {
            let mut file = File::open(path).map_err(failed)?;
            file.seek(SeekFrom::Start(place.start)).map_err(failed)?;
            section.read(&mut file, place.length, place.checksum)
        })?;
        columns.items = dictionary(&items)?;
        columns.departments = dictionary(&departments)?;
        columns.versions =
            versions.chunks_exact(2).map(|pair| MonthVersion { month: pair[0], version: pair[1] }).collect();
        if columns.fits_together() { Ok(columns) } else { Err(MartError::Snapshot("各列长度不一")) }
    }

    fn fits_together(&self) -> bool {
        let lines = self.time.len();
        let last = |starts: &[u64]| starts.last().map_or(0, |end| *end as usize);
        let ended =
            |starts: &[u64]| starts.len() == self.stays.len() + 1 || (starts.is_empty() && lines == 0);
        [self.item.len(), self.department.len(), self.quantity.len(), self.amount.len(), self.refund_of.len()]
            .iter()
            .chain([&self.key_length.len(), &last(&self.starts)])
            .all(|length| *length == lines)
            && last(&self.key_starts) == self.key_bytes.len()
            && ended(&self.starts)
            && ended(&self.key_starts)
            && self.months.len() == self.stays.len()
    }
}

struct SectionWriter {
    file: BufWriter<File>,
    /// Length and checksum of each section.
    head: Vec<u8>,
}

impl SectionWriter {
    fn section<T: Fixed>(&mut self, column: &[T]) -> std::io::Result<()> {
        let mut hash = Xxh3::new();
        let mut bytes = Vec::with_capacity(CHUNK);
        for part in column.chunks(CHUNK / T::SIZE) {
            bytes.clear();
            T::put(part, &mut bytes);
            hash.update(&bytes);
            self.file.write_all(&bytes)?;
        }
        u64::put(&[(column.len() * T::SIZE) as u64, hash.digest()], &mut self.head);
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        let mut head = MAGIC.to_vec();
        u64::put(&[VERSION, SECTIONS as u64], &mut head);
        head.extend_from_slice(&self.head);
        u64::put(&[xxh3_64(&head)], &mut head);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&head)?;
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }
}

/// Where a section lies.
#[derive(Clone, Copy)]
struct Place {
    start: u64,
    length: u64,
    checksum: u64,
}

fn read_head(head: &[u8], size: u64) -> Result<Vec<Place>, MartError> {
    let number =
        |at: usize| head.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |n| u64::from_le_bytes(*n));
    if head.get(..8) != Some(MAGIC) || number(8) != VERSION || number(16) != SECTIONS as u64 {
        return Err(MartError::Snapshot("版本不同"));
    }
    if xxh3_64(head.get(..HEAD - 8).unwrap_or_default()) != number(HEAD - 8) {
        return Err(MartError::Snapshot("校验和不符"));
    }
    let mut start = HEAD as u64;
    let mut places = Vec::with_capacity(SECTIONS);
    for section in 0..SECTIONS {
        let (length, checksum) = (number(24 + section * 16), number(32 + section * 16));
        places.push(Place { start, length, checksum });
        start = start.checked_add(length).ok_or(MartError::Snapshot("长度不符"))?;
    }
    if start == size { Ok(places) } else { Err(MartError::Snapshot("文件被截断")) }
}

/// Keys with their lengths before them.
fn texts(dictionary: &Dictionary) -> Vec<u8> {
    let mut bytes = Vec::new();
    for key in dictionary.keys() {
        u64::put(&[key.len() as u64], &mut bytes);
        bytes.extend_from_slice(key.as_bytes());
    }
    bytes
}

fn dictionary(bytes: &[u8]) -> Result<Dictionary, MartError> {
    let wrong = MartError::Snapshot("字典损坏");
    let (mut keys, mut rest) = (Vec::new(), bytes);
    while let Some((length, after)) = rest.split_first_chunk::<8>() {
        let length = u64::from_le_bytes(*length);
        let Some(key) = usize::try_from(length).ok().and_then(|length| after.get(..length)) else {
            return Err(wrong);
        };
        let Ok(text) = std::str::from_utf8(key) else { return Err(wrong) };
        keys.push(text.to_owned());
        rest = &after[key.len()..];
    }
    if rest.is_empty() { Ok(Dictionary::of(keys)) } else { Err(wrong) }
}
