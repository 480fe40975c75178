UPDATE `{db}`.`keyed` SET `v` = 'by hand' WHERE `id` IN (1, 5);
DELETE FROM `{db}`.`keyed` WHERE `id` = 6;
