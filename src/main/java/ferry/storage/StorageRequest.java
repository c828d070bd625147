package ferry.storage;

import ferry.crypto.AgeRecipients;
import ferry.crypto.Secret;
import ferry.http.Fields;
import ferry.storage.gcs.ServiceAccount;
import ferry.storage.s3.AccessKeys;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tools.jackson.databind.node.ObjectNode;

/// What a client asks of a storage config, read and checked without asking the storage.
///
/// @param credentials all that is secret and needed, to be sealed; empty to leave it as it is
record StorageRequest(
        String url,
        StorageConfig.Place place,
        Optional<KeyTemplate> keyTemplate,
        Optional<AgeRecipients> recipients,
        Optional<Secret> credentials) {
    /// What may stand beside the credentials or in them, and is sealed with them.
    private static final List<String> WITH_CREDENTIALS =
            List.of("session_token", "role_arn", "external_id", "ca_certificate");

    /// Reads the body; what is wrong is noted in `fields`.
    ///
    /// @param before the config that is changed; empty for a new one
    /// @param mayBePlain whether a URL may be called without TLS
    static StorageRequest read(Fields fields, Optional<StorageConfig> before, Predicate<URI> mayBePlain) {
        var url = before.isPresent() && !fields.has("url") ? before.get().url() : fields.text("url");
        var destination = destination(fields, url);
        var credentials = merged(fields);
        var place = place(fields, destination, before, mayBePlain);
        destination.ifPresent(d -> check(fields, d, place, before, credentials, mayBePlain));
        return new StorageRequest(
                url,
                place,
                keyTemplate(fields, before),
                recipients(fields, before),
                destination.flatMap(d -> credentials.flatMap(node -> needed(d, node))));
    }

    /// What is sealed: the fields that are read, and nothing else that a file of credentials may hold, such as the
    /// password of Amazon's console.
    private static Optional<Secret> needed(Destination destination, ObjectNode credentials) {
        var names = switch (destination) {
            case Destination.Local _ -> List.<String>of();
            case Destination.S3 _ -> AccessKeys.FIELDS;
            case Destination.Gcs _ -> ServiceAccount.FIELDS;
        };
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(new Secret(credentials.retain(names).toString()));
    }

    private static Optional<Destination> destination(Fields fields, String url) {
        if (url.isEmpty()) {
            return Optional.empty();
        }
        return switch (Destination.parse(url)) {
            case Destination.Parsed.Good(var destination) -> Optional.of(destination);
            case Destination.Parsed.Bad(var sentence) -> {
                fields.problem("url", sentence);
                yield Optional.empty();
            }
        };
    }

    /// The credentials with what stands beside them.
    private static Optional<ObjectNode> merged(Fields fields) {
        if (!fields.has("credentials")) {
            for (var name : WITH_CREDENTIALS) {
                if (fields.has(name)) {
                    fields.problem(name, "is sent together with credentials");
                }
            }
            return Optional.empty();
        }
        var credentials = fields.object("credentials").node().deepCopy();
        for (var name : WITH_CREDENTIALS) {
            fields.optionalWord(name).ifPresent(text -> credentials.put(name, text));
        }
        return Optional.of(credentials);
    }

    private static void check(
            Fields fields,
            Destination destination,
            StorageConfig.Place place,
            Optional<StorageConfig> before,
            Optional<ObjectNode> credentials,
            Predicate<URI> mayBePlain) {
        if (credentials.isEmpty()) {
            if (!(destination instanceof Destination.Local)) {
                checkKept(fields, destination, place, before);
            }
            return;
        }
        try {
            switch (destination) {
                case Destination.Local _ -> {}
                case Destination.S3 _ -> AccessKeys.of(credentials.get());
                case Destination.Gcs _ -> {
                    var account = ServiceAccount.of(credentials.get());
                    if (!isSafe(account.tokenUri(), mayBePlain)) {
                        fields.object("credentials").problem("token_uri", "is not an https URL");
                    }
                }
            }
        } catch (BadCredentials e) {
            fields.object("credentials").problem(e.field(), e.what());
        }
    }

    /// Those that were sealed for one store go to no other: whoever changes where they go gives them anew.
    private static void checkKept(
            Fields fields, Destination destination, StorageConfig.Place place, Optional<StorageConfig> before) {
        var kept = before.filter(b -> b.destination().type().equals(destination.type())
                && b.credentials().isPresent());
        if (kept.isEmpty()) {
            fields.problem("credentials", "is required");
        } else if (!kept.get().place().endpoint().equals(place.endpoint())) {
            fields.problem("credentials", "is required again where the endpoint changes");
        }
    }

    private static StorageConfig.Place place(
            Fields fields,
            Optional<Destination> destination,
            Optional<StorageConfig> before,
            Predicate<URI> mayBePlain) {
        // a folder has no use for them, but they are texts all the same
        var region = given(fields, "region");
        var endpoint = given(fields, "endpoint");
        if (destination.filter(d -> !(d instanceof Destination.Local)).isEmpty()) {
            return StorageConfig.Place.NOWHERE;
        }
        // another bucket may be elsewhere
        var kept = before.filter(b -> destination
                        .filter(d -> d.type().equals(b.destination().type())
                                && d.bucket().equals(b.destination().bucket()))
                        .isPresent())
                .map(StorageConfig::place);
        region.filter(text -> !text.isEmpty() && !text.matches("[a-z0-9-]{1,40}"))
                .ifPresent(_ -> fields.problem("region", "is not the name of a region, such as eu-west-1"));
        return new StorageConfig.Place(
                region.or(() -> kept.flatMap(StorageConfig.Place::region)).filter(text -> !text.isEmpty()),
                endpoint.isEmpty()
                        ? kept.flatMap(StorageConfig.Place::endpoint)
                        : endpoint(fields, endpoint.get(), mayBePlain));
    }

    /// A field beside the credentials or in them. Empty where it is not there; blank where it is to be cleared.
    private static Optional<String> given(Fields fields, String name) {
        if (fields.node().has(name)) {
            return Optional.of(fields.optionalWord(name).map(String::strip).orElse(""));
        }
        var within = fields.object("credentials");
        return within.has(name) ? within.optionalText(name).map(String::strip) : Optional.empty();
    }

    private static Optional<URI> endpoint(Fields fields, String text, Predicate<URI> mayBePlain) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            var url = URI.create(text);
            if (url.getHost() == null
                    || url.getRawUserInfo() != null
                    || url.getRawQuery() != null
                    || url.getRawFragment() != null
                    || !url.getRawPath().matches("/?")) {
                fields.problem("endpoint", "is not a URL of scheme, host and port alone");
            } else if (!isSafe(url, mayBePlain)) {
                fields.problem("endpoint", "is not an https URL, and the operator has not listed it for plain http");
            } else {
                return Optional.of(URI.create(url.getScheme() + "://" + url.getRawAuthority()));
            }
        } catch (IllegalArgumentException _) {
            fields.problem("endpoint", "is not a URL");
        }
        return Optional.empty();
    }

    private static boolean isSafe(URI url, Predicate<URI> mayBePlain) {
        return "https".equals(url.getScheme()) || ("http".equals(url.getScheme()) && mayBePlain.test(url));
    }

    private static Optional<KeyTemplate> keyTemplate(Fields fields, Optional<StorageConfig> before) {
        if (!fields.node().has("key_template")) {
            return before.flatMap(StorageConfig::keyTemplate);
        }
        return fields.optionalText("key_template")
                .filter(text -> !text.isEmpty())
                .flatMap(text -> switch (KeyTemplate.parse(text)) {
                    case KeyTemplate.Parsed.Good(var template) -> Optional.of(template);
                    case KeyTemplate.Parsed.Bad(var what) -> {
                        fields.problem("key_template", what);
                        yield Optional.<KeyTemplate>empty();
                    }
                });
    }

    /// `{"type": "age", "recipient": "age1…"}`, or `recipients` with several; null switches it off.
    private static Optional<AgeRecipients> recipients(Fields fields, Optional<StorageConfig> before) {
        if (!fields.node().has("encryption")) {
            return before.flatMap(StorageConfig::recipients);
        }
        if (!fields.has("encryption")) {
            return Optional.empty();
        }
        var encryption = fields.object("encryption");
        if (!encryption.text("type").equals("age")) {
            encryption.problem("type", "must be age");
            return Optional.empty();
        }
        var keys = new ArrayList<>(encryption.texts("recipients"));
        encryption.optionalText("recipient").ifPresent(keys::add);
        var distinct = keys.stream().map(String::strip).distinct().toList();
        var recipients = AgeRecipients.of(distinct);
        if (recipients.isEmpty()) {
            encryption.problem(
                    encryption.has("recipients") ? "recipients" : "recipient",
                    "is not a public key as age-keygen prints it, age1…; at most " + AgeRecipients.MOST + " are taken");
        }
        return recipients;
    }
}
