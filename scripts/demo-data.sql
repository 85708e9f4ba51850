-- A sample shop in SQLite, with what real SQLite databases are full of: columns that hold more than
-- one type, dates as text and as numbers, blobs, generated columns, every kind of table.
-- About 240,000 rows. Numbers come from fixed formulas: the same file each time.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
BEGIN;

CREATE TABLE country (
  code CHAR(2) PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE
) WITHOUT ROWID;

CREATE TABLE customer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL COLLATE NOCASE,
  full_name VARCHAR(40) NOT NULL,
  country CHAR(2) NOT NULL REFERENCES country(code),
  referred_by INTEGER REFERENCES customer(id) ON DELETE SET NULL,
  newsletter BOOLEAN NOT NULL DEFAULT FALSE,
  birthday DATE,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  photo BLOB,
  settings JSON NOT NULL DEFAULT '{}',
  uuid UUID NOT NULL
);
CREATE UNIQUE INDEX customer_email ON customer(email);

CREATE TABLE category (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER REFERENCES category(id) DEFERRABLE INITIALLY DEFERRED,
  name TEXT NOT NULL
) STRICT;

CREATE TABLE product (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sku TEXT NOT NULL UNIQUE,
  category_id INTEGER NOT NULL REFERENCES category(id),
  name TEXT NOT NULL,
  price DECIMAL(10,2) NOT NULL CHECK (price > 0),
  weight_kg REAL,
  ean BIGINT,                      -- beyond 32 bits
  dimension INTEGER,               -- mostly numbers, some '40x60': what SQLite does not refuse
  price_with_tax GENERATED ALWAYS AS (price * 1.19) VIRTUAL,
  discontinued BOOLEAN NOT NULL DEFAULT 0
);
CREATE INDEX product_live ON product(category_id, price DESC) WHERE discontinued = 0;
CREATE INDEX product_lower_name ON product(lower(name));

CREATE TABLE warehouse_stock (
  warehouse TEXT NOT NULL,
  product_id INTEGER NOT NULL REFERENCES product(id),
  quantity INTEGER NOT NULL DEFAULT 0,
  counted_at TEXT,
  PRIMARY KEY (warehouse, product_id)
) WITHOUT ROWID;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id INTEGER NOT NULL REFERENCES customer(id),
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'paid', 'shipped', 'cancelled')),
  ordered_at TIMESTAMP NOT NULL,
  paid_at TIMESTAMP,
  note
);
CREATE INDEX orders_customer ON orders(customer_id, ordered_at DESC);

CREATE TABLE order_item (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES product(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  unit_price NUMERIC NOT NULL,
  PRIMARY KEY (order_id, line)
);

CREATE TABLE shipment (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL,
  line INTEGER NOT NULL,
  carrier VARCHAR(20) DEFAULT "DHL",
  shipped_on DATE,
  label BLOB,
  FOREIGN KEY (order_id, line) REFERENCES order_item(order_id, line)
);

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,             -- Unix milliseconds
  customer_id INTEGER REFERENCES customer(id),
  kind TEXT NOT NULL,
  payload                          -- no type at all: text, numbers, blobs
);

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

CREATE VIEW revenue AS
  SELECT date(o.ordered_at) AS day, sum(i.quantity * i.unit_price) AS total
  FROM orders o JOIN order_item i ON i.order_id = o.id GROUP BY 1;

INSERT INTO country VALUES ('DE','Germany'),('FR','France'),('PL','Poland'),('IT','Italy'),
  ('ES','Spain'),('SE','Sweden'),('CH','Switzerland'),('CI','Côte d''Ivoire');

-- Ids with gaps: deleted below, and remembered by AUTOINCREMENT.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20010)
INSERT INTO customer
SELECT i, 'Customer' || i || '@Example.' || CASE i % 3 WHEN 0 THEN 'com' WHEN 1 THEN 'org' ELSE 'net' END,
  CASE i % 5 WHEN 0 THEN 'Zoë Müller' WHEN 1 THEN 'José Núñez' WHEN 2 THEN '王小明' WHEN 3 THEN 'Ann O''Neil 🌻'
    ELSE 'Bob Smith' END || ' ' || i,
  substr('DEFRPLITESSECHCI', 1 + 2 * (i % 8), 2), CASE WHEN i > 10 AND i % 7 = 0 THEN i / 7 END,
  i % 2, CASE WHEN i % 4 THEN date('1950-01-01', '+' || (i * 37 % 20000) || ' days') END,
  datetime('2019-01-01', '+' || (i * 4001) || ' seconds'),
  CASE WHEN i % 10 = 0 THEN CAST(X'89504E47' || i AS BLOB) END,
  json_object('theme', CASE i % 2 WHEN 0 THEN 'dark' ELSE 'light' END, 'visits', i % 100),
  printf('%08x-0000-4000-8000-%012x', i * 2654435 % 4294967296, i)
