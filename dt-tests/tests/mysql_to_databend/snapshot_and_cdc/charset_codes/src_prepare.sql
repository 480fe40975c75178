-- Each code of each charset that the server turns into a character: what is decoded has to be what the server says. A row holds those with the same first byte.
SET SESSION sql_mode = '', group_concat_max_len = 10000000;
CREATE DATABASE {db}__codes;
CREATE TABLE {db}__codes.bytes (b INT);
INSERT INTO {db}__codes.bytes WITH RECURSIVE n AS (SELECT 0 AS b UNION ALL SELECT b + 1 FROM n WHERE b < 255) SELECT b FROM n;
CREATE TABLE {db}__codes.one (id INT, code VARCHAR(8));
CREATE TABLE {db}__codes.two (id INT, code VARCHAR(8));
CREATE TABLE {db}__codes.three (id INT, code VARCHAR(8));
CREATE TABLE {db}__codes.four (id INT, code VARCHAR(8));
INSERT INTO {db}__codes.one SELECT b, LPAD(HEX(b), 2, '0') FROM {db}__codes.bytes;
INSERT INTO {db}__codes.two SELECT 1000 + x.b, CONCAT(LPAD(HEX(x.b), 2, '0'), LPAD(HEX(y.b), 2, '0')) FROM {db}__codes.bytes x, {db}__codes.bytes y;
INSERT INTO {db}__codes.three SELECT 2000 + x.b, CONCAT('8F', HEX(x.b), HEX(y.b)) FROM {db}__codes.bytes x, {db}__codes.bytes y WHERE x.b >= 161 AND y.b >= 161;
-- The first plane of Unicode, and the beginning and the end of the others.
INSERT INTO {db}__codes.four SELECT 3000 + w.b * 10 + x.b, CONCAT(HEX(w.b), HEX(x.b), HEX(y.b), HEX(z.b))
  FROM {db}__codes.bytes w, {db}__codes.bytes x, {db}__codes.bytes y, {db}__codes.bytes z
  WHERE w.b IN (129, 130, 131, 132, 144, 227) AND x.b BETWEEN 48 AND 57 AND y.b BETWEEN 129 AND 254 AND z.b BETWEEN 48 AND 57;
CREATE TABLE counted (charset VARCHAR(20) NOT NULL PRIMARY KEY, codes INT);
CREATE TABLE `big5` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET big5);
CREATE TABLE `cp932` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET cp932);
CREATE TABLE `euckr` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET euckr);
CREATE TABLE `gb2312` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET gb2312);
CREATE TABLE `gbk` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET gbk);
CREATE TABLE `sjis` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET sjis);
CREATE TABLE `ucs2` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET ucs2);
CREATE TABLE `ujis` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET ujis);
CREATE TABLE `eucjpms` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET eucjpms);
CREATE TABLE `utf16` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET utf16);
CREATE TABLE `utf16le` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET utf16le);
CREATE TABLE `utf32` (id INT NOT NULL PRIMARY KEY, n INT, v MEDIUMTEXT CHARACTER SET utf32);
INSERT INTO `big5` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING big5) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING big5)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING big5)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING big5) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `big5` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING big5) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING big5)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING big5)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING big5) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `cp932` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING cp932) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING cp932)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING cp932)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING cp932) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `cp932` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING cp932) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING cp932)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING cp932)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING cp932) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `euckr` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING euckr) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING euckr)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING euckr)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING euckr) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `euckr` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING euckr) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING euckr)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING euckr)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING euckr) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `gb2312` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING gb2312) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING gb2312)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING gb2312)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING gb2312) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `gb2312` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING gb2312) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING gb2312)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING gb2312)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING gb2312) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `gbk` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING gbk) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING gbk)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING gbk)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING gbk) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `gbk` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING gbk) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING gbk)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING gbk)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING gbk) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `sjis` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING sjis) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING sjis)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING sjis)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING sjis) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `sjis` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING sjis) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING sjis)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING sjis)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING sjis) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `ucs2` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING ucs2) FROM {db}__codes.two
  WHERE code NOT BETWEEN 'D800' AND 'DFFF' AND HEX(CONVERT(UNHEX(code) USING ucs2)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING ucs2)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING ucs2) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `ujis` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING ujis) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING ujis)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING ujis)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING ujis) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `ujis` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING ujis) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING ujis)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING ujis)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING ujis) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `ujis` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING ujis) FROM {db}__codes.three
  WHERE HEX(CONVERT(UNHEX(code) USING ujis)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING ujis)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING ujis) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `eucjpms` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING eucjpms) FROM {db}__codes.one
  WHERE HEX(CONVERT(UNHEX(code) USING eucjpms)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING eucjpms)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING eucjpms) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `eucjpms` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING eucjpms) FROM {db}__codes.two
  WHERE HEX(CONVERT(UNHEX(code) USING eucjpms)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING eucjpms)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING eucjpms) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO `eucjpms` SELECT id, COUNT(*), CONVERT(UNHEX(GROUP_CONCAT(code ORDER BY code SEPARATOR '')) USING eucjpms) FROM {db}__codes.three
  WHERE HEX(CONVERT(UNHEX(code) USING eucjpms)) = code AND CHAR_LENGTH(CONVERT(UNHEX(code) USING eucjpms)) = 1 AND HEX(CONVERT(CONVERT(UNHEX(code) USING eucjpms) USING utf8mb4)) NOT IN ('', IF(code IN ('3F', '003F'), '-', '3F')) GROUP BY id;
