package ferry.storage;

import ferry.egress.EgressRefused;
import ferry.egress.EgressTimedOut;
import ferry.egress.NameUnknown;
import ferry.storage.PublishException.Refused;
import ferry.storage.PublishException.Unavailable;
import java.io.IOException;
import java.net.ConnectException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/// Says why a store gave no answer at all.
public final class Unreachable {
    private Unreachable() {}

    /// What a client reads where a call got no answer.
    ///
    /// @param where host and port, or what else the client knows the store by
    public static PublishException of(String where, IOException failure) {
        if (cause(failure, NameUnknown.class).isPresent()) {
            return new Unavailable(
                    "The name of " + where + " has no address; look at the endpoint's spelling.", failure);
        }
        var refused = cause(failure, EgressRefused.class);
        if (refused.isPresent()) {
            return new Refused(
                    "This service may not connect to " + where + ": "
                            + refused.get().getMessage() + ".",
                    failure);
        }
        if (cause(failure, SSLException.class).isPresent()) {
            return tls(where, failure);
        }
        if (cause(failure, EgressTimedOut.class).isPresent()) {
            return new Unavailable(where + " did not answer in time.", failure);
        }
        if (cause(failure, ConnectException.class).isPresent()) {
            return new Unavailable("Nothing answers at " + where + ": the connection was refused.", failure);
        }
        return new Unavailable("The connection to " + where + " broke off.", failure);
    }

    /// The first of that kind among the failure and its causes.
    public static <T extends Throwable> Optional<T> cause(Throwable failure, Class<T> kind) {
        return Stream.iterate(failure, t -> t != null, Throwable::getCause)
                .limit(20)
                .filter(kind::isInstance)
                .map(kind::cast)
                .findFirst();
    }

    private static PublishException tls(String where, IOException failure) {
        var bad = cause(failure, CertificateException.class);
        // the runtime's own check of the name throws the plain class
        if (cause(failure, SSLPeerUnverifiedException.class).isPresent()
                || bad.filter(e -> e.getClass() == CertificateException.class).isPresent()) {
            return new Refused("The certificate of " + where + " is for another name.", failure);
        }
        if (cause(failure, CertificateExpiredException.class).isPresent()) {
            return new Refused("The certificate of " + where + " has expired.", failure);
        }
        if (bad.isPresent()) {
            return new Refused(
                    "The certificate of " + where
                            + " was not issued by an authority that is trusted here; a store's own"
                            + " authority is given as ca_certificate, in PEM.",
                    failure);
        }
        return new Refused(
                where + " does not speak TLS as https needs it; look at the endpoint's scheme and port.", failure);
    }
}
