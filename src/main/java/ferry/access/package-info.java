/// Who is asking, and what they may do: [OrgId], [Caller], [Scopes]. Also holds the organisation's row and its data
/// keys.
@NullMarked
package ferry.access;

import org.jspecify.annotations.NullMarked;
