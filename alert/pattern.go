package alert

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"marsad/internal/printable"
)

const (
	// maxWritten bounds in bytes what a template may write.
	maxWritten = 16 << 10
	// maxTemplate, maxNumber and maxRanges bound the work a template can ask for.
	maxTemplate = 8 << 10
	maxNumber   = 1000
	maxRanges   = 2
	timeLayout  = "2006-01-02 15:04"
	escaping    = "_escape"
)

// A pattern is a template of a title or a body in a dialect. What stands in it,
// and every value, is text; markup comes from its functions alone. So whatever a
// feed writes, and whatever the template's author writes, the service can read
// the result. A pattern may be used by any number of goroutines.
type pattern struct{ t *template.Template }

// A markup is what a dialect's functions made: it is not escaped again.
type markup string

// compile reads a template. Its functions are bold, italic, link ADDRESS TEXT,
// date ZONE TIME, truncate N TEXT, and comparisons of text/template.
func compile(text string, d dialect) (*pattern, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("the template has %d bytes; the most is %d", len(text), maxTemplate)
	}
	escape := func(v any) markup { return d.mark(v) }
	funcs := template.FuncMap{
		escaping:   escape,
		"bold":     func(v any) markup { return markup(d.bold(string(d.mark(v)))) },
		"italic":   func(v any) markup { return markup(d.italic(string(d.mark(v)))) },
		"link":     d.linked,
		"date":     date,
		"truncate": truncate,
	}
	t, err := template.New("template").Funcs(funcs).Parse(text)
	if err != nil {
		return nil, shorter(err)
	}
	if t.Tree == nil || t.Root == nil {
		return nil, errors.New("the template is empty")
	}
	if len(t.Templates()) > 1 {
		return nil, errors.New("define and block have no use here")
	}
	c := checker{escape: d.escape}
	c.list(t.Root)
	if c.err != nil {
		return nil, c.err
	}
	return &pattern{t}, nil
}

// shorter takes the name out of an error of text/template.
func shorter(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	text = strings.TrimPrefix(text, "template:")
	if line, rest, ok := strings.Cut(text, ": "); ok && strings.Trim(line, "0123456789:") == "" {
		text = "line " + line + ": " + rest
	}
	text = strings.ReplaceAll(text, `executing "template" at `, "")
	text = strings.ReplaceAll(text, " in type alert.view", "")
	return errors.New(printable.Clip(printable.Clean(text), 200))
}

// A checker walks a template: it refuses what could run for long, makes its text
// the dialect's and has every value escaped.
type checker struct {
	escape func(string) string
	ranges int // around what is looked at
	err    error
}

func (c *checker) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			n.Text = []byte(c.escape(string(n.Text)))
		case *parse.ActionNode:
			c.pipe(n.Pipe)
			if len(n.Pipe.Decl) == 0 {
				call := parse.NewIdentifier(escaping).SetPos(n.Pos)
				n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{call}})
			}
		case *parse.IfNode:
			c.branch(&n.BranchNode)
		case *parse.RangeNode:
			if c.ranges++; c.ranges > maxRanges {
				c.refuse("range stands inside of range too often")
			}
			c.branch(&n.BranchNode)
			c.ranges--
		case *parse.WithNode:
			c.branch(&n.BranchNode)
		case *parse.TemplateNode:
			c.refuse("template has no use here")
		}
	}
}

func (c *checker) branch(n *parse.BranchNode) {
	c.pipe(n.Pipe)
	c.list(n.List)
	c.list(n.ElseList)
}

func (c *checker) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			c.operand(arg)
		}
	}
}

func (c *checker) operand(n parse.Node) {
	switch n := n.(type) {
	case *parse.IdentifierNode:
		known := []string{"bold", "italic", "link", "date", "truncate", "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len"}
		if !slices.Contains(known, n.Ident) {
			c.refuse(fmt.Sprintf("there is no function %q; there are: %s", n.Ident, strings.Join(known, ", ")))
		}
	case *parse.NumberNode:
		if !n.IsInt || n.Int64 < -maxNumber || n.Int64 > maxNumber {
			c.refuse(fmt.Sprintf("%s is no whole number up to %d", printable.Clip(n.Text, 20), maxNumber))
		}
	case *parse.PipeNode:
		c.pipe(n)
	case *parse.ChainNode:
		c.operand(n.Node)
	}
}

func (c *checker) refuse(what string) {
	if c.err == nil {
		c.err = errors.New(what)
	}
}

// mark returns a value as markup.
func (d dialect) mark(v any) markup {
	switch v := v.(type) {
	case markup:
		return v
	case address:
		if v == "" {
			return ""
		}
		return markup(d.bare(v))
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return markup(d.escape(v.UTC().Format(timeLayout + " UTC")))
	case string:
		return markup(d.escape(v))
	case bool, int:
		return markup(d.escape(fmt.Sprint(v)))
	default:
		return markup(d.escape("(not a text)"))
	}
}

// linked is text that leads to an address; without one it is the text.
func (d dialect) linked(to address, text any) markup {
	if to == "" {
		return d.mark(text)
	}
	return markup(d.link(to, string(d.mark(text))))
}

// date is a time in a zone, nothing for no time.
func date(zone string, t time.Time) (string, error) {
	place, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return "", fmt.Errorf("there is no time zone %q", zone)
	}
	if t.IsZero() {
		return "", nil
	}
	return t.In(place).Format(timeLayout), nil
}

// truncate cuts a text to n runes.
func truncate(n int, text string) string { return printable.Line(text, max(n, 1)) }

// write fills the pattern in. Blank lines at the ends, and more than one of them
// elsewhere, are left out.
func (p *pattern) write(v view) (string, error) {
	var out limited
	if err := p.t.Execute(&out, v); err != nil {
		return "", shorter(err)
	}
	var lines []string
	for line := range strings.SplitSeq(out.String(), "\n") {
		line = strings.TrimSpace(line)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, unfence(line))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), nil
}

// unfence takes the marks of isolation off a line that is isolated as a whole:
// there is nothing beside it.
func unfence(line string) string {
	const first, pop = "\u2068", "\u2069"
	inner, ok := strings.CutPrefix(line, first)
	inner, closed := strings.CutSuffix(inner, pop)
	if !ok || !closed || strings.Contains(inner, first) || strings.Contains(inner, pop) {
		return line
	}
	return inner
}

// limited takes maxWritten bytes.
type limited struct{ strings.Builder }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxWritten {
		return 0, fmt.Errorf("the text has more than %d bytes", maxWritten)
	}
	return l.Builder.Write(p)
}
