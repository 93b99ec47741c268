package alert

import "strings"

// mattermostPost is what Mattermost takes in one post since version 5.0, in
// characters; it would cut a longer text into several.
const mattermostPost = 16383

type mattermostMessage struct {
	Text string `json:"text"`
}

// newMattermost posts to an incoming webhook.
func newMattermost(s *setup) sender {
	u := s.hiddenURL()
	d := markdown("")
	join := func(title, body string) string { return d.bold(title) + "\n\n" + body }
	l := s.layout(style{
		title: d, body: d, longest: 300,
		fits: func(title, body string) bool { return units(join(title, body)) <= mattermostPost },
	})
	svc := s.service(u)
	svc.judge = func(r reply) *failure {
		f := byStatus(r)
		if f == nil {
			return nil
		}
		e := decodeReply[struct {
			ID      string `json:"id"`
			Message string `json:"message"`
		}](r)
		f.words = e.Message
		// A hook that was deleted or switched off refuses with the same status as
		// a bad text; it may come back.
		for _, kind := range []string{"invalid", "disabled", "channel"} {
			if strings.HasPrefix(e.ID, "web.incoming_webhook."+kind) && f.verdict == refused {
				f.verdict = tryAgain
			}
		}
		return f
	}
	svc.compose = func(_ string, a Alert) request {
		// A line end alone is a space in Markdown elsewhere, but not here.
		return postJSON(u, mattermostMessage{Text: join(l.write(a))})
	}
	return svc
}
