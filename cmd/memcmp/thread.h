// What thread.c offers to Go.

enum thread_state { THREAD_YIELD, THREAD_BLOCKED, THREAD_SLEEPING };

struct thread_crowd {
	int created;      // threads that exist and have run
	int refusal;      // why there are not more, an errno; 0 if there are
	double create_ns; // for all of them: from the first call until each has run
	double switch_ns; // for one switch; negative if it was not measured
};

// thread_make makes n threads with default attributes, lets each run into its
// state and leaves them there. It may be called once in a process.
// Those that sleep do so for sleep_ns, and end.
struct thread_crowd thread_make(int n, enum thread_state state, long long sleep_ns);

// thread_slept waits until so many threads have ended their sleep, and returns the
// nanoseconds since thread_make began.
long long thread_slept(int n);
