// Stackless looks into what programs with tasklets leave behind.
//
//	stackless inspect FILE    show what is in a pickle
//
// A pickle describes itself, so the program that wrote it is not needed, and
// nothing is made of what it tells of: it may come from anywhere. A file that is
// damaged is shown as far as it can be read.
//
// # JSON
//
// With --json the pickle is one JSON object, with all that is in it. Its keys, in
// this order:
//
//	format    the version of the format; 0 if it is no pickle
//	size      bytes, in all
//	seal      "none", "unchecked", "good" or "wrong"
//	key_id    tells the key of the seal from others; "" without a seal
//	header, table, body
//	          where each is: {"offset", "size"}
//	types     of each its number, 0 if it has none; text, as Go writes it; name,
//	          kind, version, of, fields as {"name", "type"}, states; how many
//	          objects it has, and bytes that they take
//	root      an object, with number 0
//	objects   of each its number, type, offset (-1 if it could not be found) and
//	          size; holder and way if it lies in another; value
//	error     null, or {"offset", "path", "message"}
//
// A value has a kind, and by that: name, of a field; type; text; object, the
// number of one that it refers to; len, how many elements; parts, which are values.
// Package pickle's Node says more. Numbers are texts, so that none is rounded. A
// key whose value is empty, 0 or missing is left out of types and values.
package main