INSERT INTO utf16 SELECT id, n, CONVERT(CONVERT(v USING utf8mb4) USING utf16) FROM ucs2;
INSERT INTO utf16le SELECT id, n, CONVERT(CONVERT(v USING utf8mb4) USING utf16le) FROM ucs2;
INSERT INTO utf32 SELECT id, n, CONVERT(CONVERT(v USING utf8mb4) USING utf32) FROM ucs2;
-- A row is a byte.
CREATE TABLE one_byte (id INT NOT NULL PRIMARY KEY,
  armscii8 VARCHAR(1) CHARACTER SET armscii8,
  cp1250 VARCHAR(1) CHARACTER SET cp1250,
  cp1251 VARCHAR(1) CHARACTER SET cp1251,
  cp1256 VARCHAR(1) CHARACTER SET cp1256,
  cp1257 VARCHAR(1) CHARACTER SET cp1257,
  cp850 VARCHAR(1) CHARACTER SET cp850,
  cp852 VARCHAR(1) CHARACTER SET cp852,
  cp866 VARCHAR(1) CHARACTER SET cp866,
  dec8 VARCHAR(1) CHARACTER SET dec8,
  geostd8 VARCHAR(1) CHARACTER SET geostd8,
  greek VARCHAR(1) CHARACTER SET greek,
  hebrew VARCHAR(1) CHARACTER SET hebrew,
  hp8 VARCHAR(1) CHARACTER SET hp8,
  keybcs2 VARCHAR(1) CHARACTER SET keybcs2,
  koi8r VARCHAR(1) CHARACTER SET koi8r,
  koi8u VARCHAR(1) CHARACTER SET koi8u,
  latin1 VARCHAR(1) CHARACTER SET latin1,
  latin2 VARCHAR(1) CHARACTER SET latin2,
  latin5 VARCHAR(1) CHARACTER SET latin5,
  latin7 VARCHAR(1) CHARACTER SET latin7,
  macce VARCHAR(1) CHARACTER SET macce,
  macroman VARCHAR(1) CHARACTER SET macroman,
  swe7 VARCHAR(1) CHARACTER SET swe7,
  tis620 VARCHAR(1) CHARACTER SET tis620);
INSERT INTO one_byte SELECT id,
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING armscii8) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING armscii8), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp1250) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp1250), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp1251) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp1251), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp1256) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp1256), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp1257) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp1257), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp850) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp850), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp852) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp852), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING cp866) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING cp866), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING dec8) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING dec8), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING geostd8) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING geostd8), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING greek) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING greek), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING hebrew) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING hebrew), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING hp8) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING hp8), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING keybcs2) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING keybcs2), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING koi8r) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING koi8r), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING koi8u) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING koi8u), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING latin1) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING latin1), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING latin2) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING latin2), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING latin5) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING latin5), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING latin7) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING latin7), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING macce) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING macce), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING macroman) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING macroman), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING swe7) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING swe7), NULL),
  IF(code = '3F' OR HEX(CONVERT(CONVERT(UNHEX(code) USING tis620) USING utf8mb4)) <> '3F', CONVERT(UNHEX(code) USING tis620), NULL) FROM {db}__codes.one;
