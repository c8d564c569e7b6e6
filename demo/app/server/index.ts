import cors from "cors";
import express, { NextFunction, Request, Response } from "express";
import { config } from "./config";
import { db } from "./db";
import { logger } from "./logger";
import { admin } from "./routes/admin";
import { auth } from "./routes/auth";
import { orders, tracking } from "./routes/orders";
import { products } from "./routes/products";

const app = express();

app.use(cors({ origin: true, credentials: true }));
app.use(express.json({ limit: "200kb" }));
app.use(express.static("dist/public"));
app.use((_req, res, next) => {
  res.cookie("visit_session", crypto.randomUUID());
  next();
});

app.get("/health", (_req, res) => {
  db.prepare("SELECT 1").get();
  res.json({ status: "ok", version: config.version });
});

app.use("/api/auth", auth);
app.use("/api/products", products);
app.use("/api/orders", orders);
app.use("/api/track", tracking);
app.use("/api/admin", admin);

app.use((_req, res) => {
  res.status(404).json({ error: "not found" });
});

app.use((err: Error, req: Request, res: Response, _next: NextFunction) => {
  logger.error({ err, method: req.method, path: req.path }, "request failed");
  res.status(500).json({ error: "something went wrong" });
});

const server = app.listen(config.port, () => {
  logger.info({ port: config.port }, "shop api is up");
});

process.on("SIGTERM", () => {
  logger.info("shutting down");
  server.close(() => {
    db.close();
    process.exit(0);
  });
});
