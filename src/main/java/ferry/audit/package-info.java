/// Who did what: an append-only log of consent, access and administrative acts. Start at [Audit].
@NullMarked
package ferry.audit;

import org.jspecify.annotations.NullMarked;
