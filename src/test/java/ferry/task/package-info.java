@NullMarked
package ferry.task;

import org.jspecify.annotations.NullMarked;
