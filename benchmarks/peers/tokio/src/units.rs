//! Tasks to be measured from outside.

use crate::{fail, one_core, seconds};
use std::io::{stdin, stdout, Read, Write};
use std::process::exit;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use tokio::task::yield_now;
use tokio::time::sleep;

/// Makes n tasks, lets each run once, and waits for the end of input.
pub fn units(state: &str, n: usize) {
    one_core().block_on(async {
        let nap = seconds("SLEEP_SECONDS", 3600.0);
        // A channel that all can wait on.
        let (sender, _) = broadcast::channel::<u64>(1);
        let start = Instant::now();
        match state {
            "yield" => {
                for _ in 0..n {
                    tokio::spawn(async {
                        loop {
                            yield_now().await
                        }
                    });
                }
            }
            "blocked" => {
                for _ in 0..n {
                    let mut receiver = sender.subscribe();
                    tokio::spawn(async move { while receiver.recv().await.is_ok() {} });
                }
            }
            "sleeping" => {
                for _ in 0..n {
                    tokio::spawn(sleep(nap));
                }
            }
            _ => fail(2, &format!("no state {:?}", state)),
        }
        turns(0).await;
        let create = each(start.elapsed(), n);
        let mut switch = "null".to_string();
        if state == "yield" && n > 0 {
            let rounds = (100_000 / n).max(10);
            switch = each(turns(rounds).await, (n + 1) * rounds);
        }
        println!(r#"ready {{"created": {}, "create_ns": {}, "switch_ns": {}}}"#, n, create, switch);
        stdout().flush().unwrap();
        // Nothing runs while this waits: they stay as they are.
        stdin().read_to_end(&mut Vec::new()).unwrap();
        drop(sender);
        exit(0) // without taking each apart
    })
}

/// Lets all others run, and then so many times more, which is timed: a task that is
/// behind them all gives way.
async fn turns(rounds: usize) -> Duration {
    let keeper = tokio::spawn(async move {
        let start = Instant::now();
        for _ in 0..rounds {
            yield_now().await;
        }
        start.elapsed()
    });
    keeper.await.unwrap()
}

fn each(time: Duration, n: usize) -> String {
    match n {
        0 => "null".to_string(),
        _ => format!("{:.1}", time.as_secs_f64() * 1e9 / n as f64),
    }
}
