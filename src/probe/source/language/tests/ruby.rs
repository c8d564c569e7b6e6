use super::*;
use crate::probe::source::code::{Comparison, Part, joined};
use crate::probe::source::facts::{FileFacts, Role};

fn rb(source: &str) -> FileFacts {
    facts("app/models/a.rb", source)
}

fn call<'f>(file: &'f FileFacts, callee: &str) -> &'f crate::probe::source::code::Call {
    file.calls.iter().find(|call| &*call.callee == callee).unwrap_or_else(|| panic!("{callee} in {:?}", callees(file)))
}

fn path(text: &str) -> Value {
    Value::Path(text.into())
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn calls_need_no_brackets_and_carry_their_path() {
    let file = rb(
        "def f\n  @user.save\n  Billing::Invoice.new(a: 1).pay!\n  User.where(x: 1).order(:id).limit 5\n  self.touch\n  Rails.logger.info 'x'\n  authenticate!\n  nil\nend\n",
    );
    assert_eq!(
        callees(&file),
        [
            "this.user.save",
            "Billing.Invoice().pay!",
            "Billing.Invoice",
            "User.where().order().limit",
            "User.where().order",
            "User.where",
            "this.touch",
            "Rails.logger.info",
            "Rails.logger",
            "authenticate!",
        ]
    );
    assert!(file.calls[0].discarded && file.calls[2].constructs && !file.calls[1].constructs);
    assert_eq!((file.calls[1].receiver, file.calls[2].chained), (Some(2), Some(1)));
    assert_eq!((file.calls[7].receiver, file.calls[8].chained), (Some(8), Some(7)));
    assert_eq!(file.calls[2].named("a"), Some(&Value::Number("1".into())));
    assert_eq!(file.calls[4].argument(0), Some(&text("id")));
}

#[test]
fn commands_of_a_class_are_calls() {
    let file = rb(
        "class A < B::C\n  include D\n  before_action :authenticate_user!, only: [:edit, :update]\n  validates :name, presence: true, length: { maximum: 5 }\n  has_many :posts, -> { order(:id) }, dependent: :destroy\nend\n",
    );
    let before = call(&file, "before_action");
    assert_eq!(before.argument(0), Some(&text("authenticate_user!")));
    assert_eq!(before.named("only"), Some(&Value::Array(vec![text("edit"), text("update")])));
    let length = call(&file, "validates").named("length").unwrap();
    assert_eq!(length.get("maximum"), Some(&Value::Number("5".into())));
    assert!(matches!(call(&file, "has_many").argument(1), Some(Value::Function(1))));
    assert_eq!(&*file.classes[0].name, "A");
    assert_eq!(file.classes[0].bases, ["B.C".into(), "D".into()]);
}

#[test]
fn names_in_reach_are_no_calls() {
    let file =
        rb("def f(a, b: 1, *c, &d)\n  e = a\n  use a, b, c, d, e, g, params\n  [1].each { |h| use h, a, i }\nend\n");
    let words: Vec<&str> = callees(&file).into_iter().filter(|callee| callee.len() == 1).collect();
    assert_eq!(words, ["g", "i"]);
    let names: Vec<&str> =
        file.functions[1].parameters.iter().flat_map(|p| &p.names).map(|(name, _)| &**name).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
    assert_eq!(file.functions[1].parameters[1].default, Some(Value::Number("1".into())));
}

#[test]
fn elements_are_members_and_keys() {
    let file = rb(
        "x = params[:user][:id]\ny = list[i]\nz = JSON.parse(body)['a'].fetch(:b)['c']\nw = data&.first['k']\nh = request.headers['X-A']\n",
    );
    assert_eq!(file.assigned("x", 0).unwrap().value, path("params.user.id"));
    assert!(matches!(file.assigned("y", 0).unwrap().value, Value::Index(_)));
    assert_eq!(file.assigned("h", 0).unwrap().value, path("request.headers.X-A"));
    let read: Vec<&str> = file.accesses.iter().map(|access| &*access.path).collect();
    assert_eq!(read, ["params.user.id", "list[]", "JSON.parse().a.fetch().c", "data.first.k", "request.headers.X-A"]);
    assert!(file.accesses[3].optional && file.accesses[2].receiver.is_some());
}

#[test]
fn blocks_run_in_the_loop_of_their_call() {
    let file = rb(
        "users.each do |u|\n  f(u)\n  User.transaction { g(u) }\n  Thread.new { h(u) }\nend\n3.times { k }\nfor a in as do m(a) end\nn while o\nloop { break if q }\nitems.each { |x| return x if x }\nitems.map(&:name)\n",
    );
    let kind = |name: &str| call(&file, name).in_loop.map(|id| file.loops[id as usize].kind);
    assert_eq!(kind("f"), Some(LoopKind::Callback));
    assert_eq!(kind("g"), Some(LoopKind::Callback));
    assert_eq!(kind("h"), None);
    assert_eq!(kind("k"), Some(LoopKind::Callback));
    assert_eq!(kind("m"), Some(LoopKind::Each));
    assert_eq!(kind("n"), Some(LoopKind::While));
    assert_eq!(kind("q"), Some(LoopKind::While));
    assert_eq!(file.loops[0].names, ["u".into()]);
    assert_eq!(file.loops[0].over, Value::Call(1));
    let leaves: Vec<bool> = file.loops.iter().map(|found| found.leaves).collect();
    assert_eq!(leaves, [false, false, false, false, true, true, false]);
    assert_eq!(kind("&.name"), Some(LoopKind::Callback));
    let transaction = call(&file, "User.transaction");
    assert!(matches!(transaction.named("&"), Some(Value::Function(_))));
    assert_eq!(call(&file, "items.map").named("&"), Some(&text("name")));
}

#[test]
fn the_last_expression_is_given_back() {
    let file = rb(
        "def a\n  x = 1\n  User.all\nend\ndef b\n  if c\n    d(1)\n  else\n    return 2\n  end\nend\ndef e\n  f\nrescue\n  nil\nend\ndef g = h(1)\n",
    );
    let returns = |name: &str| {
        let function = file.functions.iter().find(|function| function.name.as_deref() == Some(name)).unwrap();
        (function.body.returns.len(), function.body.leaves)
    };
    assert_eq!(
        (returns("a"), returns("b"), returns("e"), returns("g")),
        ((1, false), (2, true), (2, false), (1, false))
    );
    assert!(call(&file, "User.all").returned && call(&file, "d").returned && call(&file, "h").returned);
    assert_eq!(file.catches[0].handler.returns, [Value::Null]);
}

#[test]
fn strings_are_put_together() {
    let parts = |source: &str| match rb(&format!("x = {source}")).assigned("x", 0).unwrap().value.clone() {
        Value::Template(parts) => joined(&parts),
        other => format!("{other:?}"),
    };
    assert_eq!(parts("\"a#{b.c}d\""), "a${b.c}d");
    assert_eq!(parts("'a' + @b + 'c'"), "a${@b}c");
    assert_eq!(parts("'a %s b %d' % [c, d]"), "a ${c} b ${d}");
    assert_eq!(parts("format('a %{k} b', k: c)"), "a ${k} b");
    assert_eq!(parts("\"a\" \"b#{c}\""), "ab${c}");
    assert_eq!(parts("\"a#{b}\".squish"), "a${b}");
    assert_eq!(parts("<<~SQL.squish\n  a #{b}\n  c\nSQL\n"), "  a ${b}\n  c\n");
    assert_eq!(rb("x = %w[a b]").assigned("x", 0).unwrap().value, Value::Array(vec![text("a"), text("b")]));
    assert_eq!(rb("x = :\"a b\"").assigned("x", 0).unwrap().value, text("a b"));
}

#[test]
fn sql_is_kept_from_strings_and_heredocs() {
    let file = rb(
        "q \"SELECT * FROM t WHERE a = #{x.y}\"\nconn.execute(<<~SQL, b)\n  DELETE FROM t\n  WHERE id = #{id}\nSQL\nexec <<~A, <<~B\n  SELECT a FROM t\nA\n  SELECT b FROM t\nB\nsay 'Select one'\ns = 'SELECT 1 FROM t'\ns << \" WHERE a = #{b}\"\n",
    );
    let found: Vec<String> =
        sql(&file).iter().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        found,
        [
            "SELECT * FROM t WHERE a = ${x.y}",
            "DELETE FROM t WHERE id = ${id}",
            "SELECT a FROM t",
            "SELECT b FROM t",
            "SELECT 1 FROM t"
        ]
    );
    assert_eq!(file.queries[1].span.line, 2);
    let appended: Vec<bool> = file.assignments_to("s").map(|assignment| assignment.appends).collect();
    assert_eq!(appended, [false, true]);
}

