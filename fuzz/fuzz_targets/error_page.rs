#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    gonogo::probe::web::readers::error_page(data);
});
