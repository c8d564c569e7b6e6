use super::*;

fn template(path: &str, source: &str) -> FileFacts {
    read(path, of_path(path).unwrap(), source, &CancellationToken::new()).unwrap()
}

fn raw(path: &str, source: &str) -> Vec<String> {
    let file = template(path, source);
    let show = |value: &Value| match value {
        Value::Path(path) => path.to_string(),
        Value::Text(text) => format!("'{text}'"),
        _ => "?".to_owned(),
    };
    file.raw_outputs.iter().map(|o| format!("{} {} {}", o.place.span.line, o.form, show(&o.value))).collect()
}

#[test]
fn what_is_written_without_escaping_is_found_in_every_dialect() {
    let table: [(&str, &str, &[&str]); 19] = [
        (
            "resources/views/a.blade.php",
            "<p>{{ $a }}</p>\n{!! $post->body !!}\n{{-- {!! $b !!} --}}@{!! c !!}{!! clean($d) !!}",
            &["2 {!! !!} post.body", "3 {!! !!} ?"],
        ),
        (
            "templates/a.html",
            "{{ a }} {{ a.b|safe }} {# {{ c|safe }} #}\n{% autoescape off %}{{ d }}{% endautoescape %}{{ e }}",
            &["1 |safe a.b", "2 autoescape off d"],
        ),
        (
            "a.twig",
            "{{ a|raw }} {{ b|escape }}{% raw %}{{ c|raw }}{% endraw %}{{ d | striptags | raw }}",
            &["1 |raw a", "1 |raw ?"],
        ),
        ("a.j2", "{{- a | safe -}} {{ 'a|safe' }}", &["1 |safe a"]),
        (
            "app/views/a.html.erb",
            "<%= a %><%== @user.bio %><%= raw(b) %>\n<%= raw c %><%= d.html_safe %><%# <%== e %><% f %>",
            &["1 <%== this.user.bio", "1 <%= raw b", "2 <%= raw c", "2 .html_safe d"],
        ),
        ("views/a.ejs", "<%= a %><%- b.c %><%- include('d') %><%# <%- e %>", &["1 <%- b.c"]),
        ("a.hbs", "{{a}} {{{b}}} {{& c}} {{!-- {{{d}}} --}} {{! {{e}} }}", &["1 {{{ }}} b", "1 {{& }} c"]),
        ("a.mustache", "{{{ a.b }}}", &["1 {{{ }}} a.b"]),
        ("views/a.pug", "p= a\np!= b\np #[b !{c.d}] if x != y\ndiv.e!= f(g)", &["3 !{ }} c.d", "2 != b", "4 != ?"]),
        (
            "a.vue",
            "<template>\n<p v-html=\"post.body\"/><!-- <p v-html=\"x\"> -->{{ a }}</template>",
            &["2 v-html post.body"],
        ),
        ("a.svelte", "<p>{@html post.body}</p>{@html f({ a: 1 })}{a}", &["1 {@html} post.body", "1 {@html} ?"]),
        ("a.blade.php", "{!! '<b>' !!}{!! \"a\" . $b !!}", &["1 {!! !!} '<b>'", "1 {!! !!} ?"]),
        ("a.blade.php", "{!! $a", &[]),
        ("a.twig", "{{ {{ {% {# ", &[]),
        ("a.vue", "", &[]),
        ("a.vue", "<script>const a = '<p v-html=\"x\">';</script><style>v-html=\"y\"</style>", &[]),
        ("a.svelte", "<script>", &[]),
        ("templates/a.html", "", &[]),
        ("views/ü.html", "ü🎉 {{ a|safe }}", &["1 |safe a"]),
    ];
    for (path, source, expected) in table {
        let expected: Vec<String> = expected.iter().map(|line| line.replace("!{ }}", "!{ }")).collect();
        assert_eq!(raw(path, source), expected, "{path} {source}");
    }
    let span = template("views/ü.html", "ü🎉 {{ a|safe }}").raw_outputs[0].place.span;
    assert_eq!((span.column, span.end_column), (4, 16));
}

#[test]
fn comments_of_templates_allow_rules() {
    let source = "{{-- gonogo: allow a-b because it is clean --}}\n\n{!! $a !!}\n<p>{!! $b !!}</p> {{-- gonogo: allow c-d because of that --}}\n<!-- gonogo: allow e -->\n{# gonogo: allow f because g #}\nx";
    let file = template("a.blade.php", source);
    let allowed: Vec<(&str, &str, u32)> = file.suppressions.iter().map(|s| (&*s.rule, &*s.reason, s.line)).collect();
    assert_eq!(allowed, [("a-b", "it is clean", 3), ("c-d", "of that", 4), ("f", "g", 7)]);
    assert_eq!(file.suppressions_without_reason, [5]);
}

#[test]
fn pages_are_told_from_other_files() {
    let language = |path: &str| of_path(path);
    assert_eq!(language("resources/views/a.blade.php"), Some(Language::Template));
    assert_eq!(language("app/templates/a.html"), Some(Language::Template));
    assert_eq!(language("config/database.yml.erb"), None);
    assert_eq!(language("public/index.html"), None);
    assert_eq!(language("a.php"), Some(Language::Php));
    assert_eq!(language("Makefile"), None);
}