#[test]
fn the_shell_is_a_call() {
    let file = rb("`ls #{dir}`\nx = %x(rm #{f})\nsystem('a', b)\n");
    assert_eq!(callees(&file)[..2], ["`", "dir"]);
    let Some(Value::Template(parts)) = file.calls[0].argument(0) else { unreachable!() };
    assert!(matches!(&parts[..], [Part::Fixed(_), Part::Expression(..)]));
    assert_eq!(file.calls.iter().filter(|call| &*call.callee == "`").count(), 2);
    assert_eq!(call(&file, "system").argument(0), Some(&text("a")));
}

#[test]
fn the_environment_is_read_with_fallbacks() {
    let file = rb(concat!(
        "ENV['A']\nENV.fetch('B')\nENV.fetch('C', 'c')\nENV.fetch('D') { 'd' }\nENV['E'] || 'e'\nENV['F'].present?\n",
        "g = ENV['G']\nraise 'x' unless g\nENV['H'] ||= 'h'\nENV['I'].presence || 'i'\nENV.fetch('J') { raise 'x' }\nENV['K'] = '1'\nENV.fetch('L', nil)\n",
    ));
    let reads: Vec<(&str, bool)> = file.env_reads.iter().map(|read| (read.name.as_str(), read.optional)).collect();
    assert_eq!(
        reads,
        [
            ("A", false),
            ("B", false),
            ("C", true),
            ("D", true),
            ("E", true),
            ("F", true),
            ("G", false),
            ("H", true),
            ("I", true),
            ("J", false),
            ("L", true)
        ]
    );
    let fallbacks: Vec<(&str, Option<&str>)> =
        file.env_fallbacks.iter().map(|found| (&*found.name, found.value.text())).collect();
    assert_eq!(fallbacks, [("C", Some("c")), ("D", Some("d")), ("E", Some("e")), ("H", Some("h")), ("I", Some("i"))]);
}

