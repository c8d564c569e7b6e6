"""Background worker: order mails and sales reports.

The API calls /jobs/order-mail after each order, a nightly cron calls /jobs/daily-report.
"""

import logging
from contextlib import closing
from datetime import date

from flask import Flask, jsonify, request

import db
import mailer
import reports

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("worker")

app = Flask(__name__)


@app.get("/health")
def health():
    with closing(db.connect()) as conn:
        conn.execute("SELECT 1").fetchone()
    return jsonify(status="ok")


@app.post("/jobs/order-mail")
def order_mail():
    order_id = request.get_json()["orderId"]
    with closing(db.connect()) as conn:
        order = conn.execute(
            """
            SELECT o.id, o.total_cents, c.name, c.email
              FROM orders o JOIN customers c ON c.id = o.customer_id
             WHERE o.id = ?
            """,
            (order_id,),
        ).fetchone()
    if order is None:
        return jsonify(error="no such order"), 404
    mailer.send_order_mail(order)
    return jsonify(sent=True)


@app.post("/jobs/daily-report")
def daily_report():
    day = date.today().isoformat()
    link = reports.publish_daily(day)
    reports.notify_ops(f"Sales report for {day}: {link}")
    return jsonify(link=link)


@app.get("/reports/orders")
def orders_by_status():
    status = request.args.get("status", "paid")
    with closing(db.connect()) as conn:
        rows = conn.execute(
            f"SELECT id, customer_id, total_cents, created_at FROM orders WHERE status = '{status}' ORDER BY id DESC LIMIT 500"
        ).fetchall()
    return jsonify([dict(row) for row in rows])


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5001, debug=True)
