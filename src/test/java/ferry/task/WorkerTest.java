package ferry.task;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import ferry.task.Queue.Recording;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;

class WorkerTest {
    private static final Outcome DONE = new Outcome.Succeeded();
    private final Queue queue = new Queue();

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void anIdleNodeStartsATaskSoonAfterItIsEnqueued() {
        var handler = new Recording(_ -> DONE);
        var worker = queue.worker(handler);
        var organisation = queue.organisation();

        var task = queue.bulk(organisation, 1);
        worker.wake();

        queue.becomes(task, TaskState.SUCCEEDED);
        assertThat(handler.settled).containsExactly(new Outcome.Succeeded());
        assertThat(queue.find(task).attempt()).isEqualTo(1);
    }

    @Test
    void twoNodesRunEachTaskOnce() {
        var handler = new Recording(_ -> DONE);
        queue.worker(handler);
        queue.worker(queue.another(), handler, Queue.SETTINGS);
        var organisation = queue.organisation();

        for (var i = 0; i < 100; i++) {
            queue.bulk(organisation, i);
        }

        eventually("all are settled", () -> handler.settled.size() == 100);
        assertThat(handler.ran).hasSize(100);
        assertThat(new HashSet<>(handler.ran)).hasSize(100);
    }

    @Test
    void anEnqueueThatIsRolledBackLeavesNothing() {
        var organisation = queue.organisation();
        var id = new AtomicReference<UUID>();

        assertThatThrownBy(() -> queue.db.tenant(organisation, tx -> {
                    id.set(queue.bulk(tx, organisation, task -> task).id());
                    throw new IllegalStateException("after the enqueue");
                }))
                .isInstanceOf(IllegalStateException.class);

        var found = queue.db.tenant(organisation, tx -> queue.tasks.find(tx, organisation, id.get()));
        assertThat(found.isPresent()).isFalse();
    }

    @Test
    void anotherOrganisationsTaskIsNotFound() {
        var task = queue.bulk(queue.organisation(), 1);
        var other = queue.organisation();
        var worker = queue.worker(new Recording(_ -> DONE), Queue.SETTINGS.withSlots(0));

        var found = queue.db.tenant(other, tx -> queue.tasks.find(tx, other, task.id()));
        var cancelled = queue.db.tenant(other, tx -> worker.cancel(tx, other, task.id()));

        assertThat(found.isPresent()).isFalse();
        assertThat(cancelled.isPresent()).isFalse();
        assertThat(queue.find(task).state()).isEqualTo(TaskState.PENDING);
    }

    @Test
    void aWorkerThatLostItsLeaseCanNeitherRecordNorSettle() {
        var stalled = new AtomicReference<Attempt>();
        var stop = new Semaphore(0);
        var late = new AtomicReference<Throwable>();
        var handler = new Recording(attempt -> {
            if (attempt.number() > 1) {
                return DONE;
            }
            stalled.set(attempt);
            stop.acquireUninterruptibly();
            try {
                lateWrite(attempt);
            } catch (LeaseLost e) {
                late.set(e);
                throw e;
            }
            return new Outcome.Failed(ErrorCode.INTERNAL, "late");
        });
        var first = queue.another();
        queue.worker(first, handler, Queue.SETTINGS);
        var task = queue.bulk(queue.organisation(), 1);
        eventually("the first attempt runs", () -> stalled.get() != null);

        // The node stalls: its heartbeats stop and its execution is taken for dead.
        queue.db.system(tx -> tx.execute("update scheduled_tasks set picked = false, version = version + 1"));

        queue.becomes(task, TaskState.SUCCEEDED);
        stop.release();
        eventually("the stalled one notices", () -> late.get() != null);
        assertThat(late.get()).isInstanceOf(LeaseLost.class);
        assertThat(queue.find(task).target()).isNull();
        assertThat(queue.find(task).state()).isEqualTo(TaskState.SUCCEEDED);
        assertThat(handler.settled).containsExactly(new Outcome.Succeeded());
    }

