package ferry.permission;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.Limit;
import ferry.access.OrgId;
import ferry.access.Permissions.Limited;
import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/// Counts uses of scopes against the limits of the organisation and of the key. What is counted belongs to the
/// transaction of the effect: one that is rolled back has used nothing.
///
/// A counter belongs to a scope, a level and a window, not to the permission that names them: keys that share the
/// organisation share what is left of an organisation's limit. Only uses that have a limit are counted.
public final class ScopeLimits {
    private final InstantSource clock;

    /// @param clock tells which window it is
    public ScopeLimits(InstantSource clock) {
        this.clock = clock;
    }

    /// Something that a scope covers.
    ///
    /// @param name such as `icloud.account`
    /// @param count how often at once; 0 is nothing
    public record Use(Family family, String name, long count) {}

    /// What uses are counted on. Sorted, so that two transactions lock their counters in the same order.
    private record Counter(String scope, Limit.Level level, long subject, Optional<Limit.Window> per)
            implements Comparable<Counter> {
        private static final Comparator<Counter> ORDER = Comparator.comparing(Counter::scope)
                .thenComparing(Counter::level)
                .thenComparingLong(Counter::subject)
                .thenComparing(Counter::word);

        String word() {
            return per.map(Limit.Window::slug).orElse("ever");
        }

        @Override
        public int compareTo(Counter other) {
            return ORDER.compare(this, other);
        }
    }

    private record Demand(long count, Limit limit) {
        Demand and(Demand other) {
            return new Demand(count + other.count, smaller(limit, other.limit));
        }
    }

    /// Counts the uses, all or none.
    ///
    /// @param user whose data it is about
    /// @throws ApiException `limit-exceeded` where a limit leaves less; the transaction must be rolled back
    public void use(Handle tx, Caller caller, long user, Collection<Use> uses) {
        var now = clock.instant();
        var demands = new TreeMap<Counter, Demand>();
        for (var use : uses) {
            if (use.count() > 0) {
                limits(caller, user, use)
                        .forEach((counter, limit) ->
                                demands.merge(counter, new Demand(use.count(), limit), Demand::and));
            }
        }
        demands.forEach((counter, demand) -> take(tx, caller.organisation(), counter, demand, now));
    }

    /// The counters of one use, each with the smallest limit that both permissions set on it.
    private static Map<Counter, Limit> limits(Caller caller, long user, Use use) {
        var limits = new HashMap<Counter, Limit>();
        for (var limited : caller.permissions().limits(use.family(), use.name())) {
            limits.merge(counter(caller, user, limited), limited.limit(), ScopeLimits::smaller);
        }
        return limits;
    }

    private static Counter counter(Caller caller, long user, Limited limited) {
        var subject = switch (limited.limit().level()) {
            case ORGANISATION -> caller.organisation().value();
            case KEY -> caller.key();
            case USER -> user;
        };
        return new Counter(
                limited.scope(),
                limited.limit().level(),
                subject,
                limited.limit().window());
    }

    private static Limit smaller(Limit one, Limit other) {
        return one.value() <= other.value() ? one : other;
    }

    private static void take(Handle tx, OrgId organisation, Counter counter, Demand demand, Instant now) {
        var start = counter.per().map(per -> per.start(now)).orElse(Instant.EPOCH);
        var end = counter.per().map(per -> per.end(start));
        if (demand.count() > demand.limit().value() || !counted(tx, organisation, counter, demand, start, end)) {
            throw exceeded(counter.scope(), demand.limit(), end);
        }
    }

    /// One statement: it waits for whoever counts on the same row, and then sees what they left.
    private static boolean counted(
            Handle tx, OrgId organisation, Counter counter, Demand demand, Instant start, Optional<Instant> end) {
        return tx.createUpdate("""
                        insert into scope_use as u (organisation, scope, level, subject, per, window_start, window_end,
                                                    used)
                        values (:organisation, :scope, :level, :subject, :per, :start, cast(:end as timestamptz),
                                :count)
                        on conflict (organisation, scope, level, subject, per, window_start)
                        do update set used = u.used + :count where u.used + :count <= :value
                        """)
                        .bind("organisation", organisation.value())
                        .bind("scope", counter.scope())
                        .bind("level", counter.level().slug())
                        .bind("subject", counter.subject())
                        .bind("per", counter.word())
                        .bind("start", start)
                        .bindByType("end", end.orElse(null), Instant.class)
                        .bind("count", demand.count())
                        .bind("value", demand.limit().value())
                        .execute()
                == 1;
    }

    private static ApiException exceeded(String scope, Limit limit, Optional<Instant> end) {
        var again = end.map(Json::date);
        var params = new TreeMap<String, List<String>>();
        params.put("scope", List.of(scope));
        params.put("level", List.of(limit.level().slug()));
        params.put("value", List.of(Long.toString(limit.value())));
        again.ifPresent(date -> params.put("date_ends", List.of(date)));
        return new ApiException(
                ErrorCode.LIMIT_EXCEEDED,
                "This would exceed the limit of " + limit + " of the scope " + scope
                        + again.map(date -> "; it is counted anew from " + date + ".")
                                .orElse("."),
                params);
    }

    /// Forgets windows that are over. System role.
    public int sweep(Handle tx) {
        return tx.createUpdate("delete from scope_use where window_end <= :now")
                .bind("now", clock.instant())
                .execute();
    }
}
