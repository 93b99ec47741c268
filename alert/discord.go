package alert

import (
	"net/url"
	"time"
)

// What Discord's embeds take, in characters.
const (
	discordTitle       = 256
	discordDescription = 4096
	// discordNoWebhook is the error code of a webhook that was deleted.
	discordNoWebhook = 10015
)

type discordMessage struct {
	Embeds []discordEmbed `json:"embeds"`
	// Mentions is empty: whatever stands in the text, nobody is called.
	Mentions discordMentions `json:"allowed_mentions"`
}

type discordMentions struct {
	Parse []string `json:"parse"`
}

type discordEmbed struct {
	Title       string     `json:"title"`
	URL         string     `json:"url,omitempty"`
	Description string     `json:"description"`
	Timestamp   *time.Time `json:"timestamp,omitempty"`
}

// newDiscord posts to a channel's webhook.
func newDiscord(s *setup) sender {
	u := s.hiddenURL()
	d := markdown(`\<`)
	l := s.layout(style{
		title: d, body: d, longest: 200,
		fits: func(title, body string) bool {
			return units(title) <= discordTitle && units(body) <= discordDescription
		},
	})
	svc := s.service(u)
	svc.judge = func(r reply) *failure {
		f := byStatus(r)
		if f == nil {
			return nil
		}
		e := decodeReply[struct {
			Message    string  `json:"message"`
			Code       int     `json:"code"`
			RetryAfter float64 `json:"retry_after"`
		}](r)
		f.words = e.Message
		f.wait(e.RetryAfter)
		if e.Code == discordNoWebhook {
			f.verdict = gone
		}
		return f
	}
	to := waiting(u)
	svc.compose = func(_ string, a Alert) request {
		title, body := l.write(a)
		e := discordEmbed{Title: title, URL: string(safeAddress(a.URL, 2000)), Description: body}
		if at := a.arrived().UTC(); !at.IsZero() {
			e.Timestamp = &at
		}
		return postJSON(to, discordMessage{Embeds: []discordEmbed{e}, Mentions: discordMentions{Parse: []string{}}})
	}
	return svc
}

// waiting asks Discord to answer when the message is stored, and to say what was
// wrong with it; else it answers before it has looked.
func waiting(u *url.URL) *url.URL {
	to := *u
	q := to.Query()
	q.Set("wait", "true")
	to.RawQuery = q.Encode()
	return &to
}
