package alert

import "time"

// A cloudEventEnvelope is a CloudEvent 1.0 in structured mode.
type cloudEventEnvelope struct {
	SpecVersion     string     `json:"specversion"`
	ID              string     `json:"id"`
	Source          string     `json:"source"`
	Type            string     `json:"type"`
	Subject         string     `json:"subject"`
	Time            *time.Time `json:"time,omitempty"`
	DataContentType string     `json:"datacontenttype"`
	Data            Alert      `json:"data"`
}

// cloudEvent says the alert as a CloudEvent. Its id is the delivery's, the same
// on each retry; source and id together identify the event, as the specification
// asks.
func cloudEvent(id string, a Alert) (contentType string, body []byte) {
	e := cloudEventEnvelope{
		SpecVersion:     "1.0",
		ID:              id,
		Source:          "/marsad/watches/" + a.Watch,
		Type:            "marsad.alert",
		Subject:         string(a.Story),
		DataContentType: "application/json",
		Data:            a,
	}
	if at := a.arrived().UTC(); !at.IsZero() {
		e.Time = &at
	}
	return "application/cloudevents+json; charset=utf-8", encodeJSON(e)
}
