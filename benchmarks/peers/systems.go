package peers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

var erlang = Peer{
	Name:    "erlang",
	Title:   "Erlang/OTP",
	Missing: "Debian has it as erlang-base",
	look: func(ctx context.Context) (found, error) {
		if _, err := output(ctx, "", "erlc", "-help"); err != nil && !strings.Contains(err.Error(), "Usage") {
			return found{}, err
		}
		version, err := output(ctx, "", "erl", "-noinput", "-eval",
			`io:format("OTP ~s, ERTS ~s", [erlang:system_info(otp_release), erlang:system_info(version)]), halt().`)
		return found{"erl", version}, err
	},
	build: func(ctx context.Context, f found, sources, bin string) ([]string, error) {
		if err := os.MkdirAll(bin, 0o777); err != nil {
			return nil, err
		}
		modules, err := filepath.Glob(filepath.Join(sources, "*.erl"))
		if err != nil {
			return nil, err
		}
		if _, err := output(ctx, "", "erlc", append([]string{"-o", bin}, modules...)...); err != nil {
			return nil, err
		}
		// Room for more than the default of 262,144 processes; one scheduler, for
		// which words puts as many as there are cores where all are to work.
		return []string{f.command, "+P", "2097152", "+S", oneScheduler, "-noinput", "-pa", bin, "-env", "ERL_CRASH_DUMP_BYTES", "0", "-run", "suite", "main", "-extra"}, nil
	},
}

// oneScheduler holds Erlang to one core.
const oneScheduler = "1:1"

// allSchedulers lets Erlang work on all cores.
func allSchedulers() string {
	n := strconv.Itoa(runtime.NumCPU())
	return n + ":" + n
}

var lua = Peer{
	Name:    "lua",
	Title:   "Lua",
	Missing: "Debian has it as lua5.4",
	look: func(ctx context.Context) (found, error) {
		version, err := output(ctx, "", "lua5.4", "-e", "io.write(_VERSION)", "-v")
		if words := strings.Fields(version); len(words) > 1 {
			version = words[0] + " " + words[1]
		}
		return found{"lua5.4", version}, err
	},
	build: interpreted("peer.lua"),
}

var greenlet = Peer{
	Name:    "greenlet",
	Title:   "greenlet",
	Missing: "Debian has it as python3-greenlet",
	look:    python("greenlet", "getcurrent", "python3", "/usr/bin/python3"),
	build:   interpreted("peer.py"),
}

var stackless = Peer{
	Name:    "stackless",
	Title:   "Stackless Python",
	Missing: "build it from github.com/stackless-dev/stackless and put the interpreter's path into STACKLESS_PYTHON",
	look: func(ctx context.Context) (found, error) {
		names := []string{"stackless-python", "python3"}
		if own := os.Getenv("STACKLESS_PYTHON"); own != "" {
			names = []string{own}
		}
		return python("stackless", "tasklet", names...)(ctx)
	},
	build: interpreted("peer.py"),
}

// pythonVersion says on which Python which version of a module is. The attribute
// tells the module from any directory of that name.
const pythonVersion = `
import platform, sys
if sys.version_info < (3,):
    sys.exit("Python is older than 3")
try:
    import %[1]s
    %[1]s.%[2]s
except (ImportError, AttributeError):
    sys.exit("there is no module %[1]s")
print(" ".join(["%[1]s", getattr(%[1]s, "__version__", ""), "on Python", platform.python_version()]).replace("  ", " "))
`

// python looks for the first of some interpreters that has a module.
func python(module, attribute string, interpreters ...string) func(context.Context) (found, error) {
	return func(ctx context.Context) (found, error) {
		var all []error
		for _, name := range interpreters {
			version, err := output(ctx, "", name, "-c", fmt.Sprintf(pythonVersion, module, attribute))
			if err == nil {
				return found{name, version}, nil
			}
			all = append(all, err)
		}
		return found{}, &notThere{all}
	}
}

// notThere is why none of some interpreters will do, in one line.
type notThere struct{ reasons []error }

func (n *notThere) Error() string {
	var texts []string
	for _, err := range n.reasons {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

func (n *notThere) Unwrap() []error { return n.reasons }

// interpreted builds nothing.
func interpreted(script string) func(context.Context, found, string, string) ([]string, error) {
	return func(_ context.Context, f found, sources, _ string) ([]string, error) {
		return []string{f.command, filepath.Join(sources, script)}, nil
	}
}

// registry is where Debian's packages put the sources of Rust's crates.
const registry = "/usr/share/cargo/registry"

var tokio = Peer{
	Name:    "tokio",
	Title:   "tokio",
	Missing: "Debian has it as cargo and librust-tokio-dev",
	look: func(ctx context.Context) (found, error) {
		crates, err := filepath.Glob(filepath.Join(registry, "tokio-[0-9]*"))
		if err != nil {
			return found{}, err
		}
		if len(crates) == 0 {
			return found{}, fmt.Errorf("no tokio in %s", registry)
		}
		if _, err := output(ctx, "", "cargo", "--version"); err != nil {
			return found{}, err
		}
		rustc, err := output(ctx, "", "rustc", "--version")
		if words := strings.Fields(rustc); len(words) > 1 {
			rustc = words[0] + " " + words[1]
		}
		return found{"cargo", filepath.Base(crates[0]) + ", " + rustc}, err
	},
	build: func(ctx context.Context, f found, sources, bin string) ([]string, error) {
		_, err := output(ctx, sources, f.command, "build", "--release", "--offline", "--quiet", "--target-dir", bin)
		return []string{filepath.Join(bin, "release", "peer")}, err
	},
}
