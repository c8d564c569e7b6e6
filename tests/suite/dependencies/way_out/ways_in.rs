//! The ways in.

use super::*;

#[test]
fn the_ways_in_are_the_shortest_and_productions_come_first() {
    let mut builder = Builder::new(Manager::Npm, "3");
    for name in ["far", "mid", "near", "tool", "more", "target"] {
        builder.add(name, Draft::new(name, "1.0.0", 1));
    }
    for (from, to) in [
        ("far", "mid"),
        ("mid", "near"),
        ("near", "target"),
        ("far", "near"),
        ("tool", "target"),
        ("more", "target"),
        // A circle.
        ("target", "far"),
    ] {
        builder.needs(from, to);
    }
    builder.wants("package.json", "far", "^1.0.0", Scope::Production, "far");
    builder.wants("package.json", "tool", "^1.0.0", Scope::Development, "tool");
    builder.wants("package.json", "more", "^1.0.0", Scope::Development, "more");
    builder.wants("apps/web/package.json", "near", "~1.0.0", Scope::Production, "near");
    let lock = builder.finish("package-lock.json").lock;
    let manifests = manifests("apps/web/package.json", vec![declared("near", "~1.0.0", Scope::Production, 9)]);
    let ways = Graph::of(&lock).ways_in(place(&lock, "target"), &manifests);
    let told: Vec<String> =
        ways.ways.iter().map(|way| way.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(">")).collect();
    assert_eq!(told, ["near>target", "far>near>target", "more>target"]);
    assert_eq!(ways.more, 1);
    assert_eq!(ways.ways[0][0].asked_in, Some(("apps/web/package.json".to_owned(), Some(9))));
    assert_eq!(ways.ways[0][0].range, "~1.0.0");
    assert_eq!(ways.ways[1][0].asked_in, Some(("package.json".to_owned(), None)));
    assert!(ways.itself.is_empty() && ways.ways[0][1].asked_in.is_none());
    // Its own way is the shortest.
    let near = Graph::of(&lock).ways_in(place(&lock, "near"), &manifests);
    assert_eq!((near.ways[0].len(), near.itself.len()), (1, 1));
}

#[test]
fn a_graph_of_a_hundred_thousand_packages_costs_no_more_than_its_edges() {
    // A ladder: every step doubles the number of paths.
    let mut builder = Builder::new(Manager::Npm, "3");
    let count = 50_000;
    for n in 0..count {
        for side in ["l", "r"] {
            builder.add(format!("{side}{n}"), Draft::new(format!("{side}{n}"), "1.0.0", 1));
            if n + 1 < count {
                builder.needs(format!("{side}{n}"), format!("l{}", n + 1));
                builder.needs(format!("{side}{n}"), format!("r{}", n + 1));
            }
        }
    }
    for n in 0..100 {
        builder.wants("package.json", format!("l{n}"), "^1.0.0", Scope::Production, format!("l{n}"));
    }
    let lock = builder.finish("package-lock.json").lock;
    let graph = Graph::of(&lock);
    let target = place(&lock, "r49999");
    let manifests = BTreeMap::new();
    let ways = graph.ways_in(target, &manifests);
    assert_eq!((ways.ways.len(), ways.more, ways.cut_short), (3, 97, false));
    assert!(ways.ways[0].len() <= 50, "{}", ways.ways[0].len());
    // Each costs its 200,000 edges, and what is too much together is said to be.
    for _ in 0..98 {
        assert!(!graph.ways_in(target, &manifests).cut_short);
    }
    assert!((0..3).any(|_| graph.ways_in(target, &manifests).cut_short));
}
