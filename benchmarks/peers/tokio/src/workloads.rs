//! Each workload is a function of its size n and a number of rounds, which returns
//! how many operations it did and the time that they took. Each checks what it did.
//!
//! tokio has no rendezvous: its smallest channel, mpsc of capacity 1, takes one
//! message before a sender waits.

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::sync::{Mutex, Notify};
use tokio::task::{yield_now, JoinHandle};
use tokio::time::sleep;

pub struct Measured {
    pub operations: usize,
    pub time: Duration,
}

fn since(start: Instant, operations: usize) -> Measured {
    Measured { operations, time: start.elapsed() }
}

/// Tells one task when so many others have come to an end, which spares it waking
/// for each.
struct Countdown {
    left: AtomicUsize,
    zero: Notify,
}

impl Countdown {
    fn new(n: usize) -> Arc<Countdown> {
        Arc::new(Countdown { left: AtomicUsize::new(n), zero: Notify::new() })
    }

    fn ended(&self) {
        if self.left.fetch_sub(1, Relaxed) == 1 {
            self.zero.notify_one();
        }
    }
}

async fn sum(tasks: Vec<JoinHandle<usize>>) -> usize {
    let mut sum = 0;
    for task in tasks {
        sum += task.await.unwrap();
    }
    sum
}

/// n units are made and run to their end. Operation: one unit.
pub async fn create(n: usize, rounds: usize) -> Measured {
    let start = Instant::now();
    for _ in 0..rounds {
        let all = Countdown::new(n);
        for _ in 0..n {
            let all = all.clone();
            tokio::spawn(async move { all.ended() });
        }
        all.zero.notified().await;
    }
    since(start, n * rounds)
}

/// n units give way. Operation: one turn of one of them.
pub async fn give_way(n: usize, rounds: usize) -> Measured {
    let all = Countdown::new(n);
    for _ in 0..n {
        let all = all.clone();
        tokio::spawn(async move {
            for _ in 0..rounds {
                yield_now().await;
            }
            all.ended();
        });
    }
    // Behind all of them: each has had its first turn.
    let start = tokio::spawn(async { Instant::now() }).await.unwrap();
    all.zero.notified().await;
    since(start, n * rounds)
}

/// Two units pass a number back and forth. Operation: one message.
pub async fn pingpong(rounds: usize) -> Measured {
    let trips = 1000 * rounds;
    let (ping, mut pinged) = channel(1);
    let (pong, mut ponged) = channel(1);
    let start = Instant::now();
    tokio::spawn(async move {
        while let Some(ball) = pinged.recv().await {
            pong.send(ball + 1).await.unwrap();
        }
    });
    let one = tokio::spawn(async move {
        let mut ball = 0;
        for _ in 0..trips {
            ping.send(ball + 1).await.unwrap();
            ball = ponged.recv().await.unwrap();
        }
        ball
    });
    assert_eq!(one.await.unwrap(), 2 * trips);
    since(start, 2 * trips)
}

/// n senders, one channel, one receiver. Operation: one message.
pub async fn fanin(n: usize, rounds: usize) -> Measured {
    let (sender, mut receiver) = channel(1);
    let start = Instant::now();
    for i in 0..n {
        let sender = sender.clone();
        tokio::spawn(async move {
            for _ in 0..rounds {
                sender.send(i).await.unwrap();
            }
        });
    }
    drop(sender);
    let receiver = tokio::spawn(async move {
        let mut sum = 0;
        while let Some(i) = receiver.recv().await {
            sum += i;
        }
        sum
    });
    assert_eq!(receiver.await.unwrap(), rounds * n * (n - 1) / 2);
    since(start, n * rounds)
}

