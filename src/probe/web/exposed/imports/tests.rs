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
    let found = of(vite);
    assert_eq!(found.names, ["./vendor-1.js", "./Cart-9c1b.js", "assets/Cart-9c1b.js", "assets/vendor-1.js"]);
    assert_eq!((found.surely.len(), found.unnamed, found.told), (2, false, false));
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
        let found = of(text);
        assert_eq!((found.names, found.unnamed, found.told), (vec![name.to_owned()], false, false), "{text}");
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
        " * import x from './lib/example'",
        "i.src='/a.png'",
        "define(['exports'],t)",
        "'function'==typeof define&&define.amd?define(['./core'],t):t(e.Core)",
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

/// A script element `s` whose source is told as given.
fn element(source: &str) -> String {
    format!("var s=document.createElement(\"script\");s.async=!0;{source};document.head.appendChild(s)")
}

#[test]
fn what_code_puts_into_its_page_by_hand_is_read_or_said() {
    for source in [
        "s.src=base+n+\".js\"",
        "s.src=\"\".concat(base,\"/pay.js\")",
        "s.setAttribute(\"src\",base+\"/pay.js\")",
        "s.setAttribute('src', `/js/${name}`)",
        "s.src=\"/js/\"+f",
        "s['src']=base+'/pay.mjs'",
        "s.src =\n  base\n  + '/pay.js'",
    ] {
        assert!(of(&element(source)).unnamed, "{source}");
    }
    for text in [
        "[\"vendor.js\",\"pay.js\"].forEach(f=>{let e=document.createElement('script');e.src=\"/js/\"+f;b.append(e)})",
        "(e=d.createElement('script')).src='/js/'+name",
        "Object.assign(document.createElement(\"script\"),{async:!0,src:\"/js/\"+f})",
        "document.write('<script src=\"'+base+'/pay.js\"><\\/script>')",
        "function load(u){var s=document.createElement(\"script\");s.src=u} load(\"/a.js\");load(base+\"/pay.js\")",
    ] {
        assert!(of(text).unnamed, "{text}");
    }
    for (text, names) in [
        (
            "function load(u){var s=document.createElement(\"script\");s.src=u}\nload(\"/js/pay.js\")",
            vec!["/js/pay.js"],
        ),
        (
            "_flutter={load(){var u=\"main.dart.js\",s=document.createElement(\"script\");s.src=u}}",
            vec!["main.dart.js"],
        ),
        ("loadjs([\"/js/a.js\",\"/js/b.js\"],\"pay\")", vec!["/js/a.js", "/js/b.js"]),
        ("$LAB.script(\"/js/pay.js\").wait()", vec!["/js/pay.js"]),
        ("loadScript(\"js/pay.js\")", vec!["js/pay.js"]),
        ("define([\"./pay.js\",\"./cart\",\"jquery\"],function(p){})", vec!["./pay.js", "./cart.js"]),
        ("document.write(\"<script src=\\\"/js/pay.js\\\"><\\/script>\")", vec!["/js/pay.js"]),
        (
            "__d(f,1,{\"0\":3,\"paths\":{\"3\":\"/_expo/static/js/web/Pay-9c.js\"}})",
            vec!["/_expo/static/js/web/Pay-9c.js"],
        ),
        ("window.__remixManifest={\"module\":\"/assets/pay-9c.js\"}", vec!["/assets/pay-9c.js"]),
    ] {
        let found = of(text);
        assert_eq!(
            (found.names, found.unnamed, found.told),
            (names.iter().map(ToString::to_string).collect(), false, false),
            "{text}"
        );
    }
    assert_eq!(of(&element("s.src='/bundle?id=1'")).names, ["/bundle?id=1"]);
    let told = of(&element("s.src=u"));
    assert!(told.told && !told.unnamed && !told.tells, "{told:?}");
    assert!(of("loadScript('/js/pay.js')").tells);
    assert!(!of(&format!("import'./a.js';{}", element("s.src=u"))).told, "a library in what a bundler made");
}

