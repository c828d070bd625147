/// What happened. An event is written in the transaction of the change it reports, with the JSON the API shows.
///
/// Start at [Events]. Knows no resource: it is handed finished JSON. Who is told of it is the `webhook` room's.
@NullMarked
package ferry.event;

import org.jspecify.annotations.NullMarked;
