package server

import (
	"encoding/json"
	"io"
	"time"

	"marsad/item"
	"marsad/tagger"
)

// features writes articles as GeoJSON (RFC 7946): a feature for each that names a
// place whose coordinates the rule pack knows; the others are left out.
type features struct {
	w     io.Writer
	entry func(kind item.Kind, id string) (tagger.Entry, bool)
	some  bool
}

// A feature is an article on the map.
type feature struct {
	Type       string     `json:"type"`
	ID         item.ID    `json:"id"`
	Geometry   geometry   `json:"geometry"`
	Properties properties `json:"properties"`
}

// A geometry is a Point or a MultiPoint: longitude first.
type geometry struct {
	Type        string `json:"type"`
	Coordinates any    `json:"coordinates"`
}

type properties struct {
	Title     string    `json:"title"`
	URL       string    `json:"url,omitempty"`
	Source    string    `json:"source,omitempty"`
	Lang      string    `json:"lang"`
	Published time.Time `json:"published,omitzero"`
	Seen      time.Time `json:"seen,omitzero"`
	// Places are the ids of the points, in their order; Names what they are called.
	Places []string `json:"places"`
	Names  []string `json:"names"`
	Actors []string `json:"actors,omitempty"`
	Themes []string `json:"themes,omitempty"`
	Copies int      `json:"copies,omitempty"`
	Sample bool     `json:"sample,omitempty"`
}

func (f *features) open() error {
	_, err := io.WriteString(f.w, `{"type":"FeatureCollection","features":[`)
	return err
}

func (f *features) hit(h Hit) error {
	feature, ok := f.feature(h)
	if !ok {
		return nil
	}
	b, err := json.Marshal(feature)
	if err != nil {
		return err
	}
	sep := "\n"
	if f.some {
		sep = ",\n"
	}
	f.some = true
	_, err = f.w.Write(append([]byte(sep), b...))
	return err
}

func (f *features) close() error {
	_, err := io.WriteString(f.w, "\n]}\n")
	return err
}

// feature is an article as a feature. A place that holds another one named is
// left out: the point of a country says nothing beside that of a town in it.
func (f *features) feature(h Hit) (feature, bool) {
	out := feature{Type: "Feature", ID: h.ID, Properties: properties{
		Title: h.Title, URL: webURL(h.URL), Source: h.Source, Lang: h.Lang, Published: h.Published, Seen: h.Seen,
		Copies: h.Copies, Sample: h.Sample,
	}}
	if f.entry == nil {
		return out, false
	}
	var named []tagger.Entry
	wide := map[string]bool{}
	for _, t := range h.Tags {
		switch {
		case t.Status != item.Certain || t.Implied:
		case t.Kind == item.Actor:
			out.Properties.Actors = append(out.Properties.Actors, t.ID)
		case t.Kind == item.Theme:
			out.Properties.Themes = append(out.Properties.Themes, t.ID)
		default:
			e, ok := f.entry(item.Place, t.ID)
			if !ok || !e.Located {
				continue
			}
			named = append(named, e)
			for _, up := range e.In {
				wide[up] = true
			}
		}
	}
	var points [][2]float64
	for _, e := range named {
		if !wide[e.ID] {
			points = append(points, [2]float64{e.Lon, e.Lat})
			out.Properties.Places = append(out.Properties.Places, e.ID)
			out.Properties.Names = append(out.Properties.Names, e.Name)
		}
	}
	switch len(points) {
	case 0:
		return out, false
	case 1:
		out.Geometry = geometry{"Point", points[0]}
	default:
		out.Geometry = geometry{"MultiPoint", points}
	}
	return out, true
}
