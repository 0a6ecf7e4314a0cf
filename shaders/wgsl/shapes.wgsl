// Shapes painted over pictures, the later over the earlier; twin of core/src/perturb/shape.rs.
//
// A thread makes four pixels of a row, which are three words; every row begins with a word of its own.
//
// Which pixels of each row a shape covers comes from core: sines in double precision are not for shaders.

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
// For each frame where its shapes begin and end; a shape is its top row, number of rows, where its runs begin, and its
// colour; a run is its first and its last pixel.
@group(0) @binding(3) var<storage, read> table: array<i32>;

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
    let row = at - id.x * 3u;
    let y = i32(id.y);
    var p = vec4<u32>(0u);
    for (var i = 0u; i < 4u; i++) {
        p[i] = pixel(row, id.x * 4u + i);
    }
    let left = vec4<i32>(i32(id.x * 4u)) + vec4<i32>(0, 1, 2, 3);
    let end = u32(table[id.z * 2u + 1u]);
    for (var shape = u32(table[id.z * 2u]); shape < end; shape += 4u) {
        let line = y - table[shape];
        if (line >= 0 && line < table[shape + 1u]) {
            let run = u32(table[shape + 2u] + line * 2);
            let covered = (left >= vec4<i32>(table[run])) & (left <= vec4<i32>(table[run + 1u]));
            p = select(p, vec4<u32>(u32(table[shape + 3u])), covered);
        }
    }
    store(at, p);
}
