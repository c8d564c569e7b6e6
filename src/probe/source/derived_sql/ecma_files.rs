//! The statements of JavaScript's libraries, from whole files.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{LibraryCalls, derive};
use crate::probe::source::facts::CodeIndex;
use crate::probe::source::index::{Files, Links, Manifests};
use crate::probe::source::language;
use crate::probe::source::plain_files::PlainFile;

fn derived(files: &[(&str, &str)]) -> (Vec<String>, Vec<LibraryCalls>) {
    let is_code = |path: &str| language::of_path(path);
    let plain = files
        .iter()
        .filter(|(path, _)| is_code(path).is_none())
        .map(|(path, text)| PlainFile { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    let files: Files = files
        .iter()
        .filter_map(|(path, text)| Some((path, is_code(path)?, text)))
        .map(|(path, language, text)| {
            Arc::new(language::read(path, language, text, &CancellationToken::new()).unwrap())
        })
        .collect::<Vec<_>>()
        .into();
    let links = Links::new(&files, Manifests::default(), None);
    let index = CodeIndex { links, plain, files, ..CodeIndex::default() };
    let (found, counts) = derive(&index);
    (found.into_iter().map(|(_, text)| text.sql).collect(), counts)
}

fn statements(files: &[(&str, &str)]) -> Vec<String> {
    derived(files).0
}

/// Each line of `calls` is a call of its own; what comes of it follows in the table.
fn each(import: &str, schema: &[(&str, &str)], calls: &[(&str, &[&str])]) {
    for (call, expected) in calls {
        let code = format!("{import}\nexport async function run(a, b, ids) {{\n  return await {call};\n}}\n");
        let files: Vec<(&str, &str)> = schema.iter().copied().chain([("src/run.ts", code.as_str())]).collect();
        assert_eq!(statements(&files), *expected, "{call}");
    }
}

const PRISMA: (&str, &str) = (
    "prisma/schema.prisma",
    r#"datasource db {
  provider = "postgresql"
}
enum Status {
  OPEN
}
model User {
  id     String  @id
  email  String  @unique
  orders Order[]
  @@map("users")
}
model Order {
  id        String   @id
  status    Status
  userId    String   @map("user_id")
  user      User     @relation(fields: [userId], references: [id])
  shop      String
  createdAt DateTime
  items     Item[]
  @@unique([shop, userId])
}
model Item {
  id      String @id
  orderId String
  order   Order  @relation(fields: [orderId], references: [id])
  sku     String?
}
"#,
);

#[test]
fn queries_of_prisma_are_written_down() {
    each(
        "import { PrismaClient } from '@prisma/client';\nconst prisma = new PrismaClient();",
        &[PRISMA],
        &[
            (
                "prisma.order.findMany({ where: { userId: a, status: { in: ids } }, orderBy: { createdAt: 'desc' }, take: 10, skip: 20 })",
                &[
                    r#"SELECT * FROM "Order" WHERE "user_id" = $1 AND "status" IN ($2, $3) ORDER BY "createdAt" DESC LIMIT 20 OFFSET 20"#,
                ],
            ),
            (
                "prisma.order.findUnique({ where: { shop_userId: { shop: a, userId: b } } })",
                &[r#"SELECT * FROM "Order" WHERE "shop" = $1 AND "user_id" = $2 LIMIT 1"#],
            ),
            (
                "prisma.order.findMany({ where: { userId: a }, include: { user: true, items: { where: { sku: { not: null } } } } })",
                &[
                    r#"SELECT * FROM "Order" WHERE "user_id" = $1"#,
                    r#"SELECT * FROM "users" WHERE "id" IN ($1, $2)"#,
                    r#"SELECT * FROM "Item" WHERE "orderId" IN ($1, $2) AND "sku" IS NOT NULL"#,
                ],
            ),
            (
                "prisma.order.findMany({ where: { user: { email: a }, items: { some: { sku: b } } } })",
                &[
                    r#"SELECT * FROM "Order" WHERE "user_id" IN (SELECT "id" FROM "users" WHERE "email" = $1) AND "id" IN (SELECT "orderId" FROM "Item" WHERE "sku" = $2)"#,
                ],
            ),
            (
                "prisma.order.findFirst({ where: { OR: [{ shop: a }, { AND: [{ userId: b }, { NOT: { status: 'OPEN' } }] }], createdAt: { gte: a, lt: b } } })",
                &[
                    r#"SELECT * FROM "Order" WHERE ("shop" = $1 OR "user_id" = $2 AND NOT ("status" = $3)) AND "createdAt" >= $4 AND "createdAt" < $5 LIMIT 1"#,
                ],
            ),
            (
                "prisma.order.findMany({ orderBy: [{ user: { email: 'asc' } }], take: 5 })",
                &[
                    r#"SELECT "Order".* FROM "Order" LEFT JOIN "users" AS "order_user" ON "order_user"."id" = "Order"."user_id" ORDER BY "order_user"."email" LIMIT 20"#,
                ],
            ),
            ("prisma.order.count({ where: { shop: a } })", &[r#"SELECT count(*) FROM "Order" WHERE "shop" = $1"#]),
            (
                "prisma.order.groupBy({ by: ['status'], where: { userId: a } })",
                &[r#"SELECT "status", count(*) FROM "Order" WHERE "user_id" = $1 GROUP BY "status""#],
            ),
            (
                "prisma.order.update({ where: { id: a }, data: { status: b } })",
                &[r#"UPDATE "Order" SET "status" = $1 WHERE "id" = $2"#],
            ),
            ("prisma.order.deleteMany({ where: { shop: a } })", &[r#"DELETE FROM "Order" WHERE "shop" = $1"#]),
            (
                "prisma.user.upsert({ where: { email: a }, create: {}, update: {} })",
                &[r#"SELECT * FROM "users" WHERE "email" = $1 LIMIT 1"#],
            ),
            ("prisma.user.create({ data: {} })", &[]),
            ("prisma.user.findMany()", &[]),
            ("prisma.order.findMany({ where: { ...a } })", &[]),
            ("prisma.order.findMany({ where: { color: a } })", &[]),
            ("prisma.order.findMany({ where: { shop: a ? b : undefined } })", &[]),
        ],
    );
}

#[test]
fn calls_that_cannot_be_told_are_counted_with_the_reason() {
    let code = "import { prisma } from './db';\nexport async function run(a, where) {\n  const known = { shop: a };\n  await prisma.order.findMany({ where: known });\n  await prisma.order.findMany({ where });\n  await prisma.order.findMany({ where: { ...(a ? { shop: a } : {}) } });\n  await prisma.order.findMany({ where: { items: { every: { sku: a } } } });\n  await prisma.order.create({ data: {} });\n  await prisma.gone.findFirst({ where: { id: a } });\n  await this.store.findMany({ where: { shop: a } });\n}\n";
    let (found, counts) = derived(&[PRISMA, ("src/run.ts", code), ("src/run.test.ts", code)]);
    // Tests are turned into SQL as well, but do not count.
    assert_eq!(found, [r#"SELECT * FROM "Order" WHERE "shop" = $1"#, r#"SELECT * FROM "Order" WHERE "shop" = $1"#]);
    let [prisma] = counts.as_slice() else { panic!("{counts:?}") };
    assert_eq!((prisma.library, prisma.calls, prisma.told, prisma.without_look_up), ("Prisma", 7, 1, 1));
    let missed: Vec<(&str, u64)> = prisma.missed.iter().map(|(why, (count, _))| (*why, *count)).collect();
    assert_eq!(
        missed,
        [
            ("in a form that is not turned into SQL yet", 1),
            ("on something that is not known to be a database client", 1),
            ("on tables that the project's schema files do not describe", 1),
            ("whose condition is put together at run time", 2),
        ]
    );
    assert_eq!(
        prisma.missed["on something that is not known to be a database client"].1,
        ["src/run.ts:10 this.store.findMany"]
    );
}

#[test]
fn queries_of_drizzle_are_written_down() {
    let schema = (
        "src/schema.ts",
        "import { pgTable, text } from 'drizzle-orm/pg-core';\nexport const users = pgTable('users', { id: text('id').primaryKey(), email: text('email') });\nexport const orders = pgTable('orders', { id: text('id'), userId: text('user_id'), total: text('total') });\n",
    );
    each(
        "import { eq, and, or, desc, inArray } from 'drizzle-orm';\nimport { db } from './db';\nimport { orders, users } from './schema';",
        &[schema],
        &[
            (
                "db.select().from(orders).where(and(eq(orders.userId, a), or(eq(orders.total, b), inArray(orders.id, ids)))).orderBy(desc(orders.total)).limit(10)",
                &[
                    r#"SELECT * FROM "orders" WHERE "user_id" = $1 AND ("total" = $2 OR "id" IN ($3, $4)) ORDER BY "total" DESC LIMIT 20"#,
                ],
            ),
            (
                "db.select().from(orders).innerJoin(users, eq(orders.userId, users.id)).where(eq(users.email, a))",
                &[
                    r#"SELECT "orders".* FROM "orders" INNER JOIN "users" ON "orders"."user_id" = "users"."id" WHERE "users"."email" = $1"#,
                ],
            ),
            (
                "db.query.orders.findFirst({ where: eq(orders.userId, a) })",
                &[r#"SELECT * FROM "orders" WHERE "user_id" = $1 LIMIT 1"#],
            ),
            (
                "db.query.orders.findMany({ where: (t, { eq }) => eq(t.userId, a), orderBy: [desc(orders.total)], limit: 5 })",
                &[r#"SELECT * FROM "orders" WHERE "user_id" = $1 ORDER BY "total" DESC LIMIT 20"#],
            ),
            (
                "db.update(orders).set({ total: a }).where(eq(orders.id, b))",
                &[r#"UPDATE "orders" SET "total" = $1 WHERE "id" = $2"#],
            ),
            ("db.delete(orders).where(eq(orders.userId, a))", &[r#"DELETE FROM "orders" WHERE "user_id" = $1"#]),
            ("db.insert(orders).values({ id: a })", &[]),
            ("db.select().from(orders).where(and(...ids))", &[]),
        ],
    );
}

#[test]
fn queries_of_builders_are_written_down() {
    each(
        "import knex from 'knex';",
        &[],
        &[
            (
                "knex('orders').where({ user_id: a, deleted_at: null }).orderBy('created_at', 'desc').limit(10).offset(20)",
                &[
                    r#"SELECT * FROM "orders" WHERE "user_id" = $1 AND "deleted_at" IS NULL ORDER BY "created_at" DESC LIMIT 20 OFFSET 20"#,
                ],
            ),
            (
                "knex('orders').where('total', '>', a).andWhere('status', b).orWhereNull('status')",
                &[r#"SELECT * FROM "orders" WHERE "total" > $1 AND "status" = $2 OR "status" IS NULL"#],
            ),
            (
                "knex('orders').join('users', 'users.id', 'orders.user_id').where('users.email', a).select('orders.*')",
                &[
                    r#"SELECT "orders".* FROM "orders" INNER JOIN "users" ON "users"."id" = "orders"."user_id" WHERE "users"."email" = $1"#,
                ],
            ),
            (
                "knex.select('id').from('orders').whereIn('id', ids).whereNotNull('paid').first()",
                &[r#"SELECT * FROM "orders" WHERE "id" IN ($1, $2) AND "paid" IS NOT NULL LIMIT 1"#],
            ),
            (
                "knex('orders').where((query) => query.where('a', a).orWhere('b', b)).whereRaw('lower(email) = ?', [a])",
                &[r#"SELECT * FROM "orders" WHERE ("a" = $1 OR "b" = $2) AND (lower(email) = $3)"#],
            ),
            (
                "knex('orders').where('shop', a).count('id as n')",
                &[r#"SELECT count(*) FROM "orders" WHERE "shop" = $1"#],
            ),
            (
                "knex('orders').where({ id: a }).update({ status: b })",
                &[r#"UPDATE "orders" SET "status" = $1 WHERE "id" = $2"#],
            ),
            ("knex('orders').where('user_id', a).del()", &[r#"DELETE FROM "orders" WHERE "user_id" = $1"#]),
            ("knex('orders').insert({ id: a })", &[]),
            ("knex('orders').where(a)", &[]),
            ("knex('orders').modify(b).where('a', a)", &[]),
            ("knex(a).where('a', a).first()", &[]),
        ],
    );
    each(
        "import { createClient } from '@supabase/supabase-js';\nimport { supabase } from './client';",
        &[],
        &[
            (
                "supabase.from('orders').select('*').eq('user_id', a).order('created_at', { ascending: false }).limit(10)",
                &[r#"SELECT * FROM "orders" WHERE "user_id" = $1 ORDER BY "created_at" DESC LIMIT 20"#],
            ),
            (
                "supabase.from('orders').select('*').ilike('name', '%x%').is('gone', null).single()",
                &[
                    r#"SELECT * FROM "orders" WHERE upper("name") LIKE upper('%' || $1 || '%') AND "gone" IS NULL LIMIT 1"#,
                ],
            ),
            (
                "supabase.from('orders').update({ paid: true }).eq('id', a)",
                &[r#"UPDATE "orders" SET "paid" = $1 WHERE "id" = $2"#],
            ),
            ("supabase.from('orders').select('*').or(a)", &[]),
        ],
    );
    each(
        "import { Kysely } from 'kysely';\nimport { db } from './db';",
        &[],
        &[(
            "db.selectFrom('orders').selectAll().where('user_id', '=', a).where('total', '>=', b).orderBy('id', 'desc').executeTakeFirst()",
            &[r#"SELECT * FROM "orders" WHERE "user_id" = $1 AND "total" >= $2 ORDER BY "id" DESC LIMIT 1"#],
        )],
    );
}

#[test]
fn queries_of_sequelize_are_written_down() {
    let models = (
        "src/models.ts",
        "import { Sequelize, DataTypes, Model } from 'sequelize';\nconst sequelize = new Sequelize(process.env.DATABASE_URL);\nexport const User = sequelize.define('User', { email: DataTypes.STRING, fullName: { type: DataTypes.STRING, field: 'full_name' } });\nexport class Order extends Model {}\nOrder.init({ status: DataTypes.STRING, total: DataTypes.INTEGER }, { sequelize, tableName: 'orders', paranoid: true });\nOrder.belongsTo(User, { foreignKey: 'userId', as: 'buyer' });\nUser.hasMany(Order, { foreignKey: 'userId' });\n",
    );
    each(
        "import { Op } from 'sequelize';\nimport { Order, User } from './models';",
        &[models],
        &[
            (
                "User.findAll({ where: { fullName: a, email: { [Op.ne]: null } }, order: [['createdAt', 'DESC']], limit: 10, offset: a })",
                &[
                    r#"SELECT * FROM "Users" WHERE "full_name" = $1 AND "email" IS NOT NULL ORDER BY "createdAt" DESC LIMIT 20 OFFSET 20"#,
                ],
            ),
            (
                "Order.findAll({ where: { userId: a, [Op.or]: [{ status: 'open' }, { total: { [Op.gt]: b } }] } })",
                &[
                    r#"SELECT * FROM "orders" WHERE "deletedAt" IS NULL AND "userId" = $1 AND ("status" = $2 OR "total" > $3)"#,
                ],
            ),
            ("User.findByPk(a)", &[r#"SELECT * FROM "Users" WHERE "id" = $1 LIMIT 1"#]),
            (
                "Order.findAll({ where: { status: a }, include: [{ model: User, as: 'buyer', where: { email: b } }] })",
                &[
                    r#"SELECT "orders".* FROM "orders" INNER JOIN "Users" AS "buyer" ON "buyer"."id" = "orders"."userId" WHERE "orders"."deletedAt" IS NULL AND "orders"."status" = $1 AND "buyer"."email" = $2"#,
                ],
            ),
            (
                "User.findAndCountAll({ where: { email: a }, limit: 5 })",
                &[
                    r#"SELECT * FROM "Users" WHERE "email" = $1 LIMIT 20"#,
                    r#"SELECT count(*) FROM "Users" WHERE "email" = $1"#,
                ],
            ),
            (
                "User.update({ email: a }, { where: { id: b } })",
                &[r#"UPDATE "Users" SET "email" = $1 WHERE "id" = $2"#],
            ),
            (
                "Order.destroy({ where: { userId: a } })",
                &[r#"UPDATE "orders" SET "deletedAt" = $1 WHERE "deletedAt" IS NULL AND "userId" = $2"#],
            ),
            ("User.create({ email: a })", &[]),
            ("User.findAll({ where: a })", &[]),
            ("User.scope('x').findAll({ where: { email: a } })", &[]),
        ],
    );
    let decorated = (
        "src/models/Document.ts",
        "import { Table, Column, ForeignKey, BelongsTo, Model } from 'sequelize-typescript';\nexport class Base extends Model {\n  @PrimaryKey @Column id: string;\n}\n@Table({ tableName: 'documents', modelName: 'document' })\nexport class Document extends Base {\n  @Column title: string;\n  @BelongsTo(() => Team, 'teamId') team: Team;\n  @ForeignKey(() => Team) @Column({ field: 'team_id' }) teamId: string;\n}\n",
    );
    each(
        "import { Document } from './models/Document';",
        &[decorated],
        &[(
            "Document.findOne({ where: { teamId: a } })",
            &[r#"SELECT * FROM "documents" WHERE "team_id" = $1 LIMIT 1"#],
        )],
    );
}

#[test]
fn queries_of_typeorm_are_written_down() {
    let entities = (
        "src/entities.ts",
        "import { Entity, Column, PrimaryGeneratedColumn, ManyToOne, OneToMany, JoinColumn, DeleteDateColumn } from 'typeorm';\n@Entity('users')\nexport class User {\n  @PrimaryGeneratedColumn() id: number;\n  @Column() email: string;\n  @OneToMany(() => OrderItem, (item) => item.user)\n  items: OrderItem[];\n}\n@Entity()\nexport class OrderItem {\n  @PrimaryGeneratedColumn('uuid') id: string;\n  @Column({ name: 'full_price' }) price: number;\n  @ManyToOne(() => User, (user) => user.items)\n  user: User;\n  @ManyToOne(() => User)\n  @JoinColumn({ name: 'seller_ref' })\n  seller: User;\n  @DeleteDateColumn() deletedAt: Date;\n}\n",
    );
    let import = "import { In, MoreThan, IsNull, Not, Repository } from 'typeorm';\nimport { OrderItem, User } from './entities';\nconst itemRepository = dataSource.getRepository(OrderItem);\nconst users = dataSource.getRepository(User);\nclass Service {\n  constructor(@InjectRepository(User) private readonly people: Repository<User>) {}\n}";
    each(
        import,
        &[entities],
        &[
            (
                "dataSource.getRepository(User).findOne({ where: { email: a } })",
                &[r#"SELECT * FROM "users" WHERE "email" = $1 LIMIT 1"#],
            ),
            (
                "dataSource.getRepository(OrderItem).find({ where: { user: { id: a }, price: MoreThan(b) }, order: { price: 'DESC' }, take: 10, relations: ['seller'] })",
                &[
                    r#"SELECT * FROM "order_item" WHERE "userId" = $1 AND "full_price" > $2 AND "deletedAt" IS NULL ORDER BY "full_price" DESC LIMIT 20"#,
                    r#"SELECT * FROM "users" WHERE "id" IN ($1, $2)"#,
                ],
            ),
            (
                "dataSource.getRepository(User).find({ where: [{ email: a }, { id: In(ids) }] })",
                &[r#"SELECT * FROM "users" WHERE "email" = $1 OR "id" IN ($2, $3)"#],
            ),
            (
                "manager.findOneBy(OrderItem, { seller: { email: Not(IsNull()) } })",
                &[
                    r#"SELECT * FROM "order_item" WHERE "seller_ref" IN (SELECT "id" FROM "users" WHERE "email" IS NOT NULL) AND "deletedAt" IS NULL LIMIT 1"#,
                ],
            ),
            ("dataSource.getRepository(User).delete({ email: a })", &[r#"DELETE FROM "users" WHERE "email" = $1"#]),
            (
                "dataSource.getRepository(User).update(a, { email: b })",
                &[r#"UPDATE "users" SET "email" = $1 WHERE "id" = $2"#],
            ),
            (
                "dataSource.getRepository(User).findAndCount({ where: { email: a } })",
                &[r#"SELECT * FROM "users" WHERE "email" = $1"#, r#"SELECT count(*) FROM "users" WHERE "email" = $1"#],
            ),
            (
                "dataSource.getRepository(OrderItem).createQueryBuilder('i').leftJoinAndSelect('i.user', 'u').where('i.price > :price AND u.email = :email', { price: a, email: b }).orderBy('i.price', 'DESC').take(5).getMany()",
                &[
                    r#"SELECT "order_item".* FROM "order_item" LEFT JOIN "users" AS "u" ON "u"."id" = "order_item"."userId" WHERE ("order_item"."full_price" > $1 AND "u"."email" = $2) AND "order_item"."deletedAt" IS NULL ORDER BY "order_item"."full_price" DESC LIMIT 20"#,
                ],
            ),
            ("dataSource.getRepository(User).find({ where: a })", &[]),
            ("dataSource.getRepository(User).save(a)", &[]),
        ],
    );
    let service = format!(
        "{import}\nclass Other {{\n  constructor(private readonly peopleRepository: Repository<User>) {{}}\n  find(a) {{ return this.peopleRepository.findOneBy({{ email: a }}); }}\n}}\nexport const one = (a) => itemRepository.findOneBy({{ id: a }});\n"
    );
    assert_eq!(
        statements(&[entities, ("src/service.ts", &service)]),
        [
            r#"SELECT * FROM "users" WHERE "email" = $1 LIMIT 1"#,
            r#"SELECT * FROM "order_item" WHERE "id" = $1 AND "deletedAt" IS NULL LIMIT 1"#,
        ]
    );
}
