package alert

// What Slack's blocks take, in characters.
const (
	slackHeader  = 150
	slackSection = 3000
)

type slackMessage struct {
	// Text is what notifications show.
	Text        string       `json:"text"`
	Blocks      []slackBlock `json:"blocks"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Emoji belongs to plain_text; Verbatim, to mrkdwn, keeps Slack from making
	// links and mentions of what looks like them.
	Emoji    *bool `json:"emoji,omitempty"`
	Verbatim bool  `json:"verbatim,omitempty"`
}

// newSlack posts to an incoming webhook.
func newSlack(s *setup) sender {
	u := s.hiddenURL()
	l := s.layout(style{
		title: plainText(), body: mrkdwn(), longest: 120,
		fits: func(title, body string) bool { return units(title) <= slackHeader && units(body) <= slackSection },
	})
	svc := s.service(u)
	svc.judge = spoken(func(r reply) string { return string(r.body) })
	noEmoji := false
	svc.compose = func(_ string, a Alert) request {
		title, body := l.write(a)
		return postJSON(u, slackMessage{
			Text: mrkdwn().escape(title),
			Blocks: []slackBlock{
				{Type: "header", Text: slackText{Type: "plain_text", Text: title, Emoji: &noEmoji}},
				{Type: "section", Text: slackText{Type: "mrkdwn", Text: body, Verbatim: true}},
			},
		})
	}
	return svc
}

// spoken judges by the status and adds the service's own words to the reason.
func spoken(words func(reply) string) func(reply) *failure {
	return func(r reply) *failure {
		f := byStatus(r)
		if f != nil {
			f.words = words(r)
		}
		return f
	}
}
