-- The demo's shop: a composite key, no key, odd names, JSON, decimals, dates, text.
CREATE DATABASE dt_demo_shop DEFAULT CHARACTER SET utf8mb4;
USE dt_demo_shop;
CREATE TABLE customers (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'who',
  name VARCHAR(100) NOT NULL, note TEXT, joined DATE, vip BOOL NOT NULL DEFAULT FALSE
) COMMENT 'people who buy';
CREATE TABLE products (
  sku VARCHAR(20) NOT NULL PRIMARY KEY, title VARCHAR(200) NOT NULL,
  price DECIMAL(12,4) NOT NULL, weight DOUBLE, kind ENUM('book','tool','other') NOT NULL, tags SET('new','sale','last')
);
CREATE TABLE order_items (
  order_id INT NOT NULL, line SMALLINT NOT NULL, sku VARCHAR(20) NOT NULL,
  quantity INT UNSIGNED NOT NULL, amount DECIMAL(14,4) NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE TABLE visits (page VARCHAR(50), at DATETIME(6), took TIME) COMMENT 'no key';
CREATE TABLE settings (id INT NOT NULL PRIMARY KEY, document JSON, changed TIMESTAMP(3) NULL);
CREATE TABLE `Odd "names", and more` (
  `order` INT NOT NULL, `it's a.column` VARCHAR(50) NOT NULL, `größe` DECIMAL(30,10), PRIMARY KEY (`order`, `it's a.column`)
);
CREATE TABLE files (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, content BLOB, flags BIT(12));
