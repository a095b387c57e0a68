//! `policy test`.

use super::{SHOP, json};
use crate::mesh::run;

const TESTS: &[u8] = b"tests:
- {from: sa/web/frontend, to: 'svc/cart.shop:80', method: GET, path: /items, expect: allow}
- {name: nobody deletes, from: deploy/front.web, to: 'svc/cart.shop:80', method: DELETE, path: /items, expect: deny}
- {plaintext: true, ip: 203.0.113.9, to: 'deploy/cart.shop:8080', tcp: true, expect: deny}
";

fn test(tests: &[u8], args: &[&str]) -> (i32, String, String) {
    run(&[("shop.yaml", SHOP), ("tests.yaml", tests)], &[&["policy", "test", "tests.yaml", "-f", "shop.yaml"], args].concat())
}

#[test]
fn assertions_that_hold_pass() {
    let (code, out, err) = test(TESTS, &[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("✔ 3 tests pass."), "{out}");
}

#[test]
fn assertions_that_do_not_hold_fail_in_every_format() {
    let wrong = String::from_utf8(TESTS.to_vec()).unwrap().replace("expect: allow", "expect: deny");
    let (code, out, _) = test(wrong.as_bytes(), &[]);
    assert_eq!(code, 1);
    assert!(
        out.contains("✖ 1 of 3 tests fails.") && out.contains("expected deny, got allow: Allowed by AuthorizationPolicy shop/cart-allow"),
        "{out}"
    );
    let (_, out, _) = test(wrong.as_bytes(), &["-o", "json"]);
    let report = json(&out);
    assert_eq!(
        (&report["kind"], &report["tests"][0]["passed"], &report["tests"][1]["name"]),
        (&"PolicyTestReport".into(), &false.into(), &"nobody deletes".into())
    );
    let (_, out, _) = test(wrong.as_bytes(), &["-o", "junit"]);
    assert!(out.contains(r#"tests="3""#) && out.contains(r#"failures="1""#), "{out}");
    let (_, out, _) = test(wrong.as_bytes(), &["-o", "github"]);
    assert!(out.starts_with("::error file=tests.yaml,title=policy test::"), "{out}");
}

#[test]
fn what_cannot_be_told_is_no_pass() {
    let (code, out, _) = test(b"tests: [{from: sa/web/frontend, to: 'svc/cart.shop:80', path: /items, expect: allow}]", &[]);
    assert_eq!(code, 3, "{out}");
}

#[test]
fn files_that_hold_no_assertions_are_refused() {
    for (text, said) in [
        (&b"tests: [{from: a, to: 'svc/cart.shop:80', expct: allow}]"[..], "expct"),
        (b"tests: [{from: sa/web/x, to: 'svc/cart.shop:80'}]", "it has no expect"),
        (b"tests: [{from: deploy/nobody, to: 'svc/cart.shop:80', expect: deny}]", "nobody"),
        (b"tests: {", "tests.yaml"),
    ] {
        let (code, _, err) = test(text, &[]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(said), "{err}");
    }
    assert_eq!(run(&[("shop.yaml", SHOP)], &["policy", "test", "gone.yaml", "-f", "shop.yaml"]).0, 2);
}
