-- The database of the sample app: migrations 0001 and 0002, then seed data.
-- Deterministic: no random(), no current time.

CREATE TABLE customers (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  email         TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  is_admin      INTEGER NOT NULL DEFAULT 0,
  created_at    TEXT NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE products (
  id          INTEGER PRIMARY KEY,
  slug        TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  category    TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents > 0),
  stock       INTEGER NOT NULL DEFAULT 0,
  active      INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE orders (
  id           INTEGER PRIMARY KEY,
  customer_id  INTEGER NOT NULL REFERENCES customers (id),
  status       TEXT NOT NULL CHECK (status IN ('paid', 'shipped', 'cancelled')),
  total_cents  INTEGER NOT NULL,
  payment_id   TEXT,
  mail_sent_at TEXT,
  created_at   TEXT NOT NULL DEFAULT (datetime('now'))
);

CREATE TABLE order_items (
  id          INTEGER PRIMARY KEY,
  order_id    INTEGER NOT NULL REFERENCES orders (id),
  product_id  INTEGER NOT NULL REFERENCES products (id),
  quantity    INTEGER NOT NULL CHECK (quantity > 0),
  price_cents INTEGER NOT NULL
);

CREATE INDEX order_items_order_id ON order_items (order_id);

CREATE TABLE sessions (
  token       TEXT PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  expires_at  TEXT NOT NULL
);

CREATE TABLE reviews (
  id          INTEGER PRIMARY KEY,
  product_id  INTEGER NOT NULL REFERENCES products (id),
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  rating      INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
  body        TEXT NOT NULL,
  created_at  TEXT NOT NULL DEFAULT (datetime('now'))
);

-- '!' is no hash of anything: nobody can log in as a seeded customer.
INSERT INTO customers (id, name, email, password_hash, is_admin, created_at)
WITH RECURSIVE
  n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50),
  first (k, name) AS (VALUES
    (0, 'Ada'), (1, 'Grace'), (2, 'Linus'), (3, 'Barbara'), (4, 'Edsger'),
    (5, 'Margaret'), (6, 'Dennis'), (7, 'Radia'), (8, 'Niklaus'), (9, 'Frances')),
  last (k, name) AS (VALUES
    (0, 'Meyer'), (1, 'Rossi'), (2, 'Novak'), (3, 'Silva'), (4, 'Jensen'))
SELECT i,
       first.name || ' ' || last.name,
       lower(first.name || '.' || last.name) || '@mail.example',
       '!',
       i = 1,
       datetime('2026-03-01 09:00:00', '+' || (i * 31) || ' hours')
  FROM n
  JOIN first ON first.k = n.i % 10
  JOIN last ON last.k = (n.i / 10) % 5;

INSERT INTO products (id, slug, name, description, category, price_cents, stock, active)
WITH RECURSIVE
  n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50),
  kind (k, name, category) AS (VALUES
    (0, 'Mug', 'kitchen'), (1, 'Notebook', 'paper'), (2, 'Lamp', 'home'), (3, 'Backpack', 'travel'),
    (4, 'Teapot', 'kitchen'), (5, 'Calendar', 'paper'), (6, 'Blanket', 'home'), (7, 'Bottle', 'travel'),
    (8, 'Apron', 'kitchen'), (9, 'Poster', 'paper')),
  tint (k, name) AS (VALUES (0, 'Blue'), (1, 'Green'), (2, 'Red'), (3, 'Grey'), (4, 'Sand'))
SELECT i,
       lower(tint.name || '-' || kind.name),
       tint.name || ' ' || kind.name,
       'A ' || lower(tint.name) || ' ' || lower(kind.name) || ', made to last.',
       kind.category,
       900 + (i * 373) % 6100,
       (i * 7) % 40,
       i % 17 <> 0
  FROM n
  JOIN kind ON kind.k = n.i % 10
  JOIN tint ON tint.k = (n.i / 10) % 5;

INSERT INTO orders (id, customer_id, status, total_cents, payment_id, mail_sent_at, created_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
SELECT i,
       1 + (i * 13) % 37,
       CASE WHEN i % 9 = 0 THEN 'cancelled' WHEN i % 3 = 0 THEN 'paid' ELSE 'shipped' END,
       0,
       'payment-' || i,
       CASE WHEN i % 8 = 0 THEN NULL ELSE datetime('2026-08-01 08:05:00', '+' || (i * 17) || ' hours') END,
       datetime('2026-08-01 08:00:00', '+' || (i * 17) || ' hours')
  FROM n;

INSERT INTO order_items (id, order_id, product_id, quantity, price_cents)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 75)
SELECT n.i,
       1 + (n.i - 1) % 50,
       p.id,
       1 + n.i % 3,
       p.price_cents
  FROM n
  JOIN products p ON p.id = 1 + (n.i * 11) % 50;

UPDATE orders
   SET total_cents = (SELECT SUM(oi.quantity * oi.price_cents) FROM order_items oi WHERE oi.order_id = orders.id);

INSERT INTO sessions (token, customer_id, expires_at)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
SELECT 'seed-session-' || i,
       1 + (i * 7) % 50,
       datetime('2026-09-01 00:00:00', '+' || i || ' hours')
  FROM n;

INSERT INTO reviews (id, product_id, customer_id, rating, body, created_at)
WITH RECURSIVE
  n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50),
  opinion (k, rating, body) AS (VALUES
    (0, 5, 'Exactly what I was looking for.'),
    (1, 4, 'Good quality, slow delivery.'),
    (2, 2, 'The colour is not the one in the picture.'),
    (3, 5, 'Bought it twice.' || char(10) || 'Both still fine.'),
    (4, 3, 'Fine for the price.'))
SELECT i,
       1 + (i * 3) % 23,
       1 + (i * 13) % 37,
       opinion.rating,
       opinion.body,
       datetime('2026-08-20 12:00:00', '+' || (i * 9) || ' hours')
  FROM n
  JOIN opinion ON opinion.k = n.i % 5;
