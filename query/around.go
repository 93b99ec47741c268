package query

import (
	"math"
	"strconv"
	"strings"
)

// around reads "LAT,LON,KM" and looks up the places there.
func (p *parser) around(t token) (Node, *Error) {
	values, ok := numbers(t.text)
	if !ok {
		return nil, errorAt(t.pos, t.end, "write "+example("near"), "near: takes a latitude, a longitude and kilometres, with commas between")
	}
	n := Around{Lat: round(values[0], 1e5), Lon: round(values[1], 1e5), KM: round(values[2], 1e3)}
	switch {
	case math.Abs(n.Lat) > 90:
		return nil, errorAt(t.pos, t.end, "write the latitude first: "+example("near"), "the latitude %s is not between -90 and 90", decimal(n.Lat))
	case math.Abs(n.Lon) > 180:
		return nil, errorAt(t.pos, t.end, "write "+example("near"), "the longitude %s is not between -180 and 180", decimal(n.Lon))
	case n.KM <= 0 || n.KM > MaxKilometres:
		return nil, errorAt(t.pos, t.end, "write "+example("near"), "the distance of near: is above 0 and at most %d kilometres", MaxKilometres)
	case p.o.Names == nil:
		return nil, errorAt(t.pos, t.end, "write the places' ids: "+example("place"), "no rule pack to look up places in")
	}
	n.Places = p.o.Names.Near(n.Lat, n.Lon, n.KM)
	if len(n.Places) == 0 {
		hint := "write another point"
		if all := p.o.Names.Near(n.Lat, n.Lon, MaxKilometres); len(all) > 0 {
			hint = "write a greater distance; the nearest place it knows is " + all[0]
		}
		return nil, errorAt(t.pos, t.end, hint, "the rule pack has no place within %s km of %s,%s", decimal(n.KM), decimal(n.Lat), decimal(n.Lon))
	}
	if p.places += len(n.Places); p.places > MaxPlaces {
		return nil, errorAt(t.pos, t.end, "write a smaller distance, or place: and the id of a province or country", "near: stands for more than %d places", MaxPlaces)
	}
	return n, nil
}

// numbers reads three decimal numbers with commas between; the last may be
// followed by "km".
func numbers(s string) (out [3]float64, ok bool) {
	s = western(strings.ToLower(s))
	s = strings.ReplaceAll(strings.ReplaceAll(s, "،", ","), "٫", ".")
	parts := strings.Split(s, ",")
	if len(parts) != len(out) {
		return out, false
	}
	parts[2] = strings.TrimSuffix(strings.TrimSpace(parts[2]), "km")
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if strings.Trim(part, "+-.0123456789") != "" {
			return out, false // an exponent, NaN, …
		}
		x, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return out, false
		}
		out[i] = x
	}
	return out, true
}

// round keeps so many parts of one, and turns -0 into 0.
func round(x, parts float64) float64 { return math.Round(x*parts)/parts + 0 }
