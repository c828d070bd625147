package ferry.session;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.session.SignInBudget.Turn;
import ferry.testing.Databases;
import ferry.testing.TestClock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The budget of an account's sign-ins, as two nodes share it (R1, R7).
class SignInBudgetTest {
    private static final String ICLOUD = "icloud.account";

    private final Databases.Logins logins = Databases.freshLogins();
    private final Database first = logins.open(4);
    private final Database second = logins.open(4);
    private final TestClock clock = new TestClock();
    private final MasterKey master = MasterKey.generate(new SecureRandom());
    private final SignInBudget one = node(first);
    private final SignInBudget two = node(second);

    private SignInBudget node(Database db) {
        return new SignInBudget(db, clock, master.fingerprint(), new SignInBudget.Settings(3, 8));
    }

    @AfterEach
    void close() {
        first.close();
        second.close();
    }

    @Test
    void r1TwoNodesThatAreAskedAtOnceGrantThreeInAQuarterOfAnHour() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var turns = IntStream.range(0, 20)
                    .mapToObj(i -> threads.submit(() -> (i % 2 == 0 ? one : two).take(ICLOUD, "jane@example.com")))
                    .toList();
            int granted = 0;
            for (var turn : turns) {
                granted += turn.get() instanceof Turn.Granted ? 1 : 0;
            }
            assertThat(granted).isEqualTo(3);
        }
        assertThat(two.take(ICLOUD, "somebody.else@example.com")).isInstanceOf(Turn.Granted.class);

        clock.advance(Duration.ofMinutes(15));
        assertThat(two.take(ICLOUD, " JANE@example.com")).isInstanceOf(Turn.Granted.class);
    }

    @Test
    void r1AnHourHasEight() {
        for (int quarter = 0; quarter < 3; quarter++) {
            for (int i = 0; i < (quarter == 2 ? 2 : 3); i++) {
                assertThat((i == 0 ? one : two).take(ICLOUD, "jane@example.com"))
                        .isInstanceOf(Turn.Granted.class);
            }
            clock.advance(Duration.ofMinutes(16));
        }
        var ninth = one.take(ICLOUD, "jane@example.com");
        assertThat(ninth).isInstanceOf(Turn.Throttled.class);
        assertThat(((Turn.Throttled) ninth).next())
                .isBetween(
                        clock.instant().plus(Duration.ofMinutes(11)),
                        clock.instant().plus(Duration.ofMinutes(12)));
    }

    @Test
    void r7WhatOneNodeSawLockedTheOtherLeavesAlone() {
        one.locked(ICLOUD, "jane@example.com");

        assertThat(two.take(ICLOUD, "jane@example.com")).isInstanceOf(Turn.Locked.class);
        clock.advance(Duration.ofMinutes(16));
        assertThat(two.take(ICLOUD, "jane@example.com")).isInstanceOf(Turn.Granted.class);
    }
}
