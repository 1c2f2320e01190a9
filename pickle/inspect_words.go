package pickle

import (
	"strconv"
	"strings"
	"unicode"
)

// This file writes nodes for people.

// mostWords is how long one value on a line may become, in bytes.
const mostWords = 200

// String writes the value on one line, as Go would write it where it can, cut
// after some 200 bytes. References to objects of a pickle are their numbers.
// There is nothing in it that a terminal could take for a command.
func (n *Node) String() string {
	var b strings.Builder
	writeWords(&b, n)
	return b.String()
}

func writeWords(b *strings.Builder, n *Node) {
	if b.Len() > mostWords {
		b.WriteString("…")
		return
	}
	switch n.Kind {
	case NodeUnread:
		b.WriteString("(unread)")
	case NodeNil:
		b.WriteString("nil")
	case NodeString:
		writeCut(b, strconv.Quote(cut(n.Text)), n.Len > 0 || len(n.Text) > mostWords)
	case NodeBytes:
		text, long := n.Text, n.Len > 0
		if !strings.HasPrefix(text, `"`) {
			text = "0x" + text
		}
		if len(text) > mostWords {
			text, long = cut(text), true
		}
		writeCut(b, text, long)
	case NodeFunc:
		b.WriteString("func " + plain(n.Text))
	case NodeReference:
		if n.Object > 0 {
			b.WriteString("#" + strconv.Itoa(n.Object))
		}
		b.WriteString(plain(n.Text))
	case NodeStruct:
		writeParts(b, n, "{", "}")
	case NodeList:
		writeParts(b, n, "[", "]")
	case NodeMap:
		writeParts(b, n, "map[", "]")
	case NodeEntry:
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

func writeParts(b *strings.Builder, n *Node, begin, end string) {
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
	if more := n.Len - len(n.Parts); more > 0 && (len(n.Parts) > 0 || n.Kind != NodeStruct) {
		if len(n.Parts) > 0 {
			b.WriteString(", ")
		}
		b.WriteString("… " + thousands(more) + " more")
	}
	b.WriteString(end)
}

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

// thousands writes a whole number with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
