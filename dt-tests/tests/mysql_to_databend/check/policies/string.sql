UPDATE `{db}__string`.`t` SET `n` = 5 WHERE `id` = 1;
UPDATE `{db}__string`.`t` SET `s` = '0x98' WHERE `id` = 4;
UPDATE `{db}__string`.`t` SET `day` = '2024-01-10' WHERE `id` = 12;
