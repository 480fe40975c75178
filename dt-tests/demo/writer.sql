-- A shop that is alive: every second MariaDB itself changes five tables in one transaction.
-- SET GLOBAL event_scheduler = OFF lets it rest.
USE dt_demo_shop;
DELIMITER //
CREATE EVENT writer ON SCHEDULE EVERY 1 SECOND DO BEGIN
  DECLARE next INT;
  START TRANSACTION;
  INSERT INTO customers (name, note, joined) VALUES ('A new customer', 'walked in', CURRENT_DATE);
  SET next = LAST_INSERT_ID();
  UPDATE customers SET vip = NOT vip, note = 'seen again' WHERE id = 1 + next MOD 500;
  INSERT INTO order_items SELECT next + 100000, n.line, p.sku, n.line, p.price * n.line
    FROM products p JOIN (SELECT 1 AS line UNION ALL SELECT 2) n WHERE p.sku = CONCAT('SKU-', LPAD(next MOD 500, 5, '0'));
  UPDATE products SET price = price + 0.01 WHERE sku = CONCAT('SKU-', LPAD(next MOD 500, 5, '0'));
  DELETE FROM order_items WHERE order_id = next MOD 1000;
  INSERT INTO visits VALUES ('/page/0', NOW(6), '00:00:01');
  DELETE FROM visits WHERE page = '/page/0' LIMIT 1;
  COMMIT;
END //
DELIMITER ;
SET GLOBAL event_scheduler = ON;
