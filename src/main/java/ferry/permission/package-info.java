/// What an organisation or a key may do, as the API shows it, and how often: [ScopeLimits] counts. Whether it
/// may at all is `access.Permissions`. Start at [PermissionEndpoints].
@NullMarked
package ferry.permission;

import org.jspecify.annotations.NullMarked;
