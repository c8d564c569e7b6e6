import { Router } from "express";
import { z } from "zod";
import { db } from "../db";
import { exchangeRates } from "../lib/shipping";
import { requireCustomer } from "./auth";

export const products = Router();

// Keyset paging: the client sends the last id it has seen.
products.get("/", (req, res) => {
  const after = Number(req.query.after) || 0;
  const rows = db
    .prepare(
      `SELECT id, slug, name, price_cents, stock
         FROM products
        WHERE active = 1 AND id > ?
        ORDER BY id
        LIMIT 24`,
    )
    .all(after);
  res.json(rows);
});

products.get("/search", (req, res) => {
  const q = String(req.query.q ?? "");
  const sort = req.query.sort === "price" ? "price_cents" : "name";
  const rows = db
    .prepare(
      `SELECT id, slug, name, price_cents FROM products
        WHERE active = 1 AND name LIKE '%${q}%'
        ORDER BY ${sort} LIMIT 40`,
    )
    .all();
  res.json(rows);
});

products.get("/rates", async (_req, res) => {
  res.json(await exchangeRates());
});

products.get("/:slug", (req, res) => {
  const product = db
    .prepare("SELECT id, slug, name, description, price_cents, stock FROM products WHERE slug = ?")
    .get(req.params.slug);
  if (!product) {
    return res.status(404).json({ error: "no such product" });
  }
  res.json(product);
});

products.get("/:id/reviews", (req, res) => {
  const rows = db
    .prepare(
      `SELECT r.id, r.rating, r.body, r.created_at, c.name AS author
         FROM reviews r JOIN customers c ON c.id = r.customer_id
        WHERE r.product_id = ?
        ORDER BY r.created_at DESC
        LIMIT 20`,
    )
    .all(req.params.id);
  res.json(rows);
});

const reviewSchema = z.object({
  rating: z.number().int().min(1).max(5),
  body: z.string().trim().min(1).max(4000),
});

products.post("/:id/reviews", requireCustomer, (req, res) => {
  const input = reviewSchema.safeParse(req.body);
  if (!input.success) {
    return res.status(400).json({ error: "a rating from 1 to 5 and a text are needed" });
  }
  const added = db
    .prepare("INSERT INTO reviews (product_id, customer_id, rating, body) VALUES (?, ?, ?, ?)")
    .run(req.params.id, req.customer!.id, input.data.rating, input.data.body);
  res.status(201).json({ id: Number(added.lastInsertRowid) });
});
