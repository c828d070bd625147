/// Sessions: signing in to a source, the second factor, and how access is kept and ended.
///
/// Start at [SessionEndpoints] for a request, at [OpenSession] for what happens after it.
@NullMarked
package ferry.session;

import org.jspecify.annotations.NullMarked;
