package pickle

import "fmt"

// A kind says how values of a type are written. Its numbers are part of the
// format: those below firstEntry stand for themselves as a type's number, the
// others begin a type's entry in the table of types.
type kind uint8

const (
	kindNone kind = iota
	kindBool
	kindInt
	kindInt8
	kindInt16
	kindInt32
	kindInt64
	kindUint
	kindUint8
	kindUint16
	kindUint32
	kindUint64
	kindUintptr
	kindFloat32
	kindFloat64
	kindComplex64
	kindComplex128
	kindString
	kindTime // time.Time
	kindAny  // every interface
	kindFunc // a registered function, by name
)

const (
	kindPointer      kind = iota + 32
	kindSlice             // shares its array with other slices
	kindArray             //
	kindMap               //
	kindStruct            // its fields in their order
	kindNamed             // another type under a registered name, perhaps with names for its values
	kindBinary            // bytes in the type's own form
	kindStandard          // a struct whose fields the format knows
	kindOwned             // a pointer whose target follows in place
	kindOwnedSlice        // a slice whose elements follow in place
	kindUnpicklable       // never written
	kindArrayOfSlice      // never written: what slices with the same elements point into
	kindContent           // never written: what a map points to
)

// firstEntry is the number of the first type in the table of types.
const firstEntry = 32

var kindNames = map[kind]string{
	kindNone: "none", kindBool: "bool", kindInt: "int", kindInt8: "int8", kindInt16: "int16", kindInt32: "int32",
	kindInt64: "int64", kindUint: "uint", kindUint8: "uint8", kindUint16: "uint16", kindUint32: "uint32",
	kindUint64: "uint64", kindUintptr: "uintptr", kindFloat32: "float32", kindFloat64: "float64",
	kindComplex64: "complex64", kindComplex128: "complex128", kindString: "string", kindTime: "time",
	kindAny: "any", kindFunc: "func", kindPointer: "pointer", kindSlice: "slice", kindArray: "array", kindMap: "map",
	kindStruct: "struct", kindNamed: "named", kindBinary: "binary", kindStandard: "standard",
	kindOwned: "owned pointer", kindOwnedSlice: "owned slice", kindUnpicklable: "unpicklable", kindArrayOfSlice: "array", kindContent: "map content",
}

// String returns the kind's name.
func (k kind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// basic reports whether the kind is a whole type by itself.
func (k kind) basic() bool { return k > kindNone && k <= kindFunc }

// How a pointer, map or slice begins. Objects are numbered from 1 in the order
// in which they are first mentioned.
const (
	refNil    = 0 // and nothing follows
	refNew    = 1 // the next number; of a slice, its length follows
	refInside = 2 // within another object: see encoder.inside
	refGlobal = 3 // one of the program's own: its name follows
	refOld    = 3 // plus the number
)
