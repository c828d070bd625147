package ferry.source;

import ferry.access.Caller;
import ferry.access.Family;
import ferry.error.ErrorCode;
import ferry.http.ApiException;
import ferry.http.Fields;
import ferry.user.Users;
import org.jdbi.v3.core.Handle;

/// The `source` object of a request: whose account at which service (ricloud-api 9). Sessions and `POST
/// /sources` read it alike.
///
/// @param user the user's id
/// @param type the source type
/// @param identifier the account
public record SourceRequest(long user, String type, String identifier) {
    private static final int LONGEST_IDENTIFIER = 512;

    /// Reads the fields and checks the scope. Problems are noted in `fields`, which the caller checks.
    public static SourceRequest of(Fields fields, Caller caller, Connectors connectors) {
        var user = fields.optionalNumber("user");
        if (!fields.has("user")) {
            fields.problem("user", "is required");
        }
        var type = fields.text("type");
        if (!type.isEmpty() && connectors.of(type).isEmpty()) {
            fields.problem("type", "is none of " + String.join(", ", connectors.sourceTypes()));
        }
        var identifier = fields.text("identifier").strip();
        if (identifier.length() > LONGEST_IDENTIFIER) {
            fields.problem("identifier", "is longer than " + LONGEST_IDENTIFIER + " characters");
        }
        fields.check();
        if (!caller.permissions().allow(Family.SOURCE_TYPE, type)) {
            throw new ApiException(ErrorCode.MISSING_SCOPE, "The scope source_type:" + type + " is missing.");
        }
        return new SourceRequest(user.orElseThrow(), type, identifier);
    }

    /// The source itself, made where there is none.
    ///
    /// @throws ApiException where the user is not the organisation's or is not active, or the source is
    /// switched off, or a new one would exceed a limit
    public Sources.Got source(Handle tx, Caller caller, Users users, Sources sources) {
        var owner = users.hold(tx, caller.organisation(), user)
                .orElseThrow(() -> ApiException.parameter("source.user", "is not a user of this organisation"));
        if (!owner.state().equals("active")) {
            throw new ApiException(ErrorCode.CONFLICT, "The user is " + owner.state() + ".");
        }
        var got = sources.getOrCreate(tx, caller, user, type, identifier);
        var state = got.source().state();
        if (state == SourceState.DEACTIVATED || state == SourceState.BLOCKED) {
            throw new ApiException(ErrorCode.CONFLICT, "The source is " + state.slug() + ".");
        }
        return got;
    }
}
