#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    gonogo_fuzz::examine_project(data);
});
