"""Sends mail through Postmark."""

import logging
import os
from contextlib import closing
from pathlib import Path

import requests
import yaml

import db

logger = logging.getLogger("worker.mailer")

SHOP_URL = os.environ.get("SHOP_URL", "http://localhost:4000")
TEMPLATES = yaml.safe_load(Path(__file__).with_name("mail.yml").read_text(encoding="utf-8"))


def send_order_mail(order) -> None:
    template = TEMPLATES["order"]
    body = template["body"].format(
        name=order["name"],
        total=f"{order['total_cents'] / 100:.2f}",
        link=f"{SHOP_URL}/#/orders/{order['id']}",
    )
    response = requests.post(
        "https://api.postmarkapp.com/email",
        headers={"X-Postmark-Server-Token": os.environ["POSTMARK_TOKEN"]},
        json={
            "From": template["from"],
            "To": order["email"],
            "Subject": template["subject"].format(id=order["id"]),
            "TextBody": body,
        },
    )
    response.raise_for_status()
    logger.info("order mail sent, order=%s", order["id"])

    try:
        with closing(db.connect()) as conn, conn:
            conn.execute("UPDATE orders SET mail_sent_at = datetime('now') WHERE id = ?", (order["id"],))
    except:
        pass
