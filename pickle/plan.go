package pickle

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/vmihailenco/msgpack/v5"
)

// A plan is a Go type as the encoder and the decoder see it. It does not change
// once it is compiled.
type plan struct {
	typ     reflect.Type
	index   int // among the plans of its registry
	kind    kind
	size    uintptr
	elem    *plan // of a pointer, slice, array, map, named type; of an image, the image's struct
	key     *plan // of a map
	target  *plan // of a slice: what all slices of these elements point into; of a map: the content that all maps of these keys and elements have
	len     int   // of an array
	fields  []field
	name    string // that it is registered by
	version int
	states  []string // of a named type
	reg     *registration
	beside  int                   // bytes that make takes more than size: see MadeBy
	make    func() unsafe.Pointer // a zero value; nil for what reflect has to make, which takes longer
	image   *Image
	args    []*plan
	own     *ownForm
	refuse  error // of what can't be pickled: why
	known   bool  // reached from a registered type: a program that loads it knows it, too
	direct  bool  // an interface holds the value itself, not a pointer to it
	global  bool  // there are registered globals of this type
	holder  bool  // holds values of other types in its memory
	word    unsafe.Pointer
}

type field struct {
	name   string
	offset uintptr
	plan   *plan
	since  int // the version of the standard types that added it
}

// ownForm is how a type writes itself as bytes.
type ownForm struct {
	msgpack   bool
	marshal   func(at unsafe.Pointer) ([]byte, error)
	unmarshal func(at unsafe.Pointer, b []byte) error
}

// plans are all plans of a registry as it was when they were compiled. Plans of
// other types are added when they are met.
type plans struct {
	types     map[reflect.Type]*registration
	names     map[string]*registration
	mu        sync.RWMutex // guards the below
	of        map[reflect.Type]*plan
	arrays    map[*plan]*plan     // of slices, by element
	contents  map[composite]*plan // of maps, by key and element
	composite map[composite]*plan
	standard  map[string]*plan       // by name, the pattern of generic ones
	instances map[string][]*plan     // of standard types
	images    map[string]*plan       // of other types with images
	old       map[reflect.Type]*plan // structs with the fields of old versions
	count     int

	vocabularies vocabularies
}

// A composite is an unnamed type by its parts.
type composite struct {
	kind      kind
	elem, key *plan
	len       int
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	imagerType = reflect.TypeFor[Imager]()
	anyType    = reflect.TypeFor[any]()
)

var basicKinds = map[reflect.Kind]kind{
	reflect.Bool: kindBool, reflect.Int: kindInt, reflect.Int8: kindInt8, reflect.Int16: kindInt16,
	reflect.Int32: kindInt32, reflect.Int64: kindInt64, reflect.Uint: kindUint, reflect.Uint8: kindUint8,
	reflect.Uint16: kindUint16, reflect.Uint32: kindUint32, reflect.Uint64: kindUint64,
	reflect.Uintptr: kindUintptr, reflect.Float32: kindFloat32, reflect.Float64: kindFloat64,
	reflect.Complex64: kindComplex64, reflect.Complex128: kindComplex128, reflect.String: kindString,
	reflect.Interface: kindAny, reflect.Func: kindFunc,
}

// predeclared are Go's basic types, which stand for themselves in an interface.
var predeclared = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](),
	reflect.TypeFor[int32](), reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](),
	reflect.TypeFor[uint16](), reflect.TypeFor[uint32](), reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[complex64](),
	reflect.TypeFor[complex128](), reflect.TypeFor[string](), timeType,
}

