package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	_ "modernc.org/sqlite"

	"github.com/stackless-go/stackless/store"
)

// Two go on from the same version. One of them is too late, and is told so.
func Example() {
	ctx := context.Background()
	var s store.Memory

	v, err := s.Save(ctx, "order/17", []byte("paid"), store.None)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.Save(ctx, "order/17", []byte("shipped"), v); err != nil {
		log.Fatal(err)
	}
	_, err = s.Save(ctx, "order/17", []byte("cancelled"), v)
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrConflict))

	value, _, err := s.Load(ctx, "order/17")
	fmt.Println(string(value), err)
	// Output:
	// memory: save "order/17": version conflict: expected 1, found 2
	// true
	// shipped <nil>
}

func ExampleMemory_List() {
	ctx := context.Background()
	var s store.Memory
	for _, key := range []string{"order/2", "user/ann", "order/17"} {
		if _, err := s.Save(ctx, key, []byte("a pickle of "+key), store.None); err != nil {
			log.Fatal(err)
		}
	}
	for info, err := range s.List(ctx, "order/") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(info.Key, info.Size, "bytes")
	}
	// Output:
	// order/17 20 bytes
	// order/2 19 bytes
}

// A user and the pickle of their sign-up are written in one transaction. What
// is rolled back leaves neither.
func ExampleSQL_In() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection to :memory: has a database of its own
	if _, err := db.ExecContext(ctx, "CREATE TABLE users (name TEXT PRIMARY KEY)"); err != nil {
		log.Fatal(err)
	}
	pickles, err := store.OpenSQL(db, store.SQLite, "pickles")
	if err != nil {
		log.Fatal(err)
	}
	if err := pickles.CreateTable(ctx); err != nil {
		log.Fatal(err)
	}

	signUp := func(name string, pickle []byte) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // of what was not committed
		if _, err := pickles.In(tx).Save(ctx, "sign-up/"+name, pickle, store.None); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO users VALUES (?)", name); err != nil {
			return err
		}
		if name == "bob" {
			return errors.New("bob has changed his mind")
		}
		return tx.Commit()
	}
	fmt.Println(signUp("ann", []byte("waits for a confirmation")))
	fmt.Println(signUp("bob", []byte("waits for a confirmation")))

	for info, err := range pickles.List(ctx, "sign-up/") {
		fmt.Println(info.Key, info.Version, info.Size, err)
	}
	var users int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM users").Scan(&users); err != nil {
		log.Fatal(err)
	}
	fmt.Println(users, "user")
	// Output:
	// <nil>
	// bob has changed his mind
	// sign-up/ann 1 24 <nil>
	// 1 user
}
