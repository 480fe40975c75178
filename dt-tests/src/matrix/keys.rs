//! Tables whose keys are more than one column of a type: composite, told apart by a collation, unique with NULLs, made by the server.
//! Each has a script of its own, in which keys change, are swapped, go and come back.

use crate::servers::Family;

/// A table with its script; `{t}` stands for its name.
#[derive(Debug, Clone)]
pub struct Scripted {
    /// As the report names it.
    pub name: &'static str,
    /// What creates it.
    pub create: &'static str,
    /// What is done to it.
    pub rows: &'static str,
    /// Rows that it holds in the end.
    pub count: usize,
    /// The family that alone has it, and why the other has not.
    pub only: Option<(Family, &'static str)>,
}

/// The tables.
pub const TABLES: &[Scripted] = &[
    Scripted {
        name: "key of five columns",
        create: "CREATE TABLE {t} (a INT NOT NULL, b VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, \
                 d DATETIME(3) NOT NULL, e BINARY(3) NOT NULL, f DECIMAL(10,2) NOT NULL, n INT, PRIMARY KEY (a, b, d, e, f));",
        rows: "INSERT INTO {t} VALUES (1, 'x', '2024-01-01 00:00:00.001', x'00', 0, 1), (1, 'x', '2024-01-01 00:00:00.001', x'00', 0.01, 2),
                 (1, 'x', '2024-01-01 00:00:00.001', x'01', 0, 3), (1, 'x', '2024-01-01', x'00', 0, 4), (1, 'y', '2024-01-01', x'00', 0, 5),
                 (-1, 'it''s', '1000-01-01', x'ff00ff', -99999999.99, 6), (2, '', '9999-12-30', x'610020', 1.5, 7), (2, ' ', '2024-02-29', x'20', 2, 8);
               UPDATE {t} SET n = n + 100;
               UPDATE {t} SET f = f + 1 WHERE n = 101; UPDATE {t} SET e = x'0001' WHERE n = 102; UPDATE {t} SET d = '2025-01-01' WHERE n = 103;
               UPDATE {t} SET b = 'X' WHERE n = 104; UPDATE {t} SET a = a - 1, b = 'z', d = '2020-01-01', e = x'77', f = 7 WHERE n = 105;
               START TRANSACTION; UPDATE {t} SET a = 99 WHERE n = 107; UPDATE {t} SET a = 2, b = '', d = '9999-12-30', e = x'610020', f = 1.5 WHERE n = 108;
               UPDATE {t} SET a = 2, b = ' ', d = '2024-02-29', e = x'20', f = 2 WHERE n = 107; COMMIT;
               DELETE FROM {t} WHERE n = 106; INSERT INTO {t} VALUES (-1, 'it''s', '1000-01-01', x'ff00ff', -99999999.99, 9);",
        count: 8,
        only: None,
    },
    Scripted {
        name: "key that differs in case only",
        create: "CREATE TABLE {t} (c VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, n INT);",
        rows: "INSERT INTO {t} VALUES ('a', 1), ('b', 2), ('Ärger', 3), ('straße', 4), ('x', 5), ('y', 6), ('z', 7), ('w', 8);
               UPDATE {t} SET c = 'A' WHERE c = 'a'; UPDATE {t} SET c = 'ARGER', n = 30 WHERE c = 'arger'; UPDATE {t} SET n = 20 WHERE c = 'B';
               START TRANSACTION; UPDATE {t} SET c = 'tmp' WHERE c = 'X'; UPDATE {t} SET c = 'X' WHERE c = 'y'; UPDATE {t} SET c = 'Y' WHERE c = 'TMP'; COMMIT;
               DELETE FROM {t} WHERE c = 'Z'; INSERT INTO {t} VALUES ('Z', 70); START TRANSACTION; DELETE FROM {t} WHERE c = 'w'; INSERT INTO {t} VALUES ('W', 80); COMMIT;
               REPLACE INTO {t} VALUES ('STRASSE', 40), ('Straße', 41);",
        count: 9,
        only: None,
    },
    Scripted {
        name: "key with blanks at its end, padded",
        create: "CREATE TABLE {t} (c VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL, d CHAR(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL, \
                 n INT, PRIMARY KEY (c, d));",
        rows: "INSERT INTO {t} VALUES ('a', 'x', 1), ('b ', 'x ', 2), ('c  ', '', 3), ('', ' ', 4), (' e', 'x', 5), ('f', 'F', 6), ('g', 'g', 7), ('h ', 'h', 8);
               UPDATE {t} SET c = 'a ' WHERE c = 'a'; UPDATE {t} SET c = 'b' WHERE c = 'b'; UPDATE {t} SET n = 30 WHERE c = 'c'; UPDATE {t} SET c = '  ' WHERE c = '';
               UPDATE {t} SET c = 'F  ', d = 'f' WHERE c = 'f'; DELETE FROM {t} WHERE c = 'g    '; INSERT INTO {t} VALUES ('G ', 'G', 70); DELETE FROM {t} WHERE c = 'h' AND d = 'H';
               INSERT INTO {t} VALUES ('h', 'h', 80);",
        count: 8,
        only: None,
    },
    Scripted {
        name: "key with blanks at its end, not padded",
        create: "CREATE TABLE {t} (c VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci NOT NULL PRIMARY KEY, n INT);",
        rows: NOT_PADDED,
        count: 8,
        only: Some((Family::MySql, "the collation is MySQL's; the next line has MariaDB's")),
    },
    Scripted {
        name: "key with blanks at its end, not padded (MariaDB)",
        create: "CREATE TABLE {t} (c VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_nopad_ci NOT NULL PRIMARY KEY, n INT);",
        rows: NOT_PADDED,
        count: 8,
        only: Some((Family::MariaDb, "the collation is MariaDB's; the line before has MySQL's")),
    },
    Scripted {
        name: "unique key with NULLs",
        create: "CREATE TABLE {t} (u INT, v VARCHAR(9), n INT, UNIQUE KEY (u, v));",
        rows: "INSERT INTO {t} VALUES (1, 'a', 1), (NULL, 'a', 2), (NULL, 'a', 2), (NULL, NULL, 3), (NULL, NULL, 3), (NULL, NULL, 3), (2, NULL, 4), (2, NULL, 5);
               UPDATE {t} SET n = n + 10 WHERE u = 1; UPDATE {t} SET v = 'b' WHERE u IS NULL AND v = 'a' LIMIT 1; DELETE FROM {t} WHERE u IS NULL AND v IS NULL LIMIT 1;
               UPDATE {t} SET u = NULL WHERE n = 5; UPDATE {t} SET u = 7, v = 'c' WHERE v IS NULL AND n = 3 LIMIT 1; INSERT INTO {t} VALUES (NULL, 'b', 2), (1, NULL, NULL);",
        count: 9,
        only: None,
    },
    Scripted {
        name: "unique key without NULLs",
        create: "CREATE TABLE {t} (u DECIMAL(10,2) NOT NULL, v ENUM('b', 'a') NOT NULL, n INT, w INT, UNIQUE KEY w (w), UNIQUE KEY uv (u, v));",
        rows: "INSERT INTO {t} VALUES (1, 'a', 1, NULL), (1, 'b', 2, NULL), (1.01, 'a', 3, 1), (-1, 'a', 4, 2), (0, 'b', 5, NULL), (2, 'a', 6, NULL), (3, 'a', 7, 7), (4, 'a', 8, NULL);
               UPDATE {t} SET n = n + 10; UPDATE {t} SET u = 9.99 WHERE n = 11; UPDATE {t} SET v = 'b' WHERE n = 13;
               START TRANSACTION; UPDATE {t} SET u = 99 WHERE n = 16; UPDATE {t} SET u = 2 WHERE n = 17; UPDATE {t} SET u = 3 WHERE n = 16; COMMIT;
               DELETE FROM {t} WHERE n = 18; INSERT INTO {t} VALUES (4, 'a', 80, NULL), (4, 'b', 81, NULL);",
        count: 9,
        only: None,
    },
    Scripted {
        name: "generated invisible primary key",
        create: "SET SESSION sql_generate_invisible_primary_key = ON; CREATE TABLE {t} (c VARCHAR(9), n INT); SET SESSION sql_generate_invisible_primary_key = OFF;",
        rows: "INSERT INTO {t} VALUES ('a', 1), ('a', 1), (NULL, NULL), ('b', 2), ('c', 3), ('d', 4), ('e', 5), ('f', 6);
               UPDATE {t} SET n = n + 10; UPDATE {t} SET c = 'z' WHERE n = 11 LIMIT 1; DELETE FROM {t} WHERE n = 13;
               INSERT INTO {t} (my_row_id, c, n) VALUES (100, 'g', 7); UPDATE {t} SET my_row_id = 200 WHERE my_row_id = 1; UPDATE {t} SET my_row_id = 1 WHERE n = 16;",
        count: 8,
        only: Some((Family::MySql, "MariaDB has no such keys")),
    },
];

const NOT_PADDED: &str = "INSERT INTO {t} VALUES ('a', 1), ('a ', 2), ('a  ', 3), ('', 4), (' ', 5), ('b', 6), ('B ', 7), ('c', 8);
               UPDATE {t} SET n = n + 10; UPDATE {t} SET c = 'A' WHERE c = 'a'; UPDATE {t} SET c = 'b   ' WHERE c = 'b';
               START TRANSACTION; UPDATE {t} SET c = 'tmp' WHERE c = 'a '; UPDATE {t} SET c = 'a ' WHERE c = 'a  '; UPDATE {t} SET c = 'a  ' WHERE c = 'tmp'; COMMIT;
               DELETE FROM {t} WHERE c = ''; INSERT INTO {t} VALUES ('', 40);";

impl Scripted {
    /// A script for the table `t`.
    pub fn named(&self, script: &str, t: &str) -> String {
        script.replace("{t}", t)
    }
}
