#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for ending in ["html.erb", "blade.php", "ejs", "hbs", "jinja", "pug"] {
        gonogo_fuzz::examine(ending, data);
    }
});