#[test]
fn errors_are_handled_in_every_form() {
    let file = rb(concat!(
        "def a\n  b(1)\nrescue Foo::Bar, Baz => e\n  # why not\nrescue StandardError\n  log e\n  raise\nensure\n  c.close\nend\n",
        "x = d(1) rescue nil\nbegin\n  f(1)\nrescue\n  retry\nelse\n  g(1)\nend\nitems.each do |i|\n  h(i)\nrescue => e\n  next\nend\n",
    ));
    let types: Vec<&str> = file.catches[0].types.iter().map(|name| &**name).collect();
    assert_eq!(types, ["Foo.Bar", "Baz"]);
    assert_eq!((file.catches[0].handler.statements, file.catches[0].handler.comment.as_deref()), (0, Some("why not")));
    assert!(file.catches[1].handler.throws && file.catches[1].handler.statements == 2);
    assert_eq!(file.catches[2].handler.returns, [Value::Null]);
    assert!(
        file.catches[3].handler.continues && file.catches[4].handler.continues && file.catches[4].in_loop.is_some()
    );
    assert!(call(&file, "b").in_try && call(&file, "d").in_try && call(&file, "h").in_try && !call(&file, "g").in_try);
    assert_eq!(file.finals.len(), 1);
    assert_eq!(
        file.calls_of(&file.finals[0].cleanup).map(|(_, call)| &*call.callee).collect::<Vec<_>>(),
        ["c.close", "c"]
    );
}

#[test]
fn tests_say_what_they_test() {
    let file = rb(
        "def f(a, b)\n  return if a.nil?\n  unless a == b\n    g\n  end\n  h(1) if a && !b\n  c = a ? 1 : 2\n  d = if b then 3 else 4 end\n  e = case a when 1 then 5 else 6 end\n  a ||= 7\nend\n",
    );
    assert_eq!(file.conditions.len(), 4);
    assert!(file.conditions[0].then.leaves);
    let Value::Not(inner) = &file.conditions[1].test else { unreachable!() };
    assert_eq!(**inner, Value::Compared(Comparison::Equal, Box::new((path("a"), path("b")))));
    assert!(matches!(&file.conditions[2].test, Value::All(values) if matches!(values[1], Value::Not(_))));
    for name in ["c", "d", "e"] {
        assert!(matches!(&file.assigned(name, 1).unwrap().value, Value::Either(values) if values.len() == 2), "{name}");
    }
    assert_eq!(file.assigned("a", 1).unwrap().value, Value::Either(vec![path("a"), Value::Number("7".into())]));
}

