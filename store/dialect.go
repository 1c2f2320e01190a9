package store

import (
	"fmt"
	"regexp"
	"strings"
)

// A Dialect is a kind of SQL.
type Dialect int

// The dialects.
const (
	SQLite     Dialect = iota + 1 // 3.35 or later; the encoding is UTF-8, its default
	PostgreSQL                    // 10 or later; the database's encoding is UTF8
)

// String returns the dialect's name.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// statements are the texts of all that a store asks of a table. Create, replace
// and remove compare and set in one statement, which answers with the version,
// or with no row if the version was another.
type statements struct {
	createTable []string
	find        string // key → version
	load        string // key → version, value
	create      string // key, value → version
	replace     string // key, version, value → version
	remove      string // key, version → version
	list        string // from, number → key, version, size
}

// statements returns the dialect's statements for a table.
func (d Dialect) statements(t table) (statements, error) {
	fill := strings.NewReplacer(
		"{version}", t.path(t.name+"_version"),
		"{table}", t.path(t.name),
		"{name}", quote(t.name),
	).Replace
	switch d {
	case SQLite:
		return statements{
			createTable: []string{
				fill(`CREATE TABLE IF NOT EXISTS {table} (
					key     TEXT    NOT NULL PRIMARY KEY,
					version INTEGER NOT NULL,
					value   BLOB    NOT NULL
				)`),
				// The row with the empty key has the greatest version deleted.
				fill(`CREATE TRIGGER IF NOT EXISTS {version} AFTER DELETE ON {name} WHEN old.key <> '' BEGIN
					INSERT INTO {name} (key, version, value) VALUES ('', old.version, x'')
					ON CONFLICT (key) DO UPDATE SET version = max(version, excluded.version);
				END`),
			},
			find: fill(`SELECT version FROM {table} WHERE key = ?1`),
			load: fill(`SELECT version, value FROM {table} WHERE key = ?1`),
			create: fill(`INSERT INTO {table} (key, version, value)
				VALUES (?1, 1 + coalesce((SELECT version FROM {table} WHERE key = ''), 0), ?2)
				ON CONFLICT (key) DO NOTHING RETURNING version`),
			replace: fill(`UPDATE {table} SET version = version + 1, value = ?3
				WHERE key = ?1 AND version = ?2 RETURNING version`),
			remove: fill(`DELETE FROM {table} WHERE key = ?1 AND version = ?2 RETURNING version`),
			list: fill(`SELECT key, version, length(value) FROM {table}
				WHERE key >= ?1 ORDER BY key LIMIT ?2`),
		}, nil
	case PostgreSQL:
		return statements{
			// Several processes may do this at once: IF NOT EXISTS alone is not
			// proof against that. The lock's number is arbitrary.
			createTable: []string{fill(`DO $$ BEGIN
				PERFORM pg_advisory_xact_lock(7239846120571);
				CREATE TABLE IF NOT EXISTS {table} (
					key     text COLLATE "C" NOT NULL PRIMARY KEY,
					version bigint NOT NULL,
					value   bytea  NOT NULL
				);
				CREATE SEQUENCE IF NOT EXISTS {version} OWNED BY {table}.version;
			END $$`)},
			find: fill(`SELECT version FROM {table} WHERE key = $1`),
			load: fill(`SELECT version, value FROM {table} WHERE key = $1`),
			create: fill(`INSERT INTO {table} (key, version, value) VALUES ($1, nextval('{version}'), $2)
				ON CONFLICT (key) DO NOTHING RETURNING version`),
			replace: fill(`UPDATE {table} SET version = nextval('{version}'), value = $3
				WHERE key = $1 AND version = $2 RETURNING version`),
			remove: fill(`DELETE FROM {table} WHERE key = $1 AND version = $2 RETURNING version`),
			list: fill(`SELECT key, version, octet_length(value) FROM {table}
				WHERE key >= $1 ORDER BY key LIMIT $2`),
		}, nil
	}
	return statements{}, fmt.Errorf("%w: %v", ErrDialect, d)
}

// A table is a name that was checked. It goes into the text of statements.
type table struct {
	schema string // empty: whichever the database looks in first
	name   string
}

// 55 and "_version" are 63, the most that PostgreSQL takes.
var tableName = regexp.MustCompile(`^(?:([a-z_][a-z0-9_]{0,54})\.)?([a-z_][a-z0-9_]{0,54})$`)

func parseTable(name string) (table, error) {
	parts := tableName.FindStringSubmatch(name)
	if parts == nil {
		return table{}, fmt.Errorf("%w: %q", ErrTable, name)
	}
	return table{parts[1], parts[2]}, nil
}

// path returns the quoted name of something in the table's schema.
func (t table) path(name string) string {
	if t.schema == "" {
		return quote(name)
	}
	return quote(t.schema) + "." + quote(name)
}

// quote quotes a checked name, so that it may be a word of SQL's own.
func quote(name string) string { return `"` + name + `"` }
