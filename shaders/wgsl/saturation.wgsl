// Each channel's distance from the luma, times a factor; twin of core/src/perturb/colour.rs.
//
// A thread makes four pixels of a row, which are three words; every row begins with a word of its own.

struct Params {
    // Pixels.
    width: u32,
    height: u32,
    // Words of a row.
    stride: u32,
    // In 1/2^19, at most 10 * 2^19.
    factor: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> src: array<u32>;
@group(0) @binding(2) var<storage, read_write> dst: array<u32>;

// Four pixels by channel.
struct Four {
    r: vec4<u32>,
    g: vec4<u32>,
    b: vec4<u32>,
}

fn four(at: u32) -> Four {
    let a = src[at];
    let b = src[at + 1u];
    let c = src[at + 2u];
    let byte = vec4<u32>(255u);
    return Four(
        vec4<u32>(a, a >> 24u, b >> 16u, c >> 8u) & byte,
        vec4<u32>(a >> 8u, b, b >> 24u, c >> 16u) & byte,
        vec4<u32>(a >> 16u, b >> 8u, c, c >> 24u) & byte,
    );
}

// Channels must be bytes.
fn store(at: u32, r: vec4<u32>, g: vec4<u32>, b: vec4<u32>) {
    dst[at] = r.x | (g.x << 8u) | (b.x << 16u) | (r.y << 24u);
    dst[at + 1u] = g.y | (b.y << 8u) | (r.z << 16u) | (g.z << 24u);
    dst[at + 2u] = b.z | (r.w << 8u) | (g.w << 16u) | (b.w << 24u);
}

fn luma(p: Four) -> vec4<u32> {
    return (19595u * p.r + 38470u * p.g + 7471u * p.b + vec4<u32>(0x8000u)) >> vec4<u32>(16u);
}

// Rounded down by the shift, which keeps the sign.
fn spread(v: vec4<u32>, grey: vec4<i32>) -> vec4<u32> {
    let moved = ((vec4<i32>(v) - grey) * params.factor + vec4<i32>(255)) >> vec4<u32>(19u);
    return vec4<u32>(clamp(grey + moved, vec4<i32>(0), vec4<i32>(255)));
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x * 3u >= params.stride || id.y >= params.height) {
        return;
    }
    let at = (id.z * params.height + id.y) * params.stride + id.x * 3u;
    let p = four(at);
    let grey = vec4<i32>(luma(p));
    store(at, spread(p.r, grey), spread(p.g, grey), spread(p.b, grey));
}
