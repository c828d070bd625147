package ferry.storage;

import ferry.storage.disk.DiskPublisher;
import java.nio.file.Path;
import java.util.Optional;

/// Opens the publisher of a destination.
///
/// @param localRoot the folder of all local buckets; empty where local storage is switched off
public record Publishers(Optional<Path> localRoot) {
    /// Asks no storage yet. The compiler asks for a new line here when a new kind of storage is added.
    ///
    /// @throws PublishException.Refused where the operator does not offer this kind
    public Publisher open(Destination destination) throws PublishException.Refused {
        return switch (destination) {
            case Destination.Local local ->
                new DiskPublisher(
                        localRoot.orElseThrow(() ->
                                new PublishException.Refused("Local storage is switched off on this service.", null)),
                        local.bucket());
        };
    }
}
