package ingest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"marsad/internal/field"
	"marsad/internal/secretfile"
)

const maxOwnHeaders = 20

// reserved are the headers that are the fetch's own, with the reason.
func reserved(name string) (why string) {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "User-Agent":
		return "set user_agent and contact of ingest instead: publishers are to know who asks"
	case "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Te", "Trailer",
		"Accept-Encoding", "If-None-Match", "If-Modified-Since", "Range", "Referer":
		return "leave it out, Marsad sets it itself where it is needed"
	}
	return ""
}

// ownHeaders returns the headers that f alone is asked with, from its
// configuration and the files that it names; nil when there are none. Mistakes
// have paths below the feed and show nothing of what the files hold.
func (f Feed) ownHeaders() (http.Header, []*field.Error) {
	var errs []*field.Error
	h := http.Header{}
	add := func(path, name, value string) {
		switch why := reserved(name); {
		case !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) || len(value) > secretfile.MaxSize:
			errs = append(errs, field.Errorf(path, "holds a header that cannot be sent").Hintf("write one as name and value, in printable ASCII"))
		case why != "":
			errs = append(errs, field.Errorf(path, "%s cannot be set", name).Hintf("%s", why))
		default:
			h.Set(name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Headers)) {
		switch textproto.CanonicalMIMEHeaderKey(name) {
		case "Authorization", "Cookie", "Proxy-Authorization":
			errs = append(errs, field.Errorf("headers", "%s is a secret", name).
				Hintf("put it into a file: login_file, cookies_file or headers_file"))
			continue
		}
		add("headers", name, f.Headers[name])
	}
	read := func(path, file string, use func(string)) {
		if file == "" {
			return
		}
		text, err := secretfile.Read(file)
		if err != nil {
			errs = append(errs, field.Errorf(path, "%s %s", err.Name, err.What).Hintf("%s", err.Hint))
			return
		}
		if text = strings.TrimSpace(text); text == "" {
			errs = append(errs, field.Errorf(path, "%s is empty", file).Hintf("write the secret into it"))
			return
		}
		use(text)
	}
	read("headers_file", f.HeadersFile, func(text string) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				name, value, _ := strings.Cut(line, ":")
				add("headers_file", strings.TrimSpace(name), strings.TrimSpace(value))
			}
		}
	})
	read("login_file", f.LoginFile, func(text string) {
		if !strings.Contains(text, ":") || strings.ContainsAny(text, "\r\n") {
			errs = append(errs, field.Errorf("login_file", "%s does not hold one line user:password", f.LoginFile).Hintf("write the two with a colon between"))
			return
		}
		add("login_file", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
	})
	read("cookies_file", f.CookiesFile, func(text string) {
		if _, err := http.ParseCookie(text); err != nil {
			errs = append(errs, field.Errorf("cookies_file", "%s does not hold cookies", f.CookiesFile).Hintf("write them as a browser sends them: name=value; other=value"))
			return
		}
		add("cookies_file", "Cookie", text)
	})
	if len(h) > maxOwnHeaders {
		errs = append(errs, field.Errorf("headers", "%d headers are too many", len(h)).Hintf("use %d or fewer", maxOwnHeaders))
	}
	if len(h) == 0 {
		h = nil
	}
	return h, errs
}
