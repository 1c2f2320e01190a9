package pickle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
	"unsafe"
)

// A Registry knows by which names types, functions and global objects stand in
// pickles, and what the versions of a type have been. Programs use one, [Default],
// through [Register], [RegisterFunc] and [RegisterGlobal]; one of their own serves
// tests.
//
// Its methods may be called from any goroutine. It is cheapest to register all
// before the first pickle.
type Registry struct {
	mu       sync.RWMutex
	types    map[reflect.Type]*registration
	names    map[string]*registration
	funcs    map[string]reflect.Value
	funcName map[unsafe.Pointer]string
	globals  map[string]reflect.Value
	globalOf map[global]string
	unnamed  []reflect.Type
	compiled *plans // nil after a registration
}

// Default is the registry that is used unless another is given by [In].
var Default = NewRegistry()

// A registration is what is known of a named type.
type registration struct {
	typ      reflect.Type
	name     string
	version  int
	states   []string
	upgrades []upgrade // in the order of from
	make     func() unsafe.Pointer
}

type global struct {
	at  unsafe.Pointer
	typ reflect.Type
}

// An upgrade makes of an old version's value one of a later version.
type upgrade struct {
	from     int
	old, new reflect.Type
	apply    func(old, new unsafe.Pointer) error
}

// A TypeOption says more of a type that is registered.
type TypeOption func(*registration)

// Version says which version of the type this program has, 1 unless it is said.
// It need not change as fields come, go or change places.
func Version(n int) TypeOption { return func(r *registration) { r.version = n } }

// States names the values of an integer type, from 0 up. They are pickled by
// name, so that a value that is added in the middle does not shift the others
// in old pickles. It is meant for the program counters of frames.
func States(names ...string) TypeOption { return func(r *registration) { r.states = names } }

// Upgrade says how a value of version from becomes one of a later version: Old
// has the fields that version from had, and New is the Old of the next Upgrade,
// or the type itself. So each Upgrade is written once, and chained for ever.
//
// F runs when the rest of the pickle has been read. What old's pointers lead to
// is complete then, unless it is being upgraded itself and leads back to old.
func Upgrade[Old, New any](from int, f func(old *Old, new *New) error) TypeOption {
	return func(r *registration) {
		r.upgrades = append(r.upgrades, upgrade{
			from: from, old: reflect.TypeFor[Old](), new: reflect.TypeFor[New](),
			apply: func(old, new unsafe.Pointer) error { return f((*Old)(old), (*New)(new)) },
		})
	}
}

// NewRegistry makes a registry that knows no types but those of the standard
// library that need no registration: see the package's documentation.
func NewRegistry() *Registry {
	r := &Registry{
		types: make(map[reflect.Type]*registration), names: make(map[string]*registration),
		funcs: make(map[string]reflect.Value), funcName: make(map[unsafe.Pointer]string),
		globals: make(map[string]reflect.Value), globalOf: make(map[global]string),
	}
	r.standardErrors()
	return r
}

// standardErrors registers the errors that errors.New, errors.Join and
// fmt.Errorf make, and those that everybody compares with.
func (r *Registry) standardErrors() {
	for name, err := range map[string]error{
		"errors.text":      errors.New(""),
		"errors.joined":    errors.Join(io.EOF),
		"errors.wrapped":   fmt.Errorf("%w", io.EOF),
		"errors.wrapped.n": fmt.Errorf("%w%w", io.EOF, io.EOF),
		"errors.deadline":  context.DeadlineExceeded,
	} {
		t := reflect.TypeOf(err)
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if err := r.Register(t, name); err != nil {
			panic(err)
		}
	}
	for name, err := range map[string]any{
		"io.EOF": io.EOF, "io.ErrUnexpectedEOF": io.ErrUnexpectedEOF, "context.Canceled": context.Canceled,
		"errors.ErrUnsupported": errors.ErrUnsupported,
	} {
		if err := r.RegisterGlobal(name, err); err != nil {
			panic(err)
		}
	}
}

// Register gives T the name by which it stands in pickles, in [Default]. It
// panics where [Registry.Register] returns an error, and is for init functions
// and package variables.
func Register[T any](name string, options ...TypeOption) {
	options = append(options, func(r *registration) { r.make = func() unsafe.Pointer { return unsafe.Pointer(new(T)) } })
	if err := Default.Register(reflect.TypeFor[T](), name, options...); err != nil {
		panic(err)
	}
}

// RegisterUnnamed lets values of the unnamed type T, such as []order, be met in
// interfaces, in [Default]. It is needed only if T is no field, element or the
// like of any registered type.
func RegisterUnnamed[T any]() { Default.RegisterUnnamed(reflect.TypeFor[T]()) }

