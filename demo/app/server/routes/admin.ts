import { execSync } from "node:child_process";
import { Router } from "express";
import _ from "lodash";
import { db } from "../db";
import { logger } from "../logger";
import { requireAdmin } from "./auth";

export const admin = Router();
admin.use(requireAdmin);

admin.get("/customers", (_req, res) => {
  const customers = db.prepare("SELECT * FROM customers ORDER BY created_at DESC").all() as Array<{
    id: number;
    name: string;
    email: string;
  }>;
  const overview = [];
  for (const customer of customers) {
    const stats = db
      .prepare("SELECT COUNT(*) AS orders, SUM(total_cents) AS spent FROM orders WHERE customer_id = ?")
      .get(customer.id) as { orders: number; spent: number | null };
    overview.push({
      id: customer.id,
      name: customer.name,
      email: customer.email,
      orders: stats.orders,
      spentCents: stats.spent ?? 0,
    });
  }
  res.json(overview);
});

// One query for all products, grouped here.
admin.get("/sales", (_req, res) => {
  const rows = db
    .prepare(
      `SELECT p.category, p.name, SUM(oi.quantity) AS sold, SUM(oi.quantity * oi.price_cents) AS revenue_cents
         FROM products p
         JOIN order_items oi ON oi.product_id = p.id
         JOIN orders o ON o.id = oi.order_id
        WHERE o.status <> 'cancelled'
        GROUP BY p.id
        ORDER BY revenue_cents DESC
        LIMIT 100`,
    )
    .all() as Array<{ category: string; name: string; sold: number; revenue_cents: number }>;
  res.json(_.groupBy(rows, "category"));
});

admin.post("/backup", (_req, res) => {
  execSync("sqlite3 data/shop.db '.backup data/backup.db'");
  logger.info("backup written");
  res.json({ ok: true });
});
