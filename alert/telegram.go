package alert

import (
	"regexp"
	"strings"

	"marsad/internal/field"
)

// telegramText is the length of a message in UTF-16 units, markup not counted;
// we count it.
const telegramText = 4096

type telegramMessage struct {
	ChatID    string `json:"chat_id"`
	Text      string `json:"text"`
	ParseMode string `json:"parse_mode"`
	// Silent is set for alerts of low priority.
	Silent  bool            `json:"disable_notification"`
	Preview telegramPreview `json:"link_preview_options"`
}

type telegramPreview struct {
	Disabled bool `json:"is_disabled"`
}

// newTelegram sends messages as a bot.
func newTelegram(s *setup) sender {
	token, at := s.word("token", s.TokenFile, s.TokenEnv, "put the token that @BotFather gave you into a file of mode 0600")
	if at != "" && token != "" && !regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`).MatchString(token) {
		s.note(field.Errorf(at, "this is no token of a bot").Hintf("it looks like 123456:ABC-DEF…, without the word bot before it"))
		token = ""
	}
	if !regexp.MustCompile(`^(-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64})$`).MatchString(s.Chat) {
		s.note(field.Errorf("chat", "%q is no chat", s.Chat).Hintf("its number, such as -1001234567890, or @name of a channel"))
	}
	u := s.openURL("https://api.telegram.org", "").JoinPath("bot"+token, "sendMessage")
	s.address = u.String()

	d := htmlText()
	join := func(title, body string) string { return d.bold(title) + "\n" + body }
	l := s.layout(style{
		title: d, body: d, longest: 300,
		fits: func(title, body string) bool { return units(join(title, body)) <= telegramText },
	})
	svc := s.service(u)
	svc.hidden = []string{token}
	svc.judge = judgeTelegram
	svc.compose = func(_ string, a Alert) request {
		return postJSON(u, telegramMessage{
			ChatID: s.Chat, Text: join(l.write(a)), ParseMode: "HTML",
			Silent: a.Priority == Low, Preview: telegramPreview{Disabled: true},
		})
	}
	return svc
}

func judgeTelegram(r reply) *failure {
	e := decodeReply[struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter float64 `json:"retry_after"`
		} `json:"parameters"`
	}](r)
	f := byStatus(r)
	switch {
	case f == nil && e.OK:
		return nil
	case f == nil:
		return &failure{reason: "answered without saying that the message was sent"}
	}
	f.words = e.Description
	f.wait(e.Parameters.RetryAfter)
	// The chat is set up wrong, not the message: that can be repaired.
	if strings.Contains(e.Description, "chat") && f.verdict == refused {
		f.verdict = tryAgain
	}
	return f
}
