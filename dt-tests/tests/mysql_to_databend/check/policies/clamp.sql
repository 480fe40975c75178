UPDATE `{db}__clamp`.`t` SET `n` = 5 WHERE `id` = 1;
UPDATE `{db}__clamp`.`t` SET `s` = 'Пр�' WHERE `id` = 4;
UPDATE `{db}__clamp`.`t` SET `b` = '�文' WHERE `id` = 11;
UPDATE `{db}__clamp`.`t` SET `ts` = '2024-01-02 03:04:05' WHERE `id` = 12;
