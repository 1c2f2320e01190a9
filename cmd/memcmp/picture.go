package main

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// decadeWidth is how many characters ten times as much takes in the picture.
const decadeWidth = 12

// picture draws what one more unit of each kind costs, as bars on a log scale.
// Without a figure to draw it is empty.
func picture(c comparison) string {
	var drawn []group
	labelWidth := 0
	low, high := math.Inf(1), math.Inf(-1)
	for _, g := range c.groups() {
		user := g.bytesPerUnit()
		if user == nil {
			continue
		}
		drawn = append(drawn, g)
		labelWidth = max(labelWidth, utf8.RuneCountInString(barLabel(g)))
		low, high = math.Min(low, *user), math.Max(high, *user+kernelPart(g))
	}
	if len(drawn) == 0 {
		return ""
	}
	// A bar must have a length: the scale begins a decade below if the smallest
	// figure stands on its first mark.
	first := int(math.Ceil(math.Log10(low))) - 1
	last := max(first+1, int(math.Ceil(math.Log10(high))))
	column := func(bytes float64) int {
		return max(1, int(math.Round((math.Log10(bytes)-float64(first))*decadeWidth)))
	}

	var b strings.Builder
	b.WriteString("What one more costs, in bytes (log scale: each mark is ten times the one before)\n\n")
	b.WriteString(scale(labelWidth, first, last))
	for _, g := range drawn {
		user, kernel := *g.bytesPerUnit(), kernelPart(g)
		bar := strings.Repeat("█", column(user))
		figure := perUnitBytes(&user)
		if kernel > 0 {
			bar += strings.Repeat("░", column(user+kernel)-column(user))
			figure = fmt.Sprintf("%s + %s in the kernel ░", figure, perUnitBytes(&kernel))
		}
		fmt.Fprintf(&b, "%-*s  %s %s\n", labelWidth, barLabel(g), bar, figure)
	}
	return b.String()
}

func barLabel(g group) string { return g.name() + " " + g.state }

// kernelPart is the kernel's share, where it is known and large enough to see.
func kernelPart(g group) float64 {
	user, kernel := g.bytesPerUnit(), g.kernelBytesPerUnit()
	if user == nil || kernel == nil || *kernel < *user/20 {
		return 0
	}
	return *kernel
}

// scale draws the marks above the bars, from 10 to the power of first to that
// of last.
func scale(labelWidth, first, last int) string {
	numbers := []rune(strings.Repeat(" ", labelWidth+2+(last-first)*decadeWidth+decadeWidth))
	marks := strings.Repeat(" ", labelWidth+2)
	for power := first; power <= last; power++ {
		at := labelWidth + 2 + (power-first)*decadeWidth
		copy(numbers[at:], []rune(markText(power)))
		if power < last {
			marks += "|" + strings.Repeat("-", decadeWidth-1)
		} else {
			marks += "|"
		}
	}
	return strings.TrimRight(string(numbers), " ") + "\n" + marks + "\n"
}

func markText(power int) string {
	if power < 0 {
		return fmt.Sprintf("%.*f", -power, math.Pow10(power))
	}
	return thousands(int(math.Pow10(power)))
}
