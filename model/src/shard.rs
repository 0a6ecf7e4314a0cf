//! One safetensors file, read tensor by tensor.
//!
//! The header is read once; a tensor's bytes are read when it is asked for. So the peak is one tensor above what
//! the model itself takes, as it would be with a mapped file, and a file that shrinks meanwhile is an error
//! instead of a signal.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use safetensors::tensor::{Dtype, TensorInfo};

/// A place to read bytes from: a file, or bytes in memory.
pub trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

/// Largest header that is read; published ones have under a megabyte.
const LARGEST_HEADER: u64 = 100 << 20;

/// Why a shard cannot be read. The caller adds its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// The system says no.
    #[error("cannot be read: {0}")]
    Io(String),
    /// Not a safetensors file, or cut off.
    #[error("is not a whole safetensors file: {0}")]
    Corrupt(String),
    /// Numbers of a kind that weights are not stored in.
    #[error("{name} is stored as {dtype}; weights are read from F32, BF16 and F16")]
    Dtype {
        /// The tensor.
        name: String,
        /// Its type.
        dtype: String,
    },
}

fn io(e: std::io::Error) -> ShardError {
    ShardError::Io(e.to_string())
}

/// A tensor of real numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, the last axis closest together.
    pub values: Vec<f32>,
}

/// An opened file.
pub struct Shard {
    bytes: Box<dyn Bytes>,
    start: u64,
    tensors: BTreeMap<String, TensorInfo>,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shard({} tensors)", self.tensors.len())
    }
}

impl Shard {
    /// Reads and checks the header.
    ///
    /// # Errors
    /// [`ShardError`] when the file cannot be read, is cut off, or its header contradicts itself.
    pub fn open(mut bytes: Box<dyn Bytes>) -> Result<Self, ShardError> {
        let corrupt = |what: String| ShardError::Corrupt(what);
        let length = bytes.seek(SeekFrom::End(0)).map_err(io)?;
        bytes.seek(SeekFrom::Start(0)).map_err(io)?;
        if length < 8 {
            return Err(corrupt(format!("it has {length} bytes")));
        }
        let mut size = [0; 8];
        bytes.read_exact(&mut size).map_err(io)?;
        let size = u64::from_le_bytes(size);
        if size > LARGEST_HEADER || size > length - 8 {
            return Err(corrupt(format!("its header would have {size} of {length} bytes")));
        }
        let mut header = vec![0; size as usize];
        bytes.read_exact(&mut header).map_err(io)?;
        let mut entries: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(&header).map_err(|e| corrupt(format!("its header: {e}")))?;
        entries.remove("__metadata__");
        let room = length - 8 - size;
        let mut tensors = BTreeMap::new();
        for (name, value) in entries {
            let info: TensorInfo =
                serde_json::from_value(value).map_err(|e| corrupt(format!("{name}: {e}")))?;
            let (from, to) = info.data_offsets;
            let count = info.shape.iter().try_fold(1_usize, |n, side| n.checked_mul(*side));
            let wanted = count.and_then(|n| n.checked_mul(info.dtype.bitsize())).map(|bits| bits / 8);
            if from > to || to as u64 > room || wanted != Some(to - from) {
                return Err(corrupt(format!(
                    "{name} of shape {:?} has bytes {from}..{to} of {room}",
                    info.shape
                )));
            }
            tensors.insert(name, info);
        }
        Ok(Self { bytes, start: 8 + size, tensors })
    }

    /// Names, types and shapes.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// The bytes of a tensor, little endian, as stored; none where there is no such name.
    ///
    /// # Errors
    /// [`ShardError`] when the file cannot be read or has become shorter.
    pub fn read(&mut self, name: &str) -> Result<Option<(TensorInfo, Vec<u8>)>, ShardError> {
        let Some(info) = self.tensors.get(name).cloned() else { return Ok(None) };
        let (from, to) = info.data_offsets;
        self.bytes.seek(SeekFrom::Start(self.start + from as u64)).map_err(io)?;
        let mut data = vec![0; to - from];
        self.bytes.read_exact(&mut data).map_err(io)?;
        Ok(Some((info, data)))
    }

    /// A tensor of real numbers as `f32`.
    ///
    /// # Errors
    /// [`ShardError`], also for other types.
    pub fn reals(&mut self, name: &str) -> Result<Option<Values>, ShardError> {
        let Some((info, data)) = self.read(name)? else { return Ok(None) };
        let Some(values) = widened(info.dtype, &data) else {
            return Err(ShardError::Dtype { name: name.to_owned(), dtype: format!("{:?}", info.dtype) });
        };
        Ok(Some(Values { shape: info.shape, values: values.collect() }))
    }
}

type Reals<'a> = Box<dyn Iterator<Item = f32> + 'a>;

/// Stored bytes as `f32`, which holds every value of the narrower types.
fn widened(dtype: Dtype, data: &[u8]) -> Option<Reals<'_>> {
    let pairs = data.chunks_exact(2).map(|b| [b[0], b[1]]);
    Some(match dtype {
        Dtype::F32 => Box::new(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
        Dtype::BF16 => Box::new(pairs.map(|b| half::bf16::from_le_bytes(b).to_f32())),
        Dtype::F16 => Box::new(pairs.map(|b| half::f16::from_le_bytes(b).to_f32())),
        _ => return None,
    })
}

/// The first NaN or infinity, and its place. Both have all bits of the exponent set.
pub(crate) fn not_finite(dtype: Dtype, data: &[u8]) -> Option<(usize, f32)> {
    let narrow =
        |mask: u16| data.chunks_exact(2).position(|b| u16::from_le_bytes([b[0], b[1]]) & mask == mask);
    let at = match dtype {
        Dtype::F32 => data.chunks_exact(4).position(|b| {
            let mask = 0x7f80_0000;
            u32::from_le_bytes([b[0], b[1], b[2], b[3]]) & mask == mask
        }),
        Dtype::BF16 => narrow(0x7f80),
        Dtype::F16 => narrow(0x7c00),
        _ => None,
    }?;
    widened(dtype, data)?.nth(at).map(|value| (at, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    fn open(bytes: Vec<u8>) -> Result<Shard, ShardError> {
        Shard::open(Box::new(Cursor::new(bytes)))
    }

    const ONE: &str =
        r#"{"__metadata__":{"format":"pt"},"w":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]}}"#;

    #[test]
    fn values_are_widened() {
        let mut shard = open(file(ONE, &[0x80, 0x3f, 0x00, 0xc0])).expect("whole");
        assert_eq!(
            shard.reals("w").expect("reads"),
            Some(Values { shape: vec![2, 1], values: vec![1.0, -2.0] })
        );
        assert_eq!(shard.reals("v").expect("reads"), None);
    }

    #[test]
    fn damage_is_named() {
        for bytes in [
            vec![],
            vec![1; 20],
            file(ONE, &[0; 3]),
            file("{", &[]),
            file("[]", &[]),
            file(r#"{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, &[0; 4]),
            file(r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, &[0; 4]),
            file(r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, &[0; 8]),
        ] {
            assert!(matches!(open(bytes), Err(ShardError::Corrupt(_))));
        }
        let mut ints = open(file(&ONE.replace("BF16", "I16"), &[0; 4])).expect("whole");
        assert!(ints.reals("w").expect_err("not real").to_string().contains("I16"));
    }
}
