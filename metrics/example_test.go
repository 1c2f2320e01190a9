package metrics_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/stackless-go/stackless/channel"
	"github.com/stackless-go/stackless/metrics"
	"github.com/stackless-go/stackless/sched"
	"github.com/stackless-go/stackless/tasklet"
)

// A scheduler's figures at /metrics.
func Example() {
	s := sched.New()
	orders := channel.New[string](s)
	for range 3 {
		s.GoFunc(func(co *tasklet.Coroutine) error {
			_, err := orders.Get(co)
			return err
		})
	}
	c := metrics.NewCollector()
	if err := c.Add("orders", s); err != nil {
		fmt.Println(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	defer server.Close()

	ctx, cancel := context.WithCancel(context.Background())
	go func() { // somebody scrapes, while the scheduler is being driven
		defer cancel()
		r, err := http.Get(server.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer r.Body.Close()
		for lines := bufio.NewScanner(r.Body); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "stackless_tasklets{") {
				fmt.Println(lines.Text())
			}
		}
	}()
	if err := s.Serve(ctx); err != nil {
		fmt.Println(err)
	}
	s.Close()
	// Output:
	// stackless_tasklets{scheduler="orders",status="blocked"} 3
	// stackless_tasklets{scheduler="orders",status="parked"} 1
	// stackless_tasklets{scheduler="orders",status="ready"} 0
	// stackless_tasklets{scheduler="orders",status="running"} 0
	// stackless_tasklets{scheduler="orders",status="sleeping"} 0
}
