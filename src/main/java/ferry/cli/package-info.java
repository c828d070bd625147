/// The commands that people type, but for those that start the service: what operators do on the database directly,
/// and a client that walks the getting-started page. Start at [Journey] for the page, at [Desk] for the operator.
@NullMarked
package ferry.cli;

import org.jspecify.annotations.NullMarked;
