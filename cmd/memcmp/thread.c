//go:build cgo && !windows

// Plain threads, made and measured without Go's scheduler in the way.
//
// All threads share one processor where the system can pin them, so that a
// switch is a switch between threads and not a race of processors; the Go kinds
// are held to one processor as well.

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>
#include "thread.h"

enum {
	YIELDS = 200000,  // in all, over all threads
	MESSAGES = 20000, // in all, over all threads
};

static atomic_int started; // threads that have run
static int total;          // threads there are; valid once the gate is open

// The gate holds yielding threads back until all of them exist. It is a pipe:
// when its writing end is closed all who read return at once. With a lock, one
// would have to wake the next, who waits for its turn behind all who yield
// already: a time that grows with the square of their number.
static int gate[2];
static int rounds; // yields each thread makes; valid once the gate is open
static atomic_int arrived, finished;
static _Atomic long long race_start, race_end;

static pthread_mutex_t race_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t race_ended = PTHREAD_COND_INITIALIZER;
static int race_over; // under race_lock

// The mailbox is where blocked threads wait: a meeting point like an unbuffered
// channel, so a message goes in only while somebody waits for it.
static pthread_mutex_t mail_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t mail_came = PTHREAD_COND_INITIALIZER;
static pthread_cond_t reader_came = PTHREAD_COND_INITIALIZER;
static int readers, mail; // threads in the mailbox, messages not yet taken; under mail_lock

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void pin(void)
{
#ifdef __linux__
	int cpu = sched_getcpu();
	if (cpu < 0)
		return;
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	// Threads made from here on inherit this. A system that forbids it gives a
	// switch figure all the same, only a noisier one.
	sched_setaffinity(0, sizeof one, &one);
#endif
}

static void *yielder(void *unused)
{
	atomic_fetch_add(&started, 1);
	char nothing;
	while (read(gate[0], &nothing, 1) < 0 && errno == EINTR)
		;

	atomic_fetch_add(&arrived, 1);
	while (atomic_load(&arrived) < total)
		sched_yield();
	long long unset = 0;
	atomic_compare_exchange_strong(&race_start, &unset, now());
	for (int i = 0; i < rounds; i++)
		sched_yield();
	if (atomic_fetch_add(&finished, 1) + 1 == total) {
		atomic_store(&race_end, now());
		pthread_mutex_lock(&race_lock);
		race_over = 1;
		pthread_cond_signal(&race_ended);
		pthread_mutex_unlock(&race_lock);
	}

	for (;;) { // the article's loop
		sleep(1);
		sched_yield();
	}
	return unused;
}

static double race(int created)
{
	total = created;
	rounds = YIELDS / created > 2 ? YIELDS / created : 2;
	close(gate[1]);
	pthread_mutex_lock(&race_lock);
	while (!race_over)
		pthread_cond_wait(&race_ended, &race_lock);
	pthread_mutex_unlock(&race_lock);
	return (double)(race_end - race_start) / rounds / created;
}

static void *reader(void *unused)
{
	atomic_fetch_add(&started, 1);
	pthread_mutex_lock(&mail_lock);
	for (;;) {
		readers++;
		pthread_cond_signal(&reader_came);
		while (mail == 0)
			pthread_cond_wait(&mail_came, &mail_lock);
		mail--;
		readers--;
	}
	return unused;
}

static double deliver(int created)
{
	int messages = MESSAGES > 2 * created ? MESSAGES : 2 * created;
	long long start = now();
	pthread_mutex_lock(&mail_lock);
	for (int i = 0; i < messages; i++) {
		while (readers <= mail)
			pthread_cond_wait(&reader_came, &mail_lock);
		mail++;
		pthread_cond_signal(&mail_came);
	}
	while (mail > 0 || readers < created)
		pthread_cond_wait(&reader_came, &mail_lock);
	pthread_mutex_unlock(&mail_lock);
	return (double)(now() - start) / messages;
}

// Those that sleep count themselves when they have.
static long long made_at, nap; // valid before the first thread
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sleep_ended = PTHREAD_COND_INITIALIZER;
static int slept; // under sleep_lock

static void *sleeper(void *unused)
{
	atomic_fetch_add(&started, 1);
	struct timespec left = {.tv_sec = nap / 1000000000, .tv_nsec = nap % 1000000000};
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	pthread_mutex_lock(&sleep_lock);
	slept++;
	pthread_cond_signal(&sleep_ended);
	pthread_mutex_unlock(&sleep_lock);
	return unused;
}

long long thread_slept(int n)
{
	pthread_mutex_lock(&sleep_lock);
	while (slept < n)
		pthread_cond_wait(&sleep_ended, &sleep_lock);
	pthread_mutex_unlock(&sleep_lock);
	return now() - made_at;
}

struct thread_crowd thread_make(int n, enum thread_state state, long long sleep_ns)
{
	struct thread_crowd crowd = {.switch_ns = -1};
	void *(*body)(void *) = state == THREAD_YIELD ? yielder : state == THREAD_BLOCKED ? reader : sleeper;

	if (state == THREAD_YIELD && pipe(gate) != 0) {
		crowd.refusal = errno;
		return crowd;
	}
	pin();
	nap = sleep_ns;
	long long start = made_at = now();
	while (crowd.created < n) {
		pthread_t thread;
		crowd.refusal = pthread_create(&thread, NULL, body, NULL);
		if (crowd.refusal != 0)
			break;
		crowd.created++;
	}
	while (atomic_load(&started) < crowd.created)
		sched_yield();
	crowd.create_ns = now() - start;

	if (crowd.created > 0 && state == THREAD_YIELD)
		crowd.switch_ns = race(crowd.created);
	if (crowd.created > 0 && state == THREAD_BLOCKED)
		crowd.switch_ns = deliver(crowd.created);
	return crowd;
}
