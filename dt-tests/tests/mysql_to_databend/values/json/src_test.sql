INSERT INTO a VALUES (5, '[-1e999, {"b":1, "b":1}]'), (6, '[-1e999]'), (7, NULL);
INSERT INTO b SELECT * FROM a WHERE id > 3;
INSERT INTO c SELECT * FROM a WHERE id > 3;
