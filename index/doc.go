// Package index keeps tagged items in Bleve: it writes them with the stream
// position that has been reached inside the same batches, and answers trees of
// package query with hits, facets and highlights.
//
// What may be forgotten when using it: batching, retries, a full disk, a
// damaged folder, the engine. What may not: Add is durable only after Flush, or
// once Position has passed the entry; the index is a fold over the stream and
// may come up empty (Rebuilt says so), so its user feeds it from Position.
//
// Nothing of Bleve leaves the package.
package index