#[test]
fn scripts_of_components_keep_their_places_in_the_file() {
    let source = "<script lang=\"ts\">\nimport { a } from './a';\n</script>\n<template>\n  <p>if (x) {</p>\n</template>\n<script setup lang=\"ts\" generic=\"T extends A<string>\">\nconst ü: string = '🎉'; onMounted(() => f(ü));\n</script>\n<style>a{}</style>\n";
    let file = facts("src/A.vue", source);
    assert_eq!((file.language, file.role, file.partly), (Language::TypeScript, Role::Client, None));
    assert_eq!(callees(&file), ["onMounted", "f"]);
    let place = file.calls[1].place;
    assert_eq!((place.span.line, place.span.column, place.span.end_column), (8, 40, 44));
    assert_eq!(source.get(place.bytes.0 as usize..place.bytes.1 as usize), Some("f(ü)"));
    assert_eq!(file.functions[1].kind, FunctionKind::Effect);
    assert_eq!(&*file.bindings[0].module, "./a");
    assert_eq!(file.lines, 10);
    let file = facts(
        "src/a.svelte",
        "<script context=\"module\">\n  export const a = f();\n</script>\n\n<script>\n  let { b } = $props();\n  $effect(() => { g(b); });\n</script>\n<p>{b}</p>\n",
    );
    assert_eq!((file.language, callees(&file)), (Language::JavaScript, vec!["f", "$props", "$effect", "g"]));
    assert_eq!((file.functions[1].kind, file.calls[3].place.span.line), (FunctionKind::Effect, 7));
    let file = facts("src/b.vue", "<script>\nexport default { mounted() { g(); }, methods: { h() {} } };\n</script>\n");
    assert_eq!(file.functions[1].kind, FunctionKind::Effect);
    let file =
        facts("src/c.vue", "<template><p>a</p></template>\n<script type=\"application/ld+json\">{\"a\": 1}</script>\n");
    assert!(file.calls.is_empty() && file.partly.is_none() && file.functions.len() == 1);
    assert_eq!(
        facts("src/routes/+server.ts", "export async function GET() {}").functions[1].kind,
        FunctionKind::Handler
    );
    assert_eq!(facts("src/routes/+page.server.ts", "export const load = async () => {};").role, Role::Server);
}

#[test]
fn broken_deep_long_and_empty_inputs_end() {
    let started = std::time::Instant::now();
    let cancel = CancellationToken::new();
    for (path, source) in [
        ("a.php", String::new()),
        ("a.php", "<?php".to_owned()),
        ("a.php", "no code at all".to_owned()),
        ("a.php", format!("<?php $a = {}1{};", "(".repeat(10_000), ")".repeat(10_000))),
        ("a.php", format!("<?php $a = {};", "[".repeat(10_000))),
        ("a.php", format!("<?php {}", "if ($a) { f(); } else ".repeat(2_000))),
        ("a.php", format!("<?php $a = {}1;", "$b . ".repeat(20_000))),
        ("a.php", format!("<?php\n{}", "f($a, \"b $c\");\n".repeat(100_000))),
        ("a.php", "<?php class { function ( \" $a[ <<<X\n {$".to_owned()),
        ("a.php", "<?php \"{$a[\"b\"]} {$c->d(\"e {$f}\")}\" ?> <?= ?><?php".to_owned()),
        ("a.blade.php", "{!! ".repeat(100_000)),
        ("a.twig", "{{ a|safe }}\n".repeat(100_000)),
        ("a.svelte", "{@html {".repeat(20_000)),
        ("a.vue", "<script>".repeat(20_000)),
        ("a.vue", format!("<script>{}</script>", "(".repeat(10_000))),
        ("templates/a.html", "{#".repeat(100_000)),
    ] {
        let read = read(path, of_path(path).unwrap(), &source, &cancel);
        assert!(!matches!(read, Err(Refused::TooSlow | Refused::Cancelled)), "{path} {:.40}", source);
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn elements_of_components_carry_their_attributes() {
    let shown = |path: &str, source: &str| -> Vec<String> {
        let file = template(path, source);
        let attribute = |(name, value): &(Box<str>, Value)| match value {
            Value::Path(path) => format!(" {name}={path}"),
            Value::Text(text) => format!(" {name}='{text}'"),
            Value::Bool(true) => format!(" {name}"),
            _ => format!(" {name}=?"),
        };
        let element = |element: &crate::probe::source::code::Element| {
            let attributes: String = element.attributes.iter().map(attribute).collect();
            format!("{} {}{attributes}", element.place.span.line, element.name)
        };
        file.elements.iter().map(element).collect()
    };
    let vue = "<script>const a = '<b x>';</script>\n<template>\n<a :href=\"user.url\" @click=\"() => n > 1\" disabled>1 < 2</a><!-- <i> -->\n<img src='x'/>\n</template>\n<i18n><u></u></i18n>";
    assert_eq!(shown("a.vue", vue), ["2 template", "3 a href=user.url @click='() => n > 1' disabled", "4 img src='x'"]);
    let svelte = "{#if a < b}<Card on:click={() => a > 1} {name} {...rest} title={t.x} wide />{/if}";
    assert_eq!(shown("a.svelte", svelte), ["1 Card on:click=? name=name ...=rest title=t.x wide"]);
    assert_eq!(shown("b.vue", "<template><p title=\"a"), ["1 template"]);
    assert_eq!(shown("b.svelte", "< <ü <a <b>"), ["1 b"]);
}
