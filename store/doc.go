// Package store keeps pickles where they can rest: in memory, in a directory,
// or in a table of the program's own database.
//
// A [Store] keeps values, which are only bytes to it, under keys. The one idea
// is the [Version]: each save of a key has a version, and whoever saves or
// deletes says which version they think is there. If another was faster, that
// is [ErrConflict], and nothing has changed:
//
//	v, err := s.Save(ctx, "order/17", pickle, store.None) // create: there must be none yet
//	v, err = s.Save(ctx, "order/17", pickle, v)           // replace what we know
//	err = s.Delete(ctx, "order/17", v)
//
// So of any number of processes that go on from one version exactly one has
// effect, and a version can serve as a fencing token. There is no save that
// overwrites whatever is there: a program that wants one loads first.
//
// Three kinds come with the package:
//
//   - [Memory] forgets everything when the process ends. Its zero value is
//     ready.
//   - [Directory] has a file for each key, survives crashes at any point, and
//     is safe for several processes.
//   - [SQL] is a table in SQLite or PostgreSQL, through database/sql and the
//     driver that the program brings. Its method In makes it part of the
//     program's own transaction: a pickle and the rows that it is about are
//     saved together or not at all.
//
// Package storetest holds a store of your own to the same rules.
//
// # What is promised
//
// Versions are positive, and may skip numbers. A save gets a greater version
// than all saves of its key that had ended when it began. No version of a key
// is given twice, not even when it is deleted and created again. That is kept
// in the directory or the database itself, so a copy of it that is put back
// from a backup begins again where the copy was made.
//
// A save or delete that returns nil has happened, and for Directory and SQL it
// is on disk, as far as the file system and the database keep their word. One
// that returns an error of this package's, such as ErrConflict, has not.
//
// After any other error, of a context, a disk or a connection, it may have
// happened, or may yet: a database can go on with a statement that nobody
// waits for any more. To do the very same again settles it. If that succeeds,
// the first had no effect and will have none; only a late create can still
// come after a delete. If it is a conflict, load: what is there is yours, or
// another's who was faster.
package store
