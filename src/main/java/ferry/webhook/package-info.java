/// Telling organisations what happened: where ([WebhookConfigs]), in which turn ([Placement], [Line];
/// [Backlogs] where it is very much), and the telling itself ([Dispatcher], [Sender]).
///
/// Start at [WebhookConfigEndpoints] for a request, at [Dispatcher] for what happens to an event after its
/// commit.
@NullMarked
package ferry.webhook;

import org.jspecify.annotations.NullMarked;
