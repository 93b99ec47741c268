package alert_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/html"

	"marsad/alert"
)

// A postOffice is a real SMTP server. What it answers at each step may be set.
type postOffice struct {
	addr   string
	caFile string

	mu     sync.Mutex
	mails  []letter
	logins []string
	onRcpt func(n int) error
	onData func(n int) error
	tries  int
}

type letter struct {
	from    string
	to      []string
	data    []byte
	secured bool
}

const mailPassword = "correct horse PASSWORD"

// newPostOffice speaks TLS as mode says: "starttls", "implicit" or "none".
func newPostOffice(t *testing.T, mode string) *postOffice {
	t.Helper()
	p := &postOffice{}
	cert, caFile := certificate(t)
	p.caFile = caFile
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &visit{office: p, conn: c}, nil }))
	s.Domain = "mail.example"
	s.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.AllowInsecureAuth = mode == "none"
	conf := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's listener
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	switch mode {
	case "starttls":
		s.TLSConfig = conf
	case "implicit":
		l = tls.NewListener(l, conf)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return p
}

// certificate is one for 127.0.0.1 that is its own authority, and the file an
// operator would name.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, name
}

func (p *postOffice) got() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]letter(nil), p.mails...)
}

// A visit is one connection.
type visit struct {
	office *postOffice
	conn   *smtp.Conn
	letter letter
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (v *visit) Auth(mech string) (sasl.Server, error) {
	check := func(username, password string) error {
		v.office.mu.Lock()
		defer v.office.mu.Unlock()
		v.office.logins = append(v.office.logins, mech+" "+username)
		if password != mailPassword {
			return &smtp.SMTPError{Code: 535, Message: "wrong: " + password}
		}
		return nil
	}
	if mech == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
}

// A loginServer is the far end of LOGIN, which the library does not have.
type loginServer struct {
	check    func(username, password string) error
	username string
	step     int
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.username = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.username, string(response))
	}
}

func (v *visit) Mail(from string, _ *smtp.MailOptions) error {
	_, secured := v.conn.TLSConnectionState()
	v.letter = letter{from: from, secured: secured}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.letter.to = append(v.letter.to, to)
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	if v.office.onRcpt != nil {
		return v.office.onRcpt(v.office.tries)
	}
	return nil
}

func (v *visit) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	v.letter.data = data
	o := v.office
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.tries
	o.tries++
	if o.onData != nil {
		if err := o.onData(n); err != nil {
			return err
		}
	}
	o.mails = append(o.mails, v.letter)
	return nil
}

func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

// mailbox is a receiver of mail at the office.
func mailbox(t *testing.T, p *postOffice, mode string) alert.Receiver {
	t.Helper()
	return alert.Receiver{
		Type: alert.Email, Server: p.addr, TLS: mode, CAFile: p.caFile, AllowPrivate: []string{"127.0.0.1"},
		Username: "marsad", PasswordFile: secretFile(t, mailPassword+"\n"),
		From: "مرصد <marsad@news.example>", To: []string{"desk@example.org", "Lagezentrum <lage@example.net>"},
	}
}

// parts are a mail as its reader sees it.
type parts struct {
	header            mail.Header
	subject           string
	plain, htmlSource string
}

func readMail(t *testing.T, data []byte) parts {
	t.Helper()
	for _, c := range data {
		if c > 0x7e {
			t.Fatalf("a byte beyond ASCII in %q", data)
		}
	}
	for line := range bytes.SplitSeq(data, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	p := parts{header: m.Header}
	if p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q: %v", m.Header.Get("Content-Type"), err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Header.Get("Content-Transfer-Encoding") != "base64" {
			t.Errorf("encoding %q", part.Header.Get("Content-Transfer-Encoding"))
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil {
			t.Fatal(err)
		}
		switch kind, params, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); {
		case !strings.EqualFold(params["charset"], "utf-8"):
			t.Errorf("charset %q", params["charset"])
		case kind == "text/plain" && p.htmlSource == "":
			p.plain = string(body)
		case kind == "text/html":
			p.htmlSource = string(body)
		default:
			t.Errorf("part %q", kind)
		}
	}
	return p
}

