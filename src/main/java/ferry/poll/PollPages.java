package ferry.poll;

import ferry.access.OrgId;
import ferry.http.Page;
import ferry.result.Result;
import ferry.result.ResultJson;
import ferry.result.ResultPages;
import ferry.result.Results;
import ferry.task.Tasks;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Polls as the API shows them, with their tasks and the first page of their results and errors.
public final class PollPages {
    /// Clients read a poll's results off the poll itself, so its first page is larger than a list's.
    private static final Page NESTED = new Page(100, Optional.empty(), Optional.empty());

    private final Tasks tasks;
    private final ResultPages results;
    private final PollErrors errors;

    /// @param tasks of the polls
    public PollPages(Tasks tasks, ResultPages results, PollErrors errors) {
        this.tasks = tasks;
        this.results = results;
        this.errors = errors;
    }

    /// One of a poll's results as the API shows it.
    ResultJson result(Handle tx, OrgId organisation, Result result) {
        return results.shown(tx, organisation, result);
    }

    PollJson shown(Handle tx, OrgId organisation, Poll poll) {
        return PollJson.of(
                poll,
                tasks.ofPoll(tx, organisation, poll.id()),
                results.list(
                        tx, organisation, Results.Filter.ofPoll(poll.id()), NESTED, "/polls/" + poll.id() + "/results"),
                errors.list(tx, organisation, poll.id(), NESTED));
    }
}
