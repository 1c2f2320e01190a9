package main

import (
	"fmt"
	"strconv"
	"time"
)

// dash stands for what isn't known.
const dash = "-"

// size writes a number of bytes as top and the article do: four digits at most.
func size(bytes *int64) string {
	if bytes == nil {
		return dash
	}
	const most = 9999
	amount, unit := float64(*bytes)/(1<<10), "K"
	for _, next := range []string{"M", "G", "T"} {
		if amount <= most {
			break
		}
		amount, unit = amount/(1<<10), next
	}
	return fmt.Sprintf("%.0f%s", amount, unit)
}

// perUnitBytes writes what one unit costs.
func perUnitBytes(bytes *float64) string {
	switch {
	case bytes == nil:
		return dash
	case *bytes < 0.1:
		return "<0.1"
	case *bytes < 10:
		return strconv.FormatFloat(*bytes, 'f', 1, 64)
	default:
		return thousands(int(*bytes + 0.5))
	}
}

// span writes a time in the unit that suits it.
func span(ns *float64) string {
	if ns == nil {
		return dash
	}
	for _, unit := range []struct {
		name string
		ns   float64
	}{{"s", float64(time.Second)}, {"ms", float64(time.Millisecond)}, {"µs", float64(time.Microsecond)}} {
		if *ns >= unit.ns {
			return threeDigits(*ns/unit.ns) + " " + unit.name
		}
	}
	return threeDigits(*ns) + " ns"
}

// seconds writes a time of some seconds, to the hundredth.
func seconds(ns *float64) string {
	if ns == nil {
		return dash
	}
	return strconv.FormatFloat(*ns/float64(time.Second), 'f', 2, 64) + " s"
}

// threeDigits writes a number with three digits that count, as far as they do.
func threeDigits(f float64) string {
	switch {
	case f < 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	default:
		return strconv.FormatFloat(f, 'f', 0, 64)
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
