/// Tests of webhooks: over HTTP, against a receiver that is written from the specifications alone.
@org.jspecify.annotations.NullMarked
package ferry.webhook;
