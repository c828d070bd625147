package ferry.connector.icloud.notes;

import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Protobuf;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A table that lies in a note: a grid of small notes (`icloud-protocol` 2.9).
///
/// @param rows all of the same length, none empty
record NoteTable(List<List<NoteBody>> rows) {
    private static final NoteBody EMPTY = new NoteBody("", List.of());
    /// No table has more; a document that claims them is refused whole.
    private static final int MOST_CELLS = 50_000;
    /// Of all cells: one cell's text may be named by many places.
    private static final int MOST_LETTERS = 1_000_000;

    NoteTable {
        rows = rows.stream().map(List::copyOf).toList();
    }

    /// Empty where the bytes are no such document.
    static Optional<NoteTable> of(byte[] document) {
        return Protobuf.of(document)
                .flatMap(whole -> whole.message(2))
                .flatMap(object -> object.message(3))
                .flatMap(Objects::of)
                .flatMap(Objects::table);
    }

    /// The objects that a document is made of, which name each other by number.
    private static final class Objects {
        private final List<Protobuf> entries;
        private final List<Optional<String>> keys;
        private final List<byte[]> uuids;
        /// By entry, the id that it holds.
        private final Map<Protobuf, Optional<String>> ids = new HashMap<>();
        private int budget = MOST_CELLS;

        private Objects(List<Protobuf> entries, List<Optional<String>> keys, List<byte[]> uuids) {
            this.entries = entries;
            this.keys = keys;
            this.uuids = uuids;
        }

        /// An entry that cannot be read would give the later ones other numbers.
        static Optional<Objects> of(Protobuf data) {
            var all = data.all(3);
            var entries = data.messages(3);
            var keys = data.all(4).stream().map(CloudRecord::utf8).toList();
            return entries.size() == all.size()
                    ? Optional.of(new Objects(entries, keys, data.all(6)))
                    : Optional.empty();
        }

        /// The first entry that has rows, columns and cells.
        Optional<NoteTable> table() {
            for (var entry : entries) {
                var named = named(entry);
                var rows = Optional.ofNullable(named.get("crRows"));
                var columns = Optional.ofNullable(named.get("crColumns"));
                var cells = Optional.ofNullable(named.get("cellColumns"));
                if (rows.isPresent() && columns.isPresent() && cells.isPresent()) {
                    return table(axis(rows.get()), axis(columns.get()), cells.get());
                }
            }
            return Optional.empty();
        }

        private Map<String, Protobuf> named(Protobuf entry) {
            var named = new HashMap<String, Protobuf>();
            for (var item : entry.message(13).map(map -> map.messages(3)).orElse(List.of())) {
                var name = at(keys, item.number(1)).flatMap(key -> key);
                var value = item.message(2).flatMap(this::entry);
                if (name.isPresent() && value.isPresent()) {
                    named.put(name.get(), value.get());
                }
            }
            return named;
        }

        /// Places along one side of the table.
        ///
        /// @param places by id; an id that was given to a place later stands for it too
        private record Axis(Map<String, Integer> places, int length) {}

        private Axis axis(Protobuf entry) {
            var ordering = entry.message(16).flatMap(set -> set.message(1));
            var places = new HashMap<String, Integer>();
            for (var place : ordering.flatMap(order -> order.message(1))
                    .map(array -> array.messages(2))
                    .orElse(List.of())) {
                place.bytes(2).ifPresent(id -> places.putIfAbsent(HexFormat.of().formatHex(id), places.size()));
            }
            int length = places.size();
            for (var pair : pairs(ordering.flatMap(order -> order.message(2)))) {
                var place =
                        pair.message(1).flatMap(this::entry).flatMap(this::id).map(places::get);
                var id = pair.message(2).flatMap(this::entry).flatMap(this::id);
                if (place.isPresent() && id.isPresent()) {
                    places.putIfAbsent(id.get(), place.get());
                }
            }
            return new Axis(places, length);
        }

        private Optional<NoteTable> table(Axis rows, Axis columns, Protobuf cells) {
            if (rows.length == 0 || columns.length == 0 || (long) rows.length * columns.length > MOST_CELLS) {
                return Optional.empty();
            }
            var grid = new ArrayList<List<NoteBody>>();
            for (int row = 0; row < rows.length; row++) {
                grid.add(new ArrayList<>(Collections.nCopies(columns.length, EMPTY)));
            }
            var filled = new HashSet<Integer>();
            int letters = 0;
            for (var pair : pairs(cells.message(6))) {
                var column =
                        pair.message(1).flatMap(this::entry).flatMap(this::id).map(columns.places::get);
                if (column.isEmpty() || !filled.add(column.get())) {
                    continue;
                }
                for (var cell : pairs(pair.message(2).flatMap(this::entry).flatMap(entry -> entry.message(6)))) {
                    var row = cell.message(1)
                            .flatMap(this::entry)
                            .flatMap(this::id)
                            .map(rows.places::get);
                    var body = cell.message(2)
                            .flatMap(this::entry)
                            .flatMap(entry -> entry.message(10))
                            .flatMap(NoteBody::ofNote);
                    if (row.isPresent() && body.isPresent()) {
                        letters += body.get().text().length();
                        grid.get(row.get()).set(column.get(), body.get());
                    }
                    if (letters > MOST_LETTERS) {
                        return Optional.empty();
                    }
                }
            }
            return budget < 0 ? Optional.empty() : Optional.of(new NoteTable(grid));
        }

        /// Of a dictionary; none once there were more than a table can have.
        private List<Protobuf> pairs(Optional<Protobuf> dictionary) {
            if (budget < 0) {
                return List.of();
            }
            var pairs = dictionary.map(it -> it.messages(1)).orElse(List.of());
            budget -= pairs.size();
            return budget < 0 ? List.of() : pairs;
        }

        /// What a reference leads to.
        private Optional<Protobuf> entry(Protobuf reference) {
            return at(entries, reference.number(6));
        }

        private Optional<String> id(Protobuf entry) {
            return ids.computeIfAbsent(
                    entry,
                    it -> it.message(13)
                            .flatMap(map -> map.message(3))
                            .flatMap(item -> item.message(2))
                            .flatMap(value -> at(uuids, value.number(2)))
                            .map(HexFormat.of()::formatHex));
        }

        private static <T> Optional<T> at(List<T> list, OptionalLong place) {
            return place.isPresent() && place.getAsLong() >= 0 && place.getAsLong() < list.size()
                    ? Optional.of(list.get((int) place.getAsLong()))
                    : Optional.empty();
        }
    }
}
