//! People who cannot be told.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sync_core::*;

use crate::world::{KIND, Target, World, block_on, key};

#[derive(Default)]
struct Line {
    cut: AtomicBool,
    tried: Mutex<Vec<Alert>>,
}

#[async_trait]
impl AlertSink for Line {
    async fn raise(&self, alert: &Alert) -> Result<(), String> {
        self.tried.lock().unwrap().push(alert.clone());
        if self.cut.load(Ordering::Relaxed) { Err("the line is cut".into()) } else { Ok(()) }
    }
}

fn pass(engine: &Engine) {
    block_on(async {
        while engine.poll(&KIND.into()).await.unwrap().more {}
        engine.resume_held(&KIND.into()).await.unwrap();
        engine.run_until_idle(Duration::from_secs(30)).await.unwrap();
    });
}

#[test]
fn people_who_cannot_be_told_stop_nothing_and_are_told_once_when_they_can_be() {
    let world = World::new(Target::Searched, 3);
    world.write(4, "S9", "fourth");
    let line = Arc::new(Line::default());
    line.cut.store(true, Ordering::Relaxed);
    let engine = world.engine().alerts(line.clone());
    let started = world.clock.now();
    pass(&engine);
    assert!(world.clock.now() - started < chrono::TimeDelta::seconds(30), "the pass waited for people");
    for _ in 0..100 {
        world.clock.advance(Duration::from_secs(900));
        pass(&engine);
    }
    let tried = line.tried.lock().unwrap().len();
    assert!((4..20).contains(&tried), "{tried} times in a day");
    assert!(block_on(engine.trail(&key(4))).unwrap().to_string().contains("could not be told"));

    // It goes on as soon as it can, told or not.
    world.suppliers.lock().unwrap().push("S9".into());
    pass(&engine);
    world.clock.advance(Duration::from_secs(300));
    pass(&engine);
    world.check_exactly_once("untold");
    line.cut.store(false, Ordering::Relaxed);
    line.tried.lock().unwrap().clear();
    world.write(5, "S7", "fifth");
    pass(&engine);
    pass(&engine);
    let told = line.tried.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].at, world.head(&key(5)).since, "when it came to be so, not when it was told");
}

#[test]
fn a_new_reason_is_told_at_once_however_long_the_old_one_could_not_be() {
    let world = World::new(Target::Staged, 0);
    world.write(1, "S9", "first");
    let line = Arc::new(Line::default());
    line.cut.store(true, Ordering::Relaxed);
    let engine = world.engine().alerts(line.clone());
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(3600));
        pass(&engine);
    }
    line.cut.store(false, Ordering::Relaxed);
    line.tried.lock().unwrap().clear();
    world.write(1, "S8", "second");
    pass(&engine);
    let told = line.tried.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].reason.contains("S8"), "{told:?}");
}