// checkPage parses the HTML part and lets our own elements through only.
func checkPage(t *testing.T, source string) {
	t.Helper()
	allowed := map[string]bool{"html": true, "head": true, "meta": true, "title": true, "body": true, "p": true, "div": true, "b": true, "a": true, "br": true}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			if !allowed[tok.Data] {
				t.Errorf("element %s in %q", tok, source)
			}
			for _, a := range tok.Attr {
				switch {
				case a.Key == "href" && tok.Data == "a":
					checkLink(t, a.Val)
				case a.Key == "dir" && a.Val == "auto", a.Key == "charset" && tok.Data == "meta":
				default:
					t.Errorf("attribute %s in %s", a.Key, tok)
				}
			}
		case html.CommentToken:
			t.Errorf("a comment in %q", source)
		default:
		}
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"starttls", "implicit", "none"} {
		for _, auth := range []string{"plain", "login"} {
			t.Run(mode+" "+auth, func(t *testing.T) {
				t.Parallel()
				office := newPostOffice(t, mode)
				receiver := mailbox(t, office, mode)
				receiver.Auth = auth
				a := tongues()["ar"]
				r := newRig(t, receiver, nil, newQueue(a), newLedger())
				r.queue.done(t, 1)
				r.stop()
				mails := office.got()
				if len(mails) != 1 {
					t.Fatalf("%d mails: %s", len(mails), r.log)
				}
				got := mails[0]
				if got.from != "marsad@news.example" || strings.Join(got.to, " ") != "desk@example.org lage@example.net" || got.secured != (mode != "none") {
					t.Errorf("envelope %+v", got)
				}
				if want := strings.ToUpper(auth) + " marsad"; office.logins[0] != want {
					t.Errorf("logins %q, want %q", office.logins, want)
				}
				m := readMail(t, got.data)
				if m.subject != a.Title {
					t.Errorf("subject %q, want %q", m.subject, a.Title)
				}
				from, err := m.header.AddressList("From")
				if err != nil || len(from) != 1 || from[0].Name != "مرصد" {
					t.Errorf("from %v: %v", from, err)
				}
				if date, err := m.header.Date(); err != nil || time.Since(date).Abs() > time.Minute {
					t.Errorf("date %v: %v", date, err)
				}
				for k, want := range map[string]string{
					"Message-Id":     "<" + alert.DeliveryID(a.ID, "desk") + "@news.example>",
					"List-Id":        "<border-wall.marsad.news.example>",
					"Auto-Submitted": "auto-generated", "In-Reply-To": "", "Mime-Version": "1.0",
				} {
					if v := m.header.Get(k); v != want {
						t.Errorf("%s: %q, want %q", k, v, want)
					}
				}
				checkPage(t, m.htmlSource)
			})
		}
	}
}

// What people will read, in three languages.
func TestEmailGolden(t *testing.T) {
	t.Parallel()
	receiver := alert.Receiver{Name: "desk", Type: alert.Email, Server: "smtp.example.org", From: "marsad@news.example", To: []string{"desk@example.org"}}
	for lang, a := range tongues() {
		m := readMail(t, receiver.Preview(a))
		checkPage(t, m.htmlSource)
		var b bytes.Buffer
		for _, k := range []string{"From", "To", "Date", "Message-Id", "List-Id", "Importance", "Auto-Submitted"} {
			b.WriteString(k + ": " + m.header.Get(k) + "\n")
		}
		b.WriteString("Subject: " + m.subject + "\n\n" + m.plain + "\n" + m.htmlSource)
		golden(t, "testdata/receivers/email."+lang+".golden", b.Bytes())
	}
}

