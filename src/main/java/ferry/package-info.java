/// Ferry: a person's own cloud or phone data, fetched with consent, published to an organisation's bucket.
///
/// Start at [Main] for how the program is started, at `App` for how the service is put together. Every
/// sub-package is a room; `ARCHITECTURE.md` has the floors they stand on.
@NullMarked
package ferry;

import org.jspecify.annotations.NullMarked;
