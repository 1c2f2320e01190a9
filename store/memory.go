package store

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
)

// Memory is a store that ends with its process. Its zero value is empty and
// ready to use. It must not be copied.
//
// A list first takes down the keys that it will go through, sixteen bytes for
// each.
type Memory struct {
	mu     sync.RWMutex
	values map[string]saved
	last   Version // the greatest given to any key: so none comes twice
}

// A saved value is never changed, only replaced.
type saved struct {
	value   []byte
	version Version
}

var _ Store = (*Memory)(nil)

// Save implements [Store].
func (m *Memory) Save(ctx context.Context, key string, value []byte, expected Version) (Version, error) {
	if err := CheckSave(ctx, key, value, expected); err != nil {
		return None, m.failed(opSave, key, err)
	}
	value = bytes.Clone(value)
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := m.values[key].version; found != expected {
		return None, m.failed(opSave, key, &Conflict{key, expected, found})
	}
	if m.values == nil {
		m.values = make(map[string]saved)
	}
	m.last++
	m.values[key] = saved{value, m.last}
	return m.last, nil
}

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, key string) ([]byte, Version, error) {
	if err := checkLoad(ctx, key); err != nil {
		return nil, None, m.failed(opLoad, key, err)
	}
	m.mu.RLock()
	s, ok := m.values[key]
	m.mu.RUnlock()
	if !ok {
		return nil, None, m.failed(opLoad, key, ErrNotFound)
	}
	return bytes.Clone(s.value), s.version, nil
}

// List implements [Store].
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := checkList(ctx, prefix); err != nil {
			yield(Info{}, m.failed(opList, prefix, err))
			return
		}
		for _, key := range m.keys(prefix) {
			if err := ctx.Err(); err != nil {
				yield(Info{}, m.failed(opList, prefix, err))
				return
			}
			m.mu.RLock()
			s, ok := m.values[key]
			m.mu.RUnlock()
			if ok && !yield(Info{key, s.version, int64(len(s.value))}, nil) {
				return
			}
		}
	}
}

// keys returns the keys that start with prefix, in order.
func (m *Memory) keys(prefix string) []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var keys []string
	for key := range m.values {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Delete implements [Store].
func (m *Memory) Delete(ctx context.Context, key string, expected Version) error {
	if err := CheckDelete(ctx, key, expected); err != nil {
		return m.failed(opDelete, key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if found := m.values[key].version; found != expected {
		return m.failed(opDelete, key, &Conflict{key, expected, found})
	}
	delete(m.values, key)
	return nil
}

func (m *Memory) failed(op, key string, err error) error {
	return &Error{"memory", op, key, err}
}
