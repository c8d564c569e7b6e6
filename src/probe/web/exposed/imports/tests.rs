use super::*;

#[test]
fn what_is_put_in_by_a_made_up_name_is_said_and_data_of_components_names_chunks() {
    for text in
        ["s.src=b+\"/js/pay.js\"", "s.src=`/js/pay.js?v=${v}`", "$.getScript(base + '/a.mjs')", "s.src=`${b}/a.js`"]
    {
        assert!(of(text).unnamed, "{text}");
    }
    for text in ["s.src=\"/js/pay.js\"", "i.src=b+\"/tea.png\"", "i.src=`/tea.png?v=${v}`"] {
        assert!(!of(text).unnamed, "{text}");
    }
    let data = r#"<script>self.__next_f.push([1,"a:I[\"/_next/static/chunks/9f.js\",\"static/chunks/app/page-1.js\"]"])</script>"#;
    assert_eq!(of_page(data).names, ["/_next/static/chunks/9f.js", "/_next/static/chunks/app/page-1.js"]);
}

#[test]
fn names_are_read_as_bundlers_write_them() {
    let vite = r#"const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["assets/Cart-9c1b.js","assets/vendor-1.js","assets/Cart-1.css"])))=>i;
        import{r as e}from"./vendor-1.js";const t=()=>import("./Cart-9c1b.js");fetch("/api/x.json")"#;
    assert_eq!(
        of(vite),
        Later {
            names: ["./Cart-9c1b.js", "assets/Cart-9c1b.js", "assets/vendor-1.js", "./vendor-1.js"]
                .map(str::to_owned)
                .to_vec(),
            ..Later::default()
        }
    );
    assert_eq!(of("var a='./lib/x.js';console.log(a)"), Later::default());
    assert!(!of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{}])").unnamed, "it loads nothing");
    assert!(of("(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[1],{2:(a,b,n)=>{n.e(12)}}])").by_number);
    let renamed = of("r.u=e=>e+\".\"+{4:\"ab\"}[e]+\".js\",r.p=\"/_next/\";self.shop=[]");
    assert_eq!((renamed.unnamed, renamed.names), (false, vec!["/_next/4.ab.js".to_owned()]));
    assert!(of("r.u=e=>e+\".js\";self.webpackChunkshop=[]").unnamed);
    let script = Url::parse("https://shop.example.com/assets/index-1.js").unwrap();
    let page = Url::parse("https://shop.example.com/").unwrap();
    let to = |name| resolve(name, &script, &page).unwrap().to_string();
    assert_eq!(to("./Cart-9c1b.js"), "https://shop.example.com/assets/Cart-9c1b.js");
    assert_eq!(to("assets/Cart-9c1b.js"), "https://shop.example.com/assets/Cart-9c1b.js");
}

#[test]
fn every_way_of_writing_an_import_is_read() {
    for (text, name) in [
        ("import { pay } from './pay.js'", "./pay.js"),
        ("export * from \"./b.js\"", "./b.js"),
        ("import './c.mjs'", "./c.mjs"),
        ("import * as d from '/d.js'", "/d.js"),
        ("import ( /* webpackIgnore: true */ './e.js?v=3' )", "./e.js?v=3"),
        ("new Worker(\"/worker.js\")", "/worker.js"),
        ("new Worker('./worker.js?v=3')", "worker.js?v=3"),
        ("new Worker(new URL(\"w-1.js\", import.meta.url),{type:\"module\"})", "./w-1.js"),
        ("importScripts(\"lib.js\")", "./lib.js"),
        ("s.src='/js/app.js'", "/js/app.js"),
        ("s.setAttribute('src', './js/app.js?v=2')", "js/app.js?v=2"),
        ("$.getScript(\"/js/pay.js\")", "/js/pay.js"),
        ("navigator.serviceWorker.register('/sw.js')", "/sw.js"),
        ("import(\"/lib/pay?v=1\")", "/lib/pay?v=1"),
        ("fetch(\"/assets/env.json\")", "/assets/env.json"),
        ("this.http.get<Env>('assets/env.json')", "assets/env.json"),
        ("x.open('GET','config.json')", "config.json"),
        ("const settings='./env.json'", "env.json"),
        ("var parcelRequire;f(\"Cart.9c1b.js\")", "./Cart.9c1b.js"),
        ("self.__BUILD_MANIFEST={\"/\":[\"static/chunks/pages/index-1.js\"]}", "static/chunks/pages/index-1.js"),
    ] {
        assert_eq!(of(text), Later { names: vec![name.to_owned()], ..Later::default() }, "{text}");
    }
    for text in [
        "import(`./${n}.js`)",
        "import(n)",
        "import('./x/'+n)",
        "importScripts(u)",
        "new Worker(u)",
        "require(['app/pay'])",
    ] {
        assert!(of(text).unnamed, "{text}");
    }
    for text in ["import(`./a.js`)", "use import() here", "new Worker(URL.createObjectURL(b))", "typeof importScripts"]
    {
        assert!(!of(text).unnamed, "{text}");
    }
    for text in [
        "fetch('/api/env.json')",
        "import('./style.css')",
        "i.src='/a.png'",
        "define(['exports'],t)",
        "{'./locales/en.json':e}",
    ] {
        assert_eq!(of(text), Later::default(), "{text}");
    }
    let manifest = Url::parse("https://shop.example.com/_next/static/x/_buildManifest.js").unwrap();
    assert_eq!(resolve("static/chunks/1.js", &manifest, &manifest).unwrap().path(), "/_next/static/chunks/1.js");
}

#[test]
fn a_page_that_sends_its_readers_on_is_known() {
    assert_eq!(refresh("<meta http-equiv=\"refresh\" content=\"0; url=/home\">").as_deref(), Some("/home"));
    assert_eq!(refresh("<META HTTP-EQUIV=refresh CONTENT='0;URL=/home'>").as_deref(), Some("/home"));
    for html in
        ["<meta http-equiv=refresh content=60>", "<noscript><meta http-equiv=refresh content='0;url=/n'></noscript>"]
    {
        assert_eq!(refresh(html), None, "{html}");
    }
}

#[test]
fn a_page_imports_by_itself() {
    let page = "<script type=importmap>{\"imports\":{\"cart\":\"/lib/cart.js\"}}</script><script type=module>\n import './a.js'\n</script>\
        <astro-island component-url=\"/_astro/Buy.js\" renderer-url='/_astro/client.js'></astro-island>\
        <script>load('/js/late.js')</script><script data-main=js/main src=/require.js></script>\
        <script type=application/json>\"import './no.js'\"</script><pre>import './neither.js'</pre>";
    assert_eq!(
        of_page(page).names,
        ["/lib/cart.js", "./a.js", "/js/late.js", "/_astro/Buy.js", "/_astro/client.js", "js/main.js"]
    );
    of_page(&"<script>".repeat(50_000));
}
