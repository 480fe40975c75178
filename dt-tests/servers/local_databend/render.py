"""Result columns as the text that the HTTP API sends: `data: [[string | null]]`.

The forms are those of Databend's own encoder for JSON results: booleans are 1 and 0, timestamps carry six digits in the
session's time zone, binary is upper-case hex, decimals have all their digits. Whole columns are converted at a time.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from struct import iter_unpack

import pyarrow as pa
import pyarrow.compute as pc

from .jsonb import float_text
from .jsonb import to_text as json_text
from .schema import Column, Type

Texts = list[str | None]

# What the engine itself shows for the smallest and the largest instant.
FIRST_MICROS, LAST_MICROS = -62135596800000000, 253402207200000000
INTEGERS = {f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)}
QUOTED_INSIDE = {"String", "Timestamp", "TimestampTz", "Date", "Interval", "Bitmap"}


class Renderer:
    """Renders the columns of one result. `ewkb_texts` asks the engine for the text of EWKB values."""

    def __init__(self, time_zone: str, binary_format: str, ewkb_texts: Callable[[list[bytes]], list[str]]):
        self.time_zone = time_zone
        self.binary_format = binary_format.lower()
        self.ewkb_texts = ewkb_texts

    def rows(self, columns: tuple[Column, ...], batch: pa.RecordBatch) -> bytes:
        """The rows of a batch as the inside of a JSON array, without its brackets."""
        texts = [self.texts(array, column.type) for column, array in zip(columns, batch.columns)]
        rows = list(zip(*texts))
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()[1:-1]

    def texts(self, array: pa.Array, declared: Type) -> Texts:
        type_ = declared.inner()
        name = type_.name
        if name == "NULL" or array.null_count == len(array):
            return [None] * len(array)
        if name in ("String", "Date") or name in INTEGERS:
            return as_strings(array)
        if name == "Boolean":
            return [None if value is None else "1" if value else "0" for value in array.to_pylist()]
        if name in ("Array", "Map", "Tuple", "Vector"):
            return self.nested(array, type_)
        return getattr(self, f"{name.lower()}_texts")(array)

    def decimal_texts(self, array: pa.Array) -> Texts:
        # Arrow turns to scientific notation when the first digit is far behind the point.
        return [f"{Decimal(text):f}" if text and "E" in text else text for text in as_strings(array)]

    def float64_texts(self, array: pa.Array) -> Texts:
        return [None if value is None else float_text(value) for value in array.to_pylist()]

    def float32_texts(self, array: pa.Array) -> Texts:
        # Arrow knows the shortest digits of a 32-bit float; Python only those of a 64-bit one.
        return [None if text is None else float_text(float(text)) for text in as_strings(array)]

    def timestamp_texts(self, array: pa.Array) -> Texts:
        array = pc.cast(array, pa.int64())
        array = pc.min_element_wise(array, LAST_MICROS, skip_nulls=False)
        array = pc.max_element_wise(array, FIRST_MICROS, skip_nulls=False)
        array = pc.cast(array, pa.timestamp("us"))
        if self.time_zone.upper() not in ("UTC", "ETC/UTC"):
            array = pc.local_timestamp(pc.assume_timezone(array, "UTC").cast(pa.timestamp("us", self.time_zone)))
        return as_strings(array)

    def timestamptz_texts(self, array: pa.Array) -> Texts:
        texts = []
        for value in sixteen_bytes(array, "<qii"):
            micros, offset, _ = value or (0, 0, 0)
            local = as_strings(pa.array([micros + offset * 1_000_000], pa.timestamp("us")))[0]
            sign = "-" if offset < 0 else "+"
            texts.append(value and f"{local} {sign}{abs(offset) // 3600:02}{abs(offset) % 3600 // 60:02}")
        return texts

    def interval_texts(self, array: pa.Array) -> Texts:
        return [value and interval_text(*value) for value in sixteen_bytes(array, "<qii")]

    def binary_texts(self, array: pa.Array) -> Texts:
        if self.binary_format.startswith("utf-8"):
            errors = "replace" if self.binary_format.endswith("lossy") else "strict"
            return [None if value is None else value.decode(errors=errors) for value in array.to_pylist()]
        return [None if value is None else value.hex().upper() for value in array.to_pylist()]

    def variant_texts(self, array: pa.Array) -> Texts:
        return [None if value is None else json_text(value) for value in array.to_pylist()]

    def bitmap_texts(self, array: pa.Array) -> Texts:
        return [None if value is None else "<bitmap binary>" for value in array.to_pylist()]

    def geometry_texts(self, array: pa.Array) -> Texts:
        values = array.to_pylist()
        found = iter(self.ewkb_texts([value for value in values if value is not None]))
        return [None if value is None else next(found) for value in values]

    geography_texts = geometry_texts

    def nested(self, array: pa.Array, type_: Type) -> Texts:
        values = array.to_pylist()
        return [None if value is None else self.nested_text(array[row], type_) for row, value in enumerate(values)]

    def nested_text(self, scalar: pa.Scalar, type_: Type) -> str:
        if type_.args[0] == Type("Nothing"):
            return "[]" if type_.name == "Array" else "{}"
        if type_.name == "Vector":
            return f"[{','.join(plain_float(text) for text in as_strings(scalar.values))}]"
        if type_.name == "Array":
            return f"[{','.join(self.inside(scalar.values, type_.args[0]))}]"
        if type_.name == "Tuple":
            fields = (pa.array([value.as_py()], value.type) for value in scalar.values())
            return f"({','.join(self.inside(field, arg)[0] for field, arg in zip(fields, type_.args))})"
        keys, values = (self.inside(scalar.values.field(at), type_.args[at]) for at in (0, 1))
        return f"{{{','.join(f'{key}:{value}' for key, value in zip(keys, values))}}}"

    def inside(self, array: pa.Array, declared: Type) -> list[str]:
        """The texts of values inside an array, a map or a tuple: quoted where the type asks for it, NULL in words."""
        quote = declared.inner().name in QUOTED_INSIDE
        texts = self.texts(array, declared)
        return ["NULL" if text is None else quoted(text) if quote else text for text in texts]


def as_strings(array: pa.Array) -> Texts:
    return pc.cast(array, pa.string()).to_pylist()


def quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


def plain_float(text: str) -> str:
    return f"{Decimal(text):f}" if "e" in text else {"nan": "NaN"}.get(text, text)


def sixteen_bytes(array: pa.Array, layout: str) -> list[tuple | None]:
    """The values of a 128-bit column, unpacked: Databend keeps INTERVAL and TIMESTAMP_TZ in them."""
    start, length = array.offset * 16, len(array) * 16
    unpacked = iter_unpack(layout, memoryview(array.buffers()[1])[start : start + length])
    return [value if valid else None for value, valid in zip(unpacked, array.is_valid().to_pylist())]


def interval_text(micros: int, days: int, months: int) -> str:
    """`1 year 2 months 3 days 4:05:06.5`, and `00:00:00` for nothing."""
    years = int(months / 12)
    parts = [
        f"{count} {unit}{'s' if abs(count) != 1 else ''}"
        for count, unit in ((years, "year"), (months - years * 12, "month"), (days, "day"))
        if count
    ]
    if micros:
        seconds, fraction = divmod(abs(micros), 1_000_000)
        text = f"{'-' if micros < 0 else ''}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        parts.append(f"{text}.{fraction:06}".rstrip("0") if fraction else text)
    return " ".join(parts) or "00:00:00"
