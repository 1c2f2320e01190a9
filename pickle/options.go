package pickle

// An Option changes how a pickle is written or read.
type Option func(*config)

type config struct {
	registry *Registry
	limits   Limits
	keys     [][]byte
	into     any
	move     bool
}

// Limits bound what the bytes of a pickle can make a program do. A field that is
// 0 has its default.
type Limits struct {
	// Bytes is the size of the largest pickle that is read. Default: 1 GiB.
	Bytes int
	// Memory is how many bytes of memory a pickle may want, in all. Default:
	// 1 MiB and 64 times the pickle's size, which is more than any that was
	// written by Marshal is known to want.
	Memory int
	// Depth is how deep values may own each other, and types lie in each other.
	// Default: 1,000. Pointers, slices, maps and interfaces do not count.
	Depth int
}

func (c *config) apply(options []Option) {
	c.registry = Default
	for _, o := range options {
		o(c)
	}
	if c.limits.Bytes == 0 {
		c.limits.Bytes = 1 << 30
	}
	if c.limits.Depth == 0 {
		c.limits.Depth = 1000
	}
}

// In has registry r be used instead of [Default].
func In(r *Registry) Option { return func(c *config) { c.registry = r } }

// WithLimits bounds a pickle that is read.
func WithLimits(l Limits) Option { return func(c *config) { c.limits = l } }

// WithKey seals pickles that are written with HMAC-SHA256 under key, and refuses
// those read whose seal is not of this key, before anything else of them is
// looked at. Given several times, the first key seals, and a seal of any of them
// is good when reading: so keys are changed.
func WithKey(key []byte) Option { return func(c *config) { c.keys = append(c.keys, key) } }

// Into says where what is read belongs: for tasklets, the scheduler.
func Into(owner any) Option { return func(c *config) { c.into = owner } }
