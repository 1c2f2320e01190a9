package main

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/store"
)

func TestLedger(t *testing.T) {
	ctx := t.Context()
	var memory store.Memory
	old, r, err := openLedger(ctx, &memory)
	if err != nil || !reflect.DeepEqual(r, record{}) {
		t.Fatalf("a new one: %+v, %v", r, err)
	}
	want := record{Phase: giving, Peer: "b", Epoch: 7, Pickle: []byte("x")}
	if err := old.save(ctx, want); err != nil {
		t.Fatal(err)
	}
	now, r, err := openLedger(ctx, &memory)
	if err != nil || !reflect.DeepEqual(r, want) {
		t.Fatalf("again: %+v, %v", r, err)
	}
	// Who opens it has it; who had it before can't save any more.
	if err := old.save(ctx, record{}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the first has saved over the second: %v", err)
	}
	if err := now.save(ctx, record{Epoch: 8}); err != nil {
		t.Error(err)
	}
}

// TestLedgerUnread: what can't be understood is an error, and is not replaced.
func TestLedgerUnread(t *testing.T) {
	ctx := t.Context()
	pickled := func(v any) []byte {
		data, err := pickle.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, data := range map[string][]byte{
		"junk":             []byte("junk"),
		"another type":     pickled(world{}),
		"another phase":    pickled(record{Phase: "later", Epoch: 1}),
		"nothing owned":    pickled(record{Phase: owned, Epoch: 1}),
		"given to nobody":  pickled(record{Phase: given, Epoch: 1}),
		"an epoch too far": pickled(record{Epoch: maxEpoch + 1}),
		"without an epoch": pickled(record{Phase: owned, Pickle: []byte("x")}),
	} {
		var memory store.Memory
		if _, err := memory.Save(ctx, ledgerKey, data, store.None); err != nil {
			t.Fatal(err)
		}
		if _, _, err := openLedger(ctx, &memory); err == nil || !strings.Contains(err.Error(), "left as it is") {
			t.Errorf("%s: %v", name, err)
		}
		if left, _, err := memory.Load(ctx, ledgerKey); err != nil || string(left) != string(data) {
			t.Errorf("%s: it was replaced: %v", name, err)
		}
	}
}