#[test]
fn the_usual_snippets_load_nothing_of_the_sites_own() {
    let gtm = "(function(w,d,s,l,i){w[l]=w[l]||[];var f=d.getElementsByTagName(s)[0],j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';\
        j.async=true;j.src='https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);})(window,document,'script','dataLayer','GTM-X');";
    let segment = "n.load=function(key,e){var t=document.createElement(\"script\");t.type=\"text/javascript\";t.async=!0;\
        t.src=\"https://cdn.segment.com/analytics.js/v1/\" + key + \"/analytics.min.js\";var r=document.getElementsByTagName(\"script\")[0]}";
    let hotjar = "(function(h,o,t,j,a,r){h.hj=h.hj||function(){};a=o.getElementsByTagName('head')[0];r=o.createElement('script');r.async=1;\
        r.src=t+h._hjSettings.hjid+j+h._hjSettings.hjsv;a.appendChild(r);})(window,document,'https://static.hotjar.com/c/hotjar-','.js?sv=');";
    let pixel = "!function(f,b,e,v,n,t,s){t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}\
        (window, document,'script','https://connect.facebook.net/en_US/fbevents.js');";
    let matomo = "(function() { var u=\"//stats.example.net/\"; var d=document, g=d.createElement('script'); g.async=true; g.src=u+'matomo.js'; })();";
    let old_analytics = "var ga = document.createElement('script'); ga.async = true;\n\
        ga.src = ('https:' == document.location.protocol ? 'https://ssl' : 'http://www') + '.google-analytics.com/ga.js';";
    let posthog = "(p=t.createElement(\"script\")).async=!0,p.src=s.api_host.replace(\".i.posthog.com\",\"-assets.i.posthog.com\")+\"/static/array.js\",r();\
        posthog.init('x',{api_host:'https://us.i.posthog.com'})";
    let stripe = "var V3_URL='https://js.stripe.com/v3';var script=document.createElement('script');script.src=\"\".concat(V3_URL).concat(query);";
    let jsonp = "n=document.createElement(\"script\"),n.async=\"async\",e.scriptCharset&&(n.charset=e.scriptCharset),n.src=e.url";
    let worker = "var s=document.createElement('script');s.src=URL.createObjectURL(blob)";
    let image = "var s=document.createElement('script');s.text='a()';var i=new Image();i.src='/p.gif?'+id";
    for text in [gtm, segment, hotjar, pixel, matomo, old_analytics, posthog, stripe, jsonp, worker, image] {
        let found = of(text);
        assert_eq!((found.unnamed, found.told), (false, false), "{text}");
        assert!(found.names.iter().all(|name| name.starts_with("https://www.googletagmanager.com/")), "{found:?}");
    }
    assert!(of(&"s.src=u+1;".repeat(30_000)).unnamed, "more than is read");
    // What they are loaded from is told, since it may be the site's own host.
    assert_eq!(of(matomo).hosts, ["//stats.example.net/"]);
}

#[test]
fn frameworks_make_names_of_brackets_and_letters_of_every_language() {
    let manifest = "self.__BUILD_MANIFEST={\"/post/[slug]\":[\"static/chunks/pages/post/[slug]-93.js\"]}";
    assert_eq!(of(manifest).names, ["static/chunks/pages/post/[slug]-93.js"]);
    let umlaut = "import{a}from\"./Übersicht-9c.js\";import{b}from\"./(admin)-2.js\"";
    assert_eq!(of(umlaut).names, ["./Übersicht-9c.js", "./(admin)-2.js"]);
    let data = r#"<script src="/docs/_next/static/chunks/m.js"></script><script>self.__next_f.push([1,"2:I[1,[\"12\",\"static/chunks/app/(shop)/pay/page-9.js\",\"static/chunks/app/%5Bid%5D/page-1.js\"]]"])</script>"#;
    let found = of_page(data);
    let names =
        ["/docs/_next/static/chunks/app/(shop)/pay/page-9.js", "/docs/_next/static/chunks/app/%5Bid%5D/page-1.js"];
    assert_eq!(
        (found.names.as_slice(), found.surely.as_slice()),
        (names.map(str::to_owned).as_slice(), names.map(str::to_owned).as_slice())
    );
    let qwik = "<html q:base=\"/build/\"><button on:click=\"q-9c1b.js#s_abc[0]\">Buy</button>";
    assert_eq!(of_page(qwik).names, ["/build/q-9c1b.js"]);
    // WordPress names it in JSON, with a backslash before every slash, and in later versions in a place of its own.
    let load = "function t(e){var t=a.createElement(\"script\");t.src=e}";
    for page in [
        format!("<script>w={{\"emoji\":\"https:\\/\\/shop.example.com\\/js\\/emoji.js?ver=6\"}};{load}</script>"),
        format!(
            "<script type=application/json>{{\"emoji\":\"https://shop.example.com/js/emoji.js?ver=6\"}}</script><script>{load}</script>"
        ),
    ] {
        let found = of_page(&page);
        assert_eq!(
            (found.names.as_slice(), found.told),
            (["https://shop.example.com/js/emoji.js?ver=6".to_owned()].as_slice(), false),
            "{page}"
        );
    }
}
