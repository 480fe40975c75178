-- Keys on columns of such names: the snapshot's pages and the deletes name them too.
CREATE TABLE quotes (`it's "x"` INT, `back``tick` VARCHAR(9), `back\slash\` INT, `"` INT, `''` INT, v INT, PRIMARY KEY (`it's "x"`, `back``tick`));
CREATE TABLE backslash (`\` INT NOT NULL PRIMARY KEY, `a\n` INT, `\"` INT);
CREATE TABLE reserved (`select` INT, `from` INT, `order` INT, `stage` INT, `task` INT, `row` INT, `null` INT, `true` INT, PRIMARY KEY (`order`, `from`));
CREATE TABLE unicode (`größe` INT, `é` INT, `é` INT, `名前` INT, `ﬁ` INT, `Ω` INT, v INT, PRIMARY KEY (`名前`, `é`));
CREATE TABLE mixed_case (`Id` INT NOT NULL PRIMARY KEY, `camelCase` INT, `UPPER` INT);
CREATE TABLE digits (`1st` INT NOT NULL PRIMARY KEY, `2` INT, `3.5` INT, `4e1` INT);
CREATE TABLE signs (`a b` INT, ` lead` INT, `$x` INT, `100%` INT, `_` INT, `%s` INT, `{x}` INT, `?` INT, `:p` INT, `a;b` INT, `--` INT, `/*` INT, `a.b` INT,
    `#` INT, `@v` INT, `ta\b` INT, PRIMARY KEY (`a b`, `?`, `%s`));
CREATE TABLE lengths (`kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk` INT NOT NULL PRIMARY KEY, `名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名名` INT, `v` INT);
CREATE TABLE ours (dt_v0 INT, dt_copies INT, dt_row INT, dt_id INT, c0 INT, __op VARCHAR(1), PRIMARY KEY (dt_v0, c0));
CREATE TABLE ours_keyless (dt_v0 INT, dt_copies INT, dt_row INT, dt_id INT, c0 INT, dt_number INT);

INSERT INTO quotes VALUES (1, 'a', 1, 1, 1, 1), (2, 'b', 2, 2, 2, 2), (3, 'c', 3, 3, 3, 3);
INSERT INTO backslash VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3);
INSERT INTO reserved VALUES (1, 1, 1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2, 2, 2), (3, 3, 3, 3, 3, 3, 3, 3);
INSERT INTO unicode VALUES (1, 1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2, 2), (3, 3, 3, 3, 3, 3, 3);
INSERT INTO mixed_case VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3);
INSERT INTO digits VALUES (1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3);
INSERT INTO signs VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2), (3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3);
INSERT INTO lengths VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3);
INSERT INTO ours VALUES (1, 1, 1, 1, 1, 'D'), (2, 2, 2, 2, 2, NULL), (3, 3, 3, 3, 3, NULL);
INSERT INTO ours_keyless VALUES (1, 1, 1, 1, 1, 1), (1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2), (3, 3, 3, 3, 3, 3);