    /// Tries to record something. Its node tells it to stop at every tick: where that cuts off the transaction, and
    /// not the fence, it tries again.
    private static void lateWrite(Attempt attempt) {
        while (true) {
            var _ = Thread.interrupted();
            try {
                attempt.fenced(tx -> tx.execute("update task set target = 'late'"));
                return;
            } catch (LeaseLost e) {
                throw e;
            } catch (RuntimeException _) {
                // An interrupt closes the connection that a virtual thread reads from.
            }
        }
    }

    @Test
    void anAttemptIsSurelyTheCurrentOneOnlyWhileItsNodeIsHeard() {
        var first = new AtomicReference<Attempt>();
        var doubted = new AtomicReference<Boolean>();
        var handler = new Recording(attempt -> {
            if (attempt.number() == 1) {
                first.set(attempt);
                new Semaphore(0).acquire();
            }
            doubted.set(!first.get().isSurelyCurrent());
            return DONE;
        });
        var itsDatabase = queue.another();
        queue.worker(itsDatabase, handler, Queue.SETTINGS);
        var task = queue.bulk(queue.organisation(), 1);
        eventually("it is certain", () -> first.get() != null && first.get().isSurelyCurrent());

        itsDatabase.close();
        queue.worker(handler);

        queue.becomes(task, TaskState.SUCCEEDED);
        assertThat(doubted.get()).isTrue();
    }

    @Test
    void anAttemptIsDoubtedFromTheMomentItsNodeIsToldToStopHoweverGoodItsLeaseIs() {
        var first = new AtomicReference<Attempt>();
        var certain = new AtomicReference<Boolean>();
        var handler = new Recording(attempt -> {
            if (attempt.number() == 1) {
                first.set(attempt);
                try {
                    new Semaphore(0).acquire();
                } catch (InterruptedException e) {
                    certain.set(attempt.isSurelyCurrent());
                    throw e;
                }
            }
            return DONE;
        });
        var seldom = new TaskSettings(
                4,
                2,
                Duration.ofMinutes(1),
                4,
                Queue.SHORT,
                Queue.SHORT,
                Duration.ofMinutes(2),
                Queue.SHORT,
                3,
                3,
                Duration.ofMillis(200),
                Duration.ofSeconds(5));
        var stopping = queue.worker(queue.another(), handler, seldom);
        var task = queue.bulk(queue.organisation(), 1);
        eventually("it is certain", () -> first.get() != null && first.get().isSurelyCurrent());

        stopping.close();

        assertThat(certain.get()).as("when it was interrupted").isFalse();
        assertThat(first.get().isSurelyCurrent()).isFalse();
        assertThat(queue.find(task).state()).as("anybody may take it").isEqualTo(TaskState.PENDING);
        queue.worker(handler);
        queue.becomes(task, TaskState.SUCCEEDED);
        assertThat(queue.find(task).attempt()).isEqualTo(2);
    }

    @Test
    void aDeadNodesTaskIsTakenOver() {
        var running = new CountDownLatch(1);
        var handler = new Recording(attempt -> {
            if (attempt.number() == 1) {
                running.countDown();
                new Semaphore(0).acquire();
            }
            return DONE;
        });
        var itsDatabase = queue.another();
        queue.worker(itsDatabase, handler, Queue.SETTINGS);
        var task = queue.bulk(queue.organisation(), 1);
        eventually("it runs", () -> running.getCount() == 0);

        itsDatabase.close();
        queue.worker(handler);

        queue.becomes(task, TaskState.SUCCEEDED);
        assertThat(queue.find(task).attempt()).isEqualTo(2);
        assertThat(handler.settled).hasSize(1);
    }

    @Test
    void aSuspendedTaskComesBackWhenItsTimeHasCome() {
        var handler = new Recording(attempt -> attempt.number() == 1
                ? new Outcome.Again(Duration.ofHours(1), ErrorCode.STILL_INDEXING, "Still indexing.")
                : DONE);
        queue.worker(handler);
        var task = queue.bulk(queue.organisation(), 1);
        queue.becomes(task, TaskState.SUSPENDED);
        assertThat(handler.settled).isEmpty();

        queue.clock.advance(Duration.ofHours(2));

        queue.becomes(task, TaskState.SUCCEEDED);
    }

