package ferry.egress;

import java.io.IOException;

/// The call was not made: its address is not one that Ferry may reach. Trying again changes nothing, until the name
/// resolves elsewhere or the operator allows it. The message names host, port and reason, never path or query.
public sealed class EgressRefused extends IOException permits NameUnknown {
    EgressRefused(String message) {
        super(message);
    }
}
