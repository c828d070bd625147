/// Typed reading of the environment. A bad value stops the start and names the setting.
@NullMarked
package ferry.settings;

import org.jspecify.annotations.NullMarked;
