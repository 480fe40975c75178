ALTER TABLE `{db}`.`altered` ADD COLUMN `b` INT NULL;
CREATE TABLE `{db}`.`gone` (`id` INT NOT NULL);