func TestEmailFailures(t *testing.T) {
	t.Parallel()
	says := func(code int, text string) error { return &smtp.SMTPError{Code: code, Message: text} }
	tests := map[string]struct {
		change func(t *testing.T, p *postOffice, r *alert.Receiver)
		want   alert.State
		reason string
	}{
		"busy once": {func(_ *testing.T, p *postOffice, _ *alert.Receiver) {
			p.onData = func(n int) error {
				if n == 0 {
					return says(451, "try later")
				}
				return nil
			}
		}, alert.Delivered, ""},
		"no such mailbox": {func(_ *testing.T, p *postOffice, _ *alert.Receiver) {
			p.onRcpt = func(int) error { return says(550, "no such user") }
		}, alert.Dead, "no such user"},
		"refuses the text": {func(_ *testing.T, p *postOffice, _ *alert.Receiver) {
			p.onData = func(int) error { return says(554, "looks like spam; your password is "+mailPassword) }
		}, alert.Dead, "looks like spam; your password is [redacted]"},
		"busy for ever": {func(_ *testing.T, p *postOffice, _ *alert.Receiver) {
			p.onRcpt = func(int) error { return says(450, "greylisted") }
		}, alert.Dead, "given up after 3 tries"},
		"wrong password": {func(t *testing.T, _ *postOffice, r *alert.Receiver) {
			t.Helper()
			r.PasswordFile = secretFile(t, "wrong PASSWORD")
		}, alert.Dead, "given up after 3 tries: the mail server refuses username or password"},
		"unknown authority": {func(_ *testing.T, _ *postOffice, r *alert.Receiver) { r.CAFile = "" }, alert.Dead, "unknown authority"},
		"private address": {func(_ *testing.T, _ *postOffice, r *alert.Receiver) {
			r.AllowPrivate = []string{"10.0.0.0/8"}
		}, alert.Dead, "private or reserved"},
		"another host": {func(_ *testing.T, p *postOffice, r *alert.Receiver) {
			r.Server = strings.Replace(p.addr, "127.0.0.1", "localhost", 1)
		}, alert.Dead, "for another host"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			office := newPostOffice(t, "starttls")
			receiver := mailbox(t, office, "starttls")
			tt.change(t, office, &receiver)
			a := sample("one", "desk")
			r := newRig(t, receiver, ms(1, 1), newQueue(a), newLedger())
			r.queue.done(t, 1)
			r.stop()
			d := r.record(t, a)
			if d.State != tt.want || !strings.Contains(d.Reason, tt.reason) {
				t.Errorf("record %+v, want it %s: %s", d, tt.want, tt.reason)
			}
			all := r.log.String() + fmt.Sprintf("%s", r.ledger.m)
			for _, s := range []string{mailPassword, "wrong PASSWORD", base64.StdEncoding.EncodeToString([]byte("\x00marsad\x00" + mailPassword))} {
				if strings.Contains(all, s) {
					t.Errorf("%q came out: %s", s, all)
				}
			}
			if tt.want == alert.Delivered {
				mails := office.got()
				if len(mails) != 1 || d.Tries != 2 {
					t.Errorf("%d mails after %d tries", len(mails), d.Tries)
				}
			}
		})
	}
}

// A server that offers no TLS is not spoken to in the clear.
func TestEmailNeverDowngrades(t *testing.T) {
	t.Parallel()
	office := newPostOffice(t, "none")
	a := sample("one", "desk")
	r := newRig(t, mailbox(t, office, "starttls"), nil, newQueue(a), newLedger())
	r.queue.done(t, 1)
	r.stop()
	if letter := r.deadLetter(t, a); !strings.Contains(letter.Reason, "STARTTLS") || len(office.got()) != 0 || len(office.logins) != 0 {
		t.Errorf("%d mails, logins %q, reason %q", len(office.got()), office.logins, letter.Reason)
	}
}

// A server that falls silent is left after the timeout.
func TestEmailHangs(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's listener
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := sample("one", "desk")
	r := newRig(t, alert.Receiver{
		Type: alert.Email, Server: l.Addr().String(), From: "a@example.org", To: []string{"b@example.org"}, Timeout: 100 * time.Millisecond,
	}, nil, newQueue(a), newLedger())
	r.queue.done(t, 1)
	if letter := r.deadLetter(t, a); !strings.Contains(letter.Reason, "no answer in time") {
		t.Errorf("reason %q", letter.Reason)
	}
}

// A later delivery of the same alert stands in the same thread.
func TestEmailThread(t *testing.T) {
	t.Parallel()
	receiver := alert.Receiver{Name: "desk", Type: alert.Email, Server: "smtp.example.org", From: "marsad@news.example", To: []string{"desk@example.org"}}
	a := sample("one", "desk")
	first := "<" + alert.DeliveryID(a.ID, "desk") + "@news.example>"
	m := readMail(t, alert.PreviewAs(receiver, "second", a))
	for k, want := range map[string]string{"Message-Id": "<second@news.example>", "In-Reply-To": first, "References": first} {
		if v := m.header.Get(k); v != want {
			t.Errorf("%s: %q, want %q", k, v, want)
		}
	}
}
