// One box blur along the columns; twin of core/src/perturb/blur.rs.
//
// A thread makes a run of rows of four pixels, which are three words, and moves the sum of the places within the box on
// by one row each time. Sums are whole numbers, so it does not matter where a run begins.

// Rows of a run.
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

// Four pixels of the row `y`, beyond the picture's ends of its first or last.
fn held(column: u32, y: i32) -> Four {
    return four(column + u32(clamp(y, 0, i32(params.height) - 1)) * params.stride);
}

fn weighed(sum: vec4<u32>, before: vec4<u32>, after: vec4<u32>) -> vec4<u32> {
    let bulk = sum * params.inner + (before + after) * params.outer + vec4<u32>(1u << 23u);
    return bulk >> vec4<u32>(24u);
}

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let start = id.y * RUN;
    if (id.x * 3u >= params.stride || start >= params.height) {
        return;
    }
    let column = id.z * params.height * params.stride + id.x * 3u;
    let radius = i32(params.radius);
    var y = i32(start);
    var sum = held(column, y - radius);
    for (var i = 1 - radius; i <= radius; i++) {
        let next = held(column, y + i);
        sum = Four(sum.r + next.r, sum.g + next.g, sum.b + next.b);
    }
    var before = held(column, y - radius - 1);
    let end = i32(min(start + RUN, params.height));
    for (; y < end; y++) {
        let first = held(column, y - radius);
        let after = held(column, y + radius + 1);
        store(
            column + u32(y) * params.stride,
            weighed(sum.r, before.r, after.r),
            weighed(sum.g, before.g, after.g),
            weighed(sum.b, before.b, after.b),
        );
        sum = Four(sum.r + after.r - first.r, sum.g + after.g - first.g, sum.b + after.b - first.b);
        before = first;
    }
}
