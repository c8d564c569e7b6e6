#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for ending in ["vue", "svelte"] {
        gonogo_fuzz::examine(ending, data);
    }
});
