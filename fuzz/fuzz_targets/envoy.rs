#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = kubectl_mesh::untrusted::envoy(bytes) {
        panic!("{broken}");
    }
});
