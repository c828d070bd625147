package ferry.webhook;

import ferry.access.OrgId;
import ferry.crypto.Sealed;
import ferry.http.Listing;
import ferry.http.Page;
import ferry.http.Slice;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The table of webhook configs, and which one is used.
public final class WebhookConfigs {
    private static final Listing LISTING =
            new Listing("select * from webhook_config", """
             where organisation = :organisation
            """, "id", Listing.Family.NUMBER);

    private final InstantSource clock;

    public WebhookConfigs(InstantSource clock) {
        this.clock = clock;
    }

    /// A list that is narrowed to nothing.
    public record Everything() {}

    /// Adds a config in state `new`. Its secret is sealed under the id it gets here, and set by [#secret] in
    /// the same transaction.
    ///
    /// @param key the key that asks for it
    long create(Handle tx, OrgId organisation, long key, WebhookConfig.Wish wish) {
        return tx.createQuery("""
                        insert into webhook_config (organisation, key, url, events, retries, date_created)
                        values (:organisation, :key, :url, :events, :retries, :now) returning id
                        """)
                .bind("organisation", organisation.value())
                .bind("key", key)
                .bind("url", wish.url())
                .bindBySqlType("events", events(wish), Types.ARRAY)
                .bindBySqlType("retries", retries(wish), Types.ARRAY)
                .bind("now", clock.instant())
                .mapTo(long.class)
                .one();
    }

