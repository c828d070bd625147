package ferry.storage;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.storage.disk.DiskPublisher;
import ferry.storage.gcs.GcsPublisher;
import ferry.storage.gcs.ServiceAccount;
import ferry.storage.s3.AccessKeys;
import ferry.storage.s3.BucketRegion;
import ferry.storage.s3.S3Publisher;
import ferry.storage.s3.S3Store;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Opens the publisher of a config.
///
/// @param local what local buckets need; empty where local storage is switched off
/// @param cloud what buckets in a cloud need; empty where only local ones are offered
public record Publishers(Optional<Local> local, Optional<Cloud> cloud) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// What local buckets need.
    ///
    /// @param root the folder of all of them
    /// @param owners whose each is
    public record Local(Path root, Database db, LocalBuckets owners) {
        boolean owns(OrgId organisation, String bucket) {
            return db.tenant(organisation, tx -> owners.owns(tx, organisation, bucket));
        }
    }

    /// What buckets in a cloud need.
    ///
    /// @param vault opens the credentials
    public record Cloud(Vault vault, Reach reach) {}

    /// Local buckets alone.
    public static Publishers local(Optional<Local> local) {
        return new Publishers(local, Optional.empty());
    }

    /// Asks no storage yet. The compiler asks for a new line here when a new kind of storage is added. Outside
    /// transactions, since it looks up whose a local bucket is: a config that was changed since its test may name
    /// any.
    ///
    /// @throws PublishException.Refused where the operator does not offer this kind, or the bucket is another's
    public Publisher open(OrgId organisation, StorageConfig config) throws PublishException.Refused {
        return open(organisation, config, Optional.empty());
    }

    /// The same, with a region that was found for a config that names none.
    Publisher open(OrgId organisation, StorageConfig config, Optional<String> region) throws PublishException.Refused {
        return switch (config.destination()) {
            case Destination.Local disk -> disk(organisation, disk.bucket());
            case Destination.S3 s3 -> S3Publisher.open(store(organisation, config, s3, region), needed().reach());
            case Destination.Gcs gcs ->
                GcsPublisher.open(
                        gcs.bucket(),
                        config.place().endpoint(),
                        ServiceAccount.of(credentials(organisation, config)),
                        needed().reach());
        };
    }

    private DiskPublisher disk(OrgId organisation, String bucket) throws PublishException.Refused {
        var buckets = local.orElseThrow(
                () -> new PublishException.Refused("Local storage is switched off on this service.", null));
        if (!buckets.owns(organisation, bucket)) {
            throw new PublishException.Refused(
                    "Bucket " + bucket + " belongs to another organisation; choose another name.", null);
        }
        return new DiskPublisher(buckets.root(), bucket);
    }

    /// What signs downloads from the config's bucket; for a local one the service hands its objects out itself.
    public Optional<SignedDownloads> signing(OrgId organisation, StorageConfig config) {
        return switch (config.destination()) {
            case Destination.Local _ -> Optional.empty();
            case Destination.S3 s3 ->
                Optional.of(new ferry.storage.s3.SignedGet(store(organisation, config, s3, Optional.empty())));
            case Destination.Gcs gcs ->
                Optional.of(new ferry.storage.gcs.SignedGet(
                        gcs.bucket(), config.place().endpoint(), ServiceAccount.of(credentials(organisation, config))));
        };
    }

    /// Whether a store may be called without TLS: only where the operator lists it.
    boolean mayBePlain(URI url) {
        return cloud.filter(c -> c.reach().outbound().names(url)).isPresent();
    }

    /// Asks in which region a bucket is whose config does not say; empty where its storage has no regions.
    Optional<String> findRegion(OrgId organisation, StorageConfig config) throws PublishException {
        return config.destination() instanceof Destination.S3 s3
                        && config.place().equals(StorageConfig.Place.NOWHERE)
                ? Optional.of(BucketRegion.OF_AMAZON.find(needed().reach().outbound(), s3.bucket()))
                : Optional.empty();
    }

    private S3Store store(OrgId organisation, StorageConfig config, Destination.S3 s3, Optional<String> region) {
        return new S3Store(
                s3.bucket(),
                config.place().region().or(() -> region),
                config.place().endpoint(),
                AccessKeys.of(credentials(organisation, config)));
    }

    private Cloud needed() throws PublishException.Refused {
        return cloud.orElseThrow(
                () -> new PublishException.Refused("Only local storage is offered on this service.", null));
    }

    private ObjectNode credentials(OrgId organisation, StorageConfig config) {
        return cloud.flatMap(c ->
                        config.credentials().map(box -> c.vault().open(organisation, box, config.credentialsContext())))
                .map(Secret::reveal)
                .map(text -> (ObjectNode) JSON.readTree(text))
                .orElseGet(JsonNodeFactory.instance::objectNode);
    }
}
