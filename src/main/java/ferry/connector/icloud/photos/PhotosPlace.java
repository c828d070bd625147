package ferry.connector.icloud.photos;

import ferry.connector.icloud.web.Json;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// How far the libraries of an account have been read.
///
/// @param libraries by the names of their zones
record PhotosPlace(Map<String, OfLibrary> libraries) {
    /// More than this may not be left over.
    static final int MOST_AGAIN = 1_000;

    /// How far one library has been read.
    ///
    /// @param token where its zone stood
    /// @param again names of records that are to be looked up with the next reading: the source could not read
    /// them, a half or a file's bytes were missing, or they were changed once more before the reading had ended
    /// @param awaited photos whose files the source does not hand out yet: names of masters by those of assets. Of
    /// more than a thousand, some
    record OfLibrary(String token, Set<String> again, Map<String, String> awaited) {
        OfLibrary {
            again = Set.copyOf(again);
            awaited = Map.copyOf(awaited);
        }

        /// Empty where too much is left over to be looked up each time.
        static Optional<OfLibrary> of(String token, Collection<String> again, Map<String, String> awaited) {
            if (again.size() > MOST_AGAIN) {
                return Optional.empty();
            }
            var some = new TreeMap<>(awaited);
            while (some.size() > MOST_AGAIN) {
                some.pollLastEntry();
            }
            return Optional.of(new OfLibrary(token, Set.copyOf(again), some));
        }
    }

    /// Empty where the text is none.
    static Optional<PhotosPlace> of(String state) {
        var libraries = new TreeMap<String, OfLibrary>();
        for (var library : Json.of(state).path("libraries").properties()) {
            var token = Json.text(library.getValue(), "token");
            if (token == null) {
                return Optional.empty();
            }
            var again = new TreeSet<String>();
            library.getValue().path("again").forEach(name -> again.add(name.asString("")));
            var awaited = new TreeMap<String, String>();
            library.getValue()
                    .path("awaited")
                    .properties()
                    .forEach(photo ->
                            awaited.put(photo.getKey(), photo.getValue().asString("")));
            libraries.put(library.getKey(), new OfLibrary(token, again, awaited));
        }
        return libraries.isEmpty() ? Optional.empty() : Optional.of(new PhotosPlace(libraries));
    }

    /// The same place always as the same text.
    String state() {
        var json = Json.object();
        var all = json.putObject("libraries");
        new TreeMap<>(libraries).forEach((zone, place) -> {
            var library = all.putObject(zone).put("token", place.token);
            place.again.stream().sorted().forEach(library.putArray("again")::add);
            new TreeMap<>(place.awaited).forEach(library.putObject("awaited")::put);
        });
        return json.toString();
    }
}
