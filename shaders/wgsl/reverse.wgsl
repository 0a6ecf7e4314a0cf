// Left and right change places, or all pixels from the last to the first; twin of core/src/perturb/geometry.rs.
//
// A thread makes four pixels of a row, which are three words; every row begins with a word of its own.

// Whether rows change places too, which is half a turn.
override HALF_TURN: bool = false;

struct Params {
    // Pixels.
    width: u32,
    height: u32,
    // Words of a row.
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> src: array<u32>;
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;

// The pixel at `x` of the row that begins at word `row`: red in the lowest byte, nothing in the highest.
fn pixel(row: u32, x: u32) -> u32 {
    let first = x * 3u;
    let at = row + (first >> 2u);
    let shift = (first & 3u) * 8u;
    var bits = src[at] >> shift;
    if (shift > 8u) {
        bits |= src[at + 1u] << (32u - shift);
    }
    return bits & 0xffffffu;
}

fn store(at: u32, p: vec4<u32>) {
    dst[at] = p.x | (p.y << 24u);
    dst[at + 1u] = (p.y >> 8u) | (p.z << 16u);
    dst[at + 2u] = (p.z >> 16u) | (p.w << 8u);
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x * 3u >= params.stride || id.y >= params.height) {
        return;
    }
    let at = (id.z * params.height + id.y) * params.stride + id.x * 3u;
    let y = select(id.y, params.height - 1u - id.y, HALF_TURN);
    let row = (id.z * params.height + y) * params.stride;
    var p = vec4<u32>(0u);
    for (var i = 0u; i < 4u; i++) {
        let x = min(id.x * 4u + i, params.width - 1u);
        p[i] = pixel(row, params.width - 1u - x);
    }
    store(at, p);
}
