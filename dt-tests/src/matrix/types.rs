//! The types with their edge values: as SQL of the source, so that the source says what they are.

use super::keys::{self, Scripted};
use crate::servers::Family;

/// One kind of table: what is tried of a type.
#[derive(Debug, Clone)]
pub struct Kind {
    /// As the report names it.
    pub name: String,
    /// The definition of column `c`, and of others behind it.
    pub definition: String,
    /// The columns that values are given for.
    pub columns: String,
    /// SQL expressions for them, a row each; empty when the server computes it.
    pub values: Vec<String>,
    /// Whether `c` is the primary key.
    pub is_key: bool,
    /// A table with a script of its own; then the rest says nothing.
    pub scripted: Option<Scripted>,
}

/// A type, its values parted by two blanks, and the family that alone has it.
type Line = (&'static str, &'static str, Option<Family>);

const MARIADB: Option<Family> = Some(Family::MariaDb);
const MYSQL: Option<Family> = Some(Family::MySql);

/// Values are parted by two blanks.
const TYPES: &[Line] = &[
    ("TINYINT", "-128  -1  0  1  2  126  127  NULL", None),
    ("BOOL", "TRUE  FALSE  2  -1  127  -128  0  NULL", None),
    ("TINYINT UNSIGNED", "0  1  127  128  129  254  255  NULL", None),
    ("SMALLINT", "-32768  -32767  -1  0  1  32766  32767  NULL", None),
    ("SMALLINT UNSIGNED", "0  1  32767  32768  32769  65534  65535  NULL", None),
    ("MEDIUMINT", "-8388608  -8388607  -1  0  1  8388606  8388607  NULL", None),
    ("MEDIUMINT UNSIGNED", "0  1  8388607  8388608  8388609  16777214  16777215  NULL", None),
    ("INT", "-2147483648  -2147483647  -1  0  1  2147483646  2147483647  NULL", None),
    ("INT UNSIGNED", "0  1  2147483647  2147483648  2147483649  4294967294  4294967295  NULL", None),
    ("INT(8) ZEROFILL", "0  1  12  12345678  123456789  4294967294  4294967295  NULL", None),
    (
        "BIGINT",
        "-9223372036854775808  -9223372036854775807  -1  0  1  9007199254740993  9223372036854775807  NULL",
        None,
    ),
    (
        "BIGINT UNSIGNED",
        "0  1  9007199254740993  9223372036854775807  9223372036854775808  18446744073709551614  18446744073709551615  NULL",
        None,
    ),
    (
        "DECIMAL(65,30)",
        "0  -1  1.5  0.000000000000000000000000000001  -0.000000000000000000000000000001  99999999999999999999999999999999999.999999999999999999999999999999  -99999999999999999999999999999999999.999999999999999999999999999999  12345678901234567890123456789012345.123456789012345678901234567891  NULL",
        None,
    ),
    (
        "DECIMAL(38,10)",
        "0  -1  1.5  0.0000000001  -0.0000000001  9999999999999999999999999999.9999999999  -9999999999999999999999999999.9999999999  NULL",
        None,
    ),
    (
        "DECIMAL(39,0)",
        "0  -1  1  10  999999999999999999999999999999999999999  -999999999999999999999999999999999999999  123456789012345678901234567890123456789  NULL",
        None,
    ),
    ("DECIMAL(9,9)", "0  0.1  -0.1  0.000000001  -0.000000001  0.999999999  -0.999999999  NULL", None),
    ("DECIMAL(5,2) UNSIGNED", "0  0.01  0.10  1  10.5  99.99  999.99  NULL", None),
    ("FLOAT", "0  -0e0  0.1  1.5  -1.5  3.4028234e38  -3.4028234e38  1.17549435e-38  16777217  NULL", None),
    (
        "DOUBLE",
        "0  -0e0  0.1  1.5  1e15  1e16  123456789.123456789  1.7976931348623157e308  -1.7976931348623157e308  2.2250738585072014e-308  NULL",
        None,
    ),
    ("BIT(1)", "0  1  b'0'  b'1'  TRUE  FALSE  x'01'  NULL", None),
    ("BIT(12)", "0  1  255  256  2048  4094  4095  NULL", None),
    ("BIT(64)", "0  1  255  256  9223372036854775807  9223372036854775808  18446744073709551615  NULL", None),
    ("YEAR", "0  1901  1969  1970  2000  2024  2155  NULL", None),
    (
        "DATE",
        "'0001-01-01'  '1000-01-01'  '1582-10-04'  '1582-10-15'  '1969-12-31'  '1970-01-01'  '2024-02-29'  '9999-12-31'  NULL",
        None,
    ),
    (
        "DATETIME",
        "'0001-01-01 00:00:00'  '1000-01-01 00:00:01'  '1969-12-31 23:59:59'  '1970-01-01 00:00:00'  '2024-03-31 02:30:00'  '2038-01-19 03:14:08'  '9999-12-30 22:00:00'  NULL",
        None,
    ),
    (
        "DATETIME(1)",
        "'0001-01-01 00:00:00.1'  '1969-12-31 23:59:59.9'  '1970-01-01 00:00:00.1'  '2024-02-29 23:59:59.5'  '2024-10-27 02:30:00.2'  '9999-12-30 21:59:59.9'  '2000-01-01'  NULL",
        None,
    ),
    (
        "DATETIME(3)",
        "'0001-01-01 00:00:00.001'  '1969-12-31 23:59:59.999'  '1970-01-01 00:00:00.005'  '2024-02-29 23:59:59.500'  '2024-10-27 02:30:00.02'  '9999-12-30 21:59:59.999'  '2000-01-01'  NULL",
        None,
    ),
    (
        "DATETIME(6)",
        "'0001-01-01 00:00:00.000001'  '1969-12-31 23:59:59.999999'  '1970-01-01 00:00:00.005'  '2024-02-29 23:59:59.5'  '2024-10-27 02:30:00.000020'  '9999-12-30 21:59:59.999999'  '2000-01-01'  NULL",
        None,
    ),
    (
        "TIMESTAMP NULL",
        "'1970-01-01 00:00:01'  '1970-01-02 00:00:00'  '2000-02-29 12:00:00'  '2024-03-31 02:30:00'  '2024-10-27 02:30:00'  '2038-01-19 03:14:06'  '2038-01-19 03:14:07'  NULL",
        None,
    ),
    (
        "TIMESTAMP(6) NULL",
        "'1970-01-01 00:00:01'  '1970-01-01 00:00:01.000001'  '2000-02-29 12:00:00.5'  '2024-03-31 02:30:00.005'  '2024-10-27 02:30:00.999999'  '2038-01-19 03:14:06.1'  '2038-01-19 03:14:07.999999'  NULL",
        None,
    ),
    (
        "TIME",
        "'-838:59:59'  '838:59:59'  '-00:00:01'  '00:00:00'  '00:00:01'  '23:59:59'  '24:00:00'  '100:00:00'  NULL",
        None,
    ),
    (
        "TIME(3)",
        "'-838:59:59'  '838:59:58.999'  '-00:00:00.001'  '00:00:00'  '00:00:00.005'  '23:59:59.999'  '-24:00:00.5'  NULL",
        None,
    ),
    (
        "TIME(6)",
        "'-838:59:58.999999'  '838:59:58.999999'  '-00:00:00.000001'  '00:00:00'  '00:00:00.000001'  '23:59:59.999999'  '-100:00:00.5'  NULL",
        None,
    ),
    ("CHAR(10)", "''  'a'  ' lead'  'trail '  'é'  '😀'  'it''s'  'back\\\\slash'  NULL", None),
    (
        "CHAR(255)",
        "''  'a'  REPEAT('é', 255)  REPEAT('😀', 255)  REPEAT('x', 255)  ' '  'O''Neill'  NULL",
        None,
    ),
    (
        "VARCHAR(300)",
        "''  ' '  'trail '  'a\\nb\\tc\\rd'  'nul\\0nul'  '\\Z'  '%_\"`${}$$;--'  REPEAT('日', 300)  '\\\\'  '''; DROP TABLE x'  NULL",
        None,
    ),
    ("TINYTEXT", "''  ' '  'a'  'é😀'  REPEAT('x', 255)  '\\n'  'null'  NULL", None),
    ("TEXT", "''  ' '  'a'  'é😀'  REPEAT('x', 256)  REPEAT('é', 30000)  'NULL'  NULL", None),
    ("MEDIUMTEXT", "''  ' '  'a'  'é😀'  REPEAT('x', 65536)  REPEAT('é', 100000)  '\\\\N'  NULL", None),
    ("LONGTEXT", "''  ' '  'a'  'é😀'  REPEAT('x', 65536)  REPEAT('日本', 100000)  '[]'  NULL", None),
    ("BINARY(4)", "x''  x'00'  x'01'  x'0100'  x'00ff'  x'61200000'  x'ffffffff'  NULL", None),
    (
        "BINARY(255)",
        "x''  x'00'  x'01'  REPEAT(x'ff', 255)  REPEAT(x'00', 255)  x'0a0d'  x'5c27'  NULL",
        None,
    ),
    ("VARBINARY(300)", "x''  x'00'  x'0100'  x'00ff'  x'27'  x'5c'  REPEAT(x'00ff', 150)  NULL", None),
    ("TINYBLOB", "x''  x'00'  x'0100'  x'ff'  x'27'  x'5c'  REPEAT(x'ff', 255)  NULL", None),
    ("BLOB", "x''  x'00'  x'0100'  x'ff'  x'27'  REPEAT(x'00', 300)  REPEAT(x'ff00', 30000)  NULL", None),
    (
        "MEDIUMBLOB",
        "x''  x'00'  x'0100'  x'ff'  x'27'  REPEAT(x'00', 300)  REPEAT(x'ff00', 50000)  NULL",
        None,
    ),
    ("LONGBLOB", "x''  x'00'  x'0100'  x'ff'  x'27'  REPEAT(x'00', 300)  REPEAT(x'ff00', 50000)  NULL", None),
    (
        "ENUM('a','b,c','it''s','','x y','é','\"')",
        "'a'  'b,c'  'it''s'  ''  'x y'  'é'  '\"'  0  'none such'  NULL",
        None,
    ),
    ("SET('a','b','c d','é')", "''  'a'  'b'  'a,b'  'c d,é'  'a,b,c d,é'  8  NULL", None),
    (
        "POINT",
        "ST_GeomFromText('POINT(0 0)')  ST_GeomFromText('POINT(1 2)')  ST_GeomFromText('POINT(-1.5 2.25)')  ST_GeomFromText('POINT(1e10 -1e-10)')  ST_GeomFromText('POINT(1 2)', 4326)  ST_GeomFromText('POINT(10 20)', 3857)  ST_GeomFromText('POINT(-0.1 0.1)', 4326)  NULL",
        None,
    ),
    (
        "LINESTRING",
        "ST_GeomFromText('LINESTRING(0 0,1 1)')  ST_GeomFromText('LINESTRING(0 0,1 1,2 0)')  ST_GeomFromText('LINESTRING(1 2,3 4)', 4326)  ST_GeomFromText('LINESTRING(-1 -2,-3 -4)')  ST_GeomFromText('LINESTRING(0.1 0.2,0.3 0.4)')  ST_GeomFromText('LINESTRING(0 0,0 1,1 1,1 0,0 0)')  ST_GeomFromText('LINESTRING(5 5,6 6)', 3857)  NULL",
        None,
    ),
    (
        "POLYGON",
        "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')  ST_GeomFromText('POLYGON((0 0,9 0,9 9,0 9,0 0),(1 1,2 1,2 2,1 1))')  ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 4326)  ST_GeomFromText('POLYGON((0 0,2 0,2 2,0 0))', 3857)  ST_GeomFromText('POLYGON((-1 -1,1 -1,1 1,-1 -1))')  ST_GeomFromText('POLYGON((0.5 0.5,1.5 0.5,1.5 1.5,0.5 0.5))')  ST_GeomFromText('POLYGON((10 10,20 10,20 20,10 10))')  NULL",
        None,
    ),
    (
        "GEOMETRY",
        "ST_GeomFromText('POINT(1 2)')  ST_GeomFromText('LINESTRING(0 0,1 1)')  ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')  ST_GeomFromText('MULTIPOINT(0 0,1 1)')  ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))')  ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')  ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')  ST_GeomFromText('POINT(3 4)', 4326)  NULL",
        None,
    ),
    (
        "JSON",
        "'null'  'true'  '0'  '-1'  '18446744073709551615'  '-9223372036854775808'  '1.5'  '\"it''s \\\\\\\\ \\\\\" é 😀\"'  '[]'  '{}'  '[1, [2, [3, {\"a\": null}]]]'  '{\"b\": 1, \"a\": {\"c\": \"\"}}'  CONCAT(REPEAT('[', 90), REPEAT(']', 90))  NULL",
        MYSQL,
    ),
    (
        "JSON",
        "'null'  'true'  '0'  '-1'  '18446744073709551615'  '-9223372036854775808'  '1.50'  '12345678901234567890123456789'  '[]'  '{}'  '[1, [2, [3, {\"a\": null}]]]'  '{\"b\":1,\"a\":{\"c\":\"\"}}'  CONCAT(REPEAT('[', 30), REPEAT(']', 30))  NULL",
        MARIADB,
    ),
    (
        "JSON /* opaque */",
        "CAST(1.10 AS JSON)  CAST(CAST('2024-02-29' AS DATE) AS JSON)  CAST(CAST('2024-02-29 01:02:03.000004' AS DATETIME(6)) AS JSON)  CAST(CAST('-838:59:59' AS TIME) AS JSON)  CAST(x'00ff' AS JSON)  CAST(1e100 AS JSON)  CAST(99999999999999999999999999999999999.5 AS JSON)  JSON_OBJECT('d', CAST(-0.001 AS DECIMAL(10,3)))  JSON_ARRAY(1e15, 1e16, 0.1, -0e0)",
        MYSQL,
    ),
    (
        "VECTOR(3)",
        "STRING_TO_VECTOR('[0,0,0]')  STRING_TO_VECTOR('[1,2,3]')  STRING_TO_VECTOR('[-1.5,0.1,1e10]')  STRING_TO_VECTOR('[1e38,-1e38,1e-37]')  STRING_TO_VECTOR('[0.3333333,16777217,-0.1]')  STRING_TO_VECTOR('[1,1,1]')  STRING_TO_VECTOR('[9,8,7]')  NULL",
        MYSQL,
    ),
    (
        "UUID",
        "'00000000-0000-0000-0000-000000000000'  'ffffffff-ffff-ffff-ffff-ffffffffffff'  '123e4567-e89b-12d3-a456-426655440000'  '6ccd780c-baba-1026-9564-5b8c656024db'  UUID()  SYS_GUID()  '00112233-4455-6677-8899-aabbccddeeff'  NULL",
        MARIADB,
    ),
    (
        "INET4",
        "'0.0.0.0'  '255.255.255.255'  '127.0.0.1'  '10.1.2.3'  '192.168.0.1'  '1.0.0.0'  '0.0.0.1'  NULL",
        MARIADB,
    ),
    (
        "INET6",
        "'::'  '::1'  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'  '2001:db8::ff00:42:8329'  '::ffff:192.0.2.128'  '::192.0.2.1'  'fe80::1'  NULL",
        MARIADB,
    ),
    (
        "TEXT COMPRESSED",
        "''  ' '  'a'  'é😀'  REPEAT('x', 256)  REPEAT('squeeze ', 2000)  'NULL'  NULL",
        MARIADB,
    ),
    ("INT INVISIBLE DEFAULT 5", "0  1  -1  DEFAULT  7  2147483647  -2147483648  NULL", None),
    ("VARCHAR(90) DEFAULT (CONCAT('x', UPPER('y')))", "DEFAULT  'a'  ''  'z'  DEFAULT  'é'  ' '  NULL", None),
];

