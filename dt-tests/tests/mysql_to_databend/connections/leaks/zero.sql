SET sql_mode = '';
CREATE TABLE zero (id BIGINT NOT NULL PRIMARY KEY, txt VARCHAR(40), day DATE);
INSERT INTO zero VALUES (4418273659, 'marker beside zero', '0000-00-00');
