package alert

import (
	"html"
	"strings"
)

// A dialect is how a service writes text and its few kinds of markup. Its
// functions take and return what stands on one line or several; only escape
// takes text that is not markup yet.
type dialect struct {
	escape func(text string) string
	bold   func(markup string) string
	italic func(markup string) string
	// link shows markup that leads to the address; bare shows the address.
	link func(to address, markup string) string
	bare func(to address) string
}

// plainText knows no markup: notifications, subjects, the text part of a mail.
func plainText() dialect {
	same := func(s string) string { return s }
	return dialect{
		escape: same, bold: same, italic: same,
		link: func(to address, markup string) string { return markup + ": " + string(to) },
		bare: func(to address) string { return string(to) },
	}
}

// htmlText is what Telegram, Matrix and mail readers take.
func htmlText() dialect {
	return dialect{
		escape: html.EscapeString,
		bold:   around("<b>", "</b>"),
		italic: around("<i>", "</i>"),
		link: func(to address, markup string) string {
			return `<a href="` + html.EscapeString(string(to)) + `">` + markup + "</a>"
		},
		bare: func(to address) string { return html.EscapeString(string(to)) },
	}
}

// mrkdwn is Slack's: three characters are special, and everything that Slack
// acts upon, mentions included, stands between two of them. Marks of markup mean
// nothing but looks; those that could reach across the line become their twins.
func mrkdwn() dialect {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "∗", "~", "∼", "`", "ˋ").Replace
	return dialect{
		escape: escape,
		bold:   around("*", "*"),
		italic: around("_", "_"),
		link:   func(to address, markup string) string { return "<" + ampersands(to) + "|" + markup + ">" },
		bare:   func(to address) string { return "<" + ampersands(to) + ">" },
	}
}

func ampersands(to address) string { return strings.ReplaceAll(string(to), "&", "&amp;") }

// markdown is Discord's and Mattermost's. A zero width space behind each @ keeps
// a mention from being one; angle, when set, escapes "<", which means something
// to Discord only.
func markdown(angle string) dialect {
	pairs := []string{"@", "@\u200b"}
	for _, c := range "\\`*_{}[]()~|" {
		pairs = append(pairs, string(c), `\`+string(c))
	}
	if angle != "" {
		pairs = append(pairs, "<", angle)
	}
	inside := strings.NewReplacer(pairs...)
	return dialect{
		escape: func(text string) string {
			lines := strings.Split(inside.Replace(text), "\n")
			for i, line := range lines {
				// At the beginning of a line these make headings, quotes and lists.
				if line != "" && strings.ContainsRune("#>+-=", rune(line[0])) {
					lines[i] = `\` + line
				}
			}
			return strings.Join(lines, "\n")
		},
		bold:   around("**", "**"),
		italic: around("*", "*"),
		link:   func(to address, markup string) string { return "[" + markup + "](" + string(to) + ")" },
		bare:   func(to address) string { return string(to) },
	}
}

// around puts marks around text that is not blank.
func around(before, after string) func(string) string {
	return func(s string) string {
		if strings.TrimSpace(s) == "" {
			return s
		}
		return before + s + after
	}
}