/// Types that the server fills in by itself.
const COMPUTED: &[&str] = &[
    "INT AS (id * 2) VIRTUAL",
    "VARCHAR(20) AS (CONCAT('n', id)) STORED",
    "DECIMAL(10,2) AS (id / 3) VIRTUAL",
    "TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6)",
    "DATETIME DEFAULT CURRENT_TIMESTAMP",
];

/// Charsets with a text that each of them has, and the family that alone has it.
const CHARSETS: &[(&str, &str, Option<Family>)] = &[
    ("ascii", "~{}", None),
    ("latin1", "€éÿ", None),
    ("latin2", "ąłž", None),
    ("latin5", "ğışİ", None),
    ("latin7", "ąčę", None),
    ("cp1250", "ąž€", None),
    ("cp1251", "Привет", None),
    ("cp1256", "سلام", None),
    ("cp1257", "ąčž", None),
    ("cp866", "Привет", None),
    ("koi8r", "Привет", None),
    ("koi8u", "Київ", None),
    ("greek", "αβγ", None),
    ("hebrew", "שלום", None),
    ("tis620", "ไทย", None),
    ("macroman", "é∞π", None),
    ("utf8mb3", "日本é", None),
    ("ucs2", "日本é", None),
    ("utf16", "日本😀", None),
    ("utf16le", "日本😀", None),
    ("utf32", "日本😀", None),
    ("gb2312", "中文", None),
    ("gbk", "中文", None),
    ("sjis", "日本ｱ", None),
    ("cp932", "日本①", None),
    ("ujis", "日本ｱ", None),
    ("eucjpms", "日本①", None),
    ("euckr", "한국", None),
    ("big5", "中文", None),
    ("gb18030", "中文😀", MYSQL),
    ("cp850", "é░ß", None),
    ("cp852", "łř░", None),
    ("dec8", "éœ", None),
    ("hp8", "éŠ", None),
    ("keybcs2", "čß∞", None),
    ("macce", "čģ", None),
    ("armscii8", "Աա", None),
    ("geostd8", "აბ", None),
];

