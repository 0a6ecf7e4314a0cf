//! How a film is coded, in the words of the WebCodecs registry, from what containers say of it.

use super::bytes::Bytes;
use super::colour::Colours;
use super::{ContainerError, damaged};

/// A codec as a decoder is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codec {
    /// The codec string of the WebCodecs registry: `avc1.64001f`, `vp09.00.31.08`, ….
    pub name: String,
    /// What a decoder must be told before the first sample (`avcC`, `hvcC`).
    pub description: Option<Vec<u8>>,
    /// What the film says of its colours; nothing where only its decoder knows.
    pub colours: Option<Colours>,
}

impl Codec {
    /// H.264 by its configuration record (ISO/IEC 14496-15 §5.3.3).
    pub(super) fn avc(record: &[u8]) -> Result<Self, ContainerError> {
        match record {
            [1, profile, flags, level, _, _, ..] => Ok(Self {
                name: format!("avc1.{profile:02x}{flags:02x}{level:02x}"),
                description: Some(record.to_vec()),
                colours: Colours::avc(record),
            }),
            _ => Err(damaged("its H.264 settings are unreadable")),
        }
    }

    /// H.265 by its configuration record (ISO/IEC 14496-15 §8.3.3, and annex E for the name).
    pub(super) fn hevc(record: &[u8], entry: &str) -> Result<Self, ContainerError> {
        let read = || {
            let mut bytes = Bytes(record);
            bytes.take(1)?;
            let first = bytes.u8()?;
            Some((first, bytes.u32()?, bytes.take(6)?, bytes.u8()?))
        };
        let (first, compatible, constraints, level) =
            read().ok_or_else(|| damaged("its H.265 settings are unreadable"))?;
        let space = ["", "A", "B", "C"][usize::from(first >> 6)];
        let tier = if first & 0x20 == 0 { 'L' } else { 'H' };
        let compatible = compatible.reverse_bits();
        let mut name = format!("{entry}.{space}{}.{compatible:X}.{tier}{level}", first & 0x1f);
        let kept = constraints.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        for byte in &constraints[..kept] {
            name.push_str(&format!(".{byte:X}"));
        }
        Ok(Self { name, description: Some(record.to_vec()), colours: None })
    }

    /// AV1 by its configuration record; samples say the rest.
    pub(super) fn av1(record: &[u8]) -> Result<Self, ContainerError> {
        let &[_, first, second, ..] = record else {
            return Err(damaged("its AV1 settings are unreadable"));
        };
        let (profile, level) = (first >> 5, first & 0x1f);
        let tier = if second & 0x80 == 0 { 'M' } else { 'H' };
        let depth = match (second & 0x40 != 0, second & 0x20 != 0) {
            (true, true) if profile == 2 => 12,
            (true, _) => 10,
            _ => 8,
        };
        let name = format!("av01.{profile}.{level:02}{tier}.{depth:02}");
        Ok(Self { name, description: None, colours: Colours::av1(record) })
    }

    /// VP8 knows no variants.
    pub(super) fn vp8() -> Self {
        Self { name: "vp8".to_owned(), description: None, colours: Some(Colours { matrix: 6, full: false }) }
    }

    /// VP9 of a profile, level (times ten) and depth.
    fn vp9(profile: u8, level: u8, depth: u8, colours: Option<Colours>) -> Self {
        Self { name: format!("vp09.{profile:02}.{level:02}.{depth:02}"), description: None, colours }
    }

    /// VP9 by a `vpcC` box, version and flags included.
    pub(super) fn vp9_box(record: &[u8]) -> Result<Self, ContainerError> {
        match record {
            [_, _, _, _, profile, level, depth, rest @ ..] => {
                let colours = rest.get(2).map(|matrix| Colours { matrix: *matrix, full: depth & 1 == 1 });
                Ok(Self::vp9(*profile, *level, depth >> 4, colours))
            }
            _ => Err(damaged("its VP9 settings are unreadable")),
        }
    }

