//! Key to frame with very many findings. A debug build is far slower than what people run, so the limit is loose; the
//! benchmark measures.

use std::time::{Duration, Instant};

use gonogo::probe::registry::PROBES;

use super::fixture::{Bench, empty, finding, observe, start};

#[test]
fn five_thousand_findings_do_not_slow_the_keys() {
    let mut session = empty("shop");
    let runs = start(&mut session);
    let rule = PROBES[0].meta().rules[0];
    for number in 0..5000 {
        let path = format!("src/routes/file{:03}.ts", number % 500);
        observe(&mut session, &runs, "source", finding(rule, &path, number + 2, "`fetch` has no timeout"));
    }
    let mut bench = Bench::new(session, 200, 60);
    let mut times = Vec::new();
    for key in ["2", "down", "pagedown", "end", "up", "enter", "1", "down", "down", "tab", "6", "pagedown"] {
        let from = Instant::now();
        bench.press(key);
        bench.buffer();
        times.push((from.elapsed(), key));
    }
    times.sort();
    let slowest = times.last().unwrap();
    assert!(slowest.0 < Duration::from_millis(150), "{times:?}");
    println!("{times:?}");
}
