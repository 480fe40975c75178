INSERT INTO keyless VALUES (1), (1), (2);
