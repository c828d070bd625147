package ferry.key;

import ferry.access.Config;
import ferry.access.OrgId;
import ferry.http.Fields;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Reads what keys and organisations are configured by alike. A field that is not there leaves things as they are,
/// null takes them back. Problems are noted in the fields.
public final class ConfigFields {
    private static final String SOURCE_FILES = "publish_source_files";

    private ConfigFields() {}

    /// The object `config`, which takes `publish_source_files` alone.
    public static Config config(Fields fields, Config before) {
        if (!fields.node().has("config")) {
            return before;
        }
        var config = fields.object("config");
        config.all().keySet().stream()
                .filter(name -> !name.equals(SOURCE_FILES))
                .forEach(name -> config.problem(name, "is not known; only " + SOURCE_FILES + " is"));
        return new Config(config.optionalFlag(SOURCE_FILES).orElse(null));
    }

    /// The id of a config that the organisation has.
    ///
    /// @param kind how such a config is called, for the message
    public static Optional<Long> reference(
            Handle tx,
            OrgId organisation,
            Fields fields,
            String name,
            String kind,
            ConfigExists exists,
            Optional<Long> before) {
        if (!fields.node().has(name)) {
            return before;
        }
        var id = fields.optionalNumber(name);
        id.filter(one -> !exists.in(tx, organisation, one))
                .ifPresent(_ -> fields.problem(name, "is not a " + kind + " config of this organisation in use"));
        return id;
    }
}
