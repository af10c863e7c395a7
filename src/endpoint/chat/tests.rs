mod fields;

use crate::testing::cases;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn goldens() {
    for case in cases("chat") {
        case.check();
    }
}

#[test]
fn streams_do_not_depend_on_where_they_are_cut() {
    let replays: usize = cases("chat").map(|case| case.check_cuts()).sum();
    assert!(replays > 1000, "only {replays} replays");
}
