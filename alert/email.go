package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"html"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"marsad/internal/field"
	"marsad/internal/printable"
)

// mailText bounds subject and body in bytes.
const mailText = 32 << 10

// An email sends each alert as a mail with a text and an HTML part.
type email struct {
	host     string
	options  []gomail.Option
	implicit *tls.Config // set when TLS begins with the connection
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	timeout  time.Duration
	hidden   []string

	name   string
	agent  string
	from   *mail.Address
	to     []*mail.Address
	domain string
	text   *layout
	html   *layout
}

func newEmail(s *setup) sender {
	e := &email{name: s.Name, agent: s.agent, timeout: s.Timeout, from: s.mailAddress("from", s.From)}
	if e.timeout == 0 {
		e.timeout = defaultTimeout
	}
	if len(s.To) == 0 {
		s.note(field.Errorf("to", "nobody is told").Hintf("for example [desk@example.org]"))
	}
	for i, a := range s.To {
		e.to = append(e.to, s.mailAddress("to["+strconv.Itoa(i)+"]", a))
	}
	e.domain = mailDomain(e.from)
	e.server(s)
	fits := func(title, body string) bool { return len(title)+len(body) <= mailText }
	e.text = s.layout(style{title: plainText(), body: plainText(), longest: 150, fits: fits})
	e.html = s.again(style{title: htmlText(), body: htmlText(), longest: 150, fits: fits})
	return e
}

// server reads how the mail server is reached.
func (e *email) server(s *setup) {
	guard := s.guard()
	config := s.trust()
	port := 0
	policy := gomail.TLSMandatory
	switch s.TLS {
	case "", "starttls":
		port = 587
	case "implicit":
		port = 465
		e.implicit = config
	case "none":
		port = 25
		policy = gomail.NoTLS
		if len(s.AllowPrivate) == 0 {
			s.note(field.Errorf("tls", "without TLS the alerts could be read by everyone on the way").
				Hintf("use starttls or implicit, or list the server's private network in allow_private"))
		}
	default:
		s.note(field.Errorf("tls", "%q is no way to begin TLS", s.TLS).Hintf("use starttls (port 587), implicit (port 465) or none"))
	}
	e.host = s.Server
	if host, p, err := net.SplitHostPort(s.Server); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			s.note(field.Errorf("server", "%q is no port", printable.Line(p, maxWords)).Hintf("for example smtp.example.org:587"))
		}
		e.host, port = host, int(n)
	}
	if e.host == "" || strings.ContainsAny(e.host, " /@") {
		s.note(field.Errorf("server", "the mail server is missing").Hintf("for example smtp.example.org, or smtp.example.org:587"))
		return
	}
	s.note(s.checkHost("server", e.host, guard))
	s.address = net.JoinHostPort(e.host, strconv.Itoa(port))
	config.ServerName = e.host
	e.dial = dialer(guard, s.TLS == "none").DialContext
	e.options = []gomail.Option{gomail.WithPort(port), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(config), gomail.WithTimeout(e.timeout), gomail.WithoutNoop()}
	if e.implicit != nil {
		e.options = append(e.options, gomail.WithSSL())
	}
	e.login(s)
}

// login reads how we tell the server who we are.
func (e *email) login(s *setup) {
	kinds := map[string][2]gomail.SMTPAuthType{ // with TLS, and without
		"":      {gomail.SMTPAuthPlain, gomail.SMTPAuthPlainNoEnc},
		"plain": {gomail.SMTPAuthPlain, gomail.SMTPAuthPlainNoEnc},
		"login": {gomail.SMTPAuthLogin, gomail.SMTPAuthLoginNoEnc},
	}
	kind, ok := kinds[s.Auth]
	if !ok {
		s.note(field.Errorf("auth", "%q is no way to log in", s.Auth).Hintf("use plain or login"))
	}
	if s.Username == "" {
		if s.PasswordFile != "" || s.PasswordEnv != "" || s.Auth != "" {
			s.note(field.Errorf("username", "the username is missing").Hintf("give it, or take out auth and the password"))
		}
		return
	}
	before := len(s.errs)
	password, at := s.text("password", s.PasswordFile, s.PasswordEnv)
	password = strings.TrimRight(password, "\r\n")
	if len(s.errs) == before && password == "" {
		if at == "" {
			at = "password_file"
		}
		s.note(field.Errorf(at, "%s needs a password", printable.Line(s.Username, maxWords)).Hintf("put it into a file of mode 0600"))
	}
	method := kind[0]
	if s.TLS == "none" {
		method = kind[1]
	}
	e.hidden = []string{password, encode64(password), encode64("\x00" + s.Username + "\x00" + password)}
	e.options = append(e.options, gomail.WithSMTPAuth(method), gomail.WithUsername(s.Username), gomail.WithPassword(password))
}

