"""VARIANT values: from the engine's binary JSON to text.

The layout is that of the jsonb crate: a container header of four bytes (big endian; the top three bits are the kind,
the rest the number of items), one entry of four bytes per item (kind and length), then the items.
"""

import json
from struct import unpack_from

ARRAY, OBJECT, SCALAR = 0x80000000, 0x40000000, 0x20000000
NULL, STRING, NUMBER, FALSE, TRUE, CONTAINER = (kind << 28 for kind in range(6))
COUNT_MASK, KIND_MASK, LENGTH_MASK = 0x1FFFFFFF, 0x70000000, 0x0FFFFFFF


def to_text(value: bytes) -> str:
    """The JSON text of one value: no spaces, keys in stored order, numbers with their own digits."""
    return container_text(memoryview(value))


def container_text(data: memoryview) -> str:
    (header,) = unpack_from(">I", data)
    kind, count = header & ~COUNT_MASK, header & COUNT_MASK
    if kind == SCALAR:
        return items(data, 4, 1, 8)[0]
    if kind == ARRAY:
        return f"[{','.join(items(data, 4, count, 4 + 4 * count))}]"
    if kind == OBJECT:
        first = 4 + 8 * count
        keys = items(data, 4, count, first)
        values = items(data, 4 + 4 * count, count, first + key_bytes(data, count))
        return f"{{{','.join(f'{key}:{value}' for key, value in zip(keys, values))}}}"
    raise ValueError(f"unknown JSONB header {header:#x}")


def key_bytes(data: memoryview, count: int) -> int:
    return sum(entry & LENGTH_MASK for entry in unpack_from(f">{count}I", data, 4))


def items(data: memoryview, entries_at: int, count: int, at: int) -> list[str]:
    texts = []
    for entry in unpack_from(f">{count}I", data, entries_at):
        length = entry & LENGTH_MASK
        texts.append(item_text(entry & KIND_MASK, data[at : at + length]))
        at += length
    return texts


def item_text(kind: int, data: memoryview) -> str:
    if kind == NULL:
        return "null"
    if kind == STRING:
        return json.dumps(str(data, "utf-8"), ensure_ascii=False)
    if kind == NUMBER:
        return number_text(data)
    if kind == FALSE:
        return "false"
    if kind == TRUE:
        return "true"
    if kind == CONTAINER:
        return container_text(data)
    raise ValueError("a VARIANT holds a date, a timestamp, an interval or binary, which JSON text does not")


def number_text(data: memoryview) -> str:
    kind, body = data[0], data[1:]
    if kind == 0x00:
        return "0"
    if kind == 0x40:
        return str(int.from_bytes(body, "big", signed=True))
    if kind == 0x50:
        return str(int.from_bytes(body, "big"))
    if kind == 0x60:
        return float_text(unpack_from(">d", body)[0])
    if kind == 0x70:
        return decimal_text(int.from_bytes(body[:-1], "big", signed=True), body[-1])
    return {0x10: "NaN", 0x20: "Infinity", 0x30: "-Infinity"}[kind]


def decimal_text(unscaled: int, scale: int) -> str:
    """Plain digits with exactly `scale` of them after the point."""
    sign, digits = ("-" if unscaled < 0 else ""), str(abs(unscaled)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def float_text(value: float) -> str:
    """The shortest digits that read back as the same number, in the engine's notation (`1.0`, `1e+20`, `1e-6`)."""
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        if int(exponent) == -5:
            sign, digits = ("-" if value < 0 else ""), mantissa.lstrip("-").replace(".", "")
            return f"{sign}0.0000{digits}"
        return f"{mantissa}e{int(exponent):+d}"
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(text, text)
