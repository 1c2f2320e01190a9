package main

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/stackless-go/stackless/pickle"
)

// lineWidth is how wide a line of values may become, and mostWords how long one
// value in it.
const (
	lineWidth = 100
	mostWords = 200
)

// plain returns s, in quotes if it has anything in it that a terminal could take
// for a command.
func plain(s string) string {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}

// printable returns a message without what a terminal could take for a command.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// words writes a value on one line.
func words(n *pickle.Node) string {
	var b strings.Builder
	writeWords(&b, n)
	return b.String()
}

func writeWords(b *strings.Builder, n *pickle.Node) {
	if b.Len() > mostWords {
		b.WriteString("…")
		return
	}
	switch n.Kind {
	case pickle.NodeUnread:
		b.WriteString("(unread)")
	case pickle.NodeNil:
		b.WriteString("nil")
	case pickle.NodeString:
		writeCut(b, strconv.Quote(cut(n.Text)), n.Len > 0 || len(n.Text) > mostWords)
	case pickle.NodeBytes:
		text, long := n.Text, n.Len > 0
		if !strings.HasPrefix(text, `"`) {
			text = "0x" + text
		}
		if len(text) > mostWords {
			text, long = cut(text), true
		}
		writeCut(b, text, long)
	case pickle.NodeFunc:
		b.WriteString("func " + plain(n.Text))
	case pickle.NodeReference:
		b.WriteString("#" + strconv.Itoa(n.Object) + plain(n.Text))
	case pickle.NodeStruct:
		writeParts(b, n, "{", "}")
	case pickle.NodeList:
		writeParts(b, n, "[", "]")
	case pickle.NodeMap:
		writeParts(b, n, "map[", "]")
	case pickle.NodeEntry:
		for i := range n.Parts {
			if i > 0 {
				b.WriteString(": ")
			}
			writeWords(b, &n.Parts[i])
		}
	default:
		b.WriteString(plain(cut(n.Text)))
	}
}

func writeCut(b *strings.Builder, text string, long bool) {
	b.WriteString(text)
	if long {
		b.WriteString("…")
	}
}

func cut(s string) string {
	if len(s) <= mostWords {
		return s
	}
	return strings.ToValidUTF8(s[:mostWords], "")
}

func writeParts(b *strings.Builder, n *pickle.Node, begin, end string) {
	b.WriteString(begin)
	for i := range n.Parts {
		if i > 0 {
			b.WriteString(", ")
		}
		if b.Len() > mostWords {
			b.WriteString("… " + thousands(n.Len-i) + " more" + end)
			return
		}
		if p := &n.Parts[i]; p.Name != "" {
			b.WriteString(plain(p.Name) + ": ")
		}
		writeWords(b, &n.Parts[i])
	}
	if more := n.Len - len(n.Parts); more > 0 && (len(n.Parts) > 0 || n.Kind != pickle.NodeStruct) {
		if len(n.Parts) > 0 {
			b.WriteString(", ")
		}
		b.WriteString("… " + thousands(more) + " more")
	}
	b.WriteString(end)
}

// thousands writes a whole number with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// counted is a number of things, as in "3 tasklets".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}
