/// Sources: one person's account at one service, and the connectors that read them. Start at [Sources].
@NullMarked
package ferry.source;

import org.jspecify.annotations.NullMarked;