// snapshot returns the plans of all that is registered by now.
func (r *Registry) snapshot() *plans {
	r.mu.RLock()
	ps := r.compiled
	r.mu.RUnlock()
	if ps != nil {
		return ps
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.compiled == nil {
		r.compiled = r.compileAll()
	}
	return r.compiled
}

// compileAll makes the plans of all that is registered, and of what that leads
// to.
func (r *Registry) compileAll() *plans {
	ps := &plans{
		types: maps.Clone(r.types), names: maps.Clone(r.names),
		of: make(map[reflect.Type]*plan), arrays: make(map[*plan]*plan), contents: make(map[composite]*plan),
		composite: make(map[composite]*plan), standard: make(map[string]*plan),
		instances: make(map[string][]*plan), images: make(map[string]*plan), old: make(map[reflect.Type]*plan),
	}
	for _, t := range predeclared {
		ps.compile(t, true)
	}
	for _, t := range []reflect.Type{anyType, reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[[]byte](), reflect.TypeFor[[]string]()} {
		ps.compile(t, true)
	}
	for _, t := range standards {
		p := ps.compile(reflect.PointerTo(t), true).elem
		ps.standard[p.name] = p
	}
	for _, name := range slices.Sorted(maps.Keys(r.names)) {
		ps.compile(reflect.PointerTo(r.names[name].typ), true)
	}
	for _, t := range r.unnamed {
		ps.compile(t, true)
	}
	for at := range r.globalOf {
		ps.compile(reflect.PointerTo(at.typ), true).elem.global = true
	}
	return ps
}

// plan returns the plan of t.
func (ps *plans) plan(t reflect.Type) *plan {
	ps.mu.RLock()
	p := ps.of[t]
	ps.mu.RUnlock()
	if p != nil {
		return p
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.compile(t, false)
}

// compile returns the plan of t, which may be met in interfaces if known. Plans
// refer to each other in cycles, so a plan is entered before its parts are.
func (ps *plans) compile(t reflect.Type, known bool) *plan {
	p := ps.of[t]
	if p != nil && (p.known || !known) {
		return p
	}
	if p == nil {
		p = &plan{typ: t, index: ps.count, size: t.Size(), reg: ps.types[t]}
		ps.count++
		ps.of[t] = p
		p.findWord()
	}
	p.known = p.known || known
	part := func(t reflect.Type) *plan { return ps.compile(t, known) }
	if p.reg != nil {
		p.name, p.version, p.make = p.reg.name, p.reg.version, p.reg.make
	}
	switch k := t.Kind(); {
	case t == timeType:
		p.kind = kindTime
	case k != reflect.Pointer && k != reflect.Interface && reflect.PointerTo(t).Implements(imagerType):
		ps.compileImage(p, part)
	case p.reg != nil && ownFormOf(t) != nil:
		p.kind, p.own = kindBinary, ownFormOf(t)
	case k == reflect.Struct:
		if t.Name() != "" && p.reg == nil {
			p.kind, p.refuse = kindUnpicklable, fmt.Errorf("type %v %w", t, ErrUnregistered)
			break
		}
		p.kind = kindStruct
		ps.compileFields(p, part)
	case p.reg != nil:
		p.kind, p.states, p.elem = kindNamed, p.reg.states, part(underlying(t))
		p.target, p.holder = p.elem.target, p.elem.kind == kindArray
	case basicKinds[k] != kindNone:
		p.kind = basicKinds[k]
	case k == reflect.Pointer:
		p.kind, p.elem = kindPointer, part(t.Elem())
	case k == reflect.Slice:
		p.kind, p.elem = kindSlice, part(t.Elem())
		p.target = ps.arrays[p.elem]
		if p.target == nil {
			p.target = &plan{typ: reflect.SliceOf(t.Elem()), index: ps.count, kind: kindArrayOfSlice, elem: p.elem, holder: true}
			ps.count++
			ps.arrays[p.elem] = p.target
		}
		if t.Name() != "" {
			part(reflect.SliceOf(t.Elem()))
		}
	case k == reflect.Array:
		p.kind, p.elem, p.len, p.holder = kindArray, part(t.Elem()), t.Len(), true
	case k == reflect.Map:
		p.kind, p.key, p.elem = kindMap, part(t.Key()), part(t.Elem())
		plain := p
		if t.Name() != "" {
			plain = part(reflect.MapOf(t.Key(), t.Elem()))
		}
		c := composite{kind: kindMap, key: p.key, elem: p.elem}
		p.target = ps.contents[c]
		if p.target == nil {
			p.target = &plan{typ: plain.typ, index: ps.count, kind: kindContent, elem: plain}
			ps.count++
			ps.contents[c] = p.target
		}
	default:
		p.kind, p.refuse = kindUnpicklable, fmt.Errorf("%v %w", t, ErrUnpicklable)
	}
	if t.Name() == "" && p.kind != kindStruct {
		ps.composite[composite{p.kind, p.elem, p.key, p.len}] = p
	}
	return p
}

// compileFields makes the plans of a struct's fields.
func (ps *plans) compileFields(p *plan, part func(reflect.Type) *plan) {
	p.fields, p.holder = nil, true
	for i := range p.typ.NumField() {
		f := p.typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("pickle"), ",")
		if f.Name == "_" || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		owned, since := fieldOptions(options)
		var fp *plan
		if owned {
			fp = ps.compileOwned(f.Type, part)
		} else {
			fp = part(f.Type)
		}
		if slices.ContainsFunc(p.fields, func(f field) bool { return f.name == name }) {
			p.kind, p.refuse = kindUnpicklable, fmt.Errorf("type %v: two fields are called %s: %w", p.typ, name, ErrUnpicklable)
		}
		p.fields = append(p.fields, field{name, f.Offset, fp, since})
	}
}

// fieldOptions reads what follows the name in a field's tag: "owned", or "since=" and
// the version of the standard types from which on they have it.
func fieldOptions(options string) (owned bool, since int) {
	for o := range strings.SplitSeq(options, ",") {
		if o == "owned" {
			owned = true
		} else if v, ok := strings.CutPrefix(o, "since="); ok {
			since, _ = strconv.Atoi(v)
		}
	}
	return owned, since
}

// compileOwned makes the plan of a pointer or slice that nobody shares.
func (ps *plans) compileOwned(t reflect.Type, part func(reflect.Type) *plan) *plan {
	p := &plan{typ: t, index: ps.count, size: t.Size()}
	ps.count++
	switch t.Kind() {
	case reflect.Pointer:
		p.kind, p.elem = kindOwned, part(t.Elem())
	case reflect.Slice:
		p.kind, p.elem = kindOwnedSlice, part(t.Elem())
	default:
		p.kind, p.refuse = kindUnpicklable, fmt.Errorf("only a pointer or a slice can be owned, %v %w", t, ErrUnpicklable)
	}
	return p
}

func (ps *plans) compileImage(p *plan, part func(reflect.Type) *plan) {
	image := reflect.Zero(reflect.PointerTo(p.typ)).Interface().(Imager).PickleImage()
	p.image, p.name, p.version = &image, image.name, image.version
	if image.make != nil {
		p.make, p.beside = image.make, mostBeside
	}
	p.args = nil
	for _, a := range image.args {
		p.args = append(p.args, part(a))
	}
	if p.kind = kindStruct; image.standard {
		p.kind = kindStandard
		if !slices.Contains(ps.instances[p.name], p) {
			ps.instances[p.name] = append(ps.instances[p.name], p)
		}
	} else {
		ps.images[p.name] = p
	}
	// The image's struct is no type of its own: it has p's name.
	s := &plan{typ: image.typ, index: ps.count, kind: kindStruct, size: image.typ.Size()}
	ps.count++
	ps.compileFields(s, part)
	s.holder = false
	p.elem = s
}

// findWord finds out how an interface holds values of p's type.
func (p *plan) findWord() {
	if p.typ.Kind() == reflect.Interface {
		return
	}
	// An interface's first word is what a reflect.Type is, as one.
	p.word = (*[2]unsafe.Pointer)(unsafe.Pointer(&p.typ))[1]
	if p.size != unsafe.Sizeof(p.word) {
		return // it holds a pointer to a value, and we make none: it could be very large
	}
	e := reflect.Zero(p.typ).Interface()
	p.direct = (*[2]unsafe.Pointer)(unsafe.Pointer(&e))[1] == nil
}

// underlying returns the unnamed or predeclared type that t is made of.
func underlying(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Slice:
		return reflect.SliceOf(t.Elem())
	case reflect.Array:
		return reflect.ArrayOf(t.Len(), t.Elem())
	case reflect.Map:
		return reflect.MapOf(t.Key(), t.Elem())
	case reflect.Func:
		in := make([]reflect.Type, t.NumIn())
		for i := range in {
			in[i] = t.In(i)
		}
		out := make([]reflect.Type, t.NumOut())
		for i := range out {
			out[i] = t.Out(i)
		}
		return reflect.FuncOf(in, out, t.IsVariadic())
	}
	for _, b := range predeclared {
		if b.Kind() == t.Kind() {
			return b
		}
	}
	return t
}

