UPDATE t SET v = 9 WHERE id = 1;
DELETE FROM T WHERE id = 1;
INSERT INTO T VALUES (3, 'three');
UPDATE `{db}__a`.`x` SET v = 8;
DELETE FROM `{db}__A`.`x`;
