package alert

import (
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"marsad/internal/field"
)

// A Receiver is a place alerts are delivered to. Each type has keys of its own;
// a key that its type does not have is a mistake. Whatever is secret (tokens,
// passwords, addresses that hold one) is named by the file or the environment
// variable it stands in, and is never logged.
type Receiver struct {
	// Name is what a watch's To names.
	Name string `yaml:"name"`
	// Type is one of the constants Webhook to Terminal.
	Type string `yaml:"type"`

	// URL is the address of a webhook, a Matrix or an ntfy server, or of one's
	// own Telegram Bot API server. It is never logged beyond its host.
	URL string `yaml:"url"`
	// URLFile or URLEnv holds the address where that is a secret itself.
	URLFile string `yaml:"url_file"`
	URLEnv  string `yaml:"url_env"`
	// SecretFile or SecretEnv holds what a webhook is signed with: "whsec_" and
	// base64, several of them (white space between) while the secret is being
	// changed.
	SecretFile string `yaml:"secret_file"`
	SecretEnv  string `yaml:"secret_env"`
	// TokenFile or TokenEnv holds the token of a Telegram bot, or the access
	// token for Matrix or ntfy.
	TokenFile string `yaml:"token_file"`
	TokenEnv  string `yaml:"token_env"`

	// Format is what a webhook and a command are given: "json", also when it is
	// empty, or "cloudevents".
	Format string `yaml:"format"`
	// Chat is a Telegram chat: its number, or "@" and a channel's name.
	Chat string `yaml:"chat"`
	// Room is the id of a Matrix room, "!…".
	Room string `yaml:"room"`
	// Topic is an ntfy topic.
	Topic string `yaml:"topic"`

	// Server is the mail server, host or host:port.
	Server string `yaml:"server"`
	// TLS is "starttls" (when it is empty too), "implicit" or "none", which only
	// AllowPrivate permits.
	TLS string `yaml:"tls"`
	// Auth is "plain" (when it is empty too) or "login"; it is used when there is
	// a Username.
	Auth         string `yaml:"auth"`
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	PasswordEnv  string `yaml:"password_env"`
	// From and To are mail addresses.
	From string   `yaml:"from"`
	To   []string `yaml:"to"`

	// Command is a program and its arguments, run without a shell. Env names the
	// variables of our environment that it gets besides PATH, HOME and LANG.
	Command []string `yaml:"command"`
	Env     []string `yaml:"env"`

	// Title and Body are templates that replace ours.
	Title string `yaml:"title"`
	Body  string `yaml:"body"`

	// AllowPrivate lists networks and addresses that may be reached although
	// they are not public. What is not encrypted goes to these only.
	AllowPrivate []string `yaml:"allow_private"`
	// CAFile holds certificates (PEM) of authorities to trust besides the
	// system's.
	CAFile string `yaml:"ca_file"`
	// Timeout bounds one try, from connecting to the end of the reply; zero is
	// 15 s, the most is 30 s.
	Timeout time.Duration `yaml:"timeout"`
	// Parallel is how many alerts may be on their way at a time; zero is 4 for a
	// webhook and 1 for the others.
	Parallel int `yaml:"parallel"`
}

// The types of receivers.
const (
	Webhook    = "webhook"
	Email      = "email"
	Slack      = "slack"
	Mattermost = "mattermost"
	Discord    = "discord"
	Telegram   = "telegram"
	Matrix     = "matrix"
	Ntfy       = "ntfy"
	Teams      = "teams"
	Command    = "command"
	Terminal   = "terminal"
)

const (
	defaultTimeout  = 15 * time.Second
	maxTimeout      = 30 * time.Second
	defaultParallel = 4
	maxParallel     = 64
)

// A kind is one type of receiver: the keys it has besides name and type, and how
// its sender is built. What build cannot use it notes as a mistake.
type kind struct {
	keys  []string
	build func(*setup) sender
}