// ownFormOf returns how values of t write themselves, nil if they do not. A form
// that t only has from a struct embedded in it is that one's, not t's.
func ownFormOf(t reflect.Type) *ownForm {
	p := reflect.PointerTo(t)
	inherits := func(of reflect.Type) bool {
		if t.Kind() != reflect.Struct {
			return false
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.Anonymous && (f.Type.Implements(of) || reflect.PointerTo(f.Type).Implements(of)) {
				return true
			}
		}
		return false
	}
	has := func(marshal, unmarshal reflect.Type) bool {
		return p.Implements(marshal) && p.Implements(unmarshal) && !inherits(marshal)
	}
	value := func(at unsafe.Pointer) any { return reflect.NewAt(t, at).Interface() }
	switch {
	case has(reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler]()):
		return &ownForm{
			false,
			func(at unsafe.Pointer) ([]byte, error) { return value(at).(encoding.BinaryMarshaler).MarshalBinary() },
			func(at unsafe.Pointer, b []byte) error {
				return value(at).(encoding.BinaryUnmarshaler).UnmarshalBinary(b)
			},
		}
	case has(reflect.TypeFor[msgpack.CustomEncoder](), reflect.TypeFor[msgpack.CustomDecoder]()),
		has(reflect.TypeFor[msgpack.Marshaler](), reflect.TypeFor[msgpack.Unmarshaler]()):
		return &ownForm{
			true,
			func(at unsafe.Pointer) ([]byte, error) { return msgpack.Marshal(value(at)) },
			func(at unsafe.Pointer, b []byte) error { return msgpack.Unmarshal(b, value(at)) },
		}
	}
	return nil
}
