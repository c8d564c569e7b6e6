import { randomBytes } from "node:crypto";
import bcrypt from "bcryptjs";
import { NextFunction, Request, Response, Router } from "express";
import { z } from "zod";
import { db } from "../db";
import { logger } from "../logger";

export interface Customer {
  id: number;
  name: string;
  email: string;
  is_admin: number;
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      customer?: Customer;
    }
  }
}

const credentials = z.object({
  email: z.string().email().max(200),
  password: z.string().min(10).max(200),
});
const registration = credentials.extend({ name: z.string().min(1).max(100) });

function sessionToken(req: Request): string | undefined {
  return /(?:^|;\s*)session=([^;]+)/.exec(req.headers.cookie ?? "")?.[1];
}

function startSession(res: Response, customerId: number) {
  const token = randomBytes(32).toString("hex");
  db.prepare(
    "INSERT INTO sessions (token, customer_id, expires_at) VALUES (?, ?, datetime('now', '+30 days'))",
  ).run(token, customerId);
  res.cookie("session", token, {
    httpOnly: true,
    secure: true,
    sameSite: "lax",
    maxAge: 30 * 24 * 3_600_000,
  });
}

export function requireCustomer(req: Request, res: Response, next: NextFunction) {
  const token = sessionToken(req);
  const customer =
    token &&
    (db
      .prepare(
        `SELECT c.id, c.name, c.email, c.is_admin
           FROM sessions s JOIN customers c ON c.id = s.customer_id
          WHERE s.token = ? AND s.expires_at > datetime('now')`,
      )
      .get(token) as Customer | undefined);
  if (!customer) {
    return res.status(401).json({ error: "please log in" });
  }
  req.customer = customer;
  next();
}

export function requireAdmin(req: Request, res: Response, next: NextFunction) {
  requireCustomer(req, res, () => {
    if (!req.customer?.is_admin) {
      return res.status(403).json({ error: "admins only" });
    }
    next();
  });
}

export const auth = Router();

auth.post("/register", async (req, res, next) => {
  const input = registration.safeParse(req.body);
  if (!input.success) {
    return res.status(400).json({ error: "name, email and a password of 10 characters are needed" });
  }
  try {
    const { name, email, password } = input.data;
    const taken = db.prepare("SELECT id FROM customers WHERE email = ?").get(email);
    if (taken) {
      return res.status(409).json({ error: "this email is already registered" });
    }
    const hash = await bcrypt.hash(password, 12);
    const created = db
      .prepare("INSERT INTO customers (name, email, password_hash) VALUES (?, ?, ?)")
      .run(name, email, hash);
    startSession(res, Number(created.lastInsertRowid));
    res.status(201).json({ name, email });
  } catch (err) {
    next(err);
  }
});

auth.post("/login", async (req, res, next) => {
  const input = credentials.safeParse(req.body);
  if (!input.success) {
    return res.status(400).json({ error: "email and password are needed" });
  }
  try {
    const row = db
      .prepare("SELECT id, name, password_hash FROM customers WHERE email = ?")
      .get(input.data.email) as { id: number; name: string; password_hash: string } | undefined;
    if (!row || !(await bcrypt.compare(input.data.password, row.password_hash))) {
      logger.warn({ ip: req.ip }, "login refused");
      return res.status(401).json({ error: "wrong email or password" });
    }
    startSession(res, row.id);
    res.json({ name: row.name });
  } catch (err) {
    next(err);
  }
});

auth.post("/logout", requireCustomer, (req, res) => {
  db.prepare("DELETE FROM sessions WHERE token = ?").run(sessionToken(req));
  res.clearCookie("session").status(204).end();
});
