package pickle

import "bytes"

// What tests from outside need of the format.

// Mended gives a pickle the checksum that it should have.
func Mended(b []byte) []byte { return checked(b) }

// Outside makes a pickle of types and body.
func Outside(inside []byte) []byte { return craft(nil, inside) }

// Inside returns the types and the body of a pickle without a seal.
func Inside(b []byte) []byte {
	r := reader{b: b, at: len(magic) + 2}
	n, err := r.length()
	if err != nil {
		panic(err)
	}
	return bytes.Clone(b[r.at:][:n])
}

// HostileBodies are types and bodies that nobody has marshalled.
func HostileBodies() [][]byte {
	return [][]byte{
		append(table(joined(kindSlice, kindInt)), joined(t0, refNew, 1<<30)...),
		append(table(joined(kindMap, t0, t0)), joined(t0, refNew, 1)...),
		append(table(structure("golden.node", "Lost", kindAny, "Next", t1), joined(kindPointer, t0)), joined(t0, t1, refNew, refOld+1)...),
		append(table(structure("golden.line", "lost", t1, "start", t1), joined(kindPointer, t2), structure("golden.point", "X", kindInt), joined(kindSlice, t2)), joined(t0, refInside, t3, refNew, 2, 1, 1, refOld+1, 1, 2)...),
		append(table(structure("golden.book", "Lost", t1, "By", t3), joined(kindSlice, t2), joined(kindPointer, t4), joined(kindMap, kindString, t2), structure("golden.order", "Item", kindString, "Price", kindInt)), joined(t0, refNew, 1, refNew, refNew, 1, "x", refOld+2, "a", 1)...),
	}
}

// ForgetVocabularies has the default registry know no table of types.
func ForgetVocabularies() { Default.snapshot().vocabularies.all = nil }
