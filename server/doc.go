// Package server is Marsad's face: the HTTP API, the web pages that work
// without JavaScript, health and metrics.
//
// It owns no state. Searches, alerts and figures come through the functions of
// Options; whoever uses the package may forget about limits, hosts, tokens,
// escaping and the direction of text. Every text that a feed wrote is treated
// as hostile: it is escaped, stripped of control and bidi override characters,
// and never becomes markup, style or a link of another scheme than http(s).
package server
