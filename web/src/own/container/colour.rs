//! What a film itself says of its colours. Browsers fill in what it leaves open, some by BT.709, and do not tell; FFmpeg,
//! and with it the native reader, takes ITU-R 601 in limited range then.

use super::bytes::Bytes;

/// How Y, U and V were made, by the numbers of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colours {
    /// Matrix coefficients; 2 where nothing is said.
    pub matrix: u8,
    /// Black is 0 and white 255.
    pub full: bool,
}

impl Colours {
    /// Nothing is said.
    pub(super) const OPEN: Self = Self { matrix: 2, full: false };

    /// By an H.264 configuration record, from the first sequence parameter set in it (ITU-T H.264 §7.3.2.1, E.1.1).
    pub(super) fn avc(record: &[u8]) -> Option<Self> {
        let mut record = Bytes(record.get(5..)?);
        if record.u8()? & 31 == 0 {
            return None;
        }
        let length = usize::from(record.u16()?);
        // The first byte says what kind of unit it is.
        let mut bits = Bits::new(record.take(length)?.get(1..)?);
        let profile = bits.fixed(8)?;
        bits.fixed(16)?;
        bits.count()?;
        if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135].contains(&profile) {
            let chroma = bits.count()?;
            if chroma == 3 {
                bits.fixed(1)?;
            }
            bits.count()?;
            bits.count()?;
            bits.fixed(1)?;
            if bits.flag()? {
                for list in 0..if chroma == 3 { 12 } else { 8 } {
                    bits.scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        bits.count()?;
        match bits.count()? {
            0 => drop(bits.count()?),
            1 => {
                bits.fixed(1)?;
                bits.count()?;
                bits.count()?;
                for _ in 0..bits.count()?.min(255) {
                    bits.count()?;
                }
            }
            _ => {}
        }
        bits.count()?;
        bits.fixed(1)?;
        bits.count()?;
        bits.count()?;
        if !bits.flag()? {
            bits.fixed(1)?;
        }
        bits.fixed(1)?;
        if bits.flag()? {
            bits.count()?;
            bits.count()?;
            bits.count()?;
            bits.count()?;
        }
        if !bits.flag()? {
            return Some(Self::OPEN);
        }
        // Aspect, whole or by number, then overscan.
        if bits.flag()? && bits.fixed(8)? == 255 {
            bits.fixed(32)?;
        }
        if bits.flag()? {
            bits.fixed(1)?;
        }
        if !bits.flag()? {
            return Some(Self::OPEN);
        }
        bits.fixed(3)?;
        let full = bits.flag()?;
        let matrix = if bits.flag()? { (bits.fixed(16)?, bits.fixed(8)?).1 as u8 } else { 2 };
        Some(Self { matrix, full })
    }

    /// By an AV1 configuration record, from the sequence header in it (AV1 §5.5).
    pub(super) fn av1(record: &[u8]) -> Option<Self> {
        let mut bits = Bits { bytes: sequence_header(record.get(4..)?)?.to_vec(), at: 0 };
        let profile = bits.fixed(3)?;
        bits.fixed(1)?;
        let reduced = bits.flag()?;
        if reduced {
            bits.fixed(5)?;
        } else {
            bits.operating_points()?;
        }
        let (across, down) = (bits.fixed(4)? as u32 + 1, bits.fixed(4)? as u32 + 1);
        bits.fixed(across)?;
        bits.fixed(down)?;
        if !reduced && bits.flag()? {
            bits.fixed(7)?;
        }
        bits.fixed(3)?;
        if !reduced {
            bits.fixed(4)?;
            let ordered = bits.flag()?;
            if ordered {
                bits.fixed(2)?;
            }
            // Tools for screen contents are chosen by each frame, or by the next bit; so are whole motion vectors.
            if (bits.flag()? || bits.flag()?) && !bits.flag()? {
                bits.fixed(1)?;
            }
            if ordered {
                bits.fixed(3)?;
            }
        }
        bits.fixed(3)?;
        if bits.flag()? && profile == 2 {
            bits.fixed(1)?;
        }
        if profile != 1 {
            bits.fixed(1)?;
        }
        let stated = if bits.flag()? { [bits.fixed(8)?, bits.fixed(8)?, bits.fixed(8)?] } else { [2; 3] };
        let full = stated == [1, 13, 0] || bits.flag()?;
        Some(Self { matrix: stated[2] as u8, full })
    }

    /// By the number that VP9 has for a colour space.
    pub(super) fn vp9(space: u64, full: bool) -> Self {
        let matrix = match space {
            1 => 5,
            2 => 1,
            3 => 6,
            4 => 7,
            5 => 9,
            7 => 0,
            _ => 2,
        };
        Self { matrix, full }
    }
}

/// The sequence header among a record's units.
fn sequence_header(mut units: &[u8]) -> Option<&[u8]> {
    loop {
        let head = *units.first()?;
        let mut at = if head & 4 == 0 { 1 } else { 2 };
        let mut size = units.len().checked_sub(at)? as u64;
        if head & 2 != 0 {
            size = 0;
            // Seven bits a byte, the lowest first.
            for shift in 0..8 {
                let byte = *units.get(at)?;
                at += 1;
                size |= u64::from(byte & 0x7f) << (7 * shift);
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let (unit, rest) = units.get(at..)?.split_at_checked(usize::try_from(size).ok()?)?;
        if head >> 3 & 15 == 1 {
            return Some(unit);
        }
        units = rest;
    }
}

/// Bits from the top, without the bytes that keep start codes out.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(unit: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(unit.len());
        let mut zeros = 0;
        for &byte in unit {
            if byte == 3 && zeros >= 2 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }

    fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    fn fixed(&mut self, count: u32) -> Option<u64> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u64::from(self.flag()?)))
    }

    /// A number of variable length (Exp-Golomb).
    fn count(&mut self) -> Option<u64> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 32 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.fixed(zeros)?)
    }

    /// AV1's timing and operating points, which are passed over.
    fn operating_points(&mut self) -> Option<()> {
        let mut delay = None;
        if self.flag()? {
            self.fixed(64)?;
            if self.flag()? {
                self.count()?;
            }
            if self.flag()? {
                delay = Some(self.fixed(5)? as u32 + 1);
                self.fixed(32)?;
                self.fixed(10)?;
            }
        }
        let shows_late = self.flag()?;
        for _ in 0..=self.fixed(5)? {
            self.fixed(12)?;
            if self.fixed(5)? > 7 {
                self.fixed(1)?;
            }
            if let Some(bits) = delay
                && self.flag()?
            {
                self.fixed(bits)?;
                self.fixed(bits)?;
                self.fixed(1)?;
            }
            if shows_late && self.flag()? {
                self.fixed(4)?;
            }
        }
        Some(())
    }

    fn scaling_list(&mut self, length: usize) -> Option<()> {
        if !self.flag()? {
            return Some(());
        }
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..length {
            if next != 0 {
                let code = self.count()? as i64;
                let delta = if code % 2 == 0 { -(code / 2) } else { code / 2 + 1 };
                next = (last + delta).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
        Some(())
    }
}
