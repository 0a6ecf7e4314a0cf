//! Parquet files, one schema for all rows of a form whatever their tasks.

use std::io;
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use super::Inputs;
use super::place::Place;
use super::record::Record;
use crate::error::Error;

/// Rows that are held in memory at a time, and that make a row group.
const ROWS: usize = 500;

/// A kind of row.
pub(super) trait Row<'a>: Serialize {
    /// Its columns.
    fn fields() -> Fields;
    /// The row of an item.
    fn of(record: &'a Record, inputs: &'a Inputs) -> Self;
}

/// Writes the rows of the items of these ids.
pub(super) fn write<R>(place: &Place, name: &str, ids: &[&str], inputs: &Inputs) -> Result<(), Error>
where
    R: Kind,
{
    let schema = Arc::new(Schema::new(<R::Row<'_> as Row<'_>>::fields()));
    place.file(name, true, |to| {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(ROWS))
            .set_created_by(format!("scrubjay {}", env!("CARGO_PKG_VERSION")))
            .build();
        let mut writer = ArrowWriter::try_new(to, Arc::clone(&schema), Some(properties))?;
        for ids in ids.chunks(ROWS) {
            let records = ids
                .iter()
                .map(|id| place.record(id))
                .collect::<Result<Vec<_>, _>>()
                .map_err(io::Error::other)?;
            let rows: Vec<R::Row<'_>> = records.iter().map(|r| Row::of(r, inputs)).collect();
            let mut decoder =
                ReaderBuilder::new(Arc::clone(&schema)).build_decoder().map_err(io::Error::other)?;
            decoder.serialize(&rows).map_err(io::Error::other)?;
            if let Some(batch) = decoder.flush().map_err(io::Error::other)? {
                writer.write(&batch)?;
            }
        }
        writer.close()?;
        Ok(())
    })
}

/// A kind of row, apart from what its rows borrow.
pub(super) trait Kind {
    /// The row.
    type Row<'a>: Row<'a>;
}

pub(super) fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

pub(super) fn text_or_null(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

pub(super) fn whole(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}

pub(super) fn whole_or_null(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

pub(super) fn real(name: &str) -> Field {
    Field::new(name, DataType::Float64, false)
}

pub(super) fn table(name: &str, fields: Vec<Field>) -> Field {
    Field::new(name, DataType::Struct(fields.into()), false)
}

/// A list of what a field of any name describes.
pub(super) fn list(name: &str, of: &Field) -> Field {
    let of = of.clone().with_name("element");
    Field::new(name, DataType::List(Arc::new(of)), false)
}
