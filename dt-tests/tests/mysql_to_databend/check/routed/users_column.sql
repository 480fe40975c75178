ALTER TABLE `{db}__b`.`there` ADD COLUMN `loaded_at` TIMESTAMP NULL;
