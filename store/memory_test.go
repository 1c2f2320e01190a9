package store_test

import (
	"testing"

	"github.com/stackless-go/stackless/store"
	"github.com/stackless-go/stackless/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return new(store.Memory) })
}
