package alert

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"marsad/internal/field"
)

// matrixText bounds body and formatted body in bytes; an event may have 65,536
// with all that belongs to it.
const matrixText = 24 << 10

type matrixMessage struct {
	Type      string `json:"msgtype"`
	Body      string `json:"body"`
	Format    string `json:"format"`
	Formatted string `json:"formatted_body"`
	// Mentions is empty: nobody is called by what stands in the text.
	Mentions struct{} `json:"m.mentions"`
}

// newMatrix sends messages to a room. The delivery's id is the transaction's, so
// the homeserver drops a repeat by itself.
func newMatrix(s *setup) sender {
	token, _ := s.word("token", s.TokenFile, s.TokenEnv, "put the access token into a file of mode 0600")
	u := s.openURL("", "the homeserver's address, for example https://matrix.example.org")
	if !regexp.MustCompile(`^![^\s/]{1,254}$`).MatchString(s.Room) {
		s.note(field.Errorf("room", "%q is no id of a room", s.Room).Hintf("it begins with !; your client shows it among the room's advanced settings"))
	}
	rich, plain := htmlText(), plainText()
	formatted := func(title, body string) string {
		return strings.ReplaceAll(rich.bold(title)+"\n"+body, "\n", "<br>\n")
	}
	fits := func(join func(title, body string) string) func(title, body string) bool {
		return func(title, body string) bool { return len(join(title, body)) <= matrixText }
	}
	text := func(title, body string) string { return title + "\n" + body }
	l := s.layout(style{title: rich, body: rich, longest: 300, fits: fits(formatted)})
	fallback := s.again(style{title: plain, body: plain, longest: 300, fits: fits(text)})

	svc := s.service(u)
	svc.bearer = token
	svc.judge = judgeMatrix
	svc.compose = func(id string, a Alert) request {
		r := postJSON(u.JoinPath("_matrix/client/v3/rooms", url.PathEscape(s.Room), "send/m.room.message", id), matrixMessage{
			Type: "m.text", Body: text(fallback.write(a)),
			Format: "org.matrix.custom.html", Formatted: formatted(l.write(a)),
		})
		r.method = http.MethodPut
		return r
	}
	return svc
}

func judgeMatrix(r reply) *failure {
	e := decodeReply[struct {
		EventID    string  `json:"event_id"`
		Code       string  `json:"errcode"`
		Error      string  `json:"error"`
		RetryAfter float64 `json:"retry_after_ms"`
	}](r)
	f := byStatus(r)
	switch {
	case f == nil && e.EventID != "":
		return nil
	case f == nil:
		return &failure{reason: "answered without saying that the message was sent"}
	}
	f.words = strings.TrimSpace(e.Code + " " + e.Error)
	f.wait(e.RetryAfter / 1000)
	return f
}