/// Keys: a definition and values that differ.
const KEYS: &[(&str, &str)] = &[
    (
        "BINARY(4)",
        "x'00000000'  x'01000000'  x'0200ff00'  x'00ff0000'  x'61000000'  x'61200000'  x'ffffffff'  x'80000000'",
    ),
    ("VARBINARY(9)", "x''  x'00'  x'01'  x'0100'  x'00ff'  x'61'  x'6120'  x'ffffffff'"),
    ("DECIMAL(10,2)", "0  0.01  -0.01  1  1.5  99999999.99  -99999999.99  10"),
    ("DECIMAL(18,0)", "0  1  -1  999999999999999999  -999999999999999999  10  100  2"),
    ("DECIMAL(19,4)", "0  0.0001  -0.0001  999999999999999.9999  -1  1  10  100"),
    (
        "DECIMAL(65,30)",
        "0  0.000000000000000000000000000001  1  -1  99999999999999999999999999999999999  10  2  3",
    ),
    ("INT", "0  1  -1  2147483647  -2147483648  2  3  4"),
    ("DECIMAL(30,10)", "0  0.1  -0.1  1  1.0000000001  99999999999999999999.9999999999  -1  10"),
    (
        "DATETIME(6)",
        "'1970-01-01'  '2024-01-01 00:00:00.000001'  '2024-01-01'  '1000-01-01'  '9999-12-30'  '2024-02-29'  '1969-12-31'  '2024-03-31 02:30:00'",
    ),
    (
        "TIMESTAMP(3)",
        "'1970-01-01 00:00:01'  '2024-01-01 00:00:00.001'  '2024-01-01'  '2038-01-19 03:14:07'  '2024-10-27 02:30:00'  '2024-03-31 02:30:00'  '2000-01-01'  '1999-12-31'",
    ),
    (
        "DATE",
        "'0001-01-01'  '1970-01-01'  '1969-12-31'  '2024-02-29'  '9999-12-31'  '2000-01-01'  '1582-10-10'  '2024-01-01'",
    ),
    (
        "TIME(6)",
        "'-838:59:59'  '838:59:59'  '00:00:00'  '-00:00:00.000001'  '00:00:00.000001'  '24:00:00'  '12:00:00'  '-12:00:00'",
    ),
    ("YEAR", "0  1901  1970  1999  2000  2024  2100  2155"),
    ("ENUM('b','a','c','d','e','f','g','h')", "'a'  'b'  'c'  'd'  'e'  'f'  'g'  'h'"),
    ("SET('x','y','z')", "''  'x'  'y'  'z'  'x,y'  'x,z'  'y,z'  'x,y,z'"),
    ("BIGINT UNSIGNED", "0  1  9223372036854775807  9223372036854775808  18446744073709551615  2  3  4"),
    ("BIT(20)", "0  1  2  255  256  65536  1048574  1048575"),
    ("DOUBLE", "0  0.1  -0.1  1e300  -1e300  1e-300  1.5  3"),
    (
        "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "''  'a'  'b'  'Straße'  'x y'  '日本'  'O''Neill'  '\\\\'",
    ),
    ("CHAR(9) CHARACTER SET latin1", "''  'a'  'B'  'é'  'x y'  '%'  '_'  '\\\\'"),
];

