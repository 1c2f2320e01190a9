package pickle

import (
	"reflect"
	"unsafe"
)

// An Imager is a type whose memory is not what is to be written, such as one with
// links that mean something only here. In its place its image is written: a
// plain struct that says the same. PickleImage is called on a nil pointer.
type Imager interface{ PickleImage() Image }

// An Image says how values of a type become images and images values. It is made
// by [NewImage].
type Image struct {
	name     string
	version  int
	standard bool
	args     []reflect.Type
	typ      reflect.Type
	save     func(of, into unsafe.Pointer) error
	load     func(l *Loading, into, from unsafe.Pointer) error
	leave    func(of unsafe.Pointer)
	owner    func(of unsafe.Pointer, others any) (any, error)
	make     func() unsafe.Pointer // nil for what is made as any other value is
}

// NewImage makes the Image of type T, which is written as an I under the given
// name.
//
// Save fills in the image of a value, which it may not change. Into may hold what
// it was filled in with for another value. A field that is tagged
// `pickle:",owned"` is written in place and not remembered as something that can
// be shared; pointers and slices that save makes must be owned.
//
// Load makes a value of its image. Pointers in it are right already, but what
// they lead to may not have been read yet. Load therefore leaves to
// [Loading.Check] what needs the whole, and to [Loading.Commit] whatever can be
// seen from outside the pickle. Both errors are the pickle's.
//
// Leave, if not nil, ends a value here because it has been moved: see [Move].
func NewImage[T, I any](name string, version int, save func(of *T, into *I) error, load func(l *Loading, into *T, from *I) error, leave func(of *T)) Image {
	m := Image{
		name: name, version: version, typ: reflect.TypeFor[I](),
		save: func(of, into unsafe.Pointer) error { return save((*T)(of), (*I)(into)) },
		load: func(l *Loading, into, from unsafe.Pointer) error { return load(l, (*T)(into), (*I)(from)) },
	}
	if leave != nil {
		m.leave = func(of unsafe.Pointer) { leave((*T)(of)) }
	}
	return m
}

// Owned adds to m, the Image of type T, whose its values are. All values in a pickle that
// have an owner have the same one: owner is called with each before anything of it is
// read, and with what it has returned for the last, nil at first. It returns the owner,
// which is what it was given for a value that is nobody's. The error is the pickle's.
func Owned[T any](m Image, owner func(of *T, others any) (any, error)) Image {
	m.owner = func(of unsafe.Pointer, others any) (any, error) { return owner((*T)(of), others) }
	return m
}

// mostBeside is how many bytes what MadeBy makes may take beside a T.
const mostBeside = 16

// MadeBy adds to m, the Image of type T, how values are made that pointers lead to, for
// types which are more than their memory. What make returns is new and, as a T, ready to
// be loaded into. It may take 16 bytes more than a T.
func MadeBy[T any](m Image, make func() *T) Image {
	m.make = func() unsafe.Pointer { return unsafe.Pointer(make()) }
	return m
}

// StandardVersion is the version of all standard types: whenever one of them gains
// fields, all have the next, as they are parts of each other and a pickle does not
// list what they are made of. The fields that a version has added are tagged
// `pickle:",since=N"`; none is ever removed.
const StandardVersion = 5

// Standard says that the image's fields are part of the format, so that pickles
// name the type without listing them. It is for the types of this module, which
// docs/FORMAT.md lists; their version is [StandardVersion]. Args are the types that a
// generic type was made with.
func (m Image) Standard(args ...reflect.Type) Image {
	m.standard, m.args, m.version = true, args, StandardVersion
	return m
}

// Arg stands for a type argument in the pattern of a standard generic type: see
// [RegisterStandard].
type Arg struct{}

// RegisterStandard makes T known by its image's standard name, in [Default]: for
// a generic type, the instance with [Arg].
func RegisterStandard[T any]() { standards = append(standards, reflect.TypeFor[T]()) }

// standards are the standard types, which every registry knows.
var standards []reflect.Type

// A Loading is a pickle that is being loaded.
type Loading struct {
	into    any
	states  map[any]any
	lastKey any // what was asked for last
	last    any
	row     *int // the object that is being read
	checks  []check
	commits []func()
}

// A check is to be run when everything has been read, and is blamed on a place.
type check struct {
	at Place
	f  func() error
}

// A Place is where in a pickle something stands that is loaded.
type Place struct{ row int }

// Place returns where that stands which is being loaded, for an error that can be
// found only when everything has been read: see [Place.Blame].
func (l *Loading) Place() Place { return Place{*l.row} }

// Blame makes err, which a function given to [Loading.Check] returns, that of what
// stands at p. Otherwise it is that of what was being loaded when Check was called.
func (p Place) Blame(err error) error { return &blame{p, err} }

type blame struct {
	at Place
	error
}

func (b *blame) Unwrap() error { return b.error }

// run runs the check; if it fails, it says where that is.
func (c check) run() (at Place, err error) {
	err = c.f()
	if b, ok := err.(*blame); ok {
		return b.at, b.error
	}
	return c.at, err
}

// Into returns what was given by [Into], nil if nothing was.
func (l *Loading) Into() any { return l.into }

// State returns what make has made under this key in this loading; it is made
// when it is first asked for.
func (l *Loading) State(key any, make func() any) any {
	if key == l.lastKey && l.last != nil {
		return l.last
	}
	s, ok := l.states[key]
	if !ok {
		s = make()
		if l.states == nil {
			l.states = map[any]any{}
		}
		l.states[key] = s
	}
	l.lastKey, l.last = key, s
	return s
}

// Check has f run when everything has been read. If it returns an error, nothing
// is committed, and the error's path leads to what is being loaded now.
func (l *Loading) Check(f func() error) { l.checks = append(l.checks, check{l.Place(), f}) }

// Commit has f run when every check has succeeded. It can't fail.
func (l *Loading) Commit(f func()) { l.commits = append(l.commits, f) }
