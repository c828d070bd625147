/// The commands: `serve`, `sandbox`, `demo`, `organisation`, `key`, `migrate`, `doctor`, `version`.
@NullMarked
package ferry.cli;

import org.jspecify.annotations.NullMarked;
