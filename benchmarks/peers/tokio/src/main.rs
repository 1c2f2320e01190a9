//! The workloads of the comparison in Rust with tokio.
//!
//!     peer bench WORKLOAD N
//!     peer units STATE N
//!
//! On the current_thread runtime; skynet on the multi_thread runtime, with a worker
//! for each core.

mod units;
mod workloads;

use std::env;
use std::process::exit;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use workloads::Measured;

fn fail(code: i32, text: &str) -> ! {
    eprintln!("tokio: {}", text);
    exit(code)
}

fn one_core() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn all_cores() -> Runtime {
    Builder::new_multi_thread().build().unwrap()
}

/// The seconds that an environment variable says.
fn seconds(variable: &str, default: f64) -> Duration {
    match env::var(variable) {
        Err(_) => Duration::from_secs_f64(default),
        Ok(text) => match text.parse() {
            Ok(seconds) => Duration::from_secs_f64(seconds),
            Err(_) => fail(1, &format!("{} is {:?}, not a number of seconds", variable, text)),
        },
    }
}

/// Runs a workload once, in a runtime of its own.
fn run(word: &str, n: usize, rounds: usize) -> (&'static str, Measured) {
    use workloads as w;
    let one = one_core;
    match word {
        "create" => ("Create", one().block_on(w::create(n, rounds))),
        "yield" => ("Yield", one().block_on(w::give_way(n, rounds))),
        "pingpong" => ("PingPong", one().block_on(w::pingpong(rounds))),
        "fanin" => ("FanIn", one().block_on(w::fanin(n, rounds))),
        "fanout" => ("FanOut", one().block_on(w::fanout(n, rounds))),
        "ring" => ("Ring", one().block_on(w::ring(n, rounds))),
        "pipeline" => ("Pipeline", one().block_on(w::pipeline(n, rounds))),
        "select" => ("Select", one().block_on(w::select(n, rounds))),
        "skynet" => ("Skynet", all_cores().block_on(w::skynet(n, rounds))),
        "chameneos" => ("Chameneos", one().block_on(w::chameneos(n, rounds))),
        "sieve" => ("Sieve", one().block_on(w::sieve(n, rounds))),
        "timers" => ("Timers", one().block_on(w::timers(n, rounds))),
        "pickle" => fail(2, "a task of tokio can't be written to bytes"),
        "collect" => fail(2, "Rust has no collector"),
        _ => fail(2, &format!("no workload {:?}", word)),
    }
}

/// Lets a workload do more and more rounds until it took long enough.
fn bench(word: &str, n: usize) {
    let enough = seconds("BENCH_SECONDS", 0.2);
    run(word, n, 1); // to warm up
    let mut rounds = 1;
    loop {
        let (name, measured) = run(word, n, rounds);
        if measured.time >= enough {
            let each = measured.time.as_secs_f64() * 1e9 / measured.operations as f64;
            println!("Benchmark{}/n={}/on=tokio\t{}\t{:.2} ns/op", name, n, measured.operations, each);
            return;
        }
        let more = 1.2 * rounds as f64 * enough.as_secs_f64() / measured.time.as_secs_f64().max(1e-9);
        rounds = more.min(100.0 * rounds as f64).ceil() as usize + 1;
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(|word| word.as_str()).collect();
    match words[..] {
        ["bench", word, n] => match n.parse() {
            Ok(n) if n > 0 => return bench(word, n),
            _ => {}
        },
        ["units", state, n] => {
            if let Ok(n) = n.parse() {
                return units::units(state, n);
            }
        }
        _ => {}
    }
    fail(1, "usage: peer bench WORKLOAD N | units STATE N")
}
