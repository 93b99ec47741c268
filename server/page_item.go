package server

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"marsad/alert"
	"marsad/item"
)

// An itemView is what an article's page shows.
type itemView struct {
	Item       item.Item
	Title      []segment
	Paragraphs [][]segment
	Tags       []tagView
	Pack       string
	Copies     string // the search for the other copies of the story
	JSON       string
}

// A tagView says why an article has a tag.
type tagView struct {
	item.Tag
	Href   string
	Places []evidenceView
}

// An evidenceView is one place in the text; Anchor leads to its mark.
type evidenceView struct {
	item.Evidence
	Anchor string
}

func (s *Server) itemPage(w http.ResponseWriter, r *http.Request) error {
	t, err := s.article(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := newItemView(t)
	title := t.Item.Title
	if title == "" {
		title = "Article"
	}
	return s.render(w, r, http.StatusOK, "item", title, v)
}

func newItemView(t item.Tagged) itemView {
	v := itemView{Item: t.Item, Pack: t.Pack, JSON: "/api/v1/items/" + string(t.Item.ID)}
	if t.Story != "" && t.Story.Valid() {
		v.Copies = searchPath("story:"+string(t.Story), "", "")
	}
	title, body := newEvidence("title", t), newEvidence("body", t)
	v.Title = title.segments(0, len(t.Item.Title))
	for _, p := range paragraphs(t.Item.Body) {
		if segs := body.segments(p.start, p.end); len(segs) > 0 {
			v.Paragraphs = append(v.Paragraphs, segs)
		}
	}
	for _, tag := range t.Tags {
		tv := tagView{Tag: tag, Href: searchPath(tag.Key(), "", "")}
		for _, e := range tag.Evidence {
			ev := evidenceView{Evidence: e}
			switch e.Field {
			case "title":
				ev.Anchor = title.anchor(e)
			case "body":
				ev.Anchor = body.anchor(e)
			}
			tv.Places = append(tv.Places, ev)
		}
		v.Tags = append(v.Tags, tv)
	}
	return v
}

// evidence is where the tags of an article rest in one of its texts. Names may
// overlap ("Anbar" in "Anbar Operations Command"): the marks are of the union,
// and each says what it stands for.
type evidence struct {
	field string
	text  string
	spans []span
	why   [][]string // for each span, the tags that rest on it
}

func newEvidence(field string, t item.Tagged) evidence {
	e := evidence{field: field, text: t.Item.Title}
	if field == "body" {
		e.text = t.Item.Body
	}
	var all []span
	for _, tag := range t.Tags {
		for _, ev := range tag.Evidence {
			if ev.Field == field {
				all = append(all, span{ev.Start, ev.End})
			}
		}
	}
	e.spans = merge(e.text, all)
	e.why = make([][]string, len(e.spans))
	for _, tag := range t.Tags {
		for _, ev := range tag.Evidence {
			if i := e.find(ev); i >= 0 && !slices.Contains(e.why[i], tag.Key()) {
				e.why[i] = append(e.why[i], tag.Key())
			}
		}
	}
	return e
}

// find returns the number of the mark that ev lies in, or -1.
func (e evidence) find(ev item.Evidence) int {
	if ev.Field != e.field {
		return -1
	}
	return slices.IndexFunc(e.spans, func(sp span) bool { return sp.start <= ev.Start && ev.End <= sp.end && ev.Start < ev.End })
}

func (e evidence) anchor(ev item.Evidence) string {
	if i := e.find(ev); i >= 0 {
		return e.id(i)
	}
	return ""
}

func (e evidence) id(i int) string { return e.field + "-" + strconv.Itoa(i+1) }

// segments cuts text[from:to] at the marks.
func (e evidence) segments(from, to int) []segment {
	var out []segment
	at := from
	for i, sp := range e.spans {
		if sp.end <= from || sp.start >= to {
			continue
		}
		a, b := max(sp.start, from), min(sp.end, to)
		out = append(out, segments(e.text, at, a, nil)...)
		mark := segment{Text: plain(e.text[a:b]), Mark: true, Why: plain(strings.Join(e.why[i], ", "))}
		if sp.start >= from {
			mark.ID = e.id(i)
		}
		out = append(out, mark)
		at = b
	}
	return append(out, segments(e.text, at, to, nil)...)
}

// paragraphs returns the stretches of s between blank lines.
func paragraphs(s string) []span {
	var out []span
	from := 0
	for from < len(s) {
		to := len(s)
		if i := strings.Index(s[from:], "\n\n"); i >= 0 {
			to = from + i
		}
		if strings.TrimSpace(s[from:to]) != "" {
			out = append(out, span{from, to})
		}
		from = to + 2
	}
	return out
}

// An alertsView is what the page of alerts shows.
type alertsView struct {
	Alerts []alertView
	// Dead are the latest deliveries that were given up; DeadTotal counts all.
	Dead      []alert.DeadLetter
	DeadTotal int
}

const deadShown = 20

type alertView struct {
	alert.Alert
	Reasons []string
	Href    string // the watch's query as a search
}

func (s *Server) alertsPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.alerts(r)
	if err != nil {
		return err
	}
	var v alertsView
	for _, a := range list {
		av := alertView{Alert: a, Href: searchPath(a.Query, "", "")}
		for _, why := range a.Why {
			if t := line(why.Text, 80); t != "" && !slices.Contains(av.Reasons, t) {
				av.Reasons = append(av.Reasons, t)
			}
		}
		v.Alerts = append(v.Alerts, av)
	}
	dead, err := s.dead(r.Context())
	if err != nil {
		return err
	}
	v.Dead, v.DeadTotal = dead[:min(len(dead), deadShown)], len(dead)
	return s.render(w, r, http.StatusOK, "alerts", fmt.Sprintf("Alerts (%d)", len(list)), v)
}

func (s *Server) statusPage(w http.ResponseWriter, r *http.Request) error {
	st, err := s.health(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "status", "Status", st)
}
