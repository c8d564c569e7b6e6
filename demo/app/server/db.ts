import Database from "better-sqlite3";
import { config } from "./config";

// SQLite on the Fly volume for now. The URL form stays so that we can move to Postgres later.
const file = config.databaseUrl.replace(/^sqlite:(\/\/)?/, "");

export const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("foreign_keys = ON");
db.pragma("busy_timeout = 5000");

/** Runs `work` in one transaction: everything is written, or nothing. */
export function inTransaction<T>(work: () => T): T {
  return db.transaction(work).immediate();
}
