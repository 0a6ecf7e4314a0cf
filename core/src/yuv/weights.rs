//! What the samples of a pixel weigh in red, green and blue.

/// Which equations made Y, U and V from red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601, of standard definition.
    Bt601,
    /// ITU-R BT.709, of high definition.
    Bt709,
    /// ITU-R BT.2020 with non-constant luminance.
    Bt2020,
}

impl Matrix {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bt601, Self::Bt709, Self::Bt2020];

    /// By the name that WebCodecs' `VideoColorSpace` has for it; nothing for `rgb` and what is unknown.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "bt470bg" | "smpte170m" => Some(Self::Bt601),
            "bt709" => Some(Self::Bt709),
            "bt2020-ncl" => Some(Self::Bt2020),
            _ => None,
        }
    }

    /// The shares of red and blue in luma, in ten-thousandths.
    #[must_use]
    pub fn shares(self) -> (u32, u32) {
        match self {
            Self::Bt601 => (2990, 1140),
            Self::Bt709 => (2126, 722),
            Self::Bt2020 => (2627, 593),
        }
    }
}

/// Which bytes mean black, white and no colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// Black is 0 and white 255.
    Full,
    /// Black is 16 and white 235; chroma goes from 16 to 240.
    Limited,
}

/// The equations of a matrix and a range, times 65536, without negative numbers: what is subtracted is never let
/// below zero, so that unsigned arithmetic of 32 bits is enough.
///
/// With `-` ending at 0, and everything shifted down by 16 bits and ended at 255:
/// red is `luma · Y + red_v · V - red`, green `luma · Y + green - (green_u · U + green_v · V)`, blue
/// `luma · Y + blue_u · U - blue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// Of Y, everywhere.
    pub luma: u32,
    /// Of V in red.
    pub red_v: u32,
    /// Of U in green, subtracted.
    pub green_u: u32,
    /// Of V in green, subtracted.
    pub green_v: u32,
    /// Of U in blue.
    pub blue_u: u32,
    /// Black, no colour and the half that rounds, in red; subtracted.
    pub red: u32,
    /// The same in green; added.
    pub green: u32,
    /// The same in blue; subtracted.
    pub blue: u32,
}

impl Weights {
    /// Those of a matrix and a range, each the nearest to the real number.
    #[must_use]
    pub fn new(matrix: Matrix, range: Range) -> Self {
        let (red, blue) = matrix.shares();
        let (red, blue) = (u64::from(red), u64::from(blue));
        let green = 10_000 - red - blue;
        let (black, light, colour) = match range {
            Range::Full => (0, 255, 255),
            Range::Limited => (16, 219, 224),
        };
        // 65536 · 255 · over / (under · reach), to the nearest; below 2^19 for all of them.
        let weight = |over: u64, under: u64, reach: u64| -> u32 {
            let under = under * reach;
            ((65_536 * 255 * over + under / 2) / under) as u32
        };
        let luma = weight(1, 1, light);
        let red_v = weight(2 * (10_000 - red), 10_000, colour);
        let green_u = weight(2 * (10_000 - blue) * blue, 10_000 * green, colour);
        let green_v = weight(2 * (10_000 - red) * red, 10_000 * green, colour);
        let blue_u = weight(2 * (10_000 - blue), 10_000, colour);
        let half = 1 << 15;
        Self {
            luma,
            red_v,
            green_u,
            green_v,
            blue_u,
            red: 128 * red_v + black * luma - half,
            green: 128 * (green_u + green_v) + half - black * luma,
            blue: 128 * blue_u + black * luma - half,
        }
    }

    /// Red, green and blue of Y, U and V.
    #[inline(always)]
    #[must_use]
    pub fn rgb(&self, yuv: [u8; 3]) -> [u8; 3] {
        let [y, u, v] = yuv.map(u32::from);
        // No sum comes near 2^32; that they wrap keeps loops over this free of branches.
        let times = |weight: u32, sample: u32| weight.wrapping_mul(sample);
        let light = times(self.luma, y);
        let sums = [
            light.wrapping_add(times(self.red_v, v)).saturating_sub(self.red),
            light
                .wrapping_add(self.green)
                .saturating_sub(times(self.green_u, u).wrapping_add(times(self.green_v, v))),
            light.wrapping_add(times(self.blue_u, u)).saturating_sub(self.blue),
        ];
        sums.map(|sum| (sum >> 16).min(255) as u8)
    }
}
