// The second pass of resizing, across the rows, onto part of a black picture; twin of core/src/resample.rs.
//
// A thread makes four pixels of a row, which are three words; every row begins with a word of its own.

struct Params {
    // Of the pictures made.
    width: u32,
    height: u32,
    stride: u32,
    // Of the pictures read, the largest: words of a row and rows.
    src_stride: u32,
    src_height: u32,
}

// What is done to a picture.
struct Fit {
    // Where its first rows and weights begin in the table, and how many weights a row has.
    at: u32,
    count: u32,
    // The part that is not black.
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> src: array<u32>;
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;
// For each picture its Fit; then, for each of those, the first row read for each row made and the weights of each.
@group(0) @binding(3) var<storage, read> table: array<i32>;

fn fit(picture: u32) -> Fit {
    let at = picture * 6u;
    return Fit(
        u32(table[at]), u32(table[at + 1u]), u32(table[at + 2u]), u32(table[at + 3u]), u32(table[at + 4u]), u32(table[at + 5u])
    );
}

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

// A sum of value times weight in 1/2^22 as a byte.
fn rounded(sum: vec3<i32>) -> vec3<u32> {
    return vec3<u32>(clamp(sum >> vec3<u32>(22u), vec3<i32>(0), vec3<i32>(255)));
}

fn column(row: u32, x: u32, weights: u32, count: u32) -> u32 {
    var sum = vec3<i32>(1 << 21u);
    for (var k = 0u; k < count; k++) {
        let bits = pixel(row + k * params.src_stride, x);
        let v = vec3<i32>(vec3<u32>(bits, bits >> 8u, bits >> 16u) & vec3<u32>(255u));
        sum += v * table[weights + k];
    }
    let made = rounded(sum);
    return made.x | (made.y << 8u) | (made.z << 16u);
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x * 3u >= params.stride || id.y >= params.height) {
        return;
    }
    let at = (id.z * params.height + id.y) * params.stride + id.x * 3u;
    let fit = fit(id.z);
    var p = vec4<u32>(0u);
    if (id.y >= fit.top && id.y - fit.top < fit.height) {
        let y = id.y - fit.top;
        let row = (id.z * params.src_height + u32(table[fit.at + y])) * params.src_stride;
        let weights = fit.at + fit.height + y * fit.count;
        for (var i = 0u; i < 4u; i++) {
            let x = id.x * 4u + i;
            if (x >= fit.left && x - fit.left < fit.width) {
                p[i] = column(row, x - fit.left, weights, fit.count);
            }
        }
    }
    store(at, p);
}
