package peers

import (
	_ "embed"
	"strings"
)

//go:embed README.md
var readme string

// Alike returns the README's section on what is and isn't alike in the programs, in
// Markdown, without its heading.
func Alike() string {
	_, section, _ := strings.Cut(readme, "\n## What is and isn't alike\n")
	section, _, _ = strings.Cut(section, "\n## ")
	return strings.TrimSpace(section)
}
