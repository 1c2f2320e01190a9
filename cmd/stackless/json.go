package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/stackless-go/stackless/pickle"
)

// A jsonError is what was wrong with a pickle.
type jsonError struct {
	Offset  int    `json:"offset"`
	Path    string `json:"path"`
	Message string `json:"message"`
}

// writeJSON writes a whole document, one object after the other: see the
// command's documentation for the keys.
func writeJSON(ctx context.Context, out *bufio.Writer, d *pickle.Document, damage error) error {
	var failed error
	text := func(s string) { _, _ = out.WriteString(s) } // Flush has the error
	value := func(v any) {
		b, err := json.Marshal(v)
		failed = errors.Join(failed, err)
		_, _ = out.Write(b)
	}
	field := func(name string, v any) {
		value(name)
		text(": ")
		value(v)
		text(",\n")
	}
	object := func(number int) {
		b, err := json.Marshal(d.Object(number))
		failed = errors.Join(failed, err)
		_, _ = out.Write(b[:max(len(b)-1, 0)])
		text(`,"value":`)
		v := d.Value(number, 0)
		writeNode(out, &v)
		text("}")
	}

	text("{")
	field("format", d.Format)
	field("size", d.Size)
	field("seal", d.Seal)
	field("key_id", d.KeyID)
	field("header", d.Header)
	field("table", d.Table)
	field("body", d.Body)
	text(`"types": [`)
	for i, t := range d.Types {
		text([]string{",\n", "\n"}[max(1-i, 0)])
		value(t)
	}
	text("],\n\"root\": ")
	object(0)
	text(",\n\"objects\": [")
	for i := 1; i <= d.Len() && ctx.Err() == nil; i++ {
		text([]string{",\n", "\n"}[max(2-i, 0)])
		object(i)
	}
	text("],\n\"error\": ")
	var e *pickle.Error
	if errors.As(damage, &e) {
		value(jsonError{e.Offset, e.Path, e.Err.Error()})
	} else {
		value(nil)
	}
	text("}\n")
	return failed
}

// writeNode writes a value as encoding/json would, without having all of it in
// memory once more.
func writeNode(out *bufio.Writer, n *pickle.Node) {
	_, _ = out.WriteString(`{"kind":"` + n.Kind.String() + `"`)
	for _, f := range []struct{ key, value string }{{`,"name":`, n.Name}, {`,"type":`, n.Type}, {`,"text":`, n.Text}} {
		if f.value != "" {
			_, _ = out.WriteString(f.key)
			writeString(out, f.value)
		}
	}
	for _, f := range []struct {
		key   string
		value int
	}{{`,"object":`, n.Object}, {`,"len":`, n.Len}} {
		if f.value != 0 {
			_, _ = out.WriteString(f.key)
			_, _ = out.Write(strconv.AppendInt(out.AvailableBuffer(), int64(f.value), 10))
		}
	}
	for i := range n.Parts {
		_, _ = out.WriteString([]string{`,"parts":[`, ","}[min(i, 1)])
		writeNode(out, &n.Parts[i])
	}
	if len(n.Parts) > 0 {
		_ = out.WriteByte(']')
	}
	_ = out.WriteByte('}')
}

// writeString writes a string. Most have nothing in them that is to be escaped.
func writeString(out *bufio.Writer, s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			b, _ := json.Marshal(s) // a string never fails
			_, _ = out.Write(b)
			return
		}
	}
	_ = out.WriteByte('"')
	_, _ = out.WriteString(s)
	_ = out.WriteByte('"')
}
