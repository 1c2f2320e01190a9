package peers

import (
	"context"
	"errors"
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
		return []string{f.command, "+P", "2097152", "+S", oneScheduler, "-noshell", "-pa", bin, "-run", "peer", "main", "-extra"}, nil
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
	look: python("greenlet.__version__", "greenlet",
		"python3", "/usr/bin/python3"),
	build: interpreted("peer.py"),
}

var stackless = Peer{
	Name:    "stackless",
	Title:   "Stackless Python",
	Missing: "build it from github.com/stackless-dev/stackless and put its path into STACKLESS_PYTHON",
	look: python("'with Stackless'", "stackless",
		os.Getenv("STACKLESS_PYTHON"), "stackless-python", "python3"),
	build: interpreted("peer.py"),
}

// python looks for the first of some interpreters that has a module.
func python(version, module string, interpreters ...string) func(context.Context) (found, error) {
	script := fmt.Sprintf("import %s, platform; print(%q, %s, 'on Python', platform.python_version())", module, module, version)
	return func(ctx context.Context) (found, error) {
		var all error
		for _, name := range interpreters {
			if name == "" {
				continue
			}
			version, err := output(ctx, "", name, "-c", script)
			if err == nil {
				return found{name, version}, nil
			}
			all = errors.Join(all, err)
		}
		return found{}, all
	}
}

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
