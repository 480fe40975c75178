UPDATE `{db}__null`.`t` SET `n` = 5 WHERE `id` = 1;
UPDATE `{db}__null`.`t` SET `s` = NULL WHERE `id` = 4;
UPDATE `{db}__null`.`t` SET `day` = '2024-01-01' WHERE `id` = 11;
