//! What kernels are told, field by field, on the Rust side.
//!
//! `build.rs` compares every structure with what naga finds in the kernel of its name. Nothing of the crate is used
//! here, since the build has this file too.

/// Threads of a workgroup along each axis, in every kernel.
pub(crate) const GROUP: [u32; 3] = [16, 8, 1];

/// A structure as it lies in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// The kernel's file, without its ending.
    pub(crate) kernel: &'static str,
    /// Bytes.
    pub(crate) size: usize,
    /// Name, type and offset of each field.
    pub(crate) fields: &'static [(&'static str, &'static str, usize)],
    /// The kernel's `override` constants, in order.
    pub(crate) constants: &'static [&'static str],
}

macro_rules! params {
    ($($kernel:ident: $name:ident $([$($constant:ident)*])? { $($field:ident: $type:ident),* })*) => {
        $(
            /// What the kernel of this name is told; each field is described there.
            #[repr(C)]
            #[derive(Debug, Clone, Copy)]
            pub(crate) struct $name {
                $(pub(crate) $field: $type),*
            }

            impl $name {
                $($(
                    /// The name of an `override` constant.
                    pub(crate) const $constant: &'static str = stringify!($constant);
                )*)?

                const LAYOUT: Layout = Layout {
                    kernel: stringify!($kernel),
                    size: size_of::<Self>(),
                    fields: &[$((stringify!($field), stringify!($type), std::mem::offset_of!(Self, $field))),*],
                    constants: &[$($(Self::$constant),*)?],
                };

                /// The fields as they are uploaded.
                pub(crate) fn bytes(&self) -> Vec<u8> {
                    [$(self.$field.to_le_bytes()),*].concat()
                }
            }
        )*

        /// Every kernel's.
        pub(crate) const LAYOUTS: &[Layout] = &[$($name::LAYOUT),*];
    };
}

params! {
    blur_across: BlurAcross [RUN] { width: u32, height: u32, stride: u32, radius: u32, inner: u32, outer: u32 }
    blur_down: BlurDown [RUN] { width: u32, height: u32, stride: u32, radius: u32, inner: u32, outer: u32 }
    channel_swap: ChannelSwap { width: u32, height: u32, stride: u32 }
    grayscale: Grayscale { width: u32, height: u32, stride: u32 }
    invert: Invert { width: u32, height: u32, stride: u32 }
    noise: Noise { width: u32, height: u32, stride: u32 }
    patchify: Patchify [PATCH MERGE SPAN] { width: u32, height: u32, stride: u32, frames: u32 }
    quarter_turn: QuarterTurn [BACK] { width: u32, height: u32, stride: u32, src_stride: u32 }
    resample_across: ResampleAcross { width: u32, height: u32, stride: u32, src_stride: u32, src_height: u32 }
    resample_down: ResampleDown { width: u32, height: u32, stride: u32, src_stride: u32, src_height: u32 }
    reverse: Reverse [HALF_TURN] { width: u32, height: u32, stride: u32 }
    saturation: Saturation { width: u32, height: u32, stride: u32, factor: i32 }
    shapes: Shapes { width: u32, height: u32, stride: u32 }
    yuv: Yuv [ACROSS DOWN PAIRED] {
        width: u32, height: u32, stride: u32, src_picture: u32, src_stride: u32, chroma_stride: u32, u_start: u32,
        v_start: u32, luma: u32, red_v: u32, green_u: u32, green_v: u32, blue_u: u32, red: u32, green: u32, blue: u32
    }
}
