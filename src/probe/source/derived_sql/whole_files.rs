//! The statements of Laravel and Rails, from whole files.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::derive;
use crate::probe::source::facts::CodeIndex;
use crate::probe::source::index::{Files, Links, Manifests};
use crate::probe::source::language;

fn statements(files: &[(&str, &str)]) -> Vec<String> {
    let files: Files = files
        .iter()
        .map(|(path, source)| {
            let language = language::of_extension(path.rsplit('.').next().unwrap()).unwrap();
            Arc::new(language::read(path, language, source, &CancellationToken::new()).unwrap())
        })
        .collect::<Vec<_>>()
        .into();
    let index = CodeIndex { links: Links::new(&files, Manifests::default(), None), files, ..CodeIndex::default() };
    derive(&index).0.into_iter().map(|(_, text)| text.sql).collect()
}

#[test]
fn queries_of_laravel_are_written_down() {
    let migration = "<?php\nreturn new class extends Migration {\n    public function up(): void {\n        Schema::create('orders', function (Blueprint $table) {\n            $table->id();\n            $table->foreignId('user_id')->constrained();\n            $table->string('status');\n            $table->timestamps();\n            $table->softDeletes();\n        });\n        Schema::create('tags', function (Blueprint $table) {\n            $table->id();\n            $table->string('label');\n        });\n    }\n    public function down(): void { Schema::drop('orders'); Schema::drop('tags'); }\n};\n";
    let order = "<?php\nnamespace App\\Models;\nclass Order extends Model {\n    use HasFactory, SoftDeletes;\n}\nclass Label extends Model {\n    protected $table = 'tags';\n}\n";
    let used = "<?php\nuse App\\Models\\Order;\nuse App\\Models\\Label;\nclass Orders {\n    function a($id) { return Order::where('user_id', $id)->where('status', '!=', 'x')->get(); }\n    function b($id) { return Order::where('user_id', $id)->latest()->paginate(20); }\n    function c($s) { return DB::table('orders')->where('status', $s)->orderByDesc('created_at')->first(); }\n    function d($s) { return Label::where('label', 'like', \"%$s%\")->get(); }\n    function e($s) { return Order::where('color', $s)->get(); }\n    function f($s) { return Label::whereLabel($s)->count(); }\n    function g($s) { return Order::query()->when($s, fn ($q) => $q->where('status', $s))->get(); }\n}\n";
    assert_eq!(
        statements(&[
            ("app/Models/Order.php", order),
            ("app/Http/Orders.php", used),
            ("database/migrations/2024_01_01_000000_create_orders.php", migration),
        ]),
        [
            r#"SELECT * FROM "orders" WHERE "deleted_at" IS NULL AND "user_id" = $1 AND "status" <> $2"#,
            r#"SELECT * FROM "orders" WHERE "deleted_at" IS NULL AND "user_id" = $1 ORDER BY "created_at" DESC LIMIT 20"#,
            r#"SELECT * FROM "orders" WHERE "status" = $1 ORDER BY "created_at" DESC LIMIT 1"#,
            r#"SELECT * FROM "tags" WHERE "label" LIKE '%' || $1 || '%'"#,
            r#"SELECT count(*) FROM "tags" WHERE "label" = $1"#,
        ]
    );
}

#[test]
fn queries_of_rails_are_written_down() {
    let migration = "class CreateOrders < ActiveRecord::Migration[7.1]\n  def change\n    create_table :orders do |t|\n      t.references :user, null: false\n      t.string :status\n      t.timestamps\n    end\n    create_table :people do |t|\n      t.string :email\n    end\n    add_column :people, :name, :string\n  end\nend\n";
    let models = "class Order < ApplicationRecord\n  belongs_to :user\nend\n\nclass Admin < Person\nend\n\nclass Contact < ApplicationRecord\n  self.table_name = \"people\"\nend\n";
    let used = "class OrdersController < ApplicationController\n  def a\n    @orders = Order.where(user: current_user, status: \"open\").order(created_at: :desc).limit(10)\n  end\n\n  def b\n    Contact.find_by(email: params[:email])\n  end\n\n  def c\n    Order.where(\"status = 'x'\").to_a\n  end\n\n  def d\n    Order.where(status: %w[open paid], user_id: nil).count\n  end\n\n  def e\n    Order.recent.where(status: \"open\").to_a\n  end\n\n  def f\n    Order.where(created_at: 1.week.ago..).to_a\n  end\n\n  def g\n    Order.where(status: \"open\").last\n  end\nend\n";
    assert_eq!(
        statements(&[
            ("app/controllers/orders_controller.rb", used),
            ("app/models/order.rb", models),
            ("db/migrate/20240101000000_create_orders.rb", migration),
        ]),
        [
            r#"SELECT * FROM "orders" WHERE "user_id" = $1 AND "status" = $2 ORDER BY "created_at" DESC LIMIT 20"#,
            r#"SELECT * FROM "people" WHERE "email" = $1 LIMIT 1"#,
            r#"SELECT count(*) FROM "orders" WHERE "status" IN ($1, $2) AND "user_id" IS NULL"#,
            r#"SELECT * FROM "orders" WHERE "status" = $1 ORDER BY "id" DESC LIMIT 1"#,
        ]
    );
}
