//! Rows as a Parquet file with the target's exact types: column `c0`, `c1`, .. for the columns of the table, in the order of the
//! row image, and whatever columns of dt's own the statement needs.
//!
//! Three types have no Parquet form that Databend reads as such, and are text or bytes that it converts while loading: INTERVAL and
//! VARIANT (text), GEOMETRY (EWKB). A VECTOR is a list of FLOAT.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, Decimal128Builder, Decimal256Builder, Float32Builder, ListBuilder, PrimitiveBuilder,
    StringBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, UInt64Array};
use arrow_buffer::i256;
use arrow_schema::{Field, Schema};
use dt_common::error::{Error, Result};
use dt_common::row::Row;
use dt_common::value::ColValue;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::super::exact::{Exact, exact};
use super::super::literal::push_clock;
use super::super::plan::{PlannedColumn, TablePlan};
use super::super::types::TargetType;
use super::super::unfit::Unfit;

/// Digits of the widest DECIMAL in 128 bits.
const MAX_DECIMAL128: u8 = 38;

/// What a file holds.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Rows to add.
    Rows(&'a [Row]),
    /// Rows by key, with the column [`IS_DELETED`]. Of a deleted row only the key counts; what stands beside it is filled
    /// in, because the value may be one that the target cannot hold, and NOT NULL columns refuse NULL also there.
    Keyed {
        /// Rows that are there afterwards.
        upserts: &'a [Row],
        /// Rows whose keys are gone afterwards.
        deletes: &'a [Row],
    },
    /// Distinct rows, with the column [`COPIES`].
    Counted(&'a [(Row, u64)]),
}

/// Whether the row's key is gone afterwards.
pub const IS_DELETED: &str = "dt_deleted";
/// How many equal copies of the row are meant.
pub const COPIES: &str = "dt_copies";

/// Encodes rows with all columns of the plan.
///
/// # Errors
/// A value that the target cannot hold; names the table and the column.
pub fn parquet(plan: &TablePlan, content: Content<'_>) -> Result<Vec<u8>> {
    content.check_width(plan)?;
    let mut fields = Vec::with_capacity(plan.columns.len() + 1);
    let mut arrays = Vec::with_capacity(plan.columns.len() + 1);
    let fillers: Vec<ColValue> = plan.columns.iter().map(PlannedColumn::filler).collect();
    let mut cells = Vec::with_capacity(content.len());
    for (i, column) in plan.columns.iter().enumerate() {
        cells.clear();
        content.push_cells(&mut cells, i, plan.is_key(i), &fillers[i]);
        let array = encode(&cells, column.ty).map_err(|unfit| plan.unfit(i, unfit))?;
        fields.push(Field::new(file_column(i), array.data_type().clone(), true));
        arrays.push(array);
    }
    if let Some((name, array)) = content.own_column() {
        fields.push(Field::new(name, array.data_type().clone(), false));
        arrays.push(array);
    }
    let internal = |e: &dyn std::fmt::Display| {
        Error::internal(format!("table {}: writing a Parquet file: {e}", plan.schema.name))
    };
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| internal(&e))?;
    write(&batch).map_err(|e| internal(&e))
}

/// A file of one row, to try a stage with.
///
/// # Errors
/// None that is known.
pub fn probe() -> Result<Vec<u8>> {
    let array: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let batch = RecordBatch::try_from_iter([(file_column(0), array)]);
    batch
        .map_err(|e| Error::internal(format!("encoding a probe: {e}")))
        .and_then(|batch| write(&batch).map_err(|e| Error::internal(format!("writing a probe: {e}"))))
}

