import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Router } from "express";
import jwt from "jsonwebtoken";
import _ from "lodash";
import { z } from "zod";
import { config } from "../config";
import { db, inTransaction } from "../db";
import { createPayment } from "../lib/payments";
import { quoteShipping } from "../lib/shipping";
import { logger } from "../logger";
import { requireCustomer } from "./auth";

interface Order {
  id: number;
  status: string;
  total_cents: number;
  created_at: string;
}

export const orders = Router();
orders.use(requireCustomer);

orders.get("/", async (req, res) => {
  const rows = db
    .prepare(
      `SELECT id, status, total_cents, created_at
         FROM orders
        WHERE customer_id = ?
        ORDER BY created_at DESC
        LIMIT 20`,
    )
    .all(req.customer!.id) as Order[];

  const withItems = await Promise.all(
    rows.map(async (order) => {
      const items = db
        .prepare("SELECT product_id, quantity, price_cents FROM order_items WHERE order_id = ?")
        .all(order.id);
      return { ...order, items };
    }),
  );
  res.json(withItems);
});

orders.get("/:id", (req, res) => {
  const lines = db
    .prepare(
      `SELECT o.id, o.status, o.total_cents, oi.quantity, oi.price_cents, p.name, p.slug
         FROM orders o
         JOIN order_items oi ON oi.order_id = o.id
         JOIN products p ON p.id = oi.product_id
        WHERE o.id = ? AND o.customer_id = ?`,
    )
    .all(req.params.id, req.customer!.id);
  if (lines.length === 0) {
    return res.status(404).json({ error: "no such order" });
  }
  res.json(lines);
});

const checkout = z.object({
  productId: z.number().int().positive(),
  quantity: z.number().int().min(1).max(20),
  paymentMethod: z.string().min(1),
});

orders.post("/", async (req, res, next) => {
  const input = checkout.safeParse(req.body);
  if (!input.success) {
    return res.status(400).json({ error: "invalid order" });
  }
  const { productId, quantity, paymentMethod } = input.data;
  try {
    const product = db
      .prepare("SELECT id, price_cents, stock FROM products WHERE id = ?")
      .get(productId) as { id: number; price_cents: number; stock: number } | undefined;
    if (!product || product.stock < quantity) {
      return res.status(409).json({ error: "sold out" });
    }

    const total = product.price_cents * quantity;
    const paymentId = await createPayment(total, paymentMethod, randomUUID());

    const order = db
      .prepare("INSERT INTO orders (customer_id, status, total_cents, payment_id) VALUES (?, 'paid', ?, ?)")
      .run(req.customer!.id, total, paymentId);
    const orderId = Number(order.lastInsertRowid);
    db.prepare("INSERT INTO order_items (order_id, product_id, quantity, price_cents) VALUES (?, ?, ?, ?)").run(
      orderId,
      product.id,
      quantity,
      product.price_cents,
    );
    db.prepare("UPDATE products SET stock = ? WHERE id = ?").run(product.stock - quantity, product.id);

    try {
      await fetch(`${config.workerUrl}/jobs/order-mail`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ orderId }),
        signal: AbortSignal.timeout(3_000),
      });
    } catch {}

    res.status(201).json({ id: orderId });
  } catch (err) {
    next(err);
  }
});

orders.post("/:id/cancel", (req, res) => {
  const cancelled = inTransaction(() => {
    const { changes } = db
      .prepare("UPDATE orders SET status = 'cancelled' WHERE id = ? AND customer_id = ? AND status = 'paid'")
      .run(req.params.id, req.customer!.id);
    if (changes === 0) {
      return false;
    }
    db.prepare(
      `UPDATE products
          SET stock = stock + (SELECT SUM(oi.quantity) FROM order_items oi
                                WHERE oi.order_id = ? AND oi.product_id = products.id)
        WHERE id IN (SELECT product_id FROM order_items WHERE order_id = ?)`,
    ).run(req.params.id, req.params.id);
    return true;
  });
  res.status(cancelled ? 200 : 409).json({ cancelled });
});

orders.get("/:id/invoice", (req, res) => {
  const order = db
    .prepare(
      `SELECT o.id, o.total_cents, o.created_at, c.name
         FROM orders o JOIN customers c ON c.id = o.customer_id
        WHERE o.id = ? AND o.customer_id = ?`,
    )
    .get(req.params.id, req.customer!.id) as (Order & { name: string }) | undefined;
  if (!order) {
    return res.status(404).json({ error: "no such order" });
  }
  const template = readFileSync("server/templates/invoice.html", "utf8");
  const html = template
    .replaceAll("__NUMBER__", String(order.id))
    .replaceAll("__DATE__", order.created_at)
    .replaceAll("__NAME__", _.escape(order.name))
    .replaceAll("__TOTAL__", (order.total_cents / 100).toFixed(2));
  res.type("html").send(html);
});

orders.post("/shipping-quote", async (req, res) => {
  const { country, zip, grams } = req.body;
  const quotes = await quoteShipping(country, zip, grams);
  res.json(quotes.slice(0, 3));
});

orders.post("/:id/share", (req, res) => {
  const own = db
    .prepare("SELECT id FROM orders WHERE id = ? AND customer_id = ?")
    .get(req.params.id, req.customer!.id) as { id: number } | undefined;
  if (!own) {
    return res.status(404).json({ error: "no such order" });
  }
  const token = jwt.sign({ orderId: own.id }, config.jwtSecret, { algorithm: "HS256", expiresIn: "7d" });
  res.json({ url: `${config.publicUrl}/#/track/${token}` });
});

/** Public: whoever has the link sees the state of one order, and nothing else. */
export const tracking = Router();

tracking.get("/:token", (req, res) => {
  try {
    const claims = jwt.verify(req.params.token, config.jwtSecret, { algorithms: ["HS256"] }) as { orderId: number };
    const order = db.prepare("SELECT id, status, created_at FROM orders WHERE id = ?").get(claims.orderId);
    if (!order) {
      return res.status(404).json({ error: "no such order" });
    }
    res.json(order);
  } catch (err) {
    logger.warn({ err }, "tracking link refused");
    res.status(401).json({ error: "this link is not valid any more" });
  }
});
