package ferry.connector.icloud.notes;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.cloudkit.Proto;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Documents of tables that are odd, damaged, or claim too much.
class NoteTableTest {
    private static Proto reference(int entry) {
        return new Proto().number(6, entry);
    }

    private static Proto pair(int key, int value) {
        return new Proto().message(1, reference(key)).message(2, reference(value));
    }

    /// An entry that holds the id of that number.
    private static Proto id(int number) {
        return new Proto().message(13, new Proto().message(3, new Proto().message(2, new Proto().number(2, number))));
    }

    private static Proto axis(Proto contents, int... ids) {
        var array = new Proto();
        for (int id : ids) {
            array.message(2, new Proto().bytes(2, new byte[] {(byte) id}));
        }
        return new Proto()
                .message(
                        16, new Proto().message(1, new Proto().message(1, array).message(2, contents)));
    }

    /// Entries 0 and 1 are the ids of those numbers.
    private static byte[] document(Proto rows, Proto columns, Proto cells, Proto column, Proto cell) {
        var names = new Proto();
        for (int i = 0; i < 3; i++) {
            names.message(3, new Proto().number(1, i).message(2, reference(2 + i)));
        }
        var data = new Proto();
        for (var entry :
                new Proto[] {id(0), id(1), rows, columns, cells, column, cell, new Proto().message(13, names)}) {
            data.message(3, entry);
        }
        data.text(4, "crRows").text(4, "crColumns").text(4, "cellColumns");
        data.bytes(6, new byte[] {0}).bytes(6, new byte[] {1});
        return new Proto().message(2, new Proto().message(3, data)).toBytes();
    }

    private static Proto words(String words) {
        return new Proto().message(10, new Proto().text(2, words));
    }

    private static Proto dictionary(int key, int value) {
        return new Proto().message(6, new Proto().message(1, pair(key, value)));
    }

    @Test
    void cellsFindTheirPlacesByIdsOfEitherKind() {
        // The second row is known to the cells by the id 0, to the order by the id 1, and the other way round.
        var rows = axis(new Proto().message(1, pair(1, 0)), 7, 1);
        var table = NoteTable.of(
                        document(rows, axis(new Proto(), 1), dictionary(1, 5), dictionary(0, 6), words("here")))
                .orElseThrow();
        assertThat(table.rows()).hasSize(2).allSatisfy(row -> assertThat(row).hasSize(1));
        assertThat(table.rows().get(0).getFirst().text()).isEmpty();
        assertThat(table.rows().get(1).getFirst().text()).isEqualTo("here");
    }

    @Test
    void whatLeadsNowhereIsPassedOver() {
        var axis = axis(new Proto().message(1, pair(99, -1)), 0);
        var table = NoteTable.of(document(axis, axis, dictionary(0, 99), dictionary(0, 6), words("lost")))
                .orElseThrow();
        assertThat(table.rows().getFirst().getFirst().text()).isEmpty();
    }

    @Test
    void aTableThatClaimsTooMuchIsNone() {
        var many = new int[256];
        for (int i = 0; i < many.length; i++) {
            many[i] = i;
        }
        var large = axis(new Proto(), many);
        assertThat(NoteTable.of(document(large, large, dictionary(0, 5), dictionary(0, 6), words("x"))))
                .isEmpty();
        var pairs = new Proto();
        for (int i = 0; i < 60_000; i++) {
            pairs.message(1, pair(0, 6));
        }
        var one = axis(new Proto(), 0);
        assertThat(NoteTable.of(document(one, one, dictionary(0, 5), new Proto().message(6, pairs), words("x"))))
                .isEmpty();
        var often = new Proto();
        for (int i = 0; i < 200; i++) {
            often.message(1, pair(0, 6));
        }
        assertThat(NoteTable.of(
                        document(one, one, dictionary(0, 5), new Proto().message(6, often), words("x".repeat(10_000)))))
                .isEmpty();
        assertThat(NoteTable.of(document(new Proto(), one, dictionary(0, 5), dictionary(0, 6), words("x"))))
                .isEmpty();
    }

    @Test
    void damagedBytesAreATableOrNoneAndNothingElse() {
        var axis = axis(new Proto().message(1, pair(0, 1)), 0, 1);
        var whole = document(axis, axis, dictionary(0, 5), dictionary(1, 6), words("words"));
        assertThat(NoteTable.of(whole)).isPresent();
        var random = new Random(3);
        for (int i = 0; i < 2_000; i++) {
            var damaged = whole.clone();
            for (int times = random.nextInt(1, 4); times > 0; times--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            NoteTable.of(damaged).ifPresent(table -> assertThat(table.rows()).isNotEmpty());
        }
    }
}
