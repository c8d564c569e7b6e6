//! Texts on their way into the copy wait on disk, so that an update stays small in memory.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A piece of the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Piece {
    at: u64,
    size: u32,
}

/// A file without a name, gone when it is closed.
pub struct Spool {
    out: BufWriter<File>,
    end: u64,
    at_end: bool,
}

impl Spool {
    /// An empty one, beside the copy: there must be room there in any case.
    pub fn new(dir: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(tempfile::tempfile_in(dir)?), end: 0, at_end: true })
    }

    /// Keeps `bytes`.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<Piece> {
        if !self.at_end {
            self.out.seek(SeekFrom::Start(self.end))?;
            self.at_end = true;
        }
        self.out.write_all(bytes)?;
        let piece = Piece { at: self.end, size: u32::try_from(bytes.len()).map_err(io::Error::other)? };
        self.end += bytes.len() as u64;
        Ok(piece)
    }

    /// Gives back a piece.
    pub fn read(&mut self, piece: Piece) -> io::Result<Vec<u8>> {
        // Writes what waits, too.
        self.out.seek(SeekFrom::Start(piece.at))?;
        self.at_end = false;
        let mut bytes = vec![0; piece.size as usize];
        self.out.get_mut().read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
