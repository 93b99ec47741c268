package bus

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	published *prometheus.CounterVec
	batches   *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	refused   *prometheus.CounterVec
	consumed  *prometheus.CounterVec
	failures  *prometheus.CounterVec
	parked    *prometheus.CounterVec
	heals     prometheus.Counter
	healthy   prometheus.Gauge
}

// newMetrics registers the package's metrics with reg, which may be nil.
func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "marsad", Subsystem: "bus", Name: name, Help: help}, labels)
	}
	m := &metrics{
		published: counter("published_total", "Records that were acknowledged as durable, repeats included.", "stream"),
		batches:   counter("batches_total", "Acknowledged writes: batches or single records.", "stream"),
		refused:   counter("publish_retries_total", "Publishes that were not acknowledged and had to be repeated.", "stream", "reason"),
		consumed:  counter("consumed_total", "Records that a stage's handler has done with.", "stream", "stage"),
		failures:  counter("handler_failures_total", "Failed calls of a stage's handler.", "stream", "stage", "kind"),
		parked:    counter("parked_total", "Records that a stage could not process.", "stream", "stage"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "marsad", Subsystem: "bus", Name: "commit_seconds",
			Help:    "Time from sending a batch to its acknowledgement.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"stream"}),
		heals: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "marsad", Subsystem: "bus", Name: "heals_total",
			Help: "Restarts of the embedded server's storage after a write error.",
		}),
		healthy: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "marsad", Subsystem: "bus", Name: "healthy",
			Help: "1 when records are accepted.",
		}),
	}
	if reg != nil {
		reg.MustRegister(m.published, m.batches, m.refused, m.consumed, m.failures, m.parked, m.seconds, m.heals, m.healthy)
	}
	return m
}

func (m *metrics) setHealthy(ok bool) {
	if ok {
		m.healthy.Set(1)
	} else {
		m.healthy.Set(0)
	}
}
