//! Every column type: schema and table map in, value out.

use dt_common::schema::{Generated, IntWidth};

use super::*;

fn column(ty: ColumnType) -> Column {
    Column {
        name: "c".into(),
        ty,
        nullable: true,
        default: None,
        generated: Generated::No,
        invisible: false,
        comment: String::new(),
    }
}

fn decode(ty: ColumnType, wire: Wire, bytes: &[u8]) -> ColValue {
    let mut cursor = Cursor::new(bytes);
    let value = codec(&column(ty), wire).unwrap().decode(&mut cursor).unwrap();
    assert!(cursor.is_empty());
    value
}

fn text_of(max_bytes: u64, charset: &str) -> Text {
    Text { max_bytes, max_chars: max_bytes / 4, charset: charset.into() }
}

fn int(width: IntWidth, unsigned: bool, bytes: &[u8]) -> ColValue {
    let wire = Wire::Int { bytes: bytes.len() as u8, unsigned: None };
    decode(ColumnType::Int { width, unsigned }, wire, bytes)
}

fn members(names: &[&str]) -> Arc<[String]> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn integers() {
    assert_eq!(int(IntWidth::One, false, &[0xff]), ColValue::Int(-1));
    assert_eq!(int(IntWidth::Three, false, &[0, 0, 0x80]), ColValue::Int(-8_388_608));
    assert_eq!(int(IntWidth::Three, true, &[0xff, 0xff, 0xff]), ColValue::UInt(16_777_215));
    assert_eq!(int(IntWidth::Eight, true, &[0xff; 8]), ColValue::UInt(u64::MAX));
    assert_eq!(int(IntWidth::Eight, false, &[0, 0, 0, 0, 0, 0, 0, 0x80]), ColValue::Int(i64::MIN));
}

#[test]
fn other_numbers() {
    let year = |byte| decode(ColumnType::Year, Wire::Year, &[byte]);
    assert_eq!((year(0), year(255)), (ColValue::Year(0), ColValue::Year(2155)));
    assert_eq!(decode(ColumnType::Float, Wire::Float, &1.5_f32.to_le_bytes()), ColValue::Float(1.5));
    assert_eq!(decode(ColumnType::Double, Wire::Double, &(-0.0_f64).to_le_bytes()), ColValue::Double(-0.0));
    assert_eq!(decode(ColumnType::Bit { bits: 11 }, Wire::Bit { bits: 11 }, &[5, 3]), ColValue::Bit(0x503));
    let decimal = ColumnType::Decimal { precision: 5, scale: 2 };
    let value = decode(decimal, Wire::Decimal { precision: 5, scale: 2 }, &[0x80, 0x01, 0x05]);
    assert_eq!(value, ColValue::Decimal("1.05".into()));
}

#[test]
fn strings_and_bytes() {
    let char = ColumnType::Char(text_of(40, "utf8mb4"));
    assert_eq!(decode(char, Wire::Fixed { len: 40 }, &[2, 0xc3, 0xa9]), ColValue::text("é"));
    let wide = ColumnType::Char(text_of(1020, "utf8mb4"));
    assert_eq!(decode(wide, Wire::Fixed { len: 1020 }, &[1, 0, b'a']), ColValue::text("a"));
    let varchar = ColumnType::VarChar(text_of(300, "latin1"));
    assert_eq!(decode(varchar, Wire::Variable { len: 300 }, &[1, 0, 0xe9]), ColValue::text("é"));
    let long = ColumnType::Text(text_of(0xffff, "utf8mb4"));
    let invalid = decode(long, Wire::Blob { length_bytes: 2 }, &[1, 0, 0xff]);
    assert_eq!(invalid, ColValue::invalid_text([0xff], ""));
    let binary = ColumnType::Binary { len: 4 };
    assert_eq!(decode(binary, Wire::Fixed { len: 4 }, &[1, 7]), ColValue::Bytes([7, 0, 0, 0].into()));
    let varbinary = ColumnType::VarBinary { len: 4 };
    assert_eq!(decode(varbinary, Wire::Variable { len: 4 }, &[2, 7, 0]), ColValue::Bytes([7, 0].into()));
    let blob = ColumnType::Blob { len: u32::MAX };
    assert_eq!(decode(blob, Wire::Blob { length_bytes: 4 }, &[1, 0, 0, 0, 9]), ColValue::Bytes([9].into()));
}

