package ferry.task;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.OrgId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Run by `bench/admission`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class AdmissionBench {
    private static final int SLOTS = 64;
    private static final int ROUNDS = 21;
    private final Queue queue = new Queue();

    @AfterEach
    void close() {
        queue.close();
    }

    @Test
    void threeHundredThousandPendingOfFiveHundredOrganisations() {
        for (var i = 0; i < 500; i++) {
            fill(queue.organisation(), 600, 20);
        }
        measure("300,000 pending, 500 organisations, 20 sources each");
    }

    @Test
    void threeHundredThousandPendingBehindCappedSources() {
        for (var i = 0; i < 50; i++) {
            fill(queue.organisation(), 6000, 1);
        }
        measure("300,000 pending, 50 organisations, one source each, all soon at their caps");
    }

    @Test
    void aMillionOfOneOrganisationWithManySources() {
        fill(queue.organisation(), 1_000_000, 50_000);
        measure("1,000,000 pending of one organisation, 50,000 sources");
    }

    @Test
    void aMillionOfOneOrganisationBehindOneSource() {
        var organisation = queue.organisation();
        fill(organisation, 900_000, 1);
        fill(organisation, 100_000, 20_000);
        measure("1,000,000 pending of one organisation, 900,000 of them behind its first source");
    }

    private void fill(OrgId organisation, int tasks, int sources) {
        queue.db.system(tx -> tx.createUpdate("""
                        insert into task (id, organisation, key, source, type, priority, date_created)
                        select lpad(to_hex(:organisation * 10000000 + nextval('turn_served')), 32, '0')::uuid,
                               :organisation, 1, :organisation * 1000000 + i % :sources, 'test', 0, :now
                          from generate_series(1, :tasks) i
                        """)
                .bind("organisation", organisation.value())
                .bind("sources", sources)
                .bind("tasks", tasks)
                .bind("now", queue.clock.instant())
                .execute());
    }

    /// Rounds with a few free slots each, as task ends bring them, and first one that fills all.
    private void measure(String what) {
        var admission = queue.admission(SLOTS, TaskSettings.DEFAULT);
        var first = System.nanoTime();
        admission.admit();
        var filling = (System.nanoTime() - first) / 1_000_000;
        List<Long> rounds = new ArrayList<>();
        for (var round = 0; round < ROUNDS; round++) {
            queue.db.system(tx ->
                    tx.createUpdate("""
                            update task set state = 'succeeded', date_completed = :now
                             where id in (select id from task where state = 'processing' order by id limit 4)
                            """).bind("now", queue.clock.instant()).execute());
            var start = System.nanoTime();
            admission.admit();
            rounds.add((System.nanoTime() - start) / 1_000_000);
        }
        Collections.sort(rounds);
        System.out.printf(
                "%s, %d slots: filling all %d ms; then p50 %d ms, worst %d ms%n",
                what, SLOTS, filling, rounds.get(ROUNDS / 2), rounds.getLast());
        assertThat(rounds.get(ROUNDS / 2)).isLessThan(100);
    }
}