func kinds() map[string]kind {
	const (
		every   = " timeout parallel"
		network = every + " allow_private ca_file"
		written = network + " title body"
		hidden  = "url_file url_env" + written
	)
	k := func(keys string, build func(*setup) sender) kind { return kind{strings.Fields(keys), build} }
	return map[string]kind{
		Webhook:    k("url url_file url_env secret_file secret_env format"+network, newWebhook),
		Email:      k("server tls auth username password_file password_env from to"+written, newEmail),
		Slack:      k(hidden, newSlack),
		Mattermost: k(hidden, newMattermost),
		Discord:    k(hidden, newDiscord),
		Teams:      k(hidden, newTeams),
		Telegram:   k("token_file token_env chat url"+written, newTelegram),
		Matrix:     k("url token_file token_env room"+written, newMatrix),
		Ntfy:       k("url token_file token_env topic"+written, newNtfy),
		Command:    k("command env format"+every, newCommand),
		Terminal:   k("", newTerminal),
	}
}

// Files returns the paths among the receiver's keys, so that the caller can make
// relative ones absolute.
func (r *Receiver) Files() []*string {
	files := []*string{&r.URLFile, &r.SecretFile, &r.TokenFile, &r.PasswordFile, &r.CAFile}
	if len(r.Command) > 0 {
		files = append(files, &r.Command[0])
	}
	return files
}

// Preview returns what the receiver would be sent for the alert, without what is
// secret: the headers that matter and the body of an HTTP request, a mail, what
// a command reads, a line. It returns nil when the receiver's keys are wrong.
func (r Receiver) Preview(a Alert) []byte {
	s, _, errs := r.sender("marsad", io.Discard, true)
	if len(errs) > 0 {
		return nil
	}
	return s.preview(DeliveryID(a.ID, r.Name), a)
}

// validate checks everything but the name.
func (r Receiver) validate() []*field.Error {
	_, _, errs := r.sender("marsad", io.Discard, true)
	return errs
}

// sender builds what sends to the receiver; address tells one far end from
// another and is a secret. Building is checking: there is a sender when there
// are no mistakes. early asks to look also for what would be refused only when
// something is sent.
func (r Receiver) sender(agent string, out io.Writer, early bool) (_ sender, address string, _ []*field.Error) {
	known := kinds()
	k, ok := known[r.Type]
	if !ok {
		hint := "use one of: " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
		if r.Type == "" {
			return nil, "", []*field.Error{field.Errorf("type", "the receiver's type is missing").Hintf("%s", hint)}
		}
		return nil, "", []*field.Error{field.Errorf("type", "%q is no type of receiver", r.Type).Hintf("%s", hint)}
	}
	s := &setup{Receiver: r, agent: agent, out: out, early: early}
	s.foreign(k.keys)
	if r.Timeout < 0 || r.Timeout > maxTimeout {
		s.note(field.Errorf("timeout", "%s is not between 0 and %s", r.Timeout, maxTimeout).Hintf("for example 15s"))
	}
	if r.Parallel < 0 || r.Parallel > maxParallel {
		s.note(field.Errorf("parallel", "%d is not between 1 and %d", r.Parallel, maxParallel).Hintf("the default is %d for a webhook and 1 for the others", defaultParallel))
	}
	built := k.build(s)
	return built, s.address, s.errs
}

// foreign notes the keys that are set and are not among keys.
func (s *setup) foreign(keys []string) {
	v := reflect.ValueOf(s.Receiver)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "name" || name == "type" || v.Field(i).IsZero() || slices.Contains(keys, name) {
			continue
		}
		e := field.Errorf(name, "a receiver of type %s has no %s", s.Type, name)
		switch {
		case name == "url" && slices.Contains(keys, "url_file"):
			s.note(e.Hintf("this address is a secret: put it into a file and name that in url_file"))
		case len(keys) == 0:
			s.note(e.Hintf("remove it"))
		default:
			s.note(e.Hintf("remove it; it has: %s", strings.Join(keys, ", ")))
		}
	}
}

// slots is how many alerts may be on their way at a time. Chats, mailboxes and
// terminals show them in order.
func (r Receiver) slots() int {
	switch {
	case r.Parallel > 0:
		return r.Parallel
	case r.Type == Webhook:
		return defaultParallel
	default:
		return 1
	}
}
