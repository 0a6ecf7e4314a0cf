// Planes of Y, U and V become RGB; twin of core/src/yuv.rs.
//
// A thread makes four pixels of a row. Planes lie one after the other, every row beginning with a word of its own; a pixel
// takes the nearest sample of chroma.

// By how many bits places across and down are shifted to find their chroma, and whether U and V lie in one plane by turns.
override ACROSS: u32 = 1u;
override DOWN: u32 = 1u;
override PAIRED: bool = false;

struct Params {
    // Pixels.
    width: u32,
    height: u32,
    // Words of a row of RGB.
    stride: u32,
    // Words of all planes of a picture.
    src_picture: u32,
    // Words of a row of Y.
    src_stride: u32,
    // Words of a row of chroma.
    chroma_stride: u32,
    // Words before the planes of U and of V.
    u_start: u32,
    v_start: u32,
    // What core's Weights are.
    luma: u32,
    red_v: u32,
    green_u: u32,
    green_v: u32,
    blue_u: u32,
    red: u32,
    green: u32,
    blue: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> src: array<u32>;
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;

fn bytes(word: u32) -> vec4<u32> {
    return vec4<u32>(word, word >> 8u, word >> 16u, word >> 24u) & vec4<u32>(255u);
}

// The chroma of four pixels in a row of a plane for one of them.
fn chroma(row: u32, unit: u32) -> vec4<u32> {
    if (ACROSS == 0u) {
        return bytes(src[row + unit]);
    }
    return bytes(src[row + (unit >> 1u)] >> ((unit & 1u) * 16u)).xxyy;
}

// A byte of a sum less another, which ends at 0.
fn byte(sum: vec4<u32>, less: vec4<u32>) -> vec4<u32> {
    return min((max(sum, less) - less) >> vec4<u32>(16u), vec4<u32>(255u));
}

// Channels must be bytes.
fn store(at: u32, r: vec4<u32>, g: vec4<u32>, b: vec4<u32>) {
    dst[at] = r.x | (g.x << 8u) | (b.x << 16u) | (r.y << 24u);
    dst[at + 1u] = g.y | (b.y << 8u) | (r.z << 16u) | (g.z << 24u);
    dst[at + 2u] = b.z | (r.w << 8u) | (g.w << 16u) | (b.w << 24u);
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x * 3u >= params.stride || id.y >= params.height) {
        return;
    }
    let start = id.z * params.src_picture;
    let row = start + (id.y >> DOWN) * params.chroma_stride;
    var u: vec4<u32>;
    var v: vec4<u32>;
    if (PAIRED) {
        let pairs = bytes(src[row + params.u_start + id.x]);
        u = pairs.xxzz;
        v = pairs.yyww;
    } else {
        u = chroma(row + params.u_start, id.x);
        v = chroma(row + params.v_start, id.x);
    }
    let light = params.luma * bytes(src[start + id.y * params.src_stride + id.x]);
    let r = byte(light + params.red_v * v, vec4<u32>(params.red));
    let g = byte(light + vec4<u32>(params.green), params.green_u * u + params.green_v * v);
    let b = byte(light + params.blue_u * u, vec4<u32>(params.blue));
    store((id.z * params.height + id.y) * params.stride + id.x * 3u, r, g, b);
}
