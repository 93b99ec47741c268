package alert

import "strings"

// teamsCard bounds title and body in bytes: a message may have 28 KB, and JSON
// needs up to three bytes for one of ours.
const teamsCard = 8 << 10

type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string       `json:"contentType"`
	ContentURL  *string      `json:"contentUrl"`
	Content     adaptiveCard `json:"content"`
}

type adaptiveCard struct {
	Schema  string          `json:"$schema"`
	Type    string          `json:"type"`
	Version string          `json:"version"`
	Body    []richTextBlock `json:"body"`
	Actions []openURL       `json:"actions,omitempty"`
}

// A richTextBlock shows runs of plain text. A TextBlock would read Markdown.
type richTextBlock struct {
	Type    string    `json:"type"`
	Inlines []textRun `json:"inlines"`
}

type textRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Size   string `json:"size,omitempty"`
	Weight string `json:"weight,omitempty"`
}

type openURL struct {
	Type  string  `json:"type"`
	Title string  `json:"title"`
	URL   address `json:"url"`
}

// newTeams posts an adaptive card to the webhook of a workflow ("Post to a
// channel when a webhook request is received").
func newTeams(s *setup) sender {
	u := s.hiddenURL()
	l := s.layout(style{
		title: plainText(), body: plainText(), longest: 300, buttons: true,
		fits: func(title, body string) bool { return len(title)+len(body) <= teamsCard },
	})
	svc := s.service(u)
	svc.judge = spoken(func(r reply) string {
		return decodeReply[struct {
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		}](r).Error.Message
	})
	svc.compose = func(_ string, a Alert) request {
		title, body := l.write(a)
		card := adaptiveCard{
			Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
			Body: []richTextBlock{textBlock(textRun{Text: title, Size: "medium", Weight: "bolder"})},
		}
		for line := range strings.SplitSeq(body, "\n") {
			if line != "" {
				card.Body = append(card.Body, textBlock(textRun{Text: line}))
			}
		}
		for _, b := range []openURL{{Title: "Article", URL: safeAddress(a.URL, 1500)}, {Title: "Marsad", URL: safeAddress(a.PageURL, 1500)}} {
			if b.URL != "" {
				b.Type = "Action.OpenUrl"
				card.Actions = append(card.Actions, b)
			}
		}
		return postJSON(u, teamsMessage{Type: "message", Attachments: []teamsAttachment{{
			ContentType: "application/vnd.microsoft.card.adaptive", Content: card,
		}}})
	}
	return svc
}

func textBlock(run textRun) richTextBlock {
	run.Type = "TextRun"
	return richTextBlock{Type: "RichTextBlock", Inlines: []textRun{run}}
}
