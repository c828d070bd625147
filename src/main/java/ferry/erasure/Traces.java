package ferry.erasure;

import ferry.access.OrgId;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/// Every row that is about one user, and how it is made to go: the one place to extend when a new table names a
/// user, a source, a session, a poll, a task or a result. A table that was forgotten makes the last statement
/// fail on its foreign key, or a test that looks into every column.
///
/// @param organisation whose user it is
/// @param user the user's number
record Traces(OrgId organisation, long user) {
    private static final String OF_USER = " where organisation = :organisation and end_user = :user";
    private static final String SOURCES = "(select id from source" + OF_USER + ")";
    private static final String SESSIONS = "(select id from session" + OF_USER + ")";
    private static final String POLLS = "(select id from poll" + OF_USER + ")";

    /// What an event still says once its resource is erased, whoever erases it.
    static final String BARE = "json_build_object('id', subject, 'resource', type)";

    /// A task of the user that has not ended.
    record Unfinished(UUID id, String type) {}

    /// The user's tasks that have not ended, locked until the transaction ends. With all others of them locked as
    /// well: what is over cannot come back, and no attempt can record anything.
    List<Unfinished> lockTasks(Handle tx) {
        return unfinished(
                tx,
                "with held as (select id, type, state from task" + OF_USER + " order by id for update)"
                        + " select id, type from held where state not in ('succeeded', 'failed') limit :limit",
                Integer.MAX_VALUE);
    }

    /// Some of the user's tasks that have not ended.
    List<Unfinished> unfinished(Handle tx, int limit) {
        return unfinished(
                tx,
                "select id, type from task" + OF_USER
                        + " and state in ('pending', 'processing', 'suspended') order by id limit :limit",
                limit);
    }

    private List<Unfinished> unfinished(Handle tx, String sql, int limit) {
        return tx.createQuery(sql)
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("limit", limit)
                .map((row, _) -> new Unfinished(row.getObject("id", UUID.class), row.getString("type")))
                .list();
    }

    /// Whether somebody writes a manifest of the user's polls. Nobody begins to once the user is marked.
    ///
    /// @param now a writer whose time was up before counts as dead
    boolean writesManifest(Handle tx, Instant now) {
        return tx.createQuery("select exists (select from manifest where writing and date_next > :now and poll in "
                        + POLLS + ")")
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("now", now)
                .mapTo(boolean.class)
                .one();
    }

    /// A poll's manifest and where it and its signature lie, or would once they are written.
    record Manifest(UUID poll, List<URI> urls) {}

    /// Some of the manifests of the user's polls, also such as were never written.
    List<Manifest> manifests(Handle tx, int limit) {
        return tx.createQuery("select poll, url, signature_url from manifest where poll in " + POLLS + " limit :limit")
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("limit", limit)
                .map((row, _) -> new Manifest(
                        row.getObject("poll", UUID.class),
                        Stream.of(row.getString("url"), row.getString("signature_url"))
                                .filter(Objects::nonNull)
                                .map(URI::create)
                                .toList()))
                .list();
    }

    /// Erases the rows of manifests.
    ///
    /// @return how many
    int eraseManifests(Handle tx, List<UUID> polls) {
        return tx.createUpdate("delete from manifest where organisation = :organisation and poll in (<polls>)")
                .bindList("polls", polls)
                .bind("organisation", organisation.value())
                .execute();
    }

    /// Some of the user's sessions that have not ended.
    List<UUID> openSessions(Handle tx, int limit) {
        return tx.createQuery("select id from session" + OF_USER
                        + " and state in ('pending', 'active') order by id limit :limit")
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("limit", limit)
                .mapTo(UUID.class)
                .list();
    }

    /// Nobody looks for the objects without a result of the user's polls any more. Before results are erased:
    /// without them all would seem to be such.
    ///
    /// @return how many polls
    int eraseLeftovers(Handle tx) {
        return run(tx, "delete from leftover where poll in " + POLLS);
    }

    /// A result's id and where its object lies.
    record Published(UUID id, URI url) {}

    /// Some of the user's results.
    List<Published> results(Handle tx, int limit) {
        return tx.createQuery("select id, url from result where poll in " + POLLS + " limit :limit")
                .bind("organisation", organisation.value())
                .bind("user", user)
                .bind("limit", limit)
                .map((row, _) -> new Published(row.getObject("id", UUID.class), URI.create(row.getString("url"))))
                .list();
    }

    /// Erases results, and what events show of them.
    ///
    /// @return how many
    int eraseResults(Handle tx, List<UUID> ids) {
        tx.createUpdate("update event set body = " + BARE
                        + " where organisation = :organisation and type = 'result' and subject in (<subjects>)")
                .bindList("subjects", ids.stream().map(UUID::toString).toList())
                .bind("organisation", organisation.value())
                .execute();
        return tx.createUpdate("delete from result where organisation = :organisation and id in (<ids>)")
                .bindList("ids", ids)
                .bind("organisation", organisation.value())
                .execute();
    }

    /// Erases some of what the user's polls could not fetch.
    ///
    /// @return how many
    int eraseErrors(Handle tx, int limit) {
        return run(
                tx,
                "delete from poll_error where id in (select id from poll_error where poll in " + POLLS + " limit "
                        + limit + ")");
    }

    /// Erases all the rest, the user last. Nothing of it has work under way.
    void erase(Handle tx) {
        run(
                tx,
                "update event set body = " + BARE + " where organisation = :organisation and (type, subject) in ("
                        + " select 'source', id::text from source" + OF_USER
                        + " union all select 'session', id::text from session" + OF_USER
                        + " union all select 'poll', id::text from poll" + OF_USER
                        + " union all select 'task', id::text from task" + OF_USER
                        + " union all select 'subscription', id::text from subscription" + OF_USER
                        + " union all select 'user', cast(cast(:user as bigint) as text))");
        // What would answer a repeat of the create.
        run(
                tx,
                "delete from resend where organisation = :organisation and (id in " + SESSIONS + " or id in " + POLLS
                        + ")");
        run(tx, "delete from poll_error where poll in " + POLLS);
        run(tx, "delete from task" + OF_USER);
        run(tx, "delete from manifest where poll in " + POLLS);
        eraseLeftovers(tx);
        run(tx, "delete from poll" + OF_USER);
        run(tx, "delete from subscription" + OF_USER);
        run(tx, "delete from cursor where organisation = :organisation and source in " + SOURCES);
        run(tx, "delete from open_sign_in where organisation = :organisation and source in " + SOURCES);
        run(tx, "delete from session" + OF_USER);
        run(tx, "delete from source" + OF_USER);
        run(tx, "delete from scope_use where organisation = :organisation and level = 'user' and subject = :user");
        run(tx, "delete from end_user where organisation = :organisation and id = :user and state = 'deleted'");
    }

    private int run(Handle tx, String sql) {
        return tx.createUpdate(sql)
                .bind("organisation", organisation.value())
                .bind("user", user)
                .execute();
    }
}
