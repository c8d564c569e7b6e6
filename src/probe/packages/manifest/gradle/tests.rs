use super::*;

fn told(files: &[(&str, &str)], path: &str) -> Vec<String> {
    let (mut builds, mut found) = (Builds::default(), BTreeMap::new());
    for (path, text) in files {
        builds.add(path, text).unwrap();
    }
    builds.finish(&mut found);
    let manifest = found.remove(path).unwrap();
    let told = |d: &Declared| {
        let scope = if d.scope == Scope::Development { " dev" } else { "" };
        format!("{}: {} {:?} {:?}{scope}", d.line, d.name, d.range, d.pin)
    };
    let mut all: Vec<String> = manifest.declared.iter().map(told).collect();
    all.extend(manifest.runtimes.iter().map(|r| format!("{}: {} {}", r.line, r.name, r.range)));
    all.extend(manifest.gaps.into_vec().iter().map(|gap| format!("gap {}: {}", gap.count, gap.examples.join(", "))));
    all
}

#[test]
fn both_notations_in_groovy() {
    let text = r#"buildscript {
  ext.kotlin_version = '1.9.0'
  dependencies { classpath "org.jetbrains.kotlin:kotlin-gradle-plugin:$kotlin_version" }
}
plugins { id 'java' }
def jackson = "2.17.1"
sourceCompatibility = '17'
dependencies {
implementation 'org.a:plain:1.2.3' // why
implementation group: 'org.b', name: 'mapped', version: '2.0'
api("org.c:managed")
testImplementation "org.d:tested:${jackson}"
runtimeOnly 'org.e:any:+'
implementation 'org.e:some:1.+'
implementation platform('org.f:bom:3.0')
implementation project(':core')
implementation files('libs/x.jar')
implementation "org.g:unknown:${nobody}"
implementation someVariable
implementation('org.h:excluded:1.0') {
    exclude group: 'org.x', module: 'y'
}
/* implementation 'org.no:comment:1' */
constraints {
    implementation 'org.no:constraint:1'
}
annotationProcessor 'org.i:processor:5'
}
task x { doLast { println 'org.no:task:1' } }
"#;
    assert_eq!(
        told(&[("build.gradle", text)], "build.gradle"),
        [
            "3: org.jetbrains.kotlin:kotlin-gradle-plugin \"1.9.0\" Exact dev",
            "9: org.a:plain \"1.2.3\" Exact",
            "10: org.b:mapped \"2.0\" Exact",
            "11: org.c:managed \"\" Exact",
            "12: org.d:tested \"2.17.1\" Exact dev",
            "13: org.e:any \"+\" Loose",
            "14: org.e:some \"1.+\" Range",
            "15: org.f:bom \"3.0\" Exact",
            "18: org.g:unknown \"${nobody}\" Exact",
            "20: org.h:excluded \"1.0\" Exact",
            "27: org.i:processor \"5\" Exact dev",
            "7: java 17",
            "gap 2: line 18, line 19",
        ]
    );
}

#[test]
fn a_block_may_begin_and_end_beside_its_statements() {
    let text = "dependencies { implementation 'org.a:first:1'\n implementation 'org.b:last:2' }\n\
                dependencies { implementation 'org.c:only:3' }\ntask x { println 'org.no:task:1' }\n";
    let all = ["1: org.a:first \"1\" Exact", "2: org.b:last \"2\" Exact", "3: org.c:only \"3\" Exact"];
    assert_eq!(told(&[("build.gradle", text)], "build.gradle"), all);
}