INSERT INTO counted SELECT 'armscii8', COUNT(armscii8) FROM one_byte;
INSERT INTO counted SELECT 'cp1250', COUNT(cp1250) FROM one_byte;
INSERT INTO counted SELECT 'cp1251', COUNT(cp1251) FROM one_byte;
INSERT INTO counted SELECT 'cp1256', COUNT(cp1256) FROM one_byte;
INSERT INTO counted SELECT 'cp1257', COUNT(cp1257) FROM one_byte;
INSERT INTO counted SELECT 'cp850', COUNT(cp850) FROM one_byte;
INSERT INTO counted SELECT 'cp852', COUNT(cp852) FROM one_byte;
INSERT INTO counted SELECT 'cp866', COUNT(cp866) FROM one_byte;
INSERT INTO counted SELECT 'dec8', COUNT(dec8) FROM one_byte;
INSERT INTO counted SELECT 'geostd8', COUNT(geostd8) FROM one_byte;
INSERT INTO counted SELECT 'greek', COUNT(greek) FROM one_byte;
INSERT INTO counted SELECT 'hebrew', COUNT(hebrew) FROM one_byte;
INSERT INTO counted SELECT 'hp8', COUNT(hp8) FROM one_byte;
INSERT INTO counted SELECT 'keybcs2', COUNT(keybcs2) FROM one_byte;
INSERT INTO counted SELECT 'koi8r', COUNT(koi8r) FROM one_byte;
INSERT INTO counted SELECT 'koi8u', COUNT(koi8u) FROM one_byte;
INSERT INTO counted SELECT 'latin1', COUNT(latin1) FROM one_byte;
INSERT INTO counted SELECT 'latin2', COUNT(latin2) FROM one_byte;
INSERT INTO counted SELECT 'latin5', COUNT(latin5) FROM one_byte;
INSERT INTO counted SELECT 'latin7', COUNT(latin7) FROM one_byte;
INSERT INTO counted SELECT 'macce', COUNT(macce) FROM one_byte;
INSERT INTO counted SELECT 'macroman', COUNT(macroman) FROM one_byte;
INSERT INTO counted SELECT 'swe7', COUNT(swe7) FROM one_byte;
INSERT INTO counted SELECT 'tis620', COUNT(tis620) FROM one_byte;
INSERT INTO counted SELECT 'big5', SUM(n) FROM big5;
INSERT INTO counted SELECT 'cp932', SUM(n) FROM cp932;
INSERT INTO counted SELECT 'euckr', SUM(n) FROM euckr;
INSERT INTO counted SELECT 'gb2312', SUM(n) FROM gb2312;
INSERT INTO counted SELECT 'gbk', SUM(n) FROM gbk;
INSERT INTO counted SELECT 'sjis', SUM(n) FROM sjis;
INSERT INTO counted SELECT 'ucs2', SUM(n) FROM ucs2;
INSERT INTO counted SELECT 'ujis', SUM(n) FROM ujis;
INSERT INTO counted SELECT 'eucjpms', SUM(n) FROM eucjpms;
-- Codes that the charset has no character for.
CREATE TABLE unknown (id INT NOT NULL PRIMARY KEY, dec8 VARCHAR(5) CHARACTER SET dec8, geostd8 VARCHAR(5) CHARACTER SET geostd8, swe7 VARCHAR(5) CHARACTER SET swe7, cp1257 VARCHAR(5) CHARACTER SET cp1257, greek VARCHAR(5) CHARACTER SET greek, gbk VARCHAR(5) CHARACTER SET gbk, gb2312 VARCHAR(5) CHARACTER SET gb2312, big5 VARCHAR(5) CHARACTER SET big5, sjis VARCHAR(5) CHARACTER SET sjis, ujis VARCHAR(5) CHARACTER SET ujis);
INSERT INTO unknown VALUES (1, CONVERT(X'A4' USING dec8), CONVERT(X'81' USING geostd8), CONVERT(X'80' USING swe7), CONVERT(X'81' USING cp1257), CONVERT(X'D2' USING greek), CONVERT(X'A2AB' USING gbk), CONVERT(X'A2A1' USING gb2312), CONVERT(X'A3C0' USING big5), CONVERT(X'8740' USING sjis), CONVERT(X'ADA1' USING ujis));