#[test]
fn values_are_taken_apart() {
    let file = rb("a, (b, c), *d = f\ne, @g = 1, 2\nh.i = 3\nk[:l] = 4\n");
    assert!(matches!(file.assigned("b", 0).unwrap().value, Value::Index(_)));
    assert_eq!(file.assigned("this.g", 0).unwrap().value, Value::Number("2".into()));
    let targets: Vec<&str> = file.assignments.iter().map(|assignment| &*assignment.target).collect();
    assert_eq!(targets, ["a", "b", "c", "d", "e", "this.g", "h.i", "k.l"]);
}

#[test]
fn a_block_closes_what_it_is_given() {
    let file = rb("File.open(a) { |f| f.read }\nFile.open(b)\nx = ->(y) { y }\nz = lambda do |w| w end\n");
    let managed: Vec<bool> =
        file.calls.iter().filter(|call| &*call.callee == "File.open").map(|call| call.managed).collect();
    assert_eq!(managed, [true, false]);
    let names: Vec<Option<&str>> = file.functions.iter().skip(1).map(|function| function.name.as_deref()).collect();
    assert_eq!(names, [None, Some("x"), Some("z")]);
    assert!(matches!(file.assigned("z", 0).unwrap().value, Value::Function(_)));
}

#[test]
fn imports_and_comments() {
    let file = rb(
        "require 'json'\nrequire_relative '../lib/a'\nrequire_relative 'b'\n# gonogo: allow n-plus-one-query because the list is short\nfoo\n",
    );
    let modules: Vec<&str> = file.imports.iter().map(|import| import.module.as_str()).collect();
    assert_eq!(modules, ["json", "../lib/a", "./b"]);
    assert_eq!((&*file.suppressions[0].rule, file.suppressions[0].line), ("n-plus-one-query", 5));
}

#[test]
fn roles_and_kinds_follow_the_frameworks() {
    let role = |path: &str| facts(path, "x = 1\n").role;
    assert_eq!(role("spec/models/a_spec.rb"), Role::Test);
    assert_eq!(role("db/migrate/2020_a.rb"), Role::Migration);
    assert_eq!(role("db/seeds.rb"), Role::Script);
    assert_eq!(role("lib/tasks/a.rake"), Role::Script);
    assert_eq!(role("config/environments/development.rb"), Role::Config);
    assert_eq!(role("config/environments/production.rb"), Role::Server);
    assert_eq!(role("config/initializers/cors.rb"), Role::Server);
    assert_eq!(role("app/models/user.rb"), Role::Server);
    let kinds = |source: &str| -> Vec<FunctionKind> {
        rb(source).functions.iter().skip(1).map(|function| function.kind).collect()
    };
    use FunctionKind::{Handler, Job, Plain};
    assert_eq!(
        kinds(
            "class PostsController < ApplicationController\n  before_action :set_post\n  def index; end\n  def set_post; end\n  private\n  def secret; end\nend\nclass B\n  def index; end\nend\n"
        ),
        [Handler, Plain, Plain, Plain]
    );
    assert_eq!(
        kinds(
            "class AController < BaseController\n  def a; end\n  private def b; end\n  def c; end\n  private :c\nend\n"
        ),
        [Handler, Plain, Plain]
    );
    assert_eq!(kinds("get '/x' do\n  1\nend\nsubject.get('x') { 1 }\n"), [Handler, Plain]);
    assert_eq!(kinds("class A < Grape::API\n  get :x do\n 1\n end\nend\n"), [Handler]);
    assert_eq!(kinds("class Mail\n  include Sidekiq::Job\n  def perform; end\n  def other; end\nend\n"), [Job, Plain]);
}

#[test]
fn hostile_input_ends_within_limits() {
    let cases = [
        String::new(),
        "\u{feff}".to_owned(),
        "def".to_owned(),
        "x = <<~A\n  #{".to_owned(),
        "class A < ; def f( ; end ] } \"#{".to_owned(),
        "(".repeat(10_000),
        format!("x = {}1{}", "[".repeat(10_000), "]".repeat(10_000)),
        format!("{}x{}", "if a\n".repeat(10_000), "\nend".repeat(10_000)),
        format!("{}x{}", "a.each { ".repeat(10_000), " }".repeat(10_000)),
        format!("a{}", ".b".repeat(10_000)),
        format!("x = a{}", " + 'b'".repeat(10_000)),
        "x = user.posts.where(a: 1)\n".repeat(100_000),
    ];
    for source in cases {
        let started = std::time::Instant::now();
        let read = read("app/a.rb", Language::Ruby, &source, &CancellationToken::new());
        assert!(read.is_ok() || read.is_err());
        let shown: String = source.chars().take(20).collect();
        assert!(started.elapsed().as_secs() < 20, "{shown}");
    }
}