#[test]
fn a_statement_is_read_to_its_end() {
    let one = |text: &str| told(&[("build.gradle", text)], "build.gradle");
    let within = |text: &str| one(&format!("dependencies {{\n{text}\n}}\n"));
    for (text, all) in [
        // https://docs.gradle.org/current/dsl/org.gradle.api.artifacts.dsl.DependencyHandler.html
        ("api 'a:b:1',\n // why\n\n 'c:d:2'", &["2: a:b \"1\" Exact", "5: c:d \"2\" Exact"][..]),
        (
            "api(\n 'a:b:1',\n 'c:d:2'\n)\napi 'e:f:3'",
            &["3: a:b \"1\" Exact", "4: c:d \"2\" Exact", "6: e:f \"3\" Exact"],
        ),
        ("api(['a:b:1', 'c:d:2'])", &["2: a:b \"1\" Exact", "2: c:d \"2\" Exact"]),
        (
            "api([group: 'a', name: 'b', version: '1'],\n [group: 'c', name: 'd'])",
            &["2: a:b \"1\" Exact", "3: c:d \"\" Exact"],
        ),
        ("api group: 'a',\n name: 'b',\n version: '1'", &["2: a:b \"1\" Exact"]),
        ("api('a', 'b', '1')", &["2: a:b \"1\" Exact"]),
        ("api 'a:b:1'; api('c:d:2')", &["2: a:b \"1\" Exact", "2: c:d \"2\" Exact"]),
        ("add(\"testImplementation\", \"a:b:1\")", &["2: a:b \"1\" Exact dev"]),
        ("\"kapt\"(\"a:b:1\")", &["2: a:b \"1\" Exact dev"]),
        ("api('a:b:1') { exclude group: 'x' }; api 'c:d:2'", &["2: a:b \"1\" Exact", "2: c:d \"2\" Exact"]),
        ("api('a:b:1', {\n exclude group: 'x'\n})\napi 'c:d:2'", &["2: a:b \"1\" Exact", "5: c:d \"2\" Exact"]),
        ("if (x) api 'a:b:1'\nelse api 'c:d:2'", &["2: a:b \"1\" Exact", "3: c:d \"2\" Exact"]),
        ("if (x) {\n api 'a:b:1'\n} else {\n api 'c:d:2'\n}", &["3: a:b \"1\" Exact", "5: c:d \"2\" Exact"]),
        ("['b', 'c'].each { api \"a:$it:1\" }", &["gap 1: line 2"]),
        ("['a:b:1'].each {\n api it\n}\napi 'c:d:2'", &["5: c:d \"2\" Exact", "gap 1: line 3"]),
        ("def v = '1'\napi \"a:b:$v\"", &["3: a:b \"1\" Exact"]),
    ] {
        assert_eq!(within(text), all, "{text}");
    }
    assert_eq!(one("dependencies { api(\"a:b:1\"); api(\"c:d:2\") }"), ["1: a:b \"1\" Exact", "1: c:d \"2\" Exact"]);
    assert_eq!(one("x { project.dependencies.add('api', 'a:b:1') }"), ["1: a:b \"1\" Exact"]);
}

#[test]
fn kotlin_and_catalogs() {
    let text = "val v = \"1.0\"\nkotlin { jvmToolchain(21) }\ndependencies {\n    implementation(kotlin(\"stdlib\"))\n    \
        implementation(\"org.a:b:$v\")\n    implementation(group = \"org.c\", name = \"d\", version = \"2\")\n    \
        implementation(libs.spring.web)\n    testImplementation(libs.bundles.testing)\n    \
        implementation(libs.nobody)\n    implementation(projects.core)\n}\n";
    let catalog = "[versions]\nspring = \"6.1.0\"\njunit = { strictly = \"[5,6[\", prefer = \"5.10.0\" }\n[libraries]\n\
        spring-web = { module = \"org.springframework:spring-web\", version.ref = \"spring\" }\n\
        junit = { group = \"org.junit\", name = \"junit\", version.ref = \"junit\" }\nmock = \"org.mock:mock:3\"\n\
        [bundles]\ntesting = [\"junit\", \"mock\"]\n";
    assert_eq!(
        told(&[("app/build.gradle.kts", text), ("gradle/libs.versions.toml", catalog)], "app/build.gradle.kts"),
        [
            "4: org.jetbrains.kotlin:kotlin-stdlib \"\" Exact",
            "5: org.a:b \"1.0\" Exact",
            "6: org.c:d \"2\" Exact",
            "7: org.springframework:spring-web \"6.1.0\" Exact",
            "8: org.junit:junit \"[5,6[\" Range dev",
            "8: org.mock:mock \"3\" Exact dev",
            "2: java 21",
            "gap 1: libs.nobody",
        ]
    );
}

#[test]
fn odd_files_harm_nobody() {
    assert_eq!(Builds::default().add("build.gradle", "x\n<<<<<<< HEAD\n").unwrap_err().line, Some(2));
    assert_eq!(Builds::default().add("gradle/libs.versions.toml", "[versions\n").unwrap_err().line, Some(1));
    for text in
        ["", "}}}}", "dependencies {", &"{".repeat(100_000), "dependencies { implementation '", "dependencies {\n'\n"]
    {
        assert!(told(&[("build.gradle", text)], "build.gradle").len() <= 1);
    }
    for one in ["else ", "if (a) ", "api(", "api 'a:b:1',\n", "api '', ", "if (", "[", "['a'].each { ", "x;"] {
        let (begun, text) = (std::time::Instant::now(), format!("dependencies {{\n{}", one.repeat(50_000)));
        told(&[("build.gradle", &text)], "build.gradle");
        assert!(begun.elapsed().as_secs() < 10, "{one} {:?}", begun.elapsed());
    }
}