#[test]
fn enums_and_sets() {
    let ty = || ColumnType::Enum { members: members(&["a", "b"]) };
    let value = |index| decode(ty(), Wire::Enum { bytes: 1 }, &[index]);
    assert_eq!((value(0), value(2)), (ColValue::text(""), ColValue::text("b")));
    let wire = Wire::Enum { bytes: 1 };
    assert!(codec(&column(ty()), wire).unwrap().decode(&mut Cursor::new(&[3])).is_err());
    let set = ColumnType::Set { members: members(&["a", "b", "c"]) };
    assert_eq!(decode(set.clone(), Wire::Set { bytes: 1 }, &[5]), ColValue::text("a,c"));
    assert_eq!(decode(set, Wire::Set { bytes: 1 }, &[0]), ColValue::text(""));
}

#[test]
fn structured_values() {
    let json = ColumnType::Json(JsonStorage::Binary);
    let value = decode(json, Wire::Json { length_bytes: 4 }, &[2, 0, 0, 0, 4, 1]);
    assert_eq!(value, ColValue::Json("true".into()));
    let json = ColumnType::Json(JsonStorage::Text);
    let value = decode(json, Wire::Blob { length_bytes: 4 }, &[2, 0, 0, 0, b'{', b'}']);
    assert_eq!(value, ColValue::Json("{}".into()));
    let value =
        decode(ColumnType::Geometry, Wire::Geometry { length_bytes: 1 }, &[6, 0xe6, 0x10, 0, 0, 1, 2]);
    assert_eq!(value, ColValue::Geometry { srid: 4326, wkb: [1, 2].into() });
    let vector = ColumnType::Vector { dimension: 1 };
    let value = decode(vector, Wire::Vector { length_bytes: 1 }, &[4, 0, 0, 0x80, 0x3f]);
    assert_eq!(value, ColValue::Vector([1.0].into()));
}

#[test]
fn addresses() {
    let mut inet6 = vec![16];
    inet6.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(decode(ColumnType::Inet6, Wire::Fixed { len: 16 }, &inet6), ColValue::text("2001:db8::1"));
    assert_eq!(decode(ColumnType::Inet4, Wire::Fixed { len: 4 }, &[3, 10, 1, 2]), ColValue::text("10.1.2.0"));
}

#[test]
fn an_altered_table_is_refused() {
    let int = |unsigned| ColumnType::Int { width: IntWidth::Four, unsigned };
    for (ty, wire) in [
        (int(false), Wire::Int { bytes: 8, unsigned: None }),
        (int(false), Wire::Int { bytes: 4, unsigned: Some(true) }),
        (int(false), Wire::Float),
        (ColumnType::Decimal { precision: 5, scale: 2 }, Wire::Decimal { precision: 5, scale: 3 }),
        (ColumnType::DateTime { fsp: 0 }, Wire::DateTime { fsp: 3 }),
        (ColumnType::Timestamp { fsp: 0 }, Wire::DateTime { fsp: 0 }),
        (ColumnType::VarChar(text_of(40, "utf8mb4")), Wire::Variable { len: 80 }),
        (ColumnType::Text(text_of(0xffff, "utf8mb4")), Wire::Blob { length_bytes: 3 }),
        (ColumnType::Set { members: members(&["a"]) }, Wire::Set { bytes: 2 }),
        (ColumnType::Json(JsonStorage::Binary), Wire::Blob { length_bytes: 4 }),
        (int(false), Wire::Compressed { length_bytes: 2 }),
    ] {
        let message = codec(&column(ty), wire).unwrap_err().to_string();
        assert!(message.starts_with("column `c`: "), "{message}");
    }
    let later = ColumnType::VarChar(text_of(10, "of_a_later_server"));
    let message = codec(&column(later), Wire::Variable { len: 10 }).unwrap_err().to_string();
    assert!(message.starts_with("column `c`: its charset of_a_later_server"), "{message}");
}
