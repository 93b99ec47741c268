package server

import "github.com/prometheus/client_golang/prometheus"

// metrics counts requests. The label "route" is a pattern of the router and
// "code" a class such as "2xx", so both are bounded.
type metrics struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	searching prometheus.Gauge
	refused   *prometheus.CounterVec
	panics    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_server_requests_total", Help: "HTTP requests answered, by route and class of status.",
		}, []string{"route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "marsad_server_request_seconds", Help: "Time from a request's header to the end of its reply.",
			Buckets: []float64{.001, .005, .02, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		searching: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "marsad_server_searches_running", Help: "Searches running now.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_server_refused_total",
			Help: "Requests refused, by reason: busy, timeout, host, origin, token.",
		}, []string{"reason"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "marsad_server_panics_total", Help: "Handlers that panicked; each is a bug.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.duration, m.searching, m.refused, m.panics)
	}
	return m
}
