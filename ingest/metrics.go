package ingest

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	polls     *prometheus.CounterVec
	published *prometheus.CounterVec
	bytes     prometheus.Counter
	gaps      prometheus.Counter
	pushes    *prometheus.CounterVec
	took      prometheus.Histogram
	lastOK    *prometheus.GaugeVec
}

// newMetrics registers the metrics of a poller with reg, which may be nil.
func newMetrics(reg prometheus.Registerer, known *Known, inFlight, subscriptions func() float64) (*metrics, error) {
	m := &metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_ingest_polls_total",
			Help: "Polls by result: changed, unchanged, or the problem.",
		}, []string{"result"}),
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_ingest_published_total",
			Help: "Items published: new articles and revisions of known ones.",
		}, []string{"kind"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "marsad_ingest_body_bytes_total",
			Help: "Bytes of documents read, after decompression.",
		}),
		gaps: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "marsad_ingest_gaps_total",
			Help: "Polls that shared no item with the feed's poll before: items may be lost.",
		}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_ingest_pushes_total",
			Help: "Requests of hubs by result: accepted, joined (a poll is waiting already), or why they were ignored.",
		}, []string{"result"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "marsad_ingest_poll_seconds",
			Help:    "Time of a poll, publishing included.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
		lastOK: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "marsad_ingest_feed_last_success_timestamp_seconds",
			Help: "Time of a feed's last good poll.",
		}, []string{"feed"}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.polls, m.published, m.bytes, m.gaps, m.pushes, m.took, m.lastOK,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "marsad_ingest_known_articles", Help: "Articles remembered as published.",
		}, func() float64 { return float64(known.Len()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "marsad_ingest_polls_in_flight", Help: "Polls that are running.",
		}, inFlight),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "marsad_ingest_subscriptions", Help: "Feeds that a hub has promised to push.",
		}, subscriptions),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) polled(r PollResult) {
	result := "changed"
	switch {
	case r.Err != nil:
		result = string(r.Err.Problem)
	case r.NotModified:
		result = "unchanged"
	}
	m.polls.WithLabelValues(result).Inc()
	m.published.WithLabelValues("new").Add(float64(r.New))
	m.published.WithLabelValues("revised").Add(float64(r.Revised))
	if r.Gap {
		m.gaps.Inc()
	}
	m.took.Observe(r.Took.Seconds())
}
