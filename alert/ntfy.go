package alert

import (
	"mime"
	"net/http"
	"regexp"

	"marsad/internal/field"
)

// What ntfy takes, in bytes; a longer message becomes an attachment.
const (
	ntfyTitle   = 500
	ntfyMessage = 4096
)

// newNtfy publishes to a topic, as headers and a plain text.
func newNtfy(s *setup) sender {
	token, _ := s.word("token", s.TokenFile, s.TokenEnv, "")
	u := s.openURL("", "for example https://ntfy.sh")
	if !regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`).MatchString(s.Topic) {
		s.note(field.Errorf("topic", "%q is no topic", s.Topic).Hintf("up to 64 of A-Z, a-z, 0-9, - and _; who knows it can read it, unless the server asks for a token"))
	}
	u = u.JoinPath(s.Topic)
	l := s.layout(style{
		title: plainText(), body: plainText(), longest: 150, buttons: true,
		fits: func(title, body string) bool { return len(title) <= ntfyTitle && len(body) <= ntfyMessage },
	})
	svc := s.service(u)
	svc.bearer = token
	svc.judge = spoken(func(r reply) string {
		return decodeReply[struct {
			Error string `json:"error"`
		}](r).Error
	})
	svc.compose = func(id string, a Alert) request {
		title, body := l.write(a)
		header := map[string]string{
			"Content-Type": "text/plain; charset=utf-8",
			// Headers are ASCII; ntfy reads encoded words (RFC 2047).
			"Title":    mime.BEncoding.Encode("utf-8", title),
			"Priority": ntfyPriority(a.Priority),
			"Tags":     "newspaper",
			// From 2.16 on a repeat takes the place of the first.
			"X-Sequence-ID": id,
		}
		for _, to := range []address{safeAddress(a.URL, 1000), safeAddress(a.PageURL, 1000)} {
			if to != "" {
				header["Click"] = string(to)
				break
			}
		}
		return request{http.MethodPost, u.String(), header, []byte(body)}
	}
	return svc
}

func ntfyPriority(p Priority) string {
	switch p {
	case Low:
		return "2"
	case Urgent:
		return "5"
	default:
		return "3"
	}
}
