package index

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	items     prometheus.Counter
	batches   prometheus.Counter
	seconds   prometheus.Histogram
	errors    prometheus.Counter
	parked    prometheus.Counter
	reopened  prometheus.Counter
	searches  *prometheus.CounterVec
	searching prometheus.Histogram
}

// newMetrics registers the index's metrics with r, or with nothing when r is nil.
func newMetrics(r prometheus.Registerer, position func() float64) *metrics {
	m := &metrics{
		items:    prometheus.NewCounter(prometheus.CounterOpts{Name: "marsad_index_items_total", Help: "Items written, revisions included."}),
		batches:  prometheus.NewCounter(prometheus.CounterOpts{Name: "marsad_index_batches_total", Help: "Batches written."}),
		seconds:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "marsad_index_batch_seconds", Help: "Time to write a batch, fsync included.", Buckets: prometheus.ExponentialBuckets(0.005, 2, 12)}),
		errors:   prometheus.NewCounter(prometheus.CounterOpts{Name: "marsad_index_errors_total", Help: "Batches refused by the engine and tried again."}),
		parked:   prometheus.NewCounter(prometheus.CounterOpts{Name: "marsad_index_parked_total", Help: "Items that could not be indexed."}),
		reopened: prometheus.NewCounter(prometheus.CounterOpts{Name: "marsad_index_reopened_total", Help: "Times the engine was stuck and opened again."}),
		searches: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "marsad_index_searches_total", Help: "Searches by outcome."}, []string{"outcome"}),
		searching: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "marsad_index_search_seconds", Help: "Time to answer a search.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2.5, 10),
		}),
	}
	if r != nil {
		r.MustRegister(m.items, m.batches, m.seconds, m.errors, m.parked, m.reopened, m.searches, m.searching,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "marsad_index_position", Help: "TAGGED sequence below which everything is indexed."}, position))
	}
	return m
}
