package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.access.OrgId;
import ferry.crypto.Sealed;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.Page;
import ferry.testing.Databases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageConfigsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final StorageConfig.Problem PROBLEM =
            new StorageConfig.Problem(ErrorCode.STORAGE_FAILED, "The bucket belongs to another organisation.");

    @TempDir
    Path root;

    private final StorageConfigs configs = new StorageConfigs(InstantSource.fixed(NOW));
    private final LocalBuckets buckets = new LocalBuckets(InstantSource.fixed(NOW));
    private Database db;
    private OrgId ours;
    private OrgId others;
    private long key;

    @BeforeEach
    void organisations() {
        db = Databases.fresh();
        ours = organisation("ours");
        others = organisation("others");
        key = key(ours);
    }

    @AfterEach
    void close() {
        db.close();
    }

    @Test
    void aConfigIsNewAndReadBackAsGiven() {
        var signed = new SignedUrlsPolicy(true, Optional.of(Duration.ofHours(1)));
        var config = db.tenant(ours, tx -> configs.create(tx, ours, "local://my-bucket/a", signed));

        assertThat(config.state()).isEqualTo(StorageConfigState.NEW);
        assertThat(config.destination()).isEqualTo(new Destination.Local("my-bucket", "a"));
        assertThat(config.signedUrls()).isEqualTo(signed);
        assertThat(config.credentials()).isEmpty();
        assertThat(config.dateCreated()).isEqualTo(NOW);
        assertThat(found(ours, config)).contains(config);
    }

    @Test
    void anotherOrganisationsConfigIsNotFound() {
        var config = created(ours);

        assertThat(found(others, config)).isEmpty();
        assertThat(valid(others, config)).isEmpty();
        var deactivated = db.tenant(others, tx -> configs.deactivate(tx, others, config.id()));
        assertThat(deactivated).isEmpty();
        boolean mayChoose = db.tenant(others, tx -> configs.inUse(tx, others, config.id()));
        assertThat(mayChoose).isFalse();
    }

    @Test
    void pagesLieStrictlyBetweenTheirCursorsNewestFirst() {
        long a = created(ours).id();
        long b = created(ours).id();
        created(others);
        long c = created(ours).id();
        long d = created(ours).id();

        var first = db.tenant(ours, tx -> configs.list(tx, ours, new Page(2, Optional.empty(), Optional.empty())));
        var between = db.tenant(
                ours,
                tx -> configs.list(
                        tx, ours, new Page(10, Optional.of(Long.toString(d)), Optional.of(Long.toString(a)))));

        assertThat(first.items()).extracting(StorageConfig::id).containsExactly(d, c);
        assertThat(between.items()).extracting(StorageConfig::id).containsExactly(c, b);
        assertThat(first.more()).isTrue();
        assertThat(between.total()).isEqualTo(4);
    }

    @Test
    void theFirstConfigToBecomeValidIsTheDefault() {
        var first = created(ours);
        var second = created(ours);
        assertThat(effective()).isEmpty();

        valid(ours, second);
        valid(ours, first);

        assertThat(effective()).contains(second.id());
    }

    @Test
    void aDeactivatedDefaultPublishesNothingUntilAnotherBecomesValid() {
        var first = created(ours);
        valid(ours, first);
        db.tenant(ours, tx -> configs.deactivate(tx, ours, first.id()));
        assertThat(effective()).isEmpty();

        var second = created(ours);
        valid(ours, second);

        assertThat(effective()).contains(second.id());
    }

    @Test
    void aKeysOwnConfigIsNeverPassedOver() {
        var general = created(ours);
        var own = created(ours);
        valid(ours, general);
        db.tenant(
                ours,
                tx -> tx.createUpdate("update api_key set storage_config = :config where id = :key")
                        .bind("config", own.id())
                        .bind("key", key)
                        .execute());
        assertThat(effective()).isEmpty();

        valid(ours, own);

        assertThat(effective()).contains(own.id());
    }

    @Test
    void aChangeMakesItNewAndDropsTheOutcomeOfAnOlderTest() {
        var config = created(ours);
        var changed = db.tenant(
                        ours, tx -> configs.update(tx, ours, config.id(), "local://other-bucket", SignedUrlsPolicy.OFF))
                .orElseThrow();

        assertThat(valid(ours, config)).isEmpty();
        assertThat(valid(ours, changed)).isPresent();
        var sealed = new Sealed(new byte[] {1, 2, 3});
        var resealed = db.tenant(ours, tx -> configs.credentials(tx, ours, config.id(), Optional.of(sealed)))
                .orElseThrow();
        assertThat(resealed.state()).isEqualTo(StorageConfigState.NEW);
        assertThat(resealed.credentials()).contains(sealed);
        assertThat(effective()).isEmpty();
    }

    @Test
    void anInvalidConfigSaysWhyUntilItIsValid() {
        var config = created(ours);
        var invalid = db.tenant(ours, tx -> configs.invalid(tx, ours, config.id(), config.revision(), PROBLEM))
                .orElseThrow();

        assertThat(invalid.state()).isEqualTo(StorageConfigState.INVALID);
        assertThat(invalid.problem()).contains(PROBLEM);
        assertThat(valid(ours, invalid).orElseThrow().problem()).isEmpty();
    }

    @Test
    void aBucketBelongsToWhoFirstNamesIt() {
        boolean first = db.tenant(ours, tx -> buckets.claim(tx, ours, "my-bucket"));
        boolean again = db.tenant(ours, tx -> buckets.claim(tx, ours, "my-bucket"));
        boolean other = db.tenant(others, tx -> buckets.claim(tx, others, "my-bucket"));
        boolean own = db.tenant(others, tx -> buckets.claim(tx, others, "their-bucket"));

        assertThat(first).isTrue();
        assertThat(again).isTrue();
        assertThat(other).isFalse();
        assertThat(own).isTrue();
    }

    @Test
    void aProbeRefusesAnotherOrganisationsBucketAndWritesNothingThere() throws Exception {
        var probe = new Probe(db, buckets, publishers());

        assertThat(probe.test(ours, created(ours), UUID.randomUUID(), 1))
                .isEqualTo(new Probe.Found(Optional.empty(), Optional.empty()));
        try (var files = Files.walk(root)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
        assertThatThrownBy(() -> probe.test(others, created(others), UUID.randomUUID(), 1))
                .isInstanceOf(PublishException.Refused.class)
                .hasMessageContaining("belongs to another organisation");
    }

    @Test
    void aProbeSaysThatLocalStorageIsSwitchedOff() {
        var probe = new Probe(db, buckets, Publishers.local(Optional.empty()));

        assertThatThrownBy(() -> probe.test(ours, created(ours), UUID.randomUUID(), 1))
                .hasMessageContaining("switched off");
    }

    /// A config that was valid once, and then names another bucket, is used by the polls that it was for.
    @Test
    void noPublisherIsOpenedForAnotherOrganisationsBucket() throws Exception {
        db.tenantDo(ours, tx -> buckets.claim(tx, ours, "my-bucket"));
        var theirs = created(others);

        assertThatThrownBy(() -> publishers().open(others, theirs))
                .isInstanceOf(PublishException.Refused.class)
                .hasMessage("Bucket my-bucket belongs to another organisation; choose another name.");
        publishers().open(ours, created(ours)).close();
    }

    private Publishers publishers() {
        return Publishers.local(Optional.of(new Publishers.Local(root, db, buckets)));
    }

    private StorageConfig created(OrgId organisation) {
        return db.tenant(
                organisation, tx -> configs.create(tx, organisation, "local://my-bucket", SignedUrlsPolicy.OFF));
    }

    private Optional<StorageConfig> found(OrgId organisation, StorageConfig config) {
        return db.tenant(organisation, tx -> configs.find(tx, organisation, config.id()));
    }

    private Optional<StorageConfig> valid(OrgId organisation, StorageConfig config) {
        return db.tenant(organisation, tx -> configs.valid(tx, organisation, config.id(), config.revision()));
    }

    private Optional<Long> effective() {
        return db.tenant(ours, tx -> configs.effective(tx, ours, key)).map(StorageConfig::id);
    }

    private OrgId organisation(String slug) {
        return new OrgId(db.system(tx -> tx.createQuery("""
                        insert into organisation (name, slug, scopes, data_keys, file_keys, date_created)
                        values (:slug, :slug, '[]', '', '', :now) returning organisation
                        """)
                .bind("slug", slug)
                .bind("now", NOW.atOffset(ZoneOffset.UTC))
                .mapTo(Long.class)
                .one()));
    }

    private long key(OrgId organisation) {
        return db.system(tx -> tx.createQuery("""
                        insert into api_key (organisation, date_created)
                        values (:organisation, :now) returning id
                        """)
                .bind("organisation", organisation.value())
                .bind("now", NOW.atOffset(ZoneOffset.UTC))
                .mapTo(Long.class)
                .one());
    }
}