    /// VP9 by the head of its first key frame, for containers that say nothing; the level is the least for the size.
    pub(super) fn vp9_frame(head: &[u8], (width, height): (u32, u32)) -> Option<Self> {
        let word = Bytes(head).u64()?;
        let mut used = 0;
        let mut bits = |count: u32| {
            used += count;
            (word >> (64 - used)) & ((1 << count) - 1)
        };
        let (marker, low, high) = (bits(2), bits(1), bits(1));
        let profile = low | high << 1;
        if profile == 3 {
            bits(1);
        }
        // Repeats a frame (no), kind (key: 0), shown, error resilient, then the sync code.
        let (repeats, kind, _, sync) = (bits(1), bits(1), bits(2), bits(24));
        if marker != 2 || repeats != 0 || kind != 0 || sync != 0x49_83_42 {
            return None;
        }
        let depth = if profile < 2 { 8 } else { 10 + 2 * bits(1) };
        let space = bits(3);
        let colours = Colours::vp9(space, space != 7 && bits(1) == 1);
        const LEVELS: [(u64, u8); 9] = [
            (36_864, 10),
            (73_728, 11),
            (122_880, 20),
            (245_760, 21),
            (552_960, 30),
            (983_040, 31),
            (2_228_224, 41),
            (8_912_896, 51),
            (u64::MAX, 61),
        ];
        let pixels = u64::from(width) * u64::from(height);
        let level = LEVELS.iter().find(|(most, _)| pixels <= *most).map_or(61, |(_, level)| *level);
        Some(Self::vp9(profile as u8, level, depth as u8, Some(colours)))
    }

    /// Whether there may be packets that make no frame of their own.
    pub(super) fn has_hidden(&self) -> bool {
        self.name == "vp8" || self.name.starts_with("vp09")
    }

    /// Whether a packet makes a frame that is shown, by its first and last byte.
    pub(super) fn shows(&self, first: u8, last: u8) -> bool {
        if self.name == "vp8" {
            return first & 0x10 != 0;
        }
        // A superframe, which ends in an index, holds hidden frames together with a shown one.
        if !self.has_hidden() || last & 0xe0 == 0xc0 {
            return true;
        }
        // Bits from the top: marker (2), profile (2, and one more for profile 3), repeats a frame, kind, shown.
        let shift = u32::from(first & 0x30 == 0x30);
        let bit = |n: u32| first.checked_shr(7 - n - shift).is_some_and(|b| b & 1 == 1);
        bit(4) || bit(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_registry() {
        let avc = Codec::avc(&[1, 0x64, 0, 0x1f, 0xff, 0xe1, 0]).expect("avcC");
        assert_eq!(avc.name, "avc1.64001f");
        // ISO/IEC 14496-15's example: main profile, main tier, level 3.1, progressive.
        let hevc = [1, 0x01, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93];
        assert_eq!(Codec::hevc(&hevc, "hvc1").expect("hvcC").name, "hvc1.1.6.L93.B0");
        assert_eq!(Codec::av1(&[0x81, 0x08, 0x4c, 0]).expect("av1C").name, "av01.0.08M.10");
        assert_eq!(Codec::vp9_box(&[1, 0, 0, 0, 2, 31, 0xa0, 0]).expect("vpcC").name, "vp09.02.31.10");
        for short in [&[][..], &[1], &[1, 2, 3]] {
            assert!(Codec::avc(short).is_err());
            assert!(Codec::hevc(short, "hev1").is_err());
            assert!(Codec::vp9_box(short).is_err());
        }
        assert!(Codec::av1(&[0x81]).is_err());
    }

    #[test]
    fn a_vp9_key_frame_says_its_profile() {
        let of = |head: &[u8]| Codec::vp9_frame(head, (640, 360)).map(|c| c.name);
        assert_eq!(of(&[0x82, 0x49, 0x83, 0x42, 0, 0, 0, 0]).as_deref(), Some("vp09.00.21.08"));
        // Profile 2, twelve bits: marker 10, low 0, high 1, no repeat, key, shown, then sync and the bit for depth.
        assert_eq!(of(&[0x92, 0x49, 0x83, 0x42, 0x80, 0, 0, 0]).as_deref(), Some("vp09.02.21.12"));
        assert_eq!(of(&[0x86, 0x49, 0x83, 0x42, 0, 0, 0, 0]), None);
        assert_eq!(of(&[0x82, 0x49]), None);
    }
}
