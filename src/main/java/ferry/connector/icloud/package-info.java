/// Apple's iCloud, read over its web services; `icloud.account` sources.
@NullMarked
package ferry.connector.icloud;

import org.jspecify.annotations.NullMarked;
