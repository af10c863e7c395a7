//! Several VMs, one memory, one clock.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::record::{LEASES, NO_LEASE, lease_name};
use super::super::source::{Clusters, Endpoint, Principal};
use super::*;

/// What all VMs of a process share.
#[derive(Default)]
struct World {
    now: Cell<u64>,
    next: Cell<u64>,
    shared: RefCell<HashMap<String, (Vec<u8>, u32)>>,
    /// Calls whose replies have not come.
    calls: RefCell<Vec<u32>>,
    no_cluster: Cell<bool>,
}

struct Vm(Rc<World>);

impl Host for Vm {
    fn now(&self) -> u64 {
        self.0.now.get()
    }

    fn random(&self) -> u64 {
        let next = self.0.next.get().saturating_add(1);
        self.0.next.set(next);
        next
    }

    fn shared(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        self.0.shared.borrow().get(key).cloned()
    }

    fn share(&self, key: &str, value: &[u8], version: u32) -> bool {
        let mut shared = self.0.shared.borrow_mut();
        let current = shared.get(key).map_or(0, |(_, version)| *version);
        let fits = version == 0 || current == 0 || version == current;
        if fits {
            shared.insert(key.to_owned(), (value.to_vec(), current.saturating_add(1)));
        }
        fits
    }

    fn call(&self, _: &Call) -> Result<u32, NotCalled> {
        let number = u32::try_from(self.random()).unwrap();
        if self.0.no_cluster.get() {
            return Err(NotCalled::NoCluster);
        }
        self.0.calls.borrow_mut().push(number);
        Ok(number)
    }

    fn sign(&self, _: &str, _: &str) -> Result<Vec<u8>, Unsigned> {
        Err(Unsigned::BadKey)
    }
}

impl World {
    fn new() -> Rc<Self> {
        let world = Rc::new(Self::default());
        world.now.set(1_000_000);
        for number in 0..LEASES {
            world.shared.borrow_mut().insert(lease_name(number), (NO_LEASE.to_vec(), 1));
        }
        world
    }

    fn vm(self: &Rc<Self>) -> Keeper {
        Keeper::new(Box::new(Vm(Rc::clone(self))))
    }

    fn pass(&self, milliseconds: u64) {
        self.now.set(self.now.get().saturating_add(milliseconds));
    }

    /// The only call that is awaited.
    fn only_call(&self) -> u32 {
        let calls = std::mem::take(&mut *self.calls.borrow_mut());
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls[0]
    }
}

fn source() -> Rc<Source> {
    let name = str::to_owned;
    let clusters = Clusters {
        oauth: name("a"),
        metadata: name("b"),
        sts: name("c"),
        iam_credentials: name("d"),
        subject_token: name("e"),
    };
    let metadata = Principal::Metadata(Endpoint::parse("http://m/token").unwrap());
    Rc::new(Source::new(metadata, None, clusters, Duration::from_secs(5)))
}

