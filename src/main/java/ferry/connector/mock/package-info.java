/// A source that needs no service: `mocks.mock`, for trying a client's integration.
@NullMarked
package ferry.connector.mock;

import org.jspecify.annotations.NullMarked;
