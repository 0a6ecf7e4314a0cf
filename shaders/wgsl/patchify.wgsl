// Pictures as rows of patches of normalised values, in the order of model/src/pixels.rs.
//
// A thread makes one value: its byte's entry in a table, copied bit by bit, so that no device's arithmetic shows.

// Pixels along a patch's side, patches along a group's side, and frames of a patch.
override PATCH: u32 = 16u;
override MERGE: u32 = 2u;
override SPAN: u32 = 2u;

struct Params {
    // Pixels.
    width: u32,
    height: u32,
    // Words of a row.
    stride: u32,
    // Number of frames; the last stands for those that are missing.
    frames: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> src: array<u32>;
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;
// The values of all bytes for each channel.
@group(0) @binding(3) var<storage, read> table: array<u32>;

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let values = 3u * SPAN * PATCH * PATCH;
    let across = params.width / (PATCH * MERGE);
    let patches = (params.width / PATCH) * (params.height / PATCH);
    if (id.x >= values || id.y >= patches) {
        return;
    }
    // Patches go group by group.
    let group = id.y / (MERGE * MERGE);
    let inner = id.y % (MERGE * MERGE);
    let top = (group / across * MERGE + inner / MERGE) * PATCH;
    let left = (group % across * MERGE + inner % MERGE) * PATCH;
    // Values go by channel, frame, row and column.
    let channel = id.x / (SPAN * PATCH * PATCH);
    let frame = min(id.z * SPAN + id.x / (PATCH * PATCH) % SPAN, params.frames - 1u);
    let y = top + id.x / PATCH % PATCH;
    let x = left + id.x % PATCH;
    let byte = x * 3u + channel;
    let word = src[(frame * params.height + y) * params.stride + (byte >> 2u)];
    let v = (word >> ((byte & 3u) * 8u)) & 255u;
    dst[(id.z * patches + id.y) * values + id.x] = table[channel * 256u + v];
}
