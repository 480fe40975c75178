//! Rows as a Parquet file with the target's exact types: column `c0`, `c1`, .. for the columns of the table, in the order of the
//! row image, and whatever columns of dt's own the statement needs.
//!
//! Three types have no Parquet form that Databend reads as such, and are text or bytes that it converts while loading: INTERVAL and
//! VARIANT (text), GEOMETRY (EWKB). A VECTOR is a list of FLOAT.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{Field, Schema};
use dt_common::batch::Move;
use dt_common::error::{Error, Result};
use dt_common::row::Row;
use dt_common::value::ColValue;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::super::merge::{PRESENT, presence};
use super::super::moves::VACATED;
use super::super::plan::{PlannedColumn, TablePlan};
use super::column;

/// What a file holds.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// Rows to add.
    Rows(&'a [Row]),
    /// Rows by key, with the columns [`IS_DELETED`] and [`PART`]. Of a deleted row only the key counts; what stands beside it is filled
    /// in, because the value may be one that the target cannot hold, and NOT NULL columns refuse NULL also there.
    Keyed {
        /// Rows that are there afterwards.
        upserts: &'a [Row],
        /// Rows whose keys are gone afterwards.
        deletes: &'a [Row],
        /// Number of the file: greater than those of the files before it.
        part: u64,
    },
    /// Rows that hold some of their columns, with the column [`PRESENT`].
    Patches(&'a [Row]),
    /// Keys that rows get and, behind them, those that they had, with the column [`VACATED`]. The key's columns alone.
    Moves(&'a [Move]),
    /// Distinct rows, with the column [`COPIES`].
    Counted(&'a [(Row, u64)]),
}

/// Whether the row's key is gone afterwards.
pub const IS_DELETED: &str = "dt_deleted";
/// Number of the file that the row is in.
pub const PART: &str = "dt_part";
/// How many equal copies of the row are meant.
pub const COPIES: &str = "dt_copies";

/// Rows that become arrays at a time: few enough to stay near the processor from one column to the next, and many for each of
/// the encoder's steps.
const SLICE_ROWS: usize = 4096;

/// Bytes of a page before it is compressed: what zstd looks back over at its first level. With more it works in two buffers, and
/// slower.
const PAGE_BYTES: usize = 512 << 10;

/// Encodes rows with all columns of the plan, a slice of them after the other.
///
/// # Errors
/// A value that the target cannot hold; names the table and the column.
pub fn parquet(plan: &TablePlan, content: Content<'_>) -> Result<Vec<u8>> {
    content.check_width(plan)?;
    let internal = |e: &dyn std::fmt::Display| {
        Error::internal(format!("table {}: writing a Parquet file: {e}", plan.schema.name))
    };
    let fillers: Vec<ColValue> = plan.columns.iter().map(PlannedColumn::filler).collect();
    let (first, mut rest) = content.split_at(SLICE_ROWS);
    let first = batch(plan, first, &fillers)?;
    let mut file = writer(&first).map_err(|e| internal(&e))?;
    while !rest.is_empty() {
        let slice;
        (slice, rest) = rest.split_at(SLICE_ROWS);
        file.write(&batch(plan, slice, &fillers)?).map_err(|e| internal(&e))?;
    }
    finished(file).map_err(|e| internal(&e))
}

/// The arrays of some rows.
fn batch(plan: &TablePlan, content: Content<'_>, fillers: &[ColValue]) -> Result<RecordBatch> {
    let mut fields = Vec::with_capacity(plan.columns.len() + 1);
    let mut arrays = Vec::with_capacity(plan.columns.len() + 1);
    let mut cells = Vec::with_capacity(content.len());
    for (at, (i, is_former)) in content.columns(plan).enumerate() {
        cells.clear();
        match content {
            Content::Moves(moves) if is_former => cells.extend(moves.iter().map(|moved| &moved.former[i])),
            content => content.push_cells(&mut cells, i, plan.is_key(i), &fillers[i]),
        }
        let array = column::array(&cells, &plan.columns[i]).map_err(|unfit| plan.unfit(i, unfit))?;
        fields.push(Field::new(file_column(at), array.data_type().clone(), true));
        arrays.push(array);
    }
    for (name, array) in content.own_columns() {
        fields.push(Field::new(name, array.data_type().clone(), false));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|e| Error::internal(format!("table {}: arrays of its rows: {e}", plan.schema.name)))
}

/// A file of one row, to try a stage with.
///
/// # Errors
/// None that is known.
pub fn probe() -> Result<Vec<u8>> {
    let array: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let batch = RecordBatch::try_from_iter([(file_column(0), array)]);
    let batch = batch.map_err(|e| Error::internal(format!("encoding a probe: {e}")))?;
    writer(&batch).and_then(finished).map_err(|e| Error::internal(format!("writing a probe: {e}")))
}

impl<'a> Content<'a> {
    /// Rows in the file.
    pub fn len(&self) -> usize {
        match self {
            Self::Rows(rows) | Self::Patches(rows) => rows.len(),
            Self::Keyed { upserts, deletes, .. } => upserts.len() + deletes.len(),
            Self::Moves(moves) => moves.len(),
            Self::Counted(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first rows, at most so many, and the others.
    fn split_at(self, rows: usize) -> (Self, Self) {
        fn halves<T>(rows: &[T], at: usize) -> (&[T], &[T]) {
            rows.split_at(at.min(rows.len()))
        }
        match self {
            Self::Rows(all) => {
                let (head, tail) = halves(all, rows);
                (Self::Rows(head), Self::Rows(tail))
            }
            Self::Patches(all) => {
                let (head, tail) = halves(all, rows);
                (Self::Patches(head), Self::Patches(tail))
            }
            Self::Moves(all) => {
                let (head, tail) = halves(all, rows);
                (Self::Moves(head), Self::Moves(tail))
            }
            Self::Counted(all) => {
                let (head, tail) = halves(all, rows);
                (Self::Counted(head), Self::Counted(tail))
            }
            Self::Keyed { upserts, deletes, part } => {
                let (upserts, later_upserts) = halves(upserts, rows);
                let (deletes, later_deletes) = halves(deletes, rows - upserts.len());
                (
                    Self::Keyed { upserts, deletes, part },
                    Self::Keyed { upserts: later_upserts, deletes: later_deletes, part },
                )
            }
        }
    }

    /// The columns of the table that the file's columns stand for, and whether they are of the row as it was.
    fn columns(self, plan: &TablePlan) -> impl Iterator<Item = (usize, bool)> {
        let (now, before) = match self {
            Self::Moves(_) => {
                let key: Vec<usize> = plan.key().map(|(i, _)| i).collect();
                (key.clone(), key)
            }
            Self::Rows(_) | Self::Keyed { .. } | Self::Patches(_) | Self::Counted(_) => {
                ((0..plan.columns.len()).collect(), Vec::new())
            }
        };
        now.into_iter().map(|i| (i, false)).chain(before.into_iter().map(|i| (i, true)))
    }

    fn push_cells<'b>(&self, cells: &mut Vec<&'b ColValue>, i: usize, is_key: bool, filler: &'b ColValue)
    where
        'a: 'b,
    {
        match *self {
            Self::Rows(rows) => cells.extend(rows.iter().map(|row| &row[i])),
            Self::Patches(rows) => cells.extend(rows.iter().map(|row| match &row[i] {
                ColValue::Absent => &ColValue::Null,
                value => value,
            })),
            Self::Keyed { upserts, deletes, .. } => {
                cells.extend(upserts.iter().map(|row| &row[i]));
                cells.extend(deletes.iter().map(|row| if is_key { &row[i] } else { filler }));
            }
            Self::Moves(moves) => cells.extend(moves.iter().map(|moved| &moved.row[i])),
            Self::Counted(rows) => cells.extend(rows.iter().map(|(row, _)| &row[i])),
        }
    }

    fn own_columns(&self) -> Vec<(&'static str, ArrayRef)> {
        match self {
            Self::Rows(_) => Vec::new(),
            Self::Patches(rows) => {
                let marks = rows.iter().map(|row| presence(row));
                vec![(PRESENT, Arc::new(StringArray::from_iter_values(marks)))]
            }
            Self::Keyed { upserts, deletes, part } => {
                let flags =
                    std::iter::repeat_n(false, upserts.len()).chain(std::iter::repeat_n(true, deletes.len()));
                let parts = UInt64Array::from_value(*part, self.len());
                vec![
                    (IS_DELETED, Arc::new(flags.map(Some).collect::<BooleanArray>())),
                    (PART, Arc::new(parts)),
                ]
            }
            Self::Moves(moves) => {
                let vacated = moves.iter().map(|moved| Some(moved.is_vacated));
                vec![(VACATED, Arc::new(vacated.collect::<BooleanArray>()))]
            }
            Self::Counted(rows) => {
                let copies = UInt64Array::from_iter_values(rows.iter().map(|(_, copies)| *copies));
                vec![(COPIES, Arc::new(copies))]
            }
        }
    }

    fn check_width(&self, plan: &TablePlan) -> Result<()> {
        let wrong = |row: &&Row| row.len() != plan.columns.len();
        let found = match *self {
            Self::Rows(rows) | Self::Patches(rows) => rows.iter().find(wrong),
            Self::Keyed { upserts, deletes, .. } => upserts.iter().chain(deletes).find(wrong),
            Self::Moves(moves) => moves.iter().flat_map(|moved| [&moved.row, &moved.former]).find(wrong),
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

/// A file with its first rows. One row group, because a statement reads the file once and whole; no statistics and no dictionaries,
/// which only cost.
fn writer(first: &RecordBatch) -> parquet::errors::Result<ArrowWriter<Vec<u8>>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_max_row_group_size(usize::MAX)
        .build();
    let mut file = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties))?;
    file.write(first)?;
    Ok(file)
}

/// The bytes of a file, in a vector that need not grow while they are put together.
fn finished(mut file: ArrowWriter<Vec<u8>>) -> parquet::errors::Result<Vec<u8>> {
    let bytes = file.in_progress_size();
    file.inner_mut().reserve(bytes);
    file.into_inner()
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType, UInt8Type};
    use arrow_schema::DataType;
    use dt_common::error::ErrorKind;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::super::fixtures::{plan, table};
    use super::super::super::types::TargetType;
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
        plan.columns[0].natural = plan.columns[0].ty;
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
        let content = Content::Keyed { upserts: &upserts, deletes: &deletes, part: 3 };
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
    fn of_moved_rows_both_keys_are_there() {
        let plan = plan(table("d", "t", &[("v", "datetime"), ("b", "bigint"), ("a", "bigint")], &[2, 1]));
        let row = |a, b| -> Row { [ColValue::Absent, ColValue::Int(b), ColValue::Int(a)].into() };
        let moves = [Move { former: row(1, 2), row: row(3, 4), is_vacated: true }];
        let batch = read(&plan, Content::Moves(&moves));
        let values: Vec<i64> = (0..4).map(|i| batch.column(i).as_primitive::<Int64Type>().value(0)).collect();
        assert_eq!((values, batch.num_columns()), (vec![3, 4, 1, 2], 5));
        assert!(batch.column_by_name(VACATED).unwrap().as_boolean().value(0));
    }

    #[test]
    fn rows_of_all_slices_are_there_in_their_order() {
        let rows = |from: i64, n: i64| -> Vec<Row> {
            (from..from + n).map(|i| [ColValue::Int(i), ColValue::Null].into()).collect()
        };
        let n = SLICE_ROWS as i64;
        let plan = plan(table("d", "t", &[("id", "bigint"), ("at", "datetime")], &[0]));
        for (upserts, deletes) in [(0, 1), (1, 0), (n, n), (n + 1, 1), (2 * n - 1, n + 2)] {
            let content =
                Content::Keyed { upserts: &rows(0, upserts), deletes: &rows(upserts, deletes), part: 1 };
            let batch = read(&plan, content);
            let ids: Vec<i64> = (0..upserts + deletes).collect();
            assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &ids[..]);
            let flags = batch.column_by_name(IS_DELETED).unwrap().as_boolean();
            assert_eq!((flags.true_count() as i64, flags.false_count() as i64), (deletes, upserts));
        }
        assert_eq!(read(&plan, Content::Rows(&rows(0, n + 1))).num_rows() as i64, n + 1);
    }

    #[test]
    fn errors_name_table_and_column_and_no_value() {
        let rows = [[ColValue::invalid_text(*b"secret\xff", "secret")].into()];
        let error = parquet(&column("VARCHAR"), Content::Rows(&rows)).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(text.starts_with("table `d`.`t`: column `c`: ") && !text.contains("secret"), "{text}");
    }
}
