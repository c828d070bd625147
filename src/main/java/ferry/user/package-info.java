/// Users: the people whose data is asked for, under the organisation's own reference. Start at [Users].
@NullMarked
package ferry.user;

import org.jspecify.annotations.NullMarked;
