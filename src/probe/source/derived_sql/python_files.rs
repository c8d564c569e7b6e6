//! The statements of Django and SQLAlchemy, from whole files.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::derive;
use crate::probe::source::facts::{CodeIndex, Language};
use crate::probe::source::index::{Files, Links, Manifests};
use crate::probe::source::language;

fn each(schema: (&str, &str), import: &str, calls: &[(&str, &[&str])]) {
    for (call, expected) in calls {
        let code = format!("{import}\n\ndef run(a, b, ids):\n    return {call}\n");
        let files: Files = [schema, ("shop/views.py", code.as_str())]
            .iter()
            .map(|(path, text)| {
                Arc::new(language::read(path, Language::Python, text, &CancellationToken::new()).unwrap())
            })
            .collect::<Vec<_>>()
            .into();
        let index = CodeIndex { links: Links::new(&files, Manifests::default(), None), files, ..CodeIndex::default() };
        let found: Vec<String> = derive(&index).0.into_iter().map(|(_, text)| text.sql).collect();
        assert_eq!(found, *expected, "{call}");
    }
}

#[test]
fn queries_of_django_are_written_down() {
    let models = "from django.db import models\n\nclass Customer(models.Model):\n    email = models.EmailField()\n\nclass Order(models.Model):\n    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name=\"orders\")\n    status = models.CharField(max_length=9)\n    created = models.DateTimeField()\n\nclass Item(models.Model):\n    order = models.ForeignKey(\"shop.Order\", models.CASCADE)\n    sku = models.CharField(db_column=\"stock_number\", max_length=9)\n";
    each(
        ("shop/models.py", models),
        "from django.db.models import Q\nfrom .models import Customer, Order, Item",
        &[
            (
                "list(Order.objects.filter(customer=a, status__in=ids).order_by(\"-created\")[:20])",
                &[
                    r#"SELECT * FROM "shop_order" WHERE "customer_id" = $1 AND "status" IN ($2, $3) ORDER BY "created" DESC LIMIT 20"#,
                ],
            ),
            (
                "list(Order.objects.filter(customer__email=a).select_related(\"customer\"))",
                &[
                    r#"SELECT "shop_order".* FROM "shop_order" INNER JOIN "shop_customer" AS "customer" ON "customer"."id" = "shop_order"."customer_id" WHERE "customer"."email" = $1"#,
                ],
            ),
            (
                "Order.objects.filter(customer__id=a).exclude(status=\"x\").first()",
                &[
                    r#"SELECT * FROM "shop_order" WHERE "customer_id" = $1 AND NOT ("status" = $2) ORDER BY "id" LIMIT 1"#,
                ],
            ),
            (
                "list(Order.objects.filter(status=a).prefetch_related(\"item_set\"))",
                &[
                    r#"SELECT * FROM "shop_order" WHERE "status" = $1"#,
                    r#"SELECT * FROM "shop_item" WHERE "order_id" IN ($1, $2)"#,
                ],
            ),
            (
                "Item.objects.filter(order__customer__email=a, sku__startswith=b).count()",
                &[
                    r#"SELECT count(*) FROM "shop_item" INNER JOIN "shop_order" AS "order" ON "order"."id" = "shop_item"."order_id" INNER JOIN "shop_customer" AS "order__customer" ON "order__customer"."id" = "order"."customer_id" WHERE "order__customer"."email" = $1 AND "shop_item"."stock_number" LIKE $2 || '%'"#,
                ],
            ),
            (
                "Order.objects.filter(pk=a).update(status=b)",
                &[r#"UPDATE "shop_order" SET "status" = $1 WHERE "id" = $2"#],
            ),
            (
                "Order.objects.filter(Q(status=a), created__lt=b).delete()",
                &[r#"DELETE FROM "shop_order" WHERE "status" = $1 AND "created" < $2"#],
            ),
            (
                "Order.objects.get_or_create(customer=a, defaults={})",
                &[r#"SELECT * FROM "shop_order" WHERE "customer_id" = $1 LIMIT 1"#],
            ),
            ("Order.objects.create(customer=a)", &[]),
            ("Order.objects.filter(**a).first()", &[]),
            ("Order.objects.filter(color=a).first()", &[]),
        ],
    );
}

#[test]
fn queries_of_sqlalchemy_are_written_down() {
    let models = "from sqlalchemy import Column, Integer, String\nfrom sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase):\n    pass\n\nclass User(Base):\n    __tablename__ = \"users\"\n    id = Column(Integer, primary_key=True)\n    email = Column(String)\n    name = Column(\"full_name\", String)\n";
    each(
        ("shop/models.py", models),
        "from sqlalchemy import select, or_\nfrom .models import User\n\ndef make():\n    return session",
        &[
            (
                "session.query(User).filter(User.email == a, User.name.is_(None)).order_by(User.id.desc()).limit(10).all()",
                &[r#"SELECT * FROM "users" WHERE "email" = $1 AND "full_name" IS NULL ORDER BY "id" DESC LIMIT 20"#],
            ),
            (
                "session.query(User).filter(or_(User.email == a, User.id.in_(ids))).first()",
                &[r#"SELECT * FROM "users" WHERE "email" = $1 OR "id" IN ($2, $3) LIMIT 1"#],
            ),
            ("session.query(User).filter_by(email=a).count()", &[r#"SELECT count(*) FROM "users" WHERE "email" = $1"#]),
            ("session.query(User).filter(a).first()", &[]),
        ],
    );
}
