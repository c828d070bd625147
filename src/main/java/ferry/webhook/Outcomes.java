package ferry.webhook;

import static java.lang.System.Logger.Level.INFO;

import ferry.db.Plans;
import ferry.event.EventState;
import ferry.event.Events;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/// Writes what became of attempts: of the events, and of the health of the configs they went to.
///
/// An outcome is fenced by the attempt's number: a node that stood still writes over nobody.
final class Outcomes {
    private static final System.Logger log = System.getLogger(Outcomes.class.getName());

    private final AttemptLog attempts;
    private final WebhookConfigs configs;
    private final Events events;
    private final WebhookSettings settings;
    private final InstantSource clock;

    Outcomes(
            AttemptLog attempts, WebhookConfigs configs, Events events, WebhookSettings settings, InstantSource clock) {
        this.attempts = attempts;
        this.configs = configs;
        this.events = events;
        this.settings = settings;
        this.clock = clock;
    }

    /// What is to be written of an attempt.
    ///
    /// @param next when it is tried again; empty where it is over
    record Settled(Line.Taken taken, Attempted attempted, EventState state, Optional<Instant> next) {}

    /// Writes the outcomes of attempts, in one go. An attempt whose lease was lost changes nothing.
    void settle(Handle tx, List<Settled> all) {
        Plans.byIndex(tx);
        attempts.complete(
                tx,
                all.stream()
                        .map(s -> new AttemptLog.Note(
                                s.taken().event().id(), s.taken().attempt(), s.attempted()))
                        .toList());
        tx.createUpdate("""
                        update delivery d
                           set line = case when o.due is not null then 'waiting' end, lease = null,
                               lane = case when o.interrupted then d.lane else 1 end,
                               state = o.state, due = o.due,
                               retries = d.retries + case when o.due is null or o.interrupted then 0 else 1 end,
                               date_delivered = case when o.state = 'delivered' then cast(:now as timestamptz) end
                          from unnest(:events, :numbers, :states, cast(:dues as timestamptz[]), :interrupted)
                               as o(event, number, state, due, interrupted)
                         where d.event = o.event and d.attempt = o.number
                           and d.line is not distinct from 'sending'
                        """)
                .bindArray(
                        "events",
                        UUID.class,
                        AttemptLog.column(all, s -> s.taken().event().id()))
                .bindArray(
                        "numbers",
                        Integer.class,
                        AttemptLog.column(all, s -> s.taken().attempt()))
                .bindArray(
                        "states",
                        String.class,
                        AttemptLog.column(all, s -> s.state().slug()))
                .bindArray(
                        "dues",
                        String.class,
                        AttemptLog.column(
                                all, s -> s.next().map(Instant::toString).orElse(null)))
                .bindArray("interrupted", Boolean.class, AttemptLog.column(all, s -> interrupted(s.attempted())))
                .bind("now", clock.instant())
                .execute();
        var current = ofPresentConfigs(tx, all);
        health(tx, current);
        stopThoseThatWantNoMore(tx, current);
    }

    private static boolean interrupted(Attempted attempted) {
        return attempted.error().filter(AttemptError.INTERRUPTED::equals).isPresent();
    }

    /// Counts the failures in a row of the configs of this batch, and pauses those that fail: from [#Line.BROKEN] on
    /// 5 s, twice as long each time, 5 minutes at most; or as long as the receiver asked for. One that takes an
    /// event is sound at once.
    private void health(Handle tx, List<Settled> all) {
        var recovered = configs(all, s -> s.attempted().delivered());
        if (!recovered.isEmpty()) {
            tx.createUpdate("""
                            update webhook_config set failures = 0, failing_since = null, paused_until = null
                             where id = any(:configs)
                            """).bindArray("configs", Long.class, recovered).execute();
        }
        var failed = all.stream()
                .filter(s -> !s.attempted().delivered() && !interrupted(s.attempted()))
                .filter(s -> !recovered.contains(s.taken().config()))
                .toList();
        if (!failed.isEmpty()) {
            tx.createUpdate("""
                            update webhook_config c
                               set failures = c.failures + f.failures, failing_since = coalesce(c.failing_since, :now),
                                   paused_until = greatest(
                                     c.paused_until, f.asked,
                                     case when c.failures + f.failures >= :broken
                                          then cast(:now as timestamptz) + least(300, 5 * power(
                                                 2, least(c.failures + f.failures - :broken, 10))) * interval '1 second'
                                     end)
                              from (select config, count(*)::int as failures, max(cast(asked as timestamptz)) as asked
                                      from unnest(:configs, :asked) as o(config, asked) group by config) f
                             where c.id = f.config
                            """)
                    .bindArray(
                            "configs",
                            Long.class,
                            AttemptLog.column(failed, s -> s.taken().config()))
                    .bindArray(
                            "asked",
                            String.class,
                            AttemptLog.column(
                                    failed,
                                    s -> s.attempted()
                                            .retryAfter()
                                            .map(wait ->
                                                    clock.instant().plus(wait).toString())
                                            .orElse(null)))
                    .bind("broken", Line.BROKEN)
                    .bind("now", clock.instant())
                    .execute();
        }
    }

