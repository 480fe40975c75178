-- What docker-compose.yml copies, and the user that copies it.
CREATE DATABASE shop;
CREATE TABLE shop.customers (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, joined DATETIME(6));
CREATE TABLE shop.orders (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, amount DECIMAL(12,2) NOT NULL);
INSERT INTO shop.customers (name, joined) VALUES ('Ada', '2024-01-01'), ('Grace', '2024-02-29 12:00:00.5');
INSERT INTO shop.orders (customer, amount) VALUES (1, 9.90), (1, 20.00), (2, 0.01);
CREATE USER 'dt'@'%' IDENTIFIED BY 'toy_source';
GRANT SELECT ON shop.* TO 'dt'@'%';
GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'dt'@'%';