impl<'a> Content<'a> {
    /// Rows in the file.
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Keyed { upserts, deletes } => upserts.len() + deletes.len(),
            Self::Counted(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push_cells<'b>(&self, cells: &mut Vec<&'b ColValue>, i: usize, is_key: bool, filler: &'b ColValue)
    where
        'a: 'b,
    {
        match *self {
            Self::Rows(rows) => cells.extend(rows.iter().map(|row| &row[i])),
            Self::Keyed { upserts, deletes } => {
                cells.extend(upserts.iter().map(|row| &row[i]));
                cells.extend(deletes.iter().map(|row| if is_key { &row[i] } else { filler }));
            }
            Self::Counted(rows) => cells.extend(rows.iter().map(|(row, _)| &row[i])),
        }
    }

    fn own_column(&self) -> Option<(&'static str, ArrayRef)> {
        match self {
            Self::Rows(_) => None,
            Self::Keyed { upserts, deletes } => {
                let flags =
                    std::iter::repeat_n(false, upserts.len()).chain(std::iter::repeat_n(true, deletes.len()));
                Some((IS_DELETED, Arc::new(flags.map(Some).collect::<BooleanArray>())))
            }
            Self::Counted(rows) => Some((
                COPIES,
                Arc::new(UInt64Array::from_iter_values(rows.iter().map(|(_, copies)| *copies))),
            )),
        }
    }

    fn check_width(&self, plan: &TablePlan) -> Result<()> {
        let wrong = |row: &&Row| row.len() != plan.columns.len();
        let found = match *self {
            Self::Rows(rows) => rows.iter().find(wrong),
            Self::Keyed { upserts, deletes } => upserts.iter().chain(deletes).find(wrong),
            Self::Counted(rows) => rows.iter().map(|(row, _)| row).find(wrong),
        };
        match found {
            None => Ok(()),
            Some(row) => Err(plan.width_error(row)),
        }
    }
}

/// Name of the file's column for column `i` of the table.
pub fn file_column(i: usize) -> String {
    format!("c{i}")
}

/// One row group, because a statement reads the file once and whole; no statistics and no dictionaries, which only cost.
fn write(batch: &RecordBatch) -> parquet::errors::Result<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(false)
        .set_max_row_group_size(usize::MAX)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))?;
    writer.write(batch)?;
    writer.into_inner()
}

