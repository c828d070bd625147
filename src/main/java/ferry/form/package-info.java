/// Export forms: what a feed's records look like in the formats that other programs read.
///
/// Start at [Form], which says what there is and which data type offers it, then at [FormWriter]. A form is
/// made of the feed's own records, as their schema describes them, so that every source with such records has
/// it. Knows no connector and no bucket: objects go out through an [Outlet].
@NullMarked
package ferry.form;

import org.jspecify.annotations.NullMarked;
