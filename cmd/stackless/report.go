package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/stackless-go/stackless/pickle"
	_ "github.com/stackless-go/stackless/wait" // so that its types are known
)

// A report is a document as it is shown to people.
type report struct {
	ctx   context.Context
	out   *bufio.Writer
	doc   *pickle.Document
	most  int // of each kind; 0: all
	names map[int]string
}

func newReport(ctx context.Context, out *bufio.Writer, d *pickle.Document, most int) *report {
	return &report{ctx: ctx, out: out, doc: d, most: most, names: make(map[int]string)}
}

// printf writes. Errors of the writer are kept by it until it is flushed.
func (r *report) printf(format string, args ...any) { fmt.Fprintf(r.out, format, args...) }

// fewParts is how many elements of a list are looked at to show an object on a
// line.
const fewParts = 50

func (r *report) write() {
	r.summary()
	if r.doc.Body.Size == 0 {
		return
	}
	r.types()
	root := r.doc.Value(0, fewParts)
	if root.Kind == pickle.NodeNil {
		r.printf("\nroot: nil\n")
	} else {
		r.printf("\nroot: %s %s\n", plain(r.doc.Object(0).Type), words(&root))
	}
	r.section("group", "groups", isStandard("group"), r.group)
	r.section("tasklet", "tasklets", isStandard("tasklet"), r.tasklet)
	r.section("channel", "channels", isStandard("channel"), r.channel)
	r.section("other object", "other objects", func(t *pickle.Type) bool {
		return t == nil || t.Kind != "standard" || !slices.Contains([]string{"group", "tasklet", "channel"}, t.Name)
	}, r.object)
}

// summary is what the outside of the pickle says.
func (r *report) summary() {
	d := r.doc
	seal := map[pickle.Seal]string{
		pickle.SealNone:      "no seal",
		pickle.SealUnchecked: "seal of key " + d.KeyID + " not checked",
		pickle.SealGood:      "seal of key " + d.KeyID + " good",
		pickle.SealWrong:     "seal of key " + d.KeyID + " wrong",
	}[d.Seal]
	r.printf("pickle, format %d, %s, %s: header %s, types %s, body %s\n", d.Format, seal, counted(d.Size, "byte", "bytes"),
		thousands(d.Header.Size), thousands(d.Table.Size), thousands(d.Body.Size))
}

// types is the table of the types that there are objects of, the largest first.
func (r *report) types() {
	var all []pickle.Type
	objects, bytes := 0, 0
	for _, t := range r.doc.Types {
		if t.Objects > 0 {
			all = append(all, t)
			objects, bytes = objects+t.Objects, bytes+t.Bytes
		}
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b pickle.Type) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Objects, a.Objects), cmp.Compare(a.Text, b.Text))
	})
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true, SeparateFooter: true}
	style.Format.Header, style.Format.Footer = text.FormatDefault, text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.AppendHeader(table.Row{"type", "version", "objects", "bytes", "bytes each"})
	var right []table.ColumnConfig
	for column := 2; column <= 5; column++ {
		right = append(right, table.ColumnConfig{Number: column, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight})
	}
	t.SetColumnConfigs(right)
	for i, p := range all {
		if r.most > 0 && i == r.most {
			break
		}
		version := ""
		if p.Version > 0 {
			version = thousands(p.Version)
		}
		t.AppendRow(table.Row{plain(p.Text), version, thousands(p.Objects), thousands(p.Bytes), each(p.Bytes, p.Objects)})
	}
	t.AppendFooter(table.Row{"", "", thousands(objects), thousands(bytes), each(bytes, objects)})
	r.printf("\n")
	for line := range strings.Lines(t.Render()) {
		r.printf("%s\n", strings.TrimRight(line, " \n"))
	}
	r.more(len(all), "type", "types")
}

func each(bytes, objects int) string {
	return fmt.Sprintf("%.1f", float64(bytes)/float64(objects))
}

// isStandard tells the objects of a type of this module's.
func isStandard(name string) func(*pickle.Type) bool {
	return func(t *pickle.Type) bool { return t != nil && t.Kind == "standard" && t.Name == name }
}

// section shows the first objects of some types, and how many more there are.
func (r *report) section(one, many string, belongs func(*pickle.Type) bool, show func(pickle.Object)) {
	count := 0
	for i := range r.doc.Types {
		if t := &r.doc.Types[i]; belongs(t) {
			count += t.Objects
		}
	}
	if count == 0 {
		return
	}
	r.printf("\n%s\n", counted(count, one, many))
	shown := 0
	for number := 1; number <= r.doc.Len() && r.ctx.Err() == nil; number++ {
		o := r.doc.Object(number)
		if !belongs(r.typeOf(o)) {
			continue
		}
		if r.most > 0 && shown == r.most {
			break
		}
		shown++
		show(o)
	}
	r.more(count, one, many)
}

func (r *report) typeOf(o pickle.Object) *pickle.Type {
	if o.Index < 0 {
		return nil
	}
	return &r.doc.Types[o.Index]
}

// more says how many things are not shown.
func (r *report) more(count int, one, many string) {
	if r.most > 0 && count > r.most {
		r.printf("… %s more, see --max\n", counted(count-r.most, one, many))
	}
}

// object shows an object that is nothing special.
func (r *report) object(o pickle.Object) {
	where := fmt.Sprintf("at %d, %s", o.Offset, counted(o.Size, "byte", "bytes"))
	switch {
	case o.Holder > 0:
		where = fmt.Sprintf("in #%d%s", o.Holder, plain(o.Way))
	case o.Offset < 0:
		where = "not found"
	}
	v := r.doc.Value(o.Number, fewParts)
	title := fmt.Sprintf("#%d  %s", o.Number, plain(o.Type))
	r.fields("  "+title, "      ", &v, "  ("+where+")")
}

// fields writes a title and a value: on the same line if there is room, else a
// line for each part.
func (r *report) fields(title, indent string, v *pickle.Node, note string) {
	if v.Kind != pickle.NodeStruct {
		r.printf("%s  %s%s\n", title, words(v), note)
		return
	}
	var all []string
	width := len(title)
	for i := range v.Parts {
		all = append(all, plain(v.Parts[i].Name)+": "+words(&v.Parts[i]))
		width += len(all[i]) + 2
	}
	if width <= lineWidth {
		line := strings.Join(all, ", ")
		if line != "" {
			line = "  " + line
		}
		r.printf("%s%s%s\n", title, line, note)
		return
	}
	r.printf("%s%s\n", title, note)
	for _, field := range all {
		r.printf("%s%s\n", indent, field)
	}
}