fn token(token: &str, lifetime: u64) -> Reply {
    let body = format!(r#"{{"access_token":"{token}","expires_in":{lifetime}}}"#);
    Reply { status: 200, date: None, body: body.into_bytes() }
}

fn status(status: u16) -> Reply {
    Reply { status, date: None, body: Vec::new() }
}

/// What a request gets: its token, `wait`, or `failed` and after how many seconds to try again.
fn ask(vm: &Keeper) -> String {
    match vm.get(&source()) {
        Token::Ready(token) => token,
        Token::Wait => "wait".to_owned(),
        Token::Failed(error) => {
            assert_eq!(error.status(), 503);
            format!("failed {}", error.retry_headers()[0].1)
        }
    }
}

#[test]
fn many_requests_of_several_vms_are_one_fetch() {
    let world = World::new();
    let vms = [world.vm(), world.vm(), world.vm()];
    for _ in 0..200 {
        for vm in &vms[1..] {
            assert_eq!(ask(vm), "wait");
            assert!(vm.is_wanted());
        }
    }
    assert!(world.calls.borrow().is_empty(), "requests call nobody");
    vms.iter().for_each(Keeper::on_tick);
    world.pass(20);
    vms[2].get(&source());
    vms.iter().for_each(Keeper::on_tick);
    let call = world.only_call();
    vms[1].on_reply(call, &token("t", 3600));
    assert_eq!(vms.each_ref().map(ask), ["t", "t", "t"]);
    vms.iter().for_each(Keeper::on_tick);
    assert!(world.calls.borrow().is_empty());
    assert_eq!((vms[2].next_tick(), vms[0].next_tick()), (None, None), "only who fetched looks after it");
    assert!(vms[1].next_tick().is_some_and(|next| (3_310_000..3_376_000).contains(&next)));
}

#[test]
fn a_token_is_refreshed_while_it_is_in_use() {
    let world = World::new();
    let (first, second) = (world.vm(), world.vm());
    ask(&first);
    first.on_tick();
    first.on_reply(world.only_call(), &token("t1", 3600));
    assert_eq!((ask(&first), ask(&second)), ("t1".to_owned(), "t1".to_owned()));
    // Who fetched it fetches the next one, with no request coming.
    world.pass(first.next_tick().unwrap());
    first.on_tick();
    let call = world.only_call();
    assert_eq!(ask(&second), "t1");
    second.on_tick();
    assert!(world.calls.borrow().is_empty(), "one at a time");
    first.on_reply(call, &token("t2", 3600));
    assert_eq!((ask(&first), ask(&second)), ("t2".to_owned(), "t2".to_owned()));
    // A failure leaves what there is, until it expires.
    world.pass(first.next_tick().unwrap());
    first.on_tick();
    first.on_reply(world.only_call(), &status(500));
    assert_eq!((ask(&first), ask(&second)), ("t2".to_owned(), "t2".to_owned()));
    assert!(!first.is_wanted() && !second.is_wanted(), "a pause first");
    world.pass(first.next_tick().unwrap());
    first.on_tick();
    first.on_reply(world.only_call(), &token("t3", 3600));
    // Nobody uses it, nobody fetches the next one.
    world.pass(first.next_tick().unwrap());
    first.on_tick();
    assert!(world.calls.borrow().is_empty());
    assert_eq!(first.next_tick(), None);
    world.pass(3_600_000);
    assert_eq!(ask(&second), "wait");
}

#[test]
fn a_lease_outlives_its_owner_shortly() {
    let world = World::new();
    let (dying, other) = (world.vm(), world.vm());
    assert_eq!(ask(&other), "wait");
    ask(&dying);
    dying.on_tick();
    world.only_call();
    std::mem::forget(dying);
    for _ in 0..100 {
        world.pass(20);
        other.on_tick();
        if !world.calls.borrow().is_empty() {
            break;
        }
        assert_eq!(ask(&other), "wait");
    }
    other.on_reply(world.only_call(), &token("t", 3600));
    assert_eq!(ask(&other), "t");
}

#[test]
fn a_lease_is_kept_while_its_owner_lives() {
    let world = World::new();
    let (slow, other) = (world.vm(), world.vm());
    ask(&slow);
    slow.on_tick();
    let call = world.only_call();
    for _ in 0..20 {
        world.pass(slow.next_tick().unwrap());
        slow.on_tick();
        ask(&other);
        other.on_tick();
    }
    assert!(world.calls.borrow().is_empty());
    slow.on_reply(call, &token("t", 3600));
    assert_eq!(ask(&other), "t");
}

#[test]
fn a_configuration_that_is_taken_away_gives_its_lease_back() {
    let world = World::new();
    let (gone, other) = (world.vm(), world.vm());
    ask(&gone);
    gone.on_tick();
    world.only_call();
    drop(gone);
    ask(&other);
    other.on_tick();
    world.only_call();
}

#[test]
fn passing_failures_are_tried_again_within_the_wait() {
    let world = World::new();
    let vm = world.vm();
    for failure in [status(503), status(0), token("", 5)] {
        assert_eq!(ask(&vm), "wait");
        while world.calls.borrow().is_empty() {
            world.pass(20);
            assert_eq!(ask(&vm), "wait");
            vm.on_tick();
        }
        vm.on_reply(world.only_call(), &failure);
    }
    for _ in 0..10 {
        world.pass(100_000);
        ask(&vm);
        vm.on_tick();
        vm.on_reply(world.only_call(), &status(500));
    }
    assert_eq!(ask(&vm), "failed 16", "nobody waits for an attempt that is far away");
    world.pass(30_000);
    assert_eq!(ask(&vm), "wait");
}

#[test]
fn permanent_failures_are_told_at_once() {
    let world = World::new();
    let (vm, other) = (world.vm(), world.vm());
    assert_eq!(ask(&vm), "wait");
    assert_eq!(ask(&other), "wait");
    vm.on_tick();
    vm.on_reply(world.only_call(), &status(400));
    assert_eq!(ask(&vm), "failed 3");
    assert_eq!(ask(&other), "failed 3", "who did not fetch learns it too");
    other.on_tick();
    assert!(world.calls.borrow().is_empty());
    world.pass(5000);
    assert_eq!(ask(&other), "wait");
    other.on_tick();
    other.on_reply(world.only_call(), &token("t", 3600));
    assert_eq!(ask(&vm), "t");

    let world = World::new();
    let vm = world.vm();
    world.no_cluster.set(true);
    ask(&vm);
    vm.on_tick();
    assert_eq!(ask(&vm), "failed 3");
}

#[test]
fn a_token_that_google_refuses_is_replaced_once_in_a_while() {
    let world = World::new();
    let (first, second) = (world.vm(), world.vm());
    let fetched = |vm: &Keeper, name: &str| {
        vm.on_tick();
        vm.on_reply(world.only_call(), &token(name, 3600));
    };
    ask(&first);
    fetched(&first, "t1");
    assert_eq!((ask(&first), ask(&second)), ("t1".to_owned(), "t1".to_owned()));
    first.reject(&source(), "t0");
    assert_eq!(ask(&first), "t1", "another token was refused, of a request that began earlier");
    first.reject(&source(), "t1");
    assert!(world.calls.borrow().is_empty() && !first.is_wanted(), "only who needs one fetches one");
    assert_eq!(ask(&first), "wait");
    fetched(&first, "t2");
    assert_eq!((ask(&first), ask(&second)), ("t2".to_owned(), "t1".to_owned()));
    second.reject(&source(), "t1");
    assert_eq!(ask(&second), "t2", "it was replaced already");
    // Google refuses whatever comes.
    for vm in [&first, &second, &first] {
        world.pass(3000);
        vm.reject(&source(), "t2");
        assert_eq!((ask(&first), ask(&second)), ("t2".to_owned(), "t2".to_owned()));
    }
    world.pass(1000);
    second.reject(&source(), "t2");
    assert_eq!(ask(&second), "wait");
    fetched(&second, "t3");
    first.reject(&source(), "t2");
    assert_eq!((ask(&first), ask(&second)), ("t3".to_owned(), "t3".to_owned()));
}

#[test]
fn a_refused_token_does_not_come_back() {
    let world = World::new();
    let (owner, other) = (world.vm(), world.vm());
    ask(&owner);
    owner.on_tick();
    owner.on_reply(world.only_call(), &token("t1", 3600));
    assert_eq!((ask(&owner), ask(&other)), ("t1".to_owned(), "t1".to_owned()));
    world.pass(owner.next_tick().unwrap());
    owner.on_tick();
    other.reject(&source(), "t1");
    owner.on_reply(world.only_call(), &status(500));
    assert_eq!((ask(&owner), ask(&other)), ("wait".to_owned(), "wait".to_owned()));
    // Refusals by the token service still count.
    let world = World::new();
    let vm = world.vm();
    ask(&vm);
    vm.on_tick();
    vm.on_reply(world.only_call(), &token("t1", 3600));
    ask(&vm);
    world.pass(vm.next_tick().unwrap());
    vm.on_tick();
    vm.on_reply(world.only_call(), &status(403));
    assert_eq!(ask(&vm), "t1");
    vm.reject(&source(), "t1");
    assert_eq!(ask(&vm), "failed 3");
}

#[test]
fn foreign_and_aged_data_do_no_harm() {
    let world = World::new();
    let vm = world.vm();
    for (_, value) in world.shared.borrow_mut().iter_mut() {
        value.0 = vec![0xFF; 3];
    }
    world.shared.borrow_mut().insert(names(&source()).1, (vec![0xFF; 30], 1));
    assert_eq!(ask(&vm), "wait");
    vm.on_tick();
    vm.on_reply(world.only_call(), &token("t", 3600));
    assert_eq!(ask(&vm), "t");
    vm.on_reply(77, &token("u", 3600));
    assert_eq!(ask(&vm), "t", "a reply that nobody awaits");
    let alone = World::new();
    alone.shared.borrow_mut().clear();
    let vm = alone.vm();
    ask(&vm);
    vm.on_tick();
    vm.on_reply(alone.only_call(), &token("t", 3600));
    assert_eq!(ask(&vm), "t");
}

#[test]
fn what_is_remembered_is_bounded() {
    let world = World::new();
    let vm = world.vm();
    for number in 0..500 {
        let metadata = Principal::Metadata(Endpoint::parse(&format!("http://m/{number}")).unwrap());
        let name = str::to_owned;
        let clusters = Clusters {
            oauth: name("a"),
            metadata: name("b"),
            sts: name("c"),
            iam_credentials: name("d"),
            subject_token: name("e"),
        };
        let source = Rc::new(Source::new(metadata, None, clusters, Duration::from_secs(5)));
        vm.get(&source);
        vm.on_tick();
        let call = world.only_call();
        vm.on_reply(call, &token("t", 3600));
    }
    assert!(vm.entries.borrow().len() <= REMEMBERED);
}
