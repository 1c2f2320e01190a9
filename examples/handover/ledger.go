package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/stackless-go/stackless/pickle"
	"github.com/stackless-go/stackless/store"
)

func init() { pickle.Register[record]("handover.record") }

// ledgerKey is the one key of a ledger.
const ledgerKey = "group"

// A ledger is where a side keeps its record: one key of a store, whose version
// says that nobody else has written meanwhile.
type ledger struct {
	store   store.Store
	version store.Version
}

// openLedger returns the ledger and what is in it: the zero record, if it is new.
// The record is saved again at once, so that another process that uses the same
// ledger, or has hung and comes back, finds that it has lost it.
func openLedger(ctx context.Context, s store.Store) (*ledger, record, error) {
	l := &ledger{store: s}
	data, version, err := s.Load(ctx, ledgerKey)
	var r record
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return nil, record{}, err
	default:
		l.version = version
		if r, err = pickle.Unmarshal[record](data); err == nil {
			err = r.check()
		}
		if err != nil {
			return nil, record{}, fmt.Errorf("the ledger can't be read, and is left as it is: %w", err)
		}
	}
	return l, r, l.save(ctx, r)
}

// save replaces the record. After an error it is not known which record is
// there, so there is only one thing to do: to end, and look again in a new life.
func (l *ledger) save(ctx context.Context, r record) error {
	data, err := pickle.Marshal(r)
	if err != nil {
		return err
	}
	version, err := l.store.Save(ctx, ledgerKey, data, l.version)
	if errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("another process uses this directory: %w", err)
	}
	if err != nil {
		return err
	}
	l.version = version
	return nil
}
