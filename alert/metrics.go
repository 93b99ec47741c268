package alert

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are shared by the stage and the couriers of one registry, also across
// a reload.
type metrics struct {
	items      *prometheus.CounterVec
	fired      prometheus.Counter
	repeats    prometheus.Counter
	watches    prometheus.Gauge
	deliveries *prometheus.CounterVec
	delay      *prometheus.HistogramVec
	disabled   *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	return &metrics{
		items: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_alert_items_total",
			Help: "Tagged items the alert stage has seen, by outcome: matched, unmatched, or why they may not alert (backfill, retagged, old; edited: what matched stood there before the edit).",
		}, []string{"outcome"})),
		fired: register(reg, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "marsad_alert_fired_total",
			Help: "Alerts published.",
		})),
		repeats: register(reg, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "marsad_alert_repeats_total",
			Help: "Matches that did not alert because the watch had alerted on the story.",
		})),
		watches: register(reg, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "marsad_alert_watches",
			Help: "Watches in force.",
		})),
		deliveries: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marsad_alert_deliveries_total",
			Help: "Tries to deliver an alert, by receiver and result: delivered, failed (to be tried again), dead, repeat (delivered before, not sent).",
		}, []string{"receiver", "result"})),
		delay: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "marsad_alert_delay_seconds",
			Help:    "From the fetch of the article to the delivery of its alert, by receiver.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2, 5, 15, 60, 300, 1800, 7200, 86400},
		}, []string{"receiver"})),
		disabled: register(reg, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "marsad_alert_receiver_gone",
			Help: "1 when the receiver answered that it is gone and nothing is sent to it.",
		}, []string{"receiver"})),
	}
}

// count adds up one batch of the stage.
func (m *metrics) count(t outcomes, fired int) {
	for o, n := range t.items {
		if n > 0 {
			m.items.WithLabelValues(outcome(o).String()).Add(float64(n))
		}
	}
	m.repeats.Add(float64(t.repeats))
	m.fired.Add(float64(fired))
}

// register returns c, or its equal that the registry has already.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	if reg == nil {
		return c
	}
	var there prometheus.AlreadyRegisteredError
	if err := reg.Register(c); errors.As(err, &there) {
		if old, ok := there.ExistingCollector.(C); ok {
			return old
		}
	}
	return c
}

// courierMetrics are one receiver's.
type courierMetrics struct {
	results func(result string) prometheus.Counter
	delay   prometheus.Observer
	off     prometheus.Gauge
}

func (m *metrics) courier(receiver string) courierMetrics {
	return courierMetrics{
		results: func(result string) prometheus.Counter { return m.deliveries.WithLabelValues(receiver, result) },
		delay:   m.delay.WithLabelValues(receiver),
		off:     m.disabled.WithLabelValues(receiver),
	}
}

func (m courierMetrics) delivered(delay time.Duration) {
	m.results("delivered").Inc()
	m.delay.Observe(delay.Seconds())
}

func (m courierMetrics) failed() { m.results("failed").Inc() }
func (m courierMetrics) dead()   { m.results("dead").Inc() }
func (m courierMetrics) repeat() { m.results("repeat").Inc() }

func (m courierMetrics) gone(gone bool) {
	if gone {
		m.off.Set(1)
	} else {
		m.off.Set(0)
	}
}
