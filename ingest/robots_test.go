package ingest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"marsad/ingest"
)

func TestRobots(t *testing.T) {
	t.Parallel()
	many := "user-agent: *\n" + strings.Repeat("disallow: /a\n", 1001)
	for _, tc := range []struct {
		name, robots, path string
		want               bool
	}{
		{"empty", "", "/a", true},
		{"everything", "User-agent: *\nDisallow: /", "/a", false},
		{"nothing", "User-agent: *\nDisallow:", "/a", true},
		{"others", "User-agent: other\nDisallow: /", "/a", true},
		{"us", "user-agent: MARSAD\ndisallow: /a\n\nuser-agent: *\ndisallow: /", "/b", true},
		{"us by version", "User-agent: marsad/2\nDisallow: /a", "/a/b", false},
		{"not a longer name", "User-agent: marsadbot\nDisallow: /", "/a", true},
		{"several agents of one group", "User-agent: other\nUser-agent: marsad\nDisallow: /a", "/a", false},
		{"a group ends with its rules", "User-agent: marsad\nDisallow: /x\nUser-agent: other\nDisallow: /a", "/a", true},
		{"our group twice", "User-agent: marsad\nDisallow: /x\nUser-agent: other\nDisallow: /\nUser-agent: marsad\nDisallow: /a", "/a", false},
		{"our group is empty", "User-agent: marsad\n\nUser-agent: other\nDisallow: /", "/a", false},
		{"comments, spaces, line ends", "\xef\xbb\xbfUser-agent : * # all\r\n Disallow: /a # not this\r", "/a", false},
		{"other lines between", "User-agent: *\nCrawl-delay: 5\nDisallow: /a", "/a", false},
		{"the longest pattern counts", "User-agent: *\nDisallow: /a\nAllow: /a/news", "/a/news/1", true},
		{"allow wins between equals", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		{"star", "User-agent: *\nDisallow: /*/print", "/2026/a/print", false},
		{"stars", "User-agent: *\nDisallow: /*a*b*c$", "/xaxbxcxc", false},
		{"end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", true},
		{"end without a star", "User-agent: *\nDisallow: /a$", "/a", false},
		{"query", "User-agent: *\nDisallow: /*?print=", "/a?print=1", false},
		{"escaped or not", "User-agent: *\nDisallow: /%d8%a7خبر", "/%D8%A7%D8%AE%D8%A8%D8%B1/1", false},
		{"escaped letters", "User-agent: *\nDisallow: /%61", "/a", false},
		{"an escaped slash is none", "User-agent: *\nDisallow: /a%2Fb", "/a/b", true},
		{"home page", "User-agent: *\nDisallow: /$", "", false},
		{"an HTML page", "<!doctype html><p>User-agent: robots</p>", "/a", true},
		{"too many rules", many, "/b", false},
		{"a long pattern forbids more", "User-agent: *\nDisallow: /" + strings.Repeat("a", 5000), "/" + strings.Repeat("a", 300), false},
		{"a long pattern allows nothing", "User-agent: *\nDisallow: /\nAllow: /" + strings.Repeat("a", 5000), "/" + strings.Repeat("a", 300), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse("https://news.example" + tc.path)
			if err != nil {
				t.Fatal(err)
			}
			if got := ingest.RobotsAllow([]byte(tc.robots), u); got != tc.want {
				t.Errorf("%s is allowed: %t, want %t", tc.path, got, tc.want)
			}
		})
	}
}

// The costliest patterns against the longest address are told in no time.
func TestHostileRobots(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://news.example/" + strings.Repeat("a", 2000) + "b")
	if err != nil {
		t.Fatal(err)
	}
	robots := "user-agent: *\n" + strings.Repeat("disallow: /"+strings.Repeat("*a", 120)+"c\n", 1000)
	start := time.Now()
	if !ingest.RobotsAllow([]byte(robots), u) {
		t.Error("forbidden")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("took %s", took)
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a$\nAllow: /%d8", "/a?b=c")
	f.Add("user-agent:marsad\rdisallow:/**$$", "/")
	f.Fuzz(func(t *testing.T, robots, path string) {
		u, err := url.Parse("https://news.example/" + path)
		if err != nil {
			return
		}
		got := ingest.RobotsAllow([]byte(robots), u)
		if again := ingest.RobotsAllow([]byte(robots+"\nuser-agent: marsad\ndisallow: /"), u); again && !got {
			t.Error("one more rule against us allows more")
		}
	})
}
