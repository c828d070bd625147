/// What an organisation or a key may do, as the API shows it. The check itself is `access.Permissions`.
@NullMarked
package ferry.permission;

import org.jspecify.annotations.NullMarked;
