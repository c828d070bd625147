package ferry.poll;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.access.Scopes;
import ferry.connector.Catalogue;
import ferry.connector.FileRef;
import ferry.error.ErrorCode;
import ferry.form.Form;
import ferry.http.ApiException;
import ferry.http.Fields;
import ferry.permission.ScopeLimits;
import ferry.source.Connectors;
import ferry.source.FileIds;
import ferry.source.Source;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/// Reads and checks the payload of a new poll: which words are known, which are allowed, which this source
/// offers (ricloud-api 11.2, design 4).
final class PollRequest {
    private static final int MOST_TYPES = 200;
    private static final int MOST_FILES = 10_000;
    /// Of an id that names no cursor, or somebody else's.
    static final String NO_CURSOR = "is not a cursor of this source and type";

    private final Caller caller;
    private final Source source;
    private final Catalogue offered;
    private final Connectors connectors;
    private final FileIds fileIds;

    PollRequest(Caller caller, Source source, Connectors connectors, FileIds fileIds) {
        this.caller = caller;
        this.source = source;
        this.offered = connectors.of(source).catalogue();
        this.connectors = connectors;
        this.fileIds = fileIds;
    }

    /// What is asked for.
    ///
    /// @param files the ids as they came, each of which opens for this source
    /// @param fileCounts how many of the files are of which type
    record Wanted(Payload payload, List<String> files, Map<String, Long> fileCounts) {}

    /// Reads `payload`.
    ///
    /// @throws ApiException `invalid-parameter` naming every word that is not known, or `missing-scope`
    Wanted read(Fields payload) {
        var filters = payload.object("filters");
        var files = new ArrayList<>(new LinkedHashSet<>(payload.texts("files")));
        var since = payload.optionalInstant("since").or(() -> filters.optionalInstant("since"));
        var until = payload.optionalInstant("until").or(() -> filters.optionalInstant("until"));
        var missing = new LinkedHashSet<String>();
        var info = types(payload, "info_types", Family.INFO_TYPE, Catalogue::infoTypes, Set.of(), missing);
        var data = types(payload, "data_types", Family.DATA_TYPE, Catalogue::dataTypes, KnownTypes.DATA, missing);
        var fileTypes = types(payload, "file_types", Family.FILE_TYPE, Catalogue::fileTypes, KnownTypes.FILES, missing);
        var formats = formats(payload, data);
        if (files.size() > MOST_FILES) {
            payload.problem("files", "holds more than " + MOST_FILES + " ids");
        }
        if (!payload.has("info_types") && !payload.has("data_types") && !payload.has("files")) {
            payload.problem("data_types", "is required, or info_types, or files");
        }
        var cursors = cursors(payload, data);
        if (!cursors.isEmpty() && (since.isPresent() || until.isPresent())) {
            payload.problem("cursors", "go with no since and no until");
        }
        payload.check();
        var fileCounts = checkFiles(payload, files);
        return new Wanted(
                new Payload(
                        info,
                        data,
                        files.size(),
                        fileTypes,
                        formats,
                        false,
                        List.copyOf(missing),
                        cursors,
                        since.map(Instant::toString).orElse(null),
                        until.map(Instant::toString).orElse(null)),
                files,
                fileCounts);
    }

    /// From where each of the data types goes on, as far as the body alone tells whether that is possible.
    private static Map<String, UUID> cursors(Fields payload, List<String> dataTypes) {
        var named = payload.object("cursors");
        var cursors = new HashMap<String, UUID>();
        for (var type : named.all().keySet()) {
            if (!dataTypes.contains(type)) {
                named.problem(type, "is not among the data types that are asked for");
                continue;
            }
            named.optionalWord(type).ifPresent(text -> {
                try {
                    cursors.put(type, UUID.fromString(text));
                } catch (IllegalArgumentException _) {
                    named.problem(type, NO_CURSOR);
                }
            });
        }
        return cursors;
    }

    /// What the poll uses of its key's scopes: each type once, each task, and each file that is named by its
    /// id.
    List<ScopeLimits.Use> uses(Wanted wanted) {
        var uses = new ArrayList<ScopeLimits.Use>();
        var payload = wanted.payload();
        payload.infoTypes().forEach(type -> uses.add(new ScopeLimits.Use(Family.INFO_TYPE, type, 1)));
        payload.dataTypes().forEach(type -> uses.add(new ScopeLimits.Use(Family.DATA_TYPE, canonical(type), 1)));
        payload.fileTypes().forEach(type -> uses.add(new ScopeLimits.Use(Family.FILE_TYPE, type, 1)));
        wanted.fileCounts().forEach((type, count) -> uses.add(new ScopeLimits.Use(Family.FILE_TYPE, type, count)));
        uses.add(tasks(Fetch.INFO, payload.infoTypes().size()));
        uses.add(tasks(Fetch.DATA, payload.dataTypes().size()));
        uses.add(tasks(Fetch.FILES, wanted.files().isEmpty() ? 0 : 1));
        return uses;
    }

