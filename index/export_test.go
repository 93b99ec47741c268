package index

import "errors"

// LandBroken writes a batch in which the document of one sequence makes the
// engine panic, which no item is known to do.
func (x *Index) LandBroken(entries []Entry, broken uint64) error {
	var pending []pendingEntry
	for _, e := range entries {
		pending = append(pending, pendingEntry{Entry: e, doc: docID(e.Tagged.Item)})
	}
	b := newBuilder()
	docs := x.buildAll(b, pending)
	for i, e := range pending {
		if e.Seq == broken {
			docs[i].fields = docs[i].fields[1:] // no id
		}
	}
	err := x.put(docs, position{})
	if _, ok := errors.AsType[*panicError](err); !ok {
		return errors.Join(errors.New("the engine did not panic"), err)
	}
	return x.put(x.sift(docs, pending), position{})
}

// FailEngine does what a panic in one of the engine's own goroutines does.
func (x *Index) FailEngine() {
	x.engineMu.RLock()
	defer x.engineMu.RUnlock()
	x.engine.fail()
}
