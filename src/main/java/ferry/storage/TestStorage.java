package ferry.storage;

import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.task.Attempt;
import ferry.task.Outcome;
import ferry.task.Task;
import ferry.task.TaskHandler;
import java.util.Objects;
import org.jdbi.v3.core.Handle;

/// Tests a storage config by really publishing to it: the task behind every new or changed config, and behind
/// `/test`.
public final class TestStorage implements TaskHandler {
    /// The task's type.
    public static final String TYPE = "storage_config.test";

    private final Database db;
    private final StorageConfigs configs;
    private final Probe probe;

    /// @param probe writes, reads back, compares and deletes
    public TestStorage(Database db, StorageConfigs configs, Probe probe) {
        this.db = db;
        this.configs = configs;
        this.probe = probe;
    }

    @Override
    public Outcome run(Attempt attempt) throws InterruptedException {
        var organisation = attempt.task().organisation();
        long id = Long.parseLong(Objects.requireNonNull(attempt.task().target(), "a test has a config"));
        var config = db.tenant(organisation, tx -> configs.find(tx, organisation, id))
                .orElseThrow();
        try {
            var found = probe.test(organisation, config, attempt.task().id(), attempt.number());
            attempt.fenced(tx -> {
                var valid = configs.valid(tx, organisation, id, config.revision());
                return configs.found(tx, organisation, id, config.revision(), found)
                        .or(() -> valid);
            });
            return new Outcome.Succeeded();
        } catch (PublishException e) {
            var why = new StorageConfig.Problem(e.code(), Objects.requireNonNullElse(e.getMessage(), ""));
            attempt.fenced(tx -> configs.invalid(tx, organisation, id, config.revision(), why));
            return new Outcome.Failed(why.error(), why.message());
        }
    }

    @Override
    public void settled(Handle tx, Task task, Outcome.Final outcome) {
        // A test that never came to a finding leaves the config as it was, to be tested again.
        if (outcome instanceof Outcome.Failed(var why, var detail) && why == ErrorCode.INTERNAL) {
            long id = Long.parseLong(Objects.requireNonNull(task.target(), "a test has a config"));
            configs.find(tx, task.organisation(), id)
                    .ifPresent(config -> configs.invalid(
                            tx,
                            task.organisation(),
                            id,
                            config.revision(),
                            new StorageConfig.Problem(ErrorCode.STORAGE_FAILED, detail)));
        }
    }
}