    private ScopeLimits.Use tasks(String type, int count) {
        return new ScopeLimits.Use(Family.TASK_TYPE, source.type() + "." + type, count);
    }

    /// The types a list names, with wildcards resolved to what is allowed and offered.
    private List<String> types(
            Fields payload,
            String field,
            Family family,
            Function<Catalogue, Set<String>> kind,
            Set<String> known,
            Collection<String> missing) {
        var words = payload.texts(field);
        if (words.size() > MOST_TYPES) {
            payload.problem(field, "holds more than " + MOST_TYPES + " types");
            return List.of();
        }
        var types = new LinkedHashSet<String>();
        for (var word : words) {
            if (word.indexOf('*') >= 0) {
                kind.apply(offered).stream()
                        .sorted()
                        .filter(type -> Scopes.matches(word, type) && allowed(family, type))
                        .forEach(types::add);
            } else if (!isKnown(kind, known, word)) {
                payload.problem(field, "names an unknown type: " + word);
            } else {
                demand(family, word);
                (offers(kind, word) ? types : missing).add(word);
            }
        }
        return List.copyOf(types);
    }

    /// The forms that are asked for, each of which one of the data types must offer.
    private List<String> formats(Fields payload, List<String> dataTypes) {
        var formats = new LinkedHashSet<>(payload.texts("formats"));
        for (var word : formats) {
            var form = Form.of(word);
            if (form.isEmpty()) {
                payload.problem("formats", "names an unknown format: " + shortened(word));
            } else if (form.get() != Form.JSON
                    && dataTypes.stream().noneMatch(type -> form.get().isOffered(canonical(type)))) {
                payload.problem("formats", "names " + word + ", which none of the data types can be had in");
            }
        }
        return List.copyOf(formats);
    }

    private boolean isKnown(Function<Catalogue, Set<String>> kind, Set<String> known, String word) {
        return known.contains(word)
                || connectors.all().stream().map(c -> c.catalogue()).anyMatch(c -> offers(c, kind, word));
    }

    private boolean offers(Function<Catalogue, Set<String>> kind, String word) {
        return offers(offered, kind, word);
    }

    private static boolean offers(Catalogue catalogue, Function<Catalogue, Set<String>> kind, String word) {
        var types = kind.apply(catalogue);
        return types.contains(word)
                || Optional.ofNullable(catalogue.aliases().get(word))
                        .filter(types::contains)
                        .isPresent();
    }

    private void demand(Family family, String word) {
        if (!allowed(family, canonical(word))) {
            throw new ApiException(
                    ErrorCode.MISSING_SCOPE, "The scope " + family.slug() + ":" + canonical(word) + " is missing.");
        }
    }

    private boolean allowed(Family family, String type) {
        return caller.permissions().allow(family, type);
    }

    private String canonical(String word) {
        return offered.aliases().getOrDefault(word, word);
    }

    private Map<String, Long> checkFiles(Fields payload, List<String> files) {
        var refused = new HashSet<String>();
        var counts = new TreeMap<String, Long>();
        for (var id : files) {
            fileIds.open(caller.organisation(), source.id(), id)
                    .ifPresentOrElse(
                            ref -> {
                                counts.merge(ref.fileType(), 1L, Long::sum);
                                if (!allowed(Family.FILE_TYPE, ref.fileType())) {
                                    refused.add(ref.fileType());
                                }
                            },
                            () -> payload.problem(
                                    "files", "names a file that was not issued for this source: " + shortened(id)));
            payload.check();
        }
        if (!refused.isEmpty()) {
            throw new ApiException(
                    ErrorCode.MISSING_SCOPE,
                    "The scope file_type:" + refused.iterator().next() + " is missing.");
        }
        return counts;
    }

    private static String shortened(String id) {
        return id.length() > 40 ? id.substring(0, 40) + "…" : id;
    }

    /// The references of ids that were checked when the poll was made.
    static List<FileRef> refs(FileIds fileIds, Source source, List<String> ids) {
        return ids.stream()
                .map(id -> fileIds.open(source.organisation(), source.id(), id).orElseThrow())
                .toList();
    }
}
