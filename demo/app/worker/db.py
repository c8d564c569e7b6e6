"""SQLite connections for the worker."""

import os
import sqlite3

DATABASE = os.environ["DATABASE_URL"].removeprefix("sqlite:")


def connect() -> sqlite3.Connection:
    """Opens a connection. The caller closes it, best with contextlib.closing."""
    conn = sqlite3.connect(DATABASE, timeout=5)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA foreign_keys = ON")
    return conn
