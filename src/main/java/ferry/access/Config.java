package ferry.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The `config` of an organisation or a key, as the API shows it and a table keeps it (ricloud-api 5 and 6).
///
/// @param publishSourceFiles whether the raw files behind a data type are published too; null where nothing is said
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Config(
        @JsonProperty("publish_source_files") @Nullable Boolean publishSourceFiles) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Says nothing.
    public static final Config EMPTY = new Config(null);

    /// A config as it lies in a table.
    public static Config of(String json) {
        return JSON.readValue(json, Config.class);
    }

    /// As a table keeps it.
    public String json() {
        return JSON.writeValueAsString(this);
    }
}
