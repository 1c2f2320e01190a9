package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// inUnit writes a figure in its unit, with three digits that count.
func inUnit(value float64, unit string) string {
	switch unit {
	case times:
		return factor(value)
	case nsPerOp, createNS, pauseNS, markNS, "ns":
		return span(value)
	case endedNS:
		return fmt.Sprintf("%.2f s", value/1e9)
	case bytesPerUnit, "B":
		return bytesEach(value)
	case residentPeak, resident, "B/op":
		return size(value)
	default:
		return digits(value) + " " + unit
	}
}

// span writes a time given in nanoseconds.
func span(ns float64) string {
	for _, unit := range []struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"µs", 1e3}} {
		if ns >= unit.ns*0.9995 {
			return digits(ns/unit.ns) + " " + unit.name
		}
	}
	return digits(ns) + " ns"
}

// size writes a number of bytes. A MB is 2^20 of them, as in memcmp.
func size(bytes float64) string {
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}} {
		if bytes >= unit.bytes*0.9995 {
			return digits(bytes/unit.bytes) + " " + unit.name
		}
	}
	return digits(bytes) + " B"
}

// bytesEach writes what one unit takes.
func bytesEach(bytes float64) string {
	if bytes < 1000 {
		return digits(bytes) + " B"
	}
	return thousands(int(math.Round(bytes))) + " B"
}

// factor writes a ratio.
func factor(ratio float64) string {
	if ratio >= 1000 {
		return thousands(int(math.Round(ratio))) + " ×"
	}
	if ratio < 0.095 {
		return strconv.FormatFloat(ratio, 'g', 2, 64) + " ×"
	}
	if ratio < 1 {
		return strconv.FormatFloat(ratio, 'f', 2, 64) + " ×"
	}
	return digits(ratio) + " ×"
}

// change writes by how much a figure has changed, as +12 %.
func change(now, before float64) string {
	return fmt.Sprintf("%+.0f %%", (now/before-1)*100)
}

// digits writes a number with three digits, one of them behind the point at most
// where it is ten or more.
func digits(f float64) string {
	switch {
	case f >= 99.95:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 9.995:
		return strconv.FormatFloat(f, 'f', 1, 64)
	default:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
}

// thousands writes a whole number with commas.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// table is a table of the page.
type table struct {
	head  []string
	rows  [][]string
	right int // columns from here on are numbers
}

// String is the table in Markdown.
func (t table) String() string {
	var text strings.Builder
	row := func(cells []string) {
		for _, cell := range cells {
			text.WriteString("| " + strings.ReplaceAll(cell, "|", "\\|") + " ")
		}
		text.WriteString("|\n")
	}
	row(t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---"
		if i >= t.right {
			rule[i] = "---:"
		}
	}
	row(rule)
	for _, cells := range t.rows {
		row(cells)
	}
	return text.String()
}
