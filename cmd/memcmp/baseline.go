package main

// baseline is a table of other times, to stand beside the reader's.
type baseline struct {
	Year    int      `json:"year"`
	Machine string   `json:"machine"`
	Units   string   `json:"units"`
	Results []result `json:"results"`
}

// article is the table of 2009 that this command repeats. Its sizes are as top
// gave them, in K and M of 1,024.
func article() *baseline {
	const k, m = 1 << 10, 1 << 20
	row := func(kind, state string, count int, rss, vms int64) result {
		return result{Kind: kind, State: state, Count: count, Created: &count, RSS: &rss, VMS: &vms}
	}
	threads := []result{
		row(kindThread, stateSleeping, 2, 3412*k, 23*m),
		row(kindThread, stateSleeping, 200, 7336*k, 123*m),
		row(kindThread, stateSleeping, 2000, 42*m, 1037*m),
	}
	tasklets := []result{
		row(kindTasklet, stateYield, 2, 3128*k, 21*m),
		row(kindTasklet, stateYield, 200, 3164*k, 21*m),
		row(kindTasklet, stateYield, 2000, 3408*k, 22*m),
		row(kindTasklet, stateYield, 20_000, 5920*k, 24*m),
		row(kindTasklet, stateYield, 100_000, 17*m, 34*m),
	}
	// The article doesn't give the empty process, so its smallest count is it.
	setSlopes(threads, result{})
	setSlopes(tasklets, result{})
	return &baseline{
		Year:    2009,
		Machine: "OS X 10.5, Core 2 Duo, 4 GB",
		Units:   "threads of Python 2.5, asleep; tasklets of Stackless Python, yielding",
		Results: append(threads, tasklets...),
	}
}