// RegisterFunc gives the function fn a name, in [Default]: see
// [Registry.RegisterFunc].
func RegisterFunc(name string, fn any) {
	if err := Default.RegisterFunc(name, fn); err != nil {
		panic(err)
	}
}

// RegisterGlobal gives the object that p points to a name, in [Default]: see
// [Registry.RegisterGlobal].
func RegisterGlobal(name string, p any) {
	if err := Default.RegisterGlobal(name, p); err != nil {
		panic(err)
	}
}

// Register gives type t the name by which it stands in pickles. Names are for
// ever: choose them apart from where the type lives in the code. A pointer
// counts as the type that it points to. Struct types need registration wherever
// they are met, others only if values of them are met in an interface.
func (r *Registry) Register(t reflect.Type, name string, options ...TypeOption) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := &registration{typ: t, name: name, version: 1}
	for _, o := range options {
		o(n)
	}
	slices.SortStableFunc(n.upgrades, func(a, b upgrade) int { return a.from - b.from })
	switch {
	case t == nil || t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer:
		return fmt.Errorf("pickle: register %q: %v is no type to register: name the struct itself", name, t)
	case t.Name() == "":
		return fmt.Errorf("pickle: register %q: %v has no name of its own: see RegisterUnnamed", name, t)
	case name == "":
		return fmt.Errorf("pickle: register %v: the name is empty", t)
	case r.types[t] != nil:
		return fmt.Errorf("pickle: register %v as %q: it is registered as %q", t, name, r.types[t].name)
	case r.names[name] != nil:
		return fmt.Errorf("pickle: register %v as %q: the name is %v's", t, name, r.names[name].typ)
	case n.version < 1:
		return fmt.Errorf("pickle: register %v as %q: version %d, they count from 1", t, name, n.version)
	case n.states != nil && !isInteger(t.Kind()):
		return fmt.Errorf("pickle: register %v as %q: states are for integer types", t, name)
	}
	for i, u := range n.upgrades {
		next := t
		if i+1 < len(n.upgrades) {
			next = n.upgrades[i+1].old
		}
		if u.new != next || u.from < 1 || u.from >= n.version || i > 0 && u.from == n.upgrades[i-1].from {
			return fmt.Errorf("pickle: register %v as %q, version %d: the upgrade from version %d makes a %v, and %v is next", t, name, n.version, u.from, u.new, next)
		}
	}
	r.types[t], r.names[name], r.compiled = n, n, nil
	return nil
}

// RegisterUnnamed lets values of the unnamed type t be met in interfaces: see the
// function RegisterUnnamed.
func (r *Registry) RegisterUnnamed(t reflect.Type) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unnamed, r.compiled = append(r.unnamed, t), nil
}

// RegisterFunc gives the function fn a name by which it stands in pickles. It
// must be declared as a function, not made as a closure: what a closure has
// captured can't be written. A generic function's instance is a closure, too.
func (r *Registry) RegisterFunc(name string, fn any) error {
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return fmt.Errorf("pickle: register function %q: %T is not a function", name, fn)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := funcAt(v)
	if old, ok := r.funcName[at]; ok {
		return fmt.Errorf("pickle: register function %q: it is registered as %q", name, old)
	}
	if _, ok := r.funcs[name]; ok || name == "" {
		return fmt.Errorf("pickle: register function %q: the name is taken or empty", name)
	}
	r.funcs[name], r.funcName[at] = v, name
	return nil
}

// RegisterGlobal gives the object that p points to a name by which it stands in
// pickles: instead of its contents the name is written, and the program that
// loads the pickle has its own object of that name there. So an error that is
// compared with, or a table that each process has, stays what it is.
func (r *Registry) RegisterGlobal(name string, p any) error {
	v := reflect.ValueOf(p)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("pickle: register global %q: %T is not a pointer", name, p)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := global{v.UnsafePointer(), v.Type().Elem()}
	if old, ok := r.globalOf[at]; ok {
		return fmt.Errorf("pickle: register global %q: it is registered as %q", name, old)
	}
	if _, ok := r.globals[name]; ok || name == "" {
		return fmt.Errorf("pickle: register global %q: the name is taken or empty", name)
	}
	r.globals[name], r.globalOf[at], r.compiled = v, name, nil
	return nil
}

// funcAt returns what a func value points to: for a declared function, always the
// same static word.
func funcAt(v reflect.Value) unsafe.Pointer {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return *(*unsafe.Pointer)(p.UnsafePointer())
}

func isInteger(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uint64 }
