INSERT INTO w VALUES (6, 6, 'and on');
