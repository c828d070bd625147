package ferry.poll;

import ferry.access.OrgId;
import ferry.http.ListJson;
import ferry.http.Page;
import ferry.http.Slice;
import ferry.result.Result;
import ferry.result.ResultJson;
import ferry.result.ResultPages;
import ferry.task.Tasks;
import java.util.List;
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
        return shown(tx, organisation, List.of(poll)).getFirst();
    }

    /// In as many statements for a thousand polls as for one.
    List<PollJson> shown(Handle tx, OrgId organisation, List<Poll> polls) {
        var ids = polls.stream().map(Poll::id).toList();
        var itsTasks = tasks.ofPolls(tx, organisation, ids);
        var itsResults = results.ofPolls(tx, organisation, ids, NESTED);
        var itsErrors = errors.ofPolls(tx, organisation, ids, NESTED);
        return polls.stream()
                .map(poll -> PollJson.of(
                        poll,
                        itsTasks.getOrDefault(poll.id(), List.of()),
                        Optional.ofNullable(itsResults.get(poll.id()))
                                .orElseGet(() -> ListJson.empty(ResultPages.ofPoll(poll.id()))),
                        Optional.ofNullable(itsErrors.get(poll.id()))
                                .orElseGet(() -> PollErrors.shown(poll.id(), Slice.empty()))))
                .toList();
    }
}