fn parted(values: &str) -> Vec<String> {
    values.split("  ").map(str::to_owned).collect()
}

/// Every kind of a family.
pub fn kinds(family: Family) -> Vec<Kind> {
    let has = |only: Option<Family>| only.is_none_or(|only| only == family);
    let kind = |name: &str, definition: String, values: Vec<String>, is_key: bool| Kind {
        name: name.to_owned(),
        definition,
        columns: "c".to_owned(),
        values,
        is_key,
        scripted: None,
    };
    let types = TYPES.iter().filter(|line| has(line.2));
    let mut all: Vec<Kind> =
        types.map(|(ty, values, _)| kind(ty, (*ty).to_owned(), parted(values), false)).collect();
    all.extend(COMPUTED.iter().map(|ty| kind(ty, (*ty).to_owned(), Vec::new(), false)));
    for (charset, sample, _) in CHARSETS.iter().filter(|charset| has(charset.2)) {
        let mut values = parted("''  'a'  'A z'  ' x'  '~!@#$%'  '0123456789'  NULL");
        values.push(format!("'{sample}'"));
        values.push(format!("REPEAT('{sample}', 20)"));
        all.push(kind(
            &format!("VARCHAR {charset}"),
            format!("VARCHAR(200) CHARACTER SET {charset}"),
            values,
            false,
        ));
    }
    let members = |n: usize| (1..=n).map(|i| format!("'m{i}'")).collect::<Vec<_>>().join(",");
    let picked = ["1", "2", "255", "256", "257", "299", "300", "NULL"].map(str::to_owned).to_vec();
    all.push(kind("ENUM of 300", format!("ENUM({})", members(300)), picked, false));
    let sets =
        ["0", "1", "2", "9223372036854775808", "18446744073709551615", "4294967296", "'m1,m64'", "NULL"];
    all.push(kind("SET of 64", format!("SET({})", members(64)), sets.map(str::to_owned).to_vec(), false));
    for (ty, values) in KEYS {
        all.push(kind(&format!("key {ty}"), format!("{ty} NOT NULL"), parted(values), true));
    }
    for table in keys::TABLES {
        all.push(Kind { scripted: Some(table.clone()), ..kind(table.name, String::new(), Vec::new(), true) });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_edges() {
        for family in Family::ALL {
            for kind in kinds(family) {
                assert!(
                    kind.values.is_empty() || kind.values.len() >= 8,
                    "{}: {}",
                    kind.name,
                    kind.values.len()
                );
            }
        }
    }
}
