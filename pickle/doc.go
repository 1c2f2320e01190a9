// Package pickle writes graphs of Go values down and makes them again: in another
// process, on another machine, in a later version of the program.
//
// [Marshal] follows everything that a value refers to, unexported fields
// included, and writes each object once: what was shared is shared again, cycles
// close, pointers into structs and slices of one array lead where they led.
// [Unmarshal] reads it, whoever it is from, within limits. [Move] writes values
// that can be only in one place, and ends them here once the pickle is safe.
//
// The package knows no tasklets. A type whose memory is not what is to be written
// has an [Image], a plain struct that says the same; that is how tasklets and
// channels are pickled.
//
// # What can be pickled
//
// Booleans, numbers, strings, time.Time, and pointers, slices, arrays, maps and
// interfaces of what can be pickled. Structs, if they are registered by name:
//
//	func init() { pickle.Register[order]("shop.order") }
//
// So nothing is made of the bytes of a stranger that the program has not named. A
// type that is registered and has MarshalBinary and UnmarshalBinary, or msgpack's
// methods, is written by these. Functions can be pickled if they are declared and
// registered by [RegisterFunc]; objects that every process has its own of, such as
// errors that are compared with, by [RegisterGlobal]. What errors.New, errors.Join
// and fmt.Errorf make can be pickled as it is; an error that is compared with has
// to be registered as a global, or the copy is another one. A Go channel, a
// closure or a type without a name is an [Error] that says where it was met.
//
// Fields can be tagged: `pickle:"name"` is the field's name in pickles,
// `pickle:"-"` leaves it out. What lies in a slice between its length and its
// capacity is written only if another slice shows it, or a pointer leads to it.
//
// # Change
//
// Fields are matched by name, so a struct can gain, lose and reorder them. What
// has changed its type is [ErrType], unless the type's [Version] was raised and
// an [Upgrade] says how the old becomes the new. Program counters that are named
// by [States] may have new states between the old.
//
// The format is described in docs/FORMAT.md.
package pickle