func encode64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// mailAddress reads one address; a display name may stand before it.
func (s *setup) mailAddress(key, raw string) *mail.Address {
	a, err := mail.ParseAddress(raw)
	if err != nil {
		s.note(field.Errorf(key, "%q is no mail address", printable.Line(raw, maxWords)).Hintf("for example marsad@example.org, or Marsad <marsad@example.org>"))
		return &mail.Address{}
	}
	return a
}

// mailDomain is what stands behind the @, in ASCII.
func mailDomain(a *mail.Address) string {
	domain, err := idna.Lookup.ToASCII(a.Address[strings.LastIndexByte(a.Address, '@')+1:])
	if err != nil || domain == "" {
		return "marsad.invalid"
	}
	return domain
}

// message writes the mail. Its Message-ID is made of the delivery's id, so a
// repeat has the same. A delivery after the first one of an alert refers to the
// first, so that readers show them as one thread.
func (e *email) message(id string, a Alert, at time.Time) *gomail.Msg {
	m := gomail.NewMsg(gomail.WithEncoding(gomail.EncodingB64), gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(e.from)
	m.ToMailAddress(e.to...)
	title, text := e.text.write(a)
	_, rich := e.html.write(a)
	m.Subject(title)
	m.SetDateWithValue(at)
	m.SetMessageIDWithValue(id + "@" + e.domain)
	if first := DeliveryID(a.ID, e.name); first != id {
		m.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, "<"+first+"@"+e.domain+">")
		m.SetGenHeaderPreformatted(gomail.HeaderReferences, "<"+first+"@"+e.domain+">")
	}
	list := "alerts"
	if validName.MatchString(a.Watch) {
		list = a.Watch
	}
	m.SetGenHeaderPreformatted("List-Id", "<"+list+".marsad."+e.domain+">")
	m.SetGenHeaderPreformatted("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Mailer", e.agent)
	switch a.Priority {
	case Urgent:
		m.SetImportance(gomail.ImportanceHigh)
	case Low:
		m.SetImportance(gomail.ImportanceLow)
	case Normal:
	}
	m.SetBodyString(gomail.TypeTextPlain, title+"\n\n"+text+"\n")
	m.AddAlternativeString(gomail.TypeTextHTML, page(title, rich))
	return m
}

// page is the HTML part: each line finds its own direction.
func page(title, rich string) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>" + html.EscapeString(title) + "</title></head><body>\n")
	b.WriteString(`<p dir="auto"><b>` + html.EscapeString(title) + "</b></p>\n")
	for line := range strings.SplitSeq(rich, "\n") {
		if line == "" {
			line = "<br>"
		}
		b.WriteString(`<div dir="auto">` + line + "</div>\n")
	}
	b.WriteString("</body></html>\n")
	return b.String()
}

// preview has the article's date and a boundary that is the same each time.
func (e *email) preview(id string, a Alert) []byte {
	m := e.message(id, a, a.arrived())
	m.SetBoundary("marsad-" + id)
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil
	}
	return b.Bytes()
}

func (e *email) send(ctx context.Context, id string, a Alert) error {
	m := e.message(id, a, time.Now())
	dial := gomail.WithDialContextFunc(func(short context.Context, network, address string) (net.Conn, error) {
		conn, err := e.dial(short, network, address)
		if err != nil {
			return nil, err
		}
		// The library looks at the context while it connects only.
		context.AfterFunc(ctx, func() { conn.Close() })
		if e.implicit == nil {
			return conn, nil
		}
		secured := tls.Client(conn, e.implicit)
		if err := secured.HandshakeContext(short); err != nil {
			conn.Close()
			return nil, err
		}
		return secured, nil
	})
	client, err := gomail.NewClient(e.host, append(slices.Clone(e.options), dial)...)
	if err != nil {
		return &failure{reason: "mail: " + e.clean(err)}
	}
	err = client.DialAndSendWithContext(ctx, m)
	if err == nil || m.IsDelivered() {
		return nil // what goes wrong after the server took it is no failure
	}
	if ctx.Err() != nil {
		return &failure{reason: "no answer in time"}
	}
	return e.judge(err)
}

// judge says what an error means. A server's 5yz is for good, but not where it
// is about the connection or our password: those an operator repairs.
func (e *email) judge(err error) *failure {
	if text, ok := plainCause(err); ok {
		return &failure{reason: text}
	}
	f := &failure{reason: "mail: " + e.clean(err)}
	var sent *gomail.SendError
	var said *textproto.Error
	switch {
	case errors.As(err, &sent):
		code := sent.ErrorCode()
		if code >= 500 && !slices.Contains([]int{530, 534, 535, 538}, code) {
			f.verdict = refused
		}
	case errors.As(err, &said) && said.Code == 535:
		f.reason = "the mail server refuses username or password: " + e.clean(said)
	}
	return f
}

// clean is an error in one line without the password.
func (e *email) clean(err error) string {
	return shown(err.Error(), e.hidden, 200)
}