fn encode(cells: &[&ColValue], ty: TargetType) -> Result<ArrayRef, Unfit> {
    let len = cells.len();
    let values = cells.iter().map(|cell| exact(cell, ty));
    match ty {
        TargetType::Int { bytes: 1, unsigned: false } => ints::<Int8Type>(values, len),
        TargetType::Int { bytes: 2, unsigned: false } => ints::<Int16Type>(values, len),
        TargetType::Int { bytes: 4, unsigned: false } => ints::<Int32Type>(values, len),
        TargetType::Int { unsigned: false, .. } => ints::<Int64Type>(values, len),
        TargetType::Int { bytes: 1, unsigned: true } => ints::<UInt8Type>(values, len),
        TargetType::Int { bytes: 2, unsigned: true } => ints::<UInt16Type>(values, len),
        TargetType::Int { bytes: 4, unsigned: true } => ints::<UInt32Type>(values, len),
        TargetType::Int { unsigned: true, .. } => ints::<UInt64Type>(values, len),
        TargetType::Float => numbers::<Float32Type>(values, len, |value| match value {
            Exact::Float(v) => Some(v),
            _ => None,
        }),
        TargetType::Double => numbers::<Float64Type>(values, len, |value| match value {
            Exact::Float(v) => Some(f64::from(v)),
            Exact::Double(v) => Some(v),
            _ => None,
        }),
        TargetType::Date => numbers::<Date32Type>(values, len, |value| match value {
            Exact::Date(v) => Some(v),
            _ => None,
        }),
        TargetType::Timestamp => numbers::<TimestampMicrosecondType>(values, len, |value| match value {
            Exact::Timestamp(v) => Some(v),
            _ => None,
        }),
        TargetType::Decimal { precision, scale } => decimals(values, len, precision, scale),
        TargetType::Interval => intervals(values, len),
        TargetType::Varchar | TargetType::Variant => {
            let mut builder = StringBuilder::with_capacity(len, 0);
            for value in values {
                match value? {
                    Exact::Null => builder.append_null(),
                    Exact::Varchar(text) | Exact::Variant(text) => builder.append_value(text),
                    _ => return Err(Unfit::Mismatch),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        TargetType::Binary | TargetType::Geometry => {
            let mut builder = BinaryBuilder::with_capacity(len, 0);
            for value in values {
                match value? {
                    Exact::Null => builder.append_null(),
                    Exact::Binary(bytes) => builder.append_value(bytes),
                    Exact::Geometry(bytes) => builder.append_value(bytes),
                    _ => return Err(Unfit::Mismatch),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        TargetType::Vector { .. } => vectors(values),
    }
}

/// Integers of any sign in a column of type `T`.
fn ints<'a, T>(values: impl Iterator<Item = Result<Exact<'a>, Unfit>>, len: usize) -> Result<ArrayRef, Unfit>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64> + TryFrom<u64>,
{
    numbers::<T>(values, len, |value| match value {
        Exact::Int(v) => T::Native::try_from(v).ok(),
        Exact::UInt(v) => T::Native::try_from(v).ok(),
        _ => None,
    })
}

fn numbers<'a, T: ArrowPrimitiveType>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    native: impl Fn(Exact<'a>) -> Option<T::Native>,
) -> Result<ArrayRef, Unfit> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(len);
    for value in values {
        match value? {
            Exact::Null => builder.append_null(),
            value => builder.append_value(native(value).ok_or(Unfit::Mismatch)?),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn decimals<'a>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    precision: u8,
    scale: u8,
) -> Result<ArrayRef, Unfit> {
    let mut digits = String::new();
    if precision <= MAX_DECIMAL128 {
        let mut builder = Decimal128Builder::with_capacity(len)
            .with_precision_and_scale(precision, scale as i8)
            .map_err(|_| Unfit::Mismatch)?;
        for value in values {
            match unscaled(&mut digits, value?, scale)? {
                None => builder.append_null(),
                Some(digits) => builder.append_value(digits.parse().map_err(|_| Unfit::Mismatch)?),
            }
        }
        return Ok(Arc::new(builder.finish()));
    }
    let mut builder = Decimal256Builder::with_capacity(len)
        .with_precision_and_scale(precision, scale as i8)
        .map_err(|_| Unfit::Mismatch)?;
    for value in values {
        match unscaled(&mut digits, value?, scale)? {
            None => builder.append_null(),
            Some(digits) => builder.append_value(i256::from_string(digits).ok_or(Unfit::Mismatch)?),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// The digits of a decimal without its point, filled up to the scale: `-1.5` at scale 3 is `-1500`.
fn unscaled<'b>(digits: &'b mut String, value: Exact<'_>, scale: u8) -> Result<Option<&'b str>, Unfit> {
    let text = match value {
        Exact::Null => return Ok(None),
        Exact::Decimal(text) => text,
        _ => return Err(Unfit::Mismatch),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = usize::from(scale).checked_sub(fraction.len()).ok_or(Unfit::Mismatch)?;
    digits.clear();
    digits.push_str(whole);
    digits.push_str(fraction);
    digits.extend(std::iter::repeat_n('0', missing));
    Ok(Some(digits))
}

fn intervals<'a>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
) -> Result<ArrayRef, Unfit> {
    let mut builder = StringBuilder::with_capacity(len, 0);
    let mut text = String::new();
    for value in values {
        match value? {
            Exact::Null => builder.append_null(),
            Exact::Interval(micros) => {
                text.clear();
                push_clock(&mut text, micros);
                builder.append_value(&text);
            }
            _ => return Err(Unfit::Mismatch),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn vectors<'a>(values: impl Iterator<Item = Result<Exact<'a>, Unfit>>) -> Result<ArrayRef, Unfit> {
    let mut builder = ListBuilder::new(Float32Builder::new());
    for value in values {
        match value? {
            Exact::Null => builder.append_null(),
            Exact::Vector(numbers) => {
                builder.values().append_slice(numbers);
                builder.append(true);
            }
            _ => return Err(Unfit::Mismatch),
        }
    }
    Ok(Arc::new(builder.finish()))
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_schema::DataType;
    use dt_common::error::ErrorKind;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::super::fixtures::{plan, table};
    use super::*;

    /// The file's columns as the reader of a library sees them.
    fn read(plan: &TablePlan, content: Content<'_>) -> RecordBatch {
        let data = parquet(plan, content).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(data)).unwrap();
        let mut batches = reader.with_batch_size(1 << 20).build().unwrap();
        batches.next().unwrap().unwrap()
    }

    /// A plan of one column of a Databend type.
    fn column(ty: &str) -> TablePlan {
        let mut plan = plan(table("d", "t", &[("c", "bigint")], &[]));
        plan.columns[0].ty = TargetType::parse(ty).unwrap();
        plan
    }

    fn array(ty: &str, values: Vec<ColValue>) -> ArrayRef {
        let rows: Vec<Row> = values.into_iter().map(|value| [value].into()).collect();
        Arc::clone(read(&column(ty), Content::Rows(&rows)).column(0))
    }

    #[test]
    fn numbers_have_the_targets_width() {
        let small = array("TINYINT UNSIGNED", vec![ColValue::UInt(255), ColValue::Null]);
        assert_eq!(small.as_primitive::<UInt8Type>().value(0), 255);
        assert!(small.is_null(1));
        let wide = array("BIGINT", vec![ColValue::Int(i64::MIN), ColValue::UInt(7)]);
        assert_eq!(wide.as_primitive::<Int64Type>().values(), &[i64::MIN, 7]);
        let double = array("DOUBLE", vec![ColValue::Float(0.1), ColValue::Double(-0.0)]);
        assert_eq!(double.as_primitive::<Float64Type>().value(0), f64::from(0.1_f32));
        assert!(double.as_primitive::<Float64Type>().value(1).is_sign_negative());
    }

    #[test]
    fn decimals_are_filled_up_to_the_scale() {
        let decimal = |text: &str| ColValue::Decimal(text.into());
        let narrow = array("DECIMAL(20, 3)", vec![decimal("-1.5"), decimal("12"), ColValue::Null]);
        assert_eq!(narrow.data_type(), &DataType::Decimal128(20, 3));
        let narrow = narrow.as_primitive::<arrow_array::types::Decimal128Type>();
        assert_eq!((narrow.value(0), narrow.value(1), narrow.is_null(2)), (-1500, 12000, true));
        let digits = "9".repeat(65);
        let wide = array("DECIMAL(65, 0)", vec![decimal(&digits)]);
        let wide = wide.as_primitive::<arrow_array::types::Decimal256Type>();
        assert_eq!(wide.value(0).to_string(), digits);
    }

    #[test]
    fn of_deleted_rows_only_the_key_counts() {
        let mut plan = plan(table("d", "t", &[("id", "bigint"), ("at", "datetime")], &[0]));
        let upserts = [[ColValue::Int(1), ColValue::Timestamp(5)].into()];
        // A zero date, which the target could not hold.
        let deletes = [[ColValue::Int(2), ColValue::DateTime(dt_common::value::DateTime::ZERO)].into()];
        let content = Content::Keyed { upserts: &upserts, deletes: &deletes };
        let batch = read(&plan, content);
        assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[1, 2]);
        assert!(batch.column(1).is_null(1));
        let flags = batch.column_by_name(IS_DELETED).unwrap().as_boolean();
        assert_eq!((flags.value(0), flags.value(1)), (false, true));
        plan.columns[1].nullable = false;
        assert_eq!(
            read(&plan, content).column(1).as_primitive::<TimestampMicrosecondType>().values(),
            &[5, 0]
        );
    }

    #[test]
    fn errors_name_table_and_column_and_no_value() {
        let rows = [[ColValue::InvalidText(b"secret\xff"[..].into())].into()];
        let error = parquet(&column("VARCHAR"), Content::Rows(&rows)).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(text.starts_with("table `d`.`t`: column `c`: ") && !text.contains("secret"), "{text}");
    }
}
