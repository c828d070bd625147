package ferry.egress;

/// The name has no address, or its name servers did not say so in time. A refusal that may pass.
public final class NameUnknown extends EgressRefused {
    NameUnknown(String message) {
        super(message);
    }
}