/// One sender, one channel, n receivers, which share its end by way of a mutex, as
/// mpsc has only one. Operation: one message.
pub async fn fanout(n: usize, rounds: usize) -> Measured {
    let messages = n * rounds;
    let (sender, receiver) = channel(1);
    let receiver = Arc::new(Mutex::new(receiver));
    let start = Instant::now();
    let mut tasks = Vec::with_capacity(n);
    for _ in 0..n {
        let receiver = receiver.clone();
        tasks.push(tokio::spawn(async move {
            let mut sum = 0;
            loop {
                let message = receiver.lock().await.recv().await;
                match message {
                    Some(i) => sum += i,
                    None => return sum,
                }
            }
        }));
    }
    tokio::spawn(async move {
        for i in 0..messages {
            sender.send(i).await.unwrap();
        }
    });
    assert_eq!(sum(tasks).await, messages * (messages - 1) / 2);
    since(start, messages)
}

/// Makes n units that add one to what they receive and send it on; returns the ends
/// of the chain.
fn chain(n: usize) -> (Sender<usize>, Receiver<usize>) {
    let (first, mut last) = channel(1);
    for _ in 0..n {
        let (sender, receiver) = channel(1);
        let mut from = std::mem::replace(&mut last, receiver);
        tokio::spawn(async move {
            while let Some(message) = from.recv().await {
                if sender.send(message + 1).await.is_err() {
                    return;
                }
            }
        });
    }
    (first, last)
}

/// A token goes round a ring of n units. Operation: one hop.
pub async fn ring(n: usize, rounds: usize) -> Measured {
    let (first, mut last) = chain(n - 1);
    tokio::spawn(async {}).await.unwrap(); // behind all of them, which wait then
    let start = Instant::now();
    let closer = tokio::spawn(async move {
        let mut token = 0;
        for _ in 0..rounds {
            first.send(token + 1).await.unwrap();
            token = last.recv().await.unwrap();
        }
        (token, start.elapsed())
    });
    let (token, time) = closer.await.unwrap();
    assert_eq!(token, n * rounds);
    Measured { operations: n * rounds, time }
}

/// A source, n stages that add one, a sink. Operation: one message over one stage.
pub async fn pipeline(n: usize, rounds: usize) -> Measured {
    let (first, mut last) = chain(n);
    tokio::spawn(async {}).await.unwrap(); // behind all of them, which wait then
    let start = Instant::now();
    tokio::spawn(async move {
        for i in 0..rounds {
            first.send(i).await.unwrap();
        }
    });
    let sink = tokio::spawn(async move {
        let mut sum = 0;
        for _ in 0..rounds {
            sum += last.recv().await.unwrap();
        }
        sum
    });
    assert_eq!(sink.await.unwrap(), rounds * n + rounds * rounds.saturating_sub(1) / 2);
    since(start, n * rounds)
}

/// n senders with a channel each, one that receives from all. select! needs its
/// branches in the source; for any number of them, this is what it does, less the
/// drawing of lots. Operation: one message.
pub async fn select(n: usize, rounds: usize) -> Measured {
    let mut receivers = Vec::with_capacity(n);
    let start = Instant::now();
    for i in 0..n {
        let (sender, receiver) = channel(1);
        receivers.push(receiver);
        tokio::spawn(async move {
            for _ in 0..rounds {
                sender.send(i).await.unwrap();
            }
        });
    }
    let receiver = tokio::spawn(async move {
        let mut sum = 0;
        let mut from = 0; // each has its turn
        for _ in 0..n * rounds {
            sum += poll_fn(|context| {
                for _ in 0..n {
                    let at = from;
                    from = if at + 1 == n { 0 } else { at + 1 };
                    if let Poll::Ready(Some(message)) = receivers[at].poll_recv(context) {
                        return Poll::Ready(message);
                    }
                }
                Poll::Pending
            })
            .await;
        }
        sum
    });
    assert_eq!(receiver.await.unwrap(), rounds * n * (n - 1) / 2);
    since(start, n * rounds)
}

