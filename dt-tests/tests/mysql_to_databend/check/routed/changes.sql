UPDATE `{db}__b`.`there` SET `full_name` = 'B', `loaded_at` = '2024-01-01 00:00:00' WHERE `id` = 2;
INSERT INTO `{db}__b`.`there` (`id`, `full_name`, `state`) VALUES (3, 'c', 0), (4, 'd', 1);
DROP TABLE `{db}`.`gone`;
ALTER TABLE `{db}`.`altered` DROP COLUMN `b`;
