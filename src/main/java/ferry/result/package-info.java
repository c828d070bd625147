/// Results: what was published, as clients read and acknowledge it. Start at [Results].
@NullMarked
package ferry.result;

import org.jspecify.annotations.NullMarked;
