/// What happened. An event is written in the transaction of the change it reports, with the JSON the API shows.
///
/// Start at [Events]. Knows no resource: it is handed finished JSON.
@NullMarked
package ferry.event;

import org.jspecify.annotations.NullMarked;
