// Package bus is the log that Marsad's stages write and read: typed topics over
// NATS JetStream, embedded in the process or on an external server or cluster.
//
// What a user of this package may forget: subjects, acknowledgements, batches,
// reconnects, a full disk. What he may not:
//
//   - A record is durable when Publish has returned nil, and not before.
//   - Publishing an id again is harmless (it changes nothing within two minutes
//     of the first time); later, it is the reader's task to be idempotent.
//   - A reader keeps its own position, as the sequence and the id of the last
//     record whose effect is durable; Consume starts behind it.
//   - Handlers see a record again after an error, a crash or a split batch.
//
// Publish and the KV calls wait while the server cannot write (disk full,
// restarting, gone) and go on by themselves; the context ends the wait, and
// Bus.Healthy says what is being waited for.
package bus
