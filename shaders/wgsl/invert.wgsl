// Each channel becomes its complement; twin of core/src/perturb/colour.rs.
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

@compute @workgroup_size(16, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if (id.x * 3u >= params.stride || id.y >= params.height) {
        return;
    }
    let at = (id.z * params.height + id.y) * params.stride + id.x * 3u;
    dst[at] = ~src[at];
    dst[at + 1u] = ~src[at + 1u];
    dst[at + 2u] = ~src[at + 2u];
}