    private static List<Long> configs(List<Settled> all, Predicate<Settled> of) {
        return all.stream().filter(of).map(s -> s.taken().config()).distinct().toList();
    }

    /// Of these attempts, those that say something about their config as it is now: not those at an URL that was
    /// changed meanwhile, or begun before the config was resumed, nor those that leave a healthy one as it is.
    /// Locks the configs.
    private static List<Settled> ofPresentConfigs(Handle tx, List<Settled> all) {
        var revisions = lockConfigs(
                tx,
                configs(all, s -> s.attempted().delivered()),
                configs(all, s -> !s.attempted().delivered()));
        return all.stream()
                .filter(s -> Integer.valueOf(s.taken().revision())
                        .equals(revisions.get(s.taken().config())))
                .toList();
    }

    /// Locks what the rest of the transaction may change of configs, in the order of their ids: two nodes that
    /// settle for the same ones wait for each other and never both.
    ///
    /// @param healthy locked where they have failed before, and left alone where not
    /// @return the revision of each that is locked
    private static Map<Long, Integer> lockConfigs(Handle tx, List<Long> healthy, List<Long> failed) {
        var revisions = new HashMap<Long, Integer>();
        tx.createQuery("""
                        select id, revision from webhook_config
                         where (id = any(:healthy) and failures > 0) or id = any(:failed)
                         order by id for no key update
                        """)
                .bindArray("healthy", Long.class, healthy)
                .bindArray("failed", Long.class, failed)
                .map((row, _) -> revisions.put(row.getLong("id"), row.getInt("revision")))
                .list();
        return revisions;
    }

    private void stopThoseThatWantNoMore(Handle tx, List<Settled> all) {
        for (var gone : all) {
            if (gone.attempted().error().filter(AttemptError.GONE::equals).isPresent()) {
                stop(tx, gone, WebhookConfigState.Stopped.GONE);
            }
        }
        var failed = configs(all, s -> !s.attempted().delivered());
        if (failed.isEmpty()) {
            return;
        }
        for (var config : failingFor(tx, failed, settings.giveUp())) {
            all.stream()
                    .filter(s -> s.taken().config() == config)
                    .findFirst()
                    .ifPresent(s -> stop(tx, s, WebhookConfigState.Stopped.FAILING));
        }
    }

    /// Switches a config off, once, with an event.
    private void stop(Handle tx, Settled why, WebhookConfigState.Stopped reason) {
        var organisation = why.taken().organisation();
        var before = configs.find(tx, organisation, why.taken().config()).orElseThrow();
        if (before.state() == WebhookConfigState.DEACTIVATED) {
            return;
        }
        var stopped = configs.deactivate(tx, organisation, before.id(), reason).orElseThrow();
        events.emit(
                tx,
                organisation,
                stopped.key(),
                "webhook_config",
                "deactivated",
                Long.toString(stopped.id()),
                WebhookConfigJson.of(organisation, stopped));
        log.log(INFO, "webhook config {0} was switched off: {1}", stopped.id(), reason.slug());
    }

    /// Of these configs, the ones that are to be switched off since nothing was taken for so long: of several attempts,
    /// since two that failed with days of quiet between them tell little.
    private List<Long> failingFor(Handle tx, List<Long> configs, Duration time) {
        return tx.createQuery("""
                        select id from webhook_config
                         where id = any(:configs) and state = 'valid' and failing_since <= :since
                           and failures >= :broken
                        """)
                .bindArray("configs", Long.class, configs)
                .bind("broken", Line.BROKEN)
                .bind("since", clock.instant().minus(time))
                .mapTo(Long.class)
                .list();
    }
}
