// One box blur along the rows; twin of core/src/perturb/blur.rs.
//
// A thread makes a run of pixels of a row and moves the sum of the places within the box on by one pixel each time.
// Sums are whole numbers, so it does not matter where a run begins.

// Pixels of a run; a multiple of 4.
override RUN: u32 = 32u;

struct Params {
    // Pixels.
    width: u32,
    height: u32,
    // Words of a row.
    stride: u32,
    // Places to either side that weigh the same.
    radius: u32,
    // Weights in 1/2^24: of those places, and of one more at each end.
    inner: u32,
    outer: u32,
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

// The channels of the pixel at `x`, beyond the picture's ends of its first or last.
fn held(row: u32, x: i32) -> vec3<u32> {
    let bits = pixel(row, u32(clamp(x, 0, i32(params.width) - 1)));
    return vec3<u32>(bits, bits >> 8u, bits >> 16u) & vec3<u32>(255u);
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let start = id.x * RUN;
    if (start >= params.width || id.y >= params.height) {
        return;
    }
    let row = (id.z * params.height + id.y) * params.stride;
    let radius = i32(params.radius);
    var x = i32(start);
    var sum = vec3<u32>(0u);
    for (var i = -radius; i <= radius; i++) {
        sum += held(row, x + i);
    }
    var before = held(row, x - radius - 1);
    let end = min(start + RUN, params.width);
    for (var unit = start; unit < end; unit += 4u) {
        var p = vec4<u32>(0u);
        for (var i = 0u; i < 4u; i++) {
            let first = held(row, x - radius);
            let after = held(row, x + radius + 1);
            let bulk = sum * params.inner + (before + after) * params.outer + vec3<u32>(1u << 23u);
            let made = bulk >> vec3<u32>(24u);
            p[i] = made.x | (made.y << 8u) | (made.z << 16u);
            sum += after - first;
            before = first;
            x++;
        }
        store(row + unit / 4u * 3u, p);
    }
}
