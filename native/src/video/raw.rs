//! The one place that reaches past the safe bindings, for what they do not show: two flags of a packet, the field
//! order of a stream, a seek within one stream, and the colours of a conversion.
//!
//! Every function takes the binding's own value, so its pointer is valid and not null for as long as the borrow lasts;
//! nothing is kept and nothing is freed here.
#![allow(unsafe_code, reason = "the audited module: the bindings have no safe way to these fields")]

use std::os::raw::c_int;

use ffmpeg::codec::packet::Ref as _;
use ffmpeg::format::context::Input;
use ffmpeg::software::scaling;
use ffmpeg::util::{color, frame};
use ffmpeg::{Packet, ffi};
use ffmpeg_next as ffmpeg;

/// Whether a packet is decoded only for others' sake and not shown (an edit list leaves it out).
pub(super) fn hidden(packet: &Packet) -> bool {
    // SAFETY: `as_ptr` points at the packet itself, which the reference keeps alive; the field is a plain integer.
    let flags = unsafe { (*packet.as_ptr()).flags };
    flags & ffi::AV_PKT_FLAG_DISCARD != 0
}

/// Whether a stream's pictures are known to be whole frames and not fields.
pub(super) fn progressive(stream: &ffmpeg::Stream) -> bool {
    let parameters = stream.parameters();
    // SAFETY: the parameters live until the end of this function. The field is read as the integer that it is in C, since
    // a newer library may have values that the bindings do not know.
    let order = unsafe { std::ptr::addr_of!((*parameters.as_ptr()).field_order).cast::<c_int>().read() };
    order == ffi::AVFieldOrder::AV_FIELD_PROGRESSIVE as c_int
        || order == ffi::AVFieldOrder::AV_FIELD_UNKNOWN as c_int
}

/// Whether the container's index lists samples that lie behind `bytes`, the end of the file; and how many it lists.
pub(super) fn promises_beyond(stream: &ffmpeg::Stream, bytes: u64) -> (bool, u32) {
    // SAFETY: the stream belongs to an open context, which the reference keeps alive. Entries are looked at one by one and
    // dropped before any other call that takes the stream; a number without an entry gives null.
    unsafe {
        let stream = stream.as_ptr().cast_mut();
        let count = ffi::avformat_index_get_entries_count(stream);
        let beyond = (0..count).any(|i| {
            let entry = ffi::avformat_index_get_entry(stream, i);
            !entry.is_null() && {
                let (from, size) = ((*entry).pos, i64::from((*entry).size()));
                u64::try_from(from.saturating_add(size)).unwrap_or(u64::MAX) > bytes
            }
        });
        (beyond, u32::try_from(count).unwrap_or(0))
    }
}

/// Moves the reading place of a stream to the last key frame at or before `ts`, in the stream's own time base.
pub(super) fn seek(input: &mut Input, stream: usize, ts: i64) -> bool {
    let Ok(stream) = c_int::try_from(stream) else { return false };
    // SAFETY: the context is open and borrowed alone; FFmpeg checks the stream's number itself.
    unsafe { ffi::av_seek_frame(input.as_mut_ptr(), stream, ts, ffi::AVSEEK_FLAG_BACKWARD) >= 0 }
}

/// Tells a conversion to RGB which colours and which range its input is in. What the input does not state is taken as
/// ITU-R 601 in limited range, which is what FFmpeg's own programs take.
pub(super) fn set_colours(context: &mut scaling::Context, picture: &frame::Video) {
    let space = match picture.color_space() {
        color::Space::BT709 => ffi::SWS_CS_ITU709,
        color::Space::FCC => ffi::SWS_CS_FCC,
        color::Space::SMPTE240M => ffi::SWS_CS_SMPTE240M,
        color::Space::BT2020NCL | color::Space::BT2020CL => ffi::SWS_CS_BT2020,
        _ => ffi::SWS_CS_DEFAULT,
    };
    let full = picture.color_range() == color::Range::JPEG;
    // SAFETY: the context is borrowed alone; the table is FFmpeg's own constant for a number that it knows. A format
    // without such details makes the call answer -1 and change nothing.
    unsafe {
        let table = ffi::sws_getCoefficients(space as c_int);
        let one = 1 << 16;
        ffi::sws_setColorspaceDetails(context.as_mut_ptr(), table, c_int::from(full), table, 1, 0, one, one);
    }
}
