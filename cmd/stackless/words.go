package main

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/stackless-go/stackless/pickle"
)

// lineWidth is how wide a line of values may become.
const lineWidth = 100

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
func words(n *pickle.Node) string { return n.String() }

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
