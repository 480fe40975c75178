//! One column's cells as an Arrow array of exactly the target's type.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{BinaryBuilder, Float32Builder, ListBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, DecimalType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_buffer::i256;
use dt_common::value::ColValue;

use super::super::exact::Exact;
use super::super::fitted::fitted;
use super::super::literal::push_clock;
use super::super::plan::PlannedColumn;
use super::super::types::TargetType;
use super::super::unfit::Unfit;

/// Digits of the widest DECIMAL in 128 bits.
const MAX_DECIMAL128: u8 = 38;

/// The array of a column.
///
/// # Errors
/// Why the target cannot hold one of the values.
pub fn array(cells: &[&ColValue], column: &PlannedColumn) -> Result<ArrayRef, Unfit> {
    let len = cells.len();
    let values = cells.iter().map(|cell| fitted(cell, column));
    match column.ty {
        TargetType::Int { bytes, unsigned: false } => signed(values, len, bytes),
        TargetType::Int { bytes, unsigned: true } => unsigned(values, len, bytes),
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
        TargetType::Decimal { precision, scale } if precision <= MAX_DECIMAL128 => {
            decimals::<Decimal128Type>(values, len, (precision, scale), |digits| digits.parse().ok())
        }
        TargetType::Decimal { precision, scale } => {
            decimals::<Decimal256Type>(values, len, (precision, scale), i256::from_string)
        }
        TargetType::Interval => intervals(values, len),
        TargetType::Varchar | TargetType::Variant => texts(values, len, heap_bytes(cells)),
        TargetType::Binary | TargetType::Geometry => bytes(values, len, heap_bytes(cells)),
        TargetType::Vector { .. } => vectors(values),
    }
}

/// Cells that the size of a column's text is guessed by.
const SAMPLE: usize = 256;

/// About the bytes of the cells' text, so that most arrays are made in one piece. A look at all of them would cost as much as to
/// copy them.
fn heap_bytes(cells: &[&ColValue]) -> usize {
    let step = cells.len().div_ceil(SAMPLE).max(1);
    cells.iter().step_by(step).map(|cell| cell.memory() - size_of::<ColValue>()).sum::<usize>() * step
}

fn signed<'a>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    bytes: u8,
) -> Result<ArrayRef, Unfit> {
    match bytes {
        1 => ints::<Int8Type>(values, len),
        2 => ints::<Int16Type>(values, len),
        4 => ints::<Int32Type>(values, len),
        _ => ints::<Int64Type>(values, len),
    }
}

fn unsigned<'a>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    bytes: u8,
) -> Result<ArrayRef, Unfit> {
    match bytes {
        1 => ints::<UInt8Type>(values, len),
        2 => ints::<UInt16Type>(values, len),
        4 => ints::<UInt32Type>(values, len),
        _ => ints::<UInt64Type>(values, len),
    }
}

/// `heap` is about the bytes of all texts.
fn texts<'a>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    heap: usize,
) -> Result<ArrayRef, Unfit> {
    let mut builder = StringBuilder::with_capacity(len, heap);
    for value in values {
        match value? {
            Exact::Null => builder.append_null(),
            Exact::Varchar(text) | Exact::Variant(text) => builder.append_value(text),
            _ => return Err(Unfit::Mismatch),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn bytes<'a>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    heap: usize,
) -> Result<ArrayRef, Unfit> {
    let mut builder = BinaryBuilder::with_capacity(len, heap);
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

fn decimals<'a, T: DecimalType>(
    values: impl Iterator<Item = Result<Exact<'a>, Unfit>>,
    len: usize,
    (precision, scale): (u8, u8),
    parse: impl Fn(&str) -> Option<T::Native>,
) -> Result<ArrayRef, Unfit> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(len)
        .with_precision_and_scale(precision, scale as i8)
        .map_err(|_| Unfit::Mismatch)?;
    let mut digits = String::new();
    for value in values {
        match unscaled(&mut digits, value?, scale)? {
            None => builder.append_null(),
            Some(digits) => builder.append_value(parse(digits).ok_or(Unfit::Mismatch)?),
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
