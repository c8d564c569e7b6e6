import { readFileSync } from "node:fs";
import "dotenv/config";

const pkg = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

function required(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set, see .env.example`);
  }
  return value;
}

export const config = {
  version: pkg.version,
  port: Number(process.env.PORT ?? 4000),
  logLevel: process.env.LOG_LEVEL ?? "info",
  databaseUrl: process.env.DATABASE_URL || "postgres://localhost:5432/shop",
  workerUrl: process.env.WORKER_URL || "http://localhost:5001",
  publicUrl: required("PUBLIC_URL"),
  stripeSecretKey: required("STRIPE_SECRET_KEY"),
  jwtSecret: process.env.JWT_SECRET || "{{FAKE:jwt-secret}}",
};