/// A tree of ten branches with n leaves, each gives its number, or the sum of what
/// it was given, to its parent: by what it returns. Operation: the whole.
pub async fn skynet(n: usize, rounds: usize) -> Measured {
    fn node(number: usize, size: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
        Box::pin(async move {
            if size == 1 {
                return number;
            }
            let part = size / 10;
            let tasks = (0..10).map(|i| branch(number + i * part, part)).collect();
            sum(tasks).await
        })
    }
    /// A leaf needs no box.
    fn branch(number: usize, size: usize) -> JoinHandle<usize> {
        match size {
            1 => tokio::spawn(async move { number }),
            _ => tokio::spawn(node(number, size)),
        }
    }
    let start = Instant::now();
    for _ in 0..rounds {
        assert_eq!(branch(0, n).await.unwrap(), n * (n - 1) / 2);
    }
    since(start, rounds)
}

/// n creatures of three colours meet in pairs at a meeting place, which takes two
/// requests and answers each with the other's colour. Operation: one meeting.
pub async fn chameneos(n: usize, rounds: usize) -> Measured {
    let meetings = 100 * rounds;
    let (place, mut requests) = channel::<(usize, u8)>(1);
    let mut answers = Vec::with_capacity(n);
    let mut creatures = Vec::with_capacity(n);
    let start = Instant::now();
    for i in 0..n {
        let place = place.clone();
        let (sender, mut answer) = channel::<u8>(1);
        answers.push(sender);
        creatures.push(tokio::spawn(async move {
            let mut colour = (i % 3) as u8;
            let mut met = 0;
            while place.send((i, colour)).await.is_ok() {
                match answer.recv().await {
                    Some(other) if other != colour => colour = 3 - colour - other,
                    Some(_) => {}
                    None => break,
                }
                met += 1;
            }
            met
        }));
    }
    tokio::spawn(async move {
        for _ in 0..meetings {
            let (one, first) = requests.recv().await.unwrap();
            let (two, second) = requests.recv().await.unwrap();
            answers[one].send(second).await.unwrap();
            answers[two].send(first).await.unwrap();
        }
        // All channels end here, and so the creatures.
    });
    assert_eq!(sum(creatures).await, 2 * meetings);
    since(start, meetings)
}

/// A generator, and a filter for each prime found, until n are. Operation: the
/// whole.
pub async fn sieve(n: usize, rounds: usize) -> Measured {
    let start = Instant::now();
    let mut primes = Vec::new();
    for _ in 0..rounds {
        primes = tokio::spawn(find_primes(n)).await.unwrap();
    }
    let measured = since(start, rounds);
    let mut want: Vec<usize> = Vec::new();
    let mut i = 2;
    while want.len() < n {
        if want.iter().all(|p| i % p != 0) {
            want.push(i);
        }
        i += 1;
    }
    assert_eq!(primes, want);
    measured
}

async fn find_primes(n: usize) -> Vec<usize> {
    let (sender, mut last) = channel(1);
    tokio::spawn(async move {
        let mut i = 2;
        while sender.send(i).await.is_ok() {
            i += 1;
        }
    });
    let mut primes = Vec::with_capacity(n);
    while primes.len() < n {
        let prime = last.recv().await.unwrap();
        primes.push(prime);
        let (sender, receiver) = channel(1);
        let mut from = std::mem::replace(&mut last, receiver);
        tokio::spawn(async move {
            while let Some(i) = from.recv().await {
                if i % prime != 0 && sender.send(i).await.is_err() {
                    return;
                }
            }
        });
    }
    primes
}

/// n units take naps of one to ten milliseconds. Operation: one nap.
pub async fn timers(n: usize, rounds: usize) -> Measured {
    let naps = 5 * rounds;
    let all = Countdown::new(n);
    for i in 0..n {
        let all = all.clone();
        tokio::spawn(async move {
            for k in 0..naps {
                sleep(Duration::from_millis(1 + ((i * 7 + k * 3) % 10) as u64)).await;
            }
            all.ended();
        });
    }
    let start = Instant::now();
    all.zero.notified().await;
    since(start, n * naps)
}