FROM n;
UPDATE customer SET referred_by = NULL WHERE referred_by > 20000;
DELETE FROM customer WHERE id > 20000;

INSERT INTO category VALUES (1, NULL, 'Everything'), (2, 1, 'Books'), (3, 1, 'Tools'), (4, 3, 'Hand tools'),
  (5, 3, 'Power tools'), (6, 2, 'Novels'), (7, 2, 'Manuals'), (8, 1, 'Garden');

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
INSERT INTO product (id, sku, category_id, name, price, weight_kg, ean, dimension, discontinued)
SELECT i, printf('SKU-%05d', i), 2 + i % 7, 'Product ' || i, (99 + i * 137 % 90000) / 100.0,
  CASE WHEN i % 9 THEN i % 1000 / 7.0 END, 4000000000000 + i * 9973,
  CASE WHEN i % 250 = 0 THEN '40x' || i % 90 WHEN i % 11 THEN i % 300 END, i % 20 = 0
FROM n;

INSERT INTO warehouse_stock
SELECT w.column1, p.id, p.id * 31 % 500, datetime('2024-03-01', '+' || p.id || ' minutes')
FROM (VALUES ('Berlin'), ('Lyon'), ('Łódź')) AS w, product AS p;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
INSERT INTO orders
SELECT i, 1 + i * 7919 % 20000,
  CASE i % 4 WHEN 0 THEN 'pending' WHEN 1 THEN 'paid' WHEN 2 THEN 'shipped' ELSE 'cancelled' END,
  strftime('%Y-%m-%d %H:%M:%f', '2022-01-01', '+' || (i * 1237) || ' seconds'),
  CASE WHEN i % 4 IN (1, 2) THEN datetime('2022-01-02', '+' || (i * 1237) || ' seconds') END,
  CASE i % 50 WHEN 0 THEN 'leave at the door' WHEN 1 THEN i WHEN 2 THEN i / 8.0 END
FROM n;

INSERT INTO order_item
SELECT o.id, l.column1, 1 + (o.id * 13 + l.column1 * 997) % 2000, 1 + (o.id + l.column1) % 5,
  (100 + o.id * 37 % 50000) / 100.0
FROM orders AS o, (VALUES (1), (2)) AS l WHERE l.column1 = 1 OR o.id % 3;

INSERT INTO shipment
SELECT i.order_id * 10 + i.line, i.order_id, i.line, CASE i.order_id % 3 WHEN 0 THEN 'UPS' ELSE 'DHL' END,
  date('2022-01-03', '+' || (i.order_id % 700) || ' days'), CASE WHEN i.order_id % 20 = 2 THEN zeroblob(16) END
FROM order_item AS i JOIN orders AS o ON o.id = i.order_id WHERE o.status = 'shipped';

-- One id near the end of 64 bits: no splitting into equal spans.
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO event
SELECT CASE i WHEN 60000 THEN 9223372036854775000 ELSE i END, 1650000000000 + i * 60123, 1 + i % 20000,
  CASE i % 3 WHEN 0 THEN 'login' WHEN 1 THEN 'view' ELSE 'search' END,
  CASE i % 5 WHEN 0 THEN 'text ' || i WHEN 1 THEN i WHEN 2 THEN i / 3.0 WHEN 3 THEN NULL
    ELSE CAST('blob ' || i AS BLOB) END
FROM n;

INSERT INTO setting VALUES ('currency', 'EUR'), ('vat', 0.19), ('max_items', 9223372036854775807),
  ('logo', X'00FF89504E47'), ('motto', 'naïve café');
COMMIT;
CREATE VIRTUAL TABLE product_search USING fts5(name, content = 'product', content_rowid = 'id');
INSERT INTO product_search(product_search) VALUES ('rebuild');
PRAGMA journal_mode = WAL;
