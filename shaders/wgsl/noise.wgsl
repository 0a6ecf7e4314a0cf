// Noise hashed from a key and the number of the byte; twin of core/src/perturb/noise.rs.
//
// A thread makes four pixels of a row, which are three words; every row begins with a word of its own.

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
// For each frame: grey levels in 1/65536 for each unit of the sum, two keys, and nothing.
@group(0) @binding(3) var<storage, read> table: array<vec4<u32>>;

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

// Ellis and Wellons' lowbias32.
fn mixed(bits: vec4<u32>) -> vec4<u32> {
    var x = bits;
    x ^= x >> vec4<u32>(16u);
    x *= vec4<u32>(0x7feb352du);
    x ^= x >> vec4<u32>(15u);
    x *= vec4<u32>(0x846ca68bu);
    return x ^ (x >> vec4<u32>(16u));
}

fn noisy(v: vec4<u32>, number: vec4<u32>, own: vec4<u32>) -> vec4<u32> {
    let a = mixed(number ^ vec4<u32>(own.y));
    let b = mixed(a ^ vec4<u32>(own.z));
    let even = vec4<u32>(0x00ff00ffu);
    let eight = vec4<u32>(8u);
    let pairs = (a & even) + ((a >> eight) & even) + (b & even) + ((b >> eight) & even);
    let sum = vec4<i32>((pairs & vec4<u32>(0xffffu)) + (pairs >> vec4<u32>(16u)));
    let noise = (sum - vec4<i32>(1020)) * bitcast<i32>(own.x);
    let moved = vec4<i32>(v << vec4<u32>(16u)) + noise;
    return vec4<u32>(clamp(moved, vec4<i32>(0), vec4<i32>(255 << 16u)) >> vec4<u32>(16u));
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x * 3u >= params.stride || id.y >= params.height) {
        return;
    }
    let at = (id.z * params.height + id.y) * params.stride + id.x * 3u;
    let p = four(at);
    let own = table[id.z];
    // The number of the first red byte in its picture, whose rows have no gaps.
    let first = (id.y * params.width + id.x * 4u) * 3u;
    let reds = vec4<u32>(first, first + 3u, first + 6u, first + 9u);
    store(
        at,
        noisy(p.r, reds, own),
        noisy(p.g, reds + vec4<u32>(1u), own),
        noisy(p.b, reds + vec4<u32>(2u), own),
    );
}