    /// Sets the secret that signs from now on.
    ///
    /// @param beforeUntil how long the one before signs beside it; not after now: no longer
    WebhookConfig secret(Handle tx, OrgId organisation, long id, Sealed secret, Instant beforeUntil) {
        return tx.createQuery("""
                        update webhook_config
                           set secret = :secret,
                               secret_before = case when :overlaps then secret end,
                               before_until = case when :overlaps and secret is not null
                                                   then cast(:until as timestamptz) end
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("secret", secret.ciphertext())
                .bind("until", beforeUntil)
                .bind("overlaps", beforeUntil.isAfter(clock.instant()))
                .map((row, _) -> config(row))
                .one();
    }

    /// The config, in whatever state; another organisation's is not found.
    public Optional<WebhookConfig> find(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("select * from webhook_config where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// A page of the organisation's configs, in whatever state.
    public Slice<WebhookConfig> list(Handle tx, OrgId organisation, Page page) {
        return LISTING.page(tx, organisation, new Everything(), page, (row, _) -> config(row));
    }

    /// Whether any config of the organisation asks for this kind of event.
    ///
    /// @param kind such as `result.created`, none of the documented six
    public boolean anyWants(Handle tx, OrgId organisation, String kind) {
        return tx.createQuery("""
                        select exists (select from webhook_config c, unnest(c.events) p
                                        where c.organisation = :organisation
                                          and c.stopped is distinct from 'organisation'
                                          and :kind like replace(replace(p, '_', '\\_'), '*', '%'))
                        """)
                .bind("organisation", organisation.value())
                .bind("kind", kind)
                .mapTo(boolean.class)
                .one();
    }

    /// Changes it; it is `new` again and must be tested.
    WebhookConfig update(Handle tx, OrgId organisation, long id, WebhookConfig.Wish wish) {
        tx.createUpdate("update webhook_config set url = :url, events = :events, retries = :retries"
                        + " where organisation = :organisation and id = :id")
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("url", wish.url())
                .bindBySqlType("events", events(wish), Types.ARRAY)
                .bindBySqlType("retries", retries(wish), Types.ARRAY)
                .execute();
        return renew(tx, organisation, id).orElseThrow();
    }

    /// Makes it `new` again, whatever stopped it, with its failures forgotten. Empty where there is no such config.
    Optional<WebhookConfig> renew(Handle tx, OrgId organisation, long id) {
        return tx.createQuery("""
                        update webhook_config
                           set state = 'new', stopped = null, drops = false, failures = 0, failing_since = null, paused_until = null,
                               revision = revision + 1
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .map((row, _) -> config(row))
                .findOne();
    }

    /// Forgets its failures, so that what waits for a pause to end is sent now. What attempts say that were
    /// begun before counts no more; one that is still being tested keeps its revision, which the test's
    /// outcome must name.
    void unpause(Handle tx, OrgId organisation, long id) {
        tx.createUpdate("""
                        update webhook_config
                           set failures = 0, failing_since = null, paused_until = null,
                               revision = revision + case when state = 'valid' then 1 else 0 end
                         where organisation = :organisation and id = :id
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
    }

    /// Notes what a test found. Empty, and nothing changes, where the config was changed or deactivated since that
    /// revision was read.
    Optional<WebhookConfig> tested(
            Handle tx, OrgId organisation, long id, int revision, WebhookConfigState state, Attempted found) {
        return tx.createQuery("""
                        update webhook_config
                           set state = :state, test_error = cast(:error as text), test_status = :status,
                               test_millis = :millis, date_tested = :now
                         where organisation = :organisation and id = :id and revision = :revision
                           and state <> 'deactivated'
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("revision", revision)
                .bind("state", state.slug())
                .bind("error", found.error().map(AttemptError::slug).orElse(null))
                .bindBySqlType("status", found.status().orElse(null), Types.INTEGER)
                .bind("millis", found.milliseconds())
                .bind("now", clock.instant())
                .map((row, _) -> config(row))
                .findOne();
    }

    /// Switches it off. What waits for one that the organisation has switched off leaves the line ([Backlogs]). Empty
    /// where there is no such config.
    public Optional<WebhookConfig> deactivate(Handle tx, OrgId organisation, long id, WebhookConfigState.Stopped why) {
        return tx.createQuery("""
                        update webhook_config
                           set state = 'deactivated', stopped = :why,
                               drops = :why = 'organisation',
                               adopted_to = case when :why = 'organisation' then null else adopted_to end
                         where organisation = :organisation and id = :id
                        returning *
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("why", why.slug())
                .map((row, _) -> config(row))
                .findOne();
    }

    /// The organisation's default, in whatever state; empty while it has none.
    public Optional<Long> defaultConfig(Handle tx, OrgId organisation) {
        return tx.createQuery("select config from webhook_default where organisation = :organisation")
                .bind("organisation", organisation.value())
                .mapTo(Long.class)
                .findOne();
    }

    /// Whether it may be chosen: there is such a config, and it is not switched off.
    public boolean inUse(Handle tx, OrgId organisation, long id) {
        return find(tx, organisation, id)
                .filter(config -> config.state() != WebhookConfigState.DEACTIVATED)
                .isPresent();
    }

    /// Chooses the organisation's default; empty to have none until the next config becomes valid.
    ///
    /// @param id which [#inUse] has found
    public void makeDefault(Handle tx, OrgId organisation, Optional<Long> id) {
        tx.createUpdate("delete from webhook_default where organisation = :organisation")
                .bind("organisation", organisation.value())
                .execute();
        id.ifPresent(config -> tx.createUpdate("""
                        insert into webhook_default (organisation, config) values (:organisation, :id)
                        on conflict (organisation) do update set config = excluded.config
                        """)
                .bind("organisation", organisation.value())
                .bind("id", config)
                .execute());
    }

    /// Makes it the default where there is none, or one that the organisation has switched off. True if it did.
    boolean makeFirstDefault(Handle tx, OrgId organisation, long id) {
        return tx.createUpdate("""
                        insert into webhook_default as d (organisation, config) values (:organisation, :id)
                        on conflict (organisation) do update set config = excluded.config
                         where exists (select from webhook_config c
                                        where c.organisation = d.organisation and c.id = d.config
                                          and c.stopped = 'organisation')
                        """)
                        .bind("organisation", organisation.value())
                        .bind("id", id)
                        .execute()
                == 1;
    }

    private static String @Nullable [] events(WebhookConfig.Wish wish) {
        return wish.wanted().map(all -> all.toArray(new String[0])).orElse(null);
    }

    private static Integer @Nullable [] retries(WebhookConfig.Wish wish) {
        return wish.retries()
                .map(all -> all.stream()
                        .map(wait -> Math.toIntExact(wait.toSeconds()))
                        .toArray(Integer[]::new))
                .orElse(null);
    }

    static List<Duration> retries(Integer[] seconds) {
        return Arrays.stream(seconds).map(Duration::ofSeconds).toList();
    }

    /// What signs, as a row of the table holds it.
    static WebhookConfig.Secrets secrets(ResultSet row) throws SQLException {
        var before = row.getBytes("secret_before");
        var until = row.getTimestamp("before_until");
        return new WebhookConfig.Secrets(
                new Sealed(row.getBytes("secret")),
                before == null || until == null
                        ? Optional.empty()
                        : Optional.of(new WebhookConfig.Before(new Sealed(before), until.toInstant())));
    }

    private static WebhookConfig config(ResultSet row) throws SQLException {
        var events = row.getArray("events");
        var retries = row.getArray("retries");
        var tested = row.getTimestamp("date_tested");
        return new WebhookConfig(
                row.getLong("id"),
                row.getLong("key"),
                row.getString("url"),
                secrets(row),
                events == null ? Optional.empty() : Optional.of(List.of((String[]) events.getArray())),
                retries == null ? Optional.empty() : Optional.of(retries((Integer[]) retries.getArray())),
                WebhookConfigState.of(row.getString("state")),
                Optional.ofNullable(row.getString("stopped")).map(WebhookConfigState.Stopped::of),
                tested == null ? Optional.empty() : Optional.of(test(row, tested)),
                row.getInt("revision"),
                row.getTimestamp("date_created").toInstant());
    }

    private static WebhookConfig.Test test(ResultSet row, Timestamp date) throws SQLException {
        return new WebhookConfig.Test(
                Optional.ofNullable(row.getString("test_error")).map(AttemptError::of),
                Optional.ofNullable(row.getObject("test_status", Integer.class)),
                row.getInt("test_millis"),
                date.toInstant());
    }
}
