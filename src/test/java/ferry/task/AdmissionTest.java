package ferry.task;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.Sealed;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final Queue queue = new Queue();

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void noMoreAreAdmittedThanAreFree() {
        var organisation = queue.organisation();
        for (var i = 0; i < 20; i++) {
            queue.bulk(organisation, i);
        }
        var admission = queue.admission(8, Queue.SETTINGS);

        // Two of the eight slots are kept for interactive work.
        assertThat(admission.admit()).isEqualTo(6);
        assertThat(admission.admit()).isZero();
    }

    @Test
    void aSourceAtItsCapDoesNotHoldUpItsOrganisation() {
        var organisation = queue.organisation();
        for (var i = 0; i < 501; i++) {
            queue.bulk(organisation, 1);
        }
        var settings = new TaskSettings(
                1,
                1,
                Queue.SHORT,
                4,
                Queue.SHORT,
                Queue.SHORT,
                Queue.SETTINGS.payloadKept(),
                Queue.SHORT,
                3,
                3,
                Queue.SHORT,
                Queue.SHORT);
        assertThat(queue.admission(1, settings).admit()).isEqualTo(1);
        for (var source = 2; source <= 21; source++) {
            queue.bulk(organisation, source);
        }

        // 12 slots, three of them reserved, one taken: eight are free for bulk.
        assertThat(queue.admission(11, settings).admit()).isEqualTo(8);
        assertThat(queue.processing().stream().map(Task::source).distinct()).hasSize(9);
    }

    @Test
    void turnsGoRoundOrganisationsAlsoWithOneFreeSlotAtATime() {
        var big = queue.organisation();
        var small = queue.organisation();
        for (var i = 0; i < 50; i++) {
            queue.bulk(big, i);
        }
        queue.bulk(small, 100);
        queue.bulk(small, 101);
        var admission = queue.admission(1, Queue.SETTINGS);

        for (var turn = 0; turn < 4; turn++) {
            assertThat(admission.admit()).isEqualTo(1);
            queue.db.system(tx -> tx.execute("update task set state = 'succeeded', date_completed = date_created"
                    + " where state = 'processing'"));
        }

        var done = queue.db.system(tx -> tx.createQuery("select organisation from task where state = 'succeeded'")
                .mapTo(Long.class)
                .list());
        assertThat(done.stream().collect(Collectors.groupingBy(o -> o, Collectors.counting())))
                .containsEntry(big.value(), 2L)
                .containsEntry(small.value(), 2L);
    }

    @Test
    void aSourceRunsNoMoreBulkTasksThanItsCap() {
        var organisation = queue.organisation();
        for (var i = 0; i < 10; i++) {
            queue.bulk(organisation, 5);
        }

        assertThat(queue.admission(16, Queue.SETTINGS).admit()).isEqualTo(2);
    }

    @Test
    void signInsGoOneAtATimePerSourceAndDoNotCountAgainstItsCap() {
        var organisation = queue.organisation();
        for (var i = 0; i < 3; i++) {
            queue.interactive(organisation, task -> task.source(5, "mocks.mock", null));
            queue.bulk(organisation, 5);
        }

        queue.admission(16, Queue.SETTINGS).admit();

        var priorities = queue.processing().stream().map(Task::priority).sorted();
        assertThat(priorities).containsExactly(0, 0, 10);
    }

    @Test
    void interactiveWorkFindsASlotThoughBulkFillsTheRest() {
        var organisation = queue.organisation();
        for (var i = 0; i < 20; i++) {
            queue.bulk(organisation, i);
        }
        var admission = queue.admission(4, Queue.SETTINGS);
        assertThat(admission.admit()).isEqualTo(3);

        queue.interactive(organisation, task -> task);

        assertThat(admission.admit()).isEqualTo(1);
        assertThat(queue.processing().stream().filter(task -> task.priority() == 10))
                .hasSize(1);
    }

    @Test
    void manyTestsOfOneOrganisationHoldUpNeitherOthersNorBulkNorItsSignOuts() {
        var loud = queue.organisation();
        var other = queue.organisation();
        for (var i = 0; i < 50; i++) {
            queue.interactive(loud, task -> task);
        }
        var signOut = queue.interactive(loud, task -> task.payload(new Sealed(new byte[] {1})));
        for (var i = 0; i < 20; i++) {
            var source = i;
            queue.interactive(other, task -> task.source(source, "mocks.mock", null));
            queue.bulk(other, source);
        }

        assertThat(queue.admission(8, Queue.SETTINGS).admit()).isEqualTo(8);

        // Two of the eight slots are left to bulk.
        var admitted = queue.processing();
        assertThat(admitted).filteredOn(task -> task.priority() == 0).hasSize(2);
        assertThat(admitted)
                .filteredOn(task -> task.organisation().equals(loud))
                .hasSize(3)
                .contains(queue.find(signOut));
        assertThat(queue.admission(8, Queue.SETTINGS).admit()).isEqualTo(8);
        assertThat(queue.processing())
                .filteredOn(task -> task.organisation().equals(loud))
                .hasSize(3);
    }

    @Test
    void aTaskWithoutASourceIsNotHeldUpByABacklog() {
        var organisation = queue.organisation();
        for (var i = 0; i < 200; i++) {
            queue.bulk(organisation, 1);
        }
        var plain = queue.bulk(organisation, task -> task);

        queue.admission(8, Queue.SETTINGS).admit();

        assertThat(queue.find(plain).state()).isEqualTo(TaskState.PROCESSING);
    }

    @Test
    void aNodeThatWasNotSeenForALeaseOffersNoSlots() {
        queue.bulk(queue.organisation(), 1);
        var admission = queue.admission(4, Queue.SETTINGS);
        queue.clock.advance(java.time.Duration.ofDays(2));

        assertThat(admission.admit()).isZero();
    }
}