    @Test
    void aTaskThatComesBackTooOftenWithoutProgressIsGivenUp() {
        var handler = new Recording(
                _ -> new Outcome.Again(Duration.ofMillis(1), ErrorCode.SERVICE_UNAVAILABLE, "No answer."));
        queue.worker(handler);

        var task = queue.bulk(queue.organisation(), 1);

        queue.becomes(task, TaskState.FAILED);
        assertThat(queue.find(task).error()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        assertThat(handler.ran).hasSize(Queue.SETTINGS.giveUpAfter());
    }

    @Test
    void progressPutsOffGivingUpAndIsSaved() {
        var handler = new Recording(attempt -> {
            attempt.progress(attempt.number(), 10L, attempt.number() * 100L);
            return attempt.number() == 10
                    ? DONE
                    : new Outcome.Again(Duration.ofMillis(1), ErrorCode.SERVICE_UNAVAILABLE, "No answer.");
        });
        queue.worker(handler);

        var task = queue.bulk(queue.organisation(), 1);

        queue.becomes(task, TaskState.SUCCEEDED);
        assertThat(queue.find(task).progress()).isEqualTo(new Progress(10, 10L, 1000));
    }

    @Test
    void progressAndCursorAreSavedWhileItRuns() {
        var go = new CountDownLatch(1);
        var handler = new Recording(attempt -> {
            attempt.progress(3, null, 5);
            attempt.cursor(JsonNodeFactory.instance.stringNode("next"));
            go.await();
            return DONE;
        });
        queue.worker(handler);
        var task = queue.bulk(queue.organisation(), 1);

        eventually("progress is saved", () -> queue.find(task).progress().equals(new Progress(3, null, 5)));
        var cursor = queue.db.system(tx -> tx.createQuery("select cursor::text from task")
                .mapTo(String.class)
                .one());
        assertThat(cursor).isEqualTo("\"next\"");
        go.countDown();
        queue.becomes(task, TaskState.SUCCEEDED);
    }

    @Test
    void aWaitingTaskIsCancelledAtOnce() {
        var handler = new Recording(_ -> DONE);
        var worker = queue.worker(handler, Queue.SETTINGS.withSlots(0));
        var organisation = queue.organisation();
        var task = queue.bulk(organisation, 1);

        var cancelled = queue.db
                .tenant(organisation, tx -> worker.cancel(tx, organisation, task.id()))
                .orElseThrow();

        assertThat(cancelled.state()).isEqualTo(TaskState.FAILED);
        assertThat(cancelled.error()).isEqualTo(ErrorCode.CANCELLED);
        assertThat(handler.settled).hasSize(1);
    }

    @Test
    void aRunningTaskIsInterruptedWhenCancelledOnAnotherNode() {
        var running = new CountDownLatch(1);
        var handler = new Recording(_ -> {
            running.countDown();
            new Semaphore(0).acquire();
            return DONE;
        });
        queue.worker(handler);
        var elsewhere = queue.worker(handler, Queue.SETTINGS.withSlots(0));
        var organisation = queue.organisation();
        var task = queue.bulk(organisation, 1);
        eventually("it runs", () -> running.getCount() == 0);

        queue.db.tenant(organisation, tx -> elsewhere.cancel(tx, organisation, task.id()));

        queue.becomes(task, TaskState.FAILED);
        assertThat(queue.find(task).error()).isEqualTo(ErrorCode.CANCELLED);
        assertThat(handler.settled).hasSize(1);
    }

    @Test
    void aHandlerThatDoesNotStopIsCancelledWithoutIt() {
        var running = new CountDownLatch(1);
        var go = new Semaphore(0);
        var handler = new Recording(_ -> {
            running.countDown();
            go.acquireUninterruptibly();
            return DONE;
        });
        var worker = queue.worker(handler);
        var organisation = queue.organisation();
        var task = queue.bulk(organisation, 1);
        eventually("it runs", () -> running.getCount() == 0);

        queue.db.tenant(organisation, tx -> worker.cancel(tx, organisation, task.id()));

        queue.becomes(task, TaskState.FAILED);
        go.release();
        assertThat(handler.settled).hasSize(1);
    }

    @Test
    void aNodeThatStopsGivesItsTasksBackAtOnce() {
        var running = new CountDownLatch(1);
        var handler = new Recording(attempt -> {
            if (attempt.number() == 1) {
                running.countDown();
                new Semaphore(0).acquire();
            }
            return DONE;
        });
        var worker = queue.worker(handler);
        var task = queue.bulk(queue.organisation(), 1);
        eventually("it runs", () -> running.getCount() == 0);

        worker.close();

        assertThat(queue.find(task).state()).isEqualTo(TaskState.PENDING);
        assertThat(handler.settled).isEmpty();
        queue.worker(handler);
        queue.becomes(task, TaskState.SUCCEEDED);
    }

    @Test
    void onlyTheAttemptThatStartsReadsThePayload() {
        var seen = new AtomicReference<Sealed>();
        var left = new AtomicInteger(-1);
        var handler = new Recording(attempt -> {
            seen.set(attempt.payload().orElseThrow());
            left.set(payloads());
            return new Outcome.Again(Duration.ofMillis(1), ErrorCode.SERVICE_UNAVAILABLE, "No answer.");
        });
        queue.worker(handler);
        var task = queue.interactive(queue.organisation(), t -> t.payload(new Sealed(new byte[] {1, 2})));

        queue.becomes(task, TaskState.FAILED);

        assertThat(seen.get()).isEqualTo(new Sealed(new byte[] {1, 2}));
        assertThat(left.get()).isZero();
        // A sign-in is never revived: it may not come back either.
        assertThat(handler.ran).hasSize(1);
    }

    @Test
    void aPayloadThatNobodyTakesIsErasedAndItsTaskGivenUp() {
        var organisation = queue.organisation();
        var task = queue.interactive(
                organisation, t -> t.source(1, "mocks.mock", null).payload(new Sealed(new byte[] {1})));
        // Another sign-in of the same source runs elsewhere, so this one cannot start.
        queue.interactive(organisation, t -> t.source(1, "mocks.mock", null));
        queue.db.system(tx -> tx.execute("update task set state = 'processing', admission = 1 where not once"));
        queue.db.system(
                tx -> tx.execute("insert into scheduled_tasks (task_name, task_instance, execution_time, picked,"
                        + " picked_by, last_heartbeat, version) select 'task', id || '/1', now(), true, 'x',"
                        + " now() + interval '1 day', 1 from task where not once"));
        var handler = new Recording(_ -> DONE);
        queue.worker(handler);

        queue.clock.advance(Duration.ofMinutes(3));

        queue.becomes(task, TaskState.FAILED);
        assertThat(queue.find(task).error()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        assertThat(payloads()).isZero();
        assertThat(handler.ran).isEmpty();
        assertThat(handler.settled).hasSize(1);
    }

    @Test
    void aPayloadThatIsTooOldIsNeverUsed() {
        var organisation = queue.organisation();
        var task = queue.interactive(organisation, t -> t.payload(new Sealed(new byte[] {1})));
        queue.db.system(tx -> tx.execute("update task set state = 'processing', admission = 1"));
        var settlement = new Settlement(queue.db, Map.of(), Queue.SETTINGS, queue.clock, queue.clock);

        queue.clock.advance(Duration.ofMinutes(3));

        assertThat(settlement.start(task.id(), 1)).isEmpty();
        assertThat(settlement.sweep(organisation, task.id())).isTrue();
        assertThat(queue.find(task).error()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE);
        assertThat(payloads()).isZero();
    }

    @Test
    void anAdmittedTaskWithoutAnExecutionIsPendingAgain() {
        var organisation = queue.organisation();
        var task = queue.bulk(organisation, 1);
        queue.db.system(tx -> tx.execute("update task set state = 'processing', admission = 1"));

        queue.worker(new Recording(_ -> DONE));

        queue.becomes(task, TaskState.SUCCEEDED);
    }

    @Test
    void anUnexpectedExceptionIsTriedAgainAndThenGivenUp() {
        var handler = new Recording(_ -> {
            throw new IllegalStateException("a bug");
        });
        queue.worker(handler);
        var task = queue.bulk(queue.organisation(), 1);

        for (var fault = 1; fault < Queue.SETTINGS.faultsAllowed(); fault++) {
            queue.becomes(task, TaskState.SUSPENDED);
            var number = fault;
            eventually("attempt " + fault, () -> handler.ran.size() == number);
            queue.clock.advance(Duration.ofHours(2));
            eventually("one more attempt", () -> handler.ran.size() > number);
        }

        queue.becomes(task, TaskState.FAILED);
        assertThat(queue.find(task).error()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(handler.ran).hasSize(Queue.SETTINGS.faultsAllowed());
    }

    @Test
    void aDatabaseThatIsAwayIsNobodysFaultHoweverOften() {
        var handler = new Recording(attempt -> {
            if (attempt.number() <= Queue.SETTINGS.faultsAllowed() + 1) {
                queue.db.system(tx -> {
                    tx.execute("select pg_terminate_backend(pg_backend_pid())");
                    return tx;
                });
            }
            return DONE;
        });
        queue.worker(handler);
        var task = queue.bulk(queue.organisation(), 1);

        for (var attempt = 2; attempt <= Queue.SETTINGS.faultsAllowed() + 2; attempt++) {
            var number = attempt;
            eventually("attempt " + attempt, () -> {
                queue.clock.advance(Queue.SHORT);
                return handler.ran.size() >= number;
            });
        }

        queue.becomes(task, TaskState.SUCCEEDED);
        assertThat(handler.settled).containsExactly(new Outcome.Succeeded());
    }

    @Test
    void anAttemptThatLostItsLeaseToItsOwnNodeIsToldToStop() {
        var stopped = new CountDownLatch(1);
        var handler = new Recording(attempt -> {
            if (attempt.number() == 1) {
                try {
                    new Semaphore(0).acquire();
                } catch (InterruptedException e) {
                    stopped.countDown();
                    throw e;
                }
            }
            return DONE;
        });
        queue.worker(handler);
        var task = queue.bulk(queue.organisation(), 1);
        eventually("it runs", () -> handler.ran.size() == 1);

        // A hiccup: its execution was taken for dead, and the only node there is takes it again.
        queue.db.system(tx -> tx.execute("update scheduled_tasks set picked = false, version = version + 1"));

        queue.becomes(task, TaskState.SUCCEEDED);
        eventually("the older one is told to stop", () -> stopped.getCount() == 0);
    }

    private int payloads() {
        return queue.db.system(tx -> tx.createQuery("select count(payload) from task")
                .mapTo(Integer.class)
                .one());
    }

    /// Completes a common thing with its last task, as a poll is.
    static final class Completing implements TaskHandler {
        private final CountDownLatch together = new CountDownLatch(2);
        private final AtomicInteger completed = new AtomicInteger();

        @Override
        public Outcome run(Attempt attempt) throws InterruptedException {
            together.countDown();
            together.await();
            return DONE;
        }

        @Override
        public void settled(Handle tx, Task task, Outcome.Final outcome) {
            tx.createQuery("select organisation from organisation where organisation = :id for update")
                    .bind("id", task.organisation().value())
                    .mapTo(Long.class)
                    .one();
            var open = tx.createQuery("select count(*) from task where date_completed is null")
                    .mapTo(Integer.class)
                    .one();
            if (open == 0) {
                completed.incrementAndGet();
            }
        }
    }

    @Test
    void ofTwoLastTasksThatSettleAtOnceExactlyOneCompletesTheWhole() {
        var handler = new Completing();
        queue.worker(queue.db, handler, Queue.SETTINGS);
        var organisation = queue.organisation();

        var one = queue.bulk(organisation, 1);
        var two = queue.bulk(organisation, 2);

        queue.becomes(one, TaskState.SUCCEEDED);
        queue.becomes(two, TaskState.SUCCEEDED);
        assertThat(handler.completed.get()).isEqualTo(1);
    }
}
