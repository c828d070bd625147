package ferry.error;

/// Every code a client may see: its word on the wire, the HTTP status where it answers a request, and its sentence.
///
/// Codes below [#CREDENTIALS_INVALID] never answer a request; they stand in `session.error`, `task.error` or in
/// a poll's `errors` (`docs/api/errors.md`).
public enum ErrorCode {
    INVALID_BODY("invalid-body", 400, "The request's body is not valid JSON."),
    INVALID_PARAMETER("invalid-parameter", 400, "A parameter is missing or not valid; params says which."),
    UNCONFIGURED("unconfigured", 400, "The organisation lacks a configuration that this needs."),
    SESSION_EXPIRED("session-expired", 400, "The session has expired; create a new one."),
    UNAUTHORIZED("unauthorized", 401, "The Authorization header holds no valid token."),
    MISSING_SCOPE("missing-scope", 403, "The organisation or key lacks a permission that this needs."),
    LIMIT_EXCEEDED("limit-exceeded", 403, "This would exceed a limit of the organisation, key or user."),
    NOT_FOUND("not-found", 404, "There is no such resource."),
    METHOD_NOT_ALLOWED("method-not-allowed", 405, "This resource does not know that method."),
    CONFLICT("conflict", 409, "The resource's state does not allow this now."),
    RATE_LIMITED("rate-limited", 429, "Too many requests; try again after the time in Retry-After."),
    INTERNAL("internal", 500, "Something went wrong on our side."),

    CREDENTIALS_INVALID("credentials-invalid", 0, "The source refused the account name or the password."),
    CODE_REQUIRED(
            "code-required",
            0,
            "The source asks for a second factor; send its code. Where none comes, its owner can make one on a trusted"
                    + " device, for iCloud in Settings, Sign-In & Security."),
    CODE_INVALID("code-invalid", 0, "The pairing code is not known."),
    CODES_LOCKED(
            "codes-locked",
            0,
            "Too many codes were wrong or sent; the source takes none for a while. Try again later."),
    SOURCE_LOCKED("source-locked", 0, "The source has locked the account; its owner must unlock it there."),
    THROTTLED("throttled", 0, "The account was asked too often; leave it alone for a while, then try again."),
    SERVICE_UNAVAILABLE("service-unavailable", 0, "The source did not answer as it should; try again later."),
    TERMS_PENDING("terms-pending", 0, "The owner must accept the source's new terms there first."),
    OWNER_ACTION_REQUIRED(
            "owner-action-required", 0, "The owner must sign in at the source itself once and follow it."),
    SECOND_FACTOR_UNSUPPORTED(
            "second-factor-unsupported",
            0,
            "No code can be sent, only a security key or a passkey is taken; the owner can change that at the source."),
    WEB_ACCESS_DISABLED(
            "web-access-disabled", 0, "The owner has switched off web access to the data; they can switch it on."),
    MANAGED_ACCOUNT(
            "managed-account",
            0,
            "An organisation manages the account and has switched off web access; its administrator can switch it on."),
    REGION_UNSUPPORTED(
            "region-unsupported",
            0,
            "The account lives in a region of the source that this service is not set up for."),
    QUOTA_EXCEEDED("quota-exceeded", 0, "The account's storage at the source is full; its owner can free or buy some."),
    CONSENT_REQUIRED("consent-required", 0, "The owner must allow access on one of their devices."),

    EXPIRED_SERVICE("service", 0, "The source ended the session."),
    EXPIRED_API("api", 0, "The session was idle for too long."),
    EXPIRED_ORGANISATION("organisation", 0, "The organisation ended the session."),
    EXPIRED_ADMIN("admin", 0, "The operator ended the session."),

    NOT_AVAILABLE("not-available", 0, "The source does not offer this type."),
    NOT_ACTIVATED("not-activated", 0, "The owner has never opened this service of the source; they can do so there."),
    NOT_RETRIEVABLE("not-retrievable", 0, "The source lists the item but does not hand it out."),
    INTEGRITY_MISMATCH("integrity-mismatch", 0, "What the source sent is not what it said it would send; refused."),
    STILL_INDEXING("still-indexing", 0, "The source is still preparing its library; try again later."),
    STORAGE_FAILED("storage-failed", 0, "The bucket did not take the object."),
    STORAGE_UNREACHABLE("storage-unreachable", 0, "The bucket could not be reached."),
    WEBHOOK_FAILED("webhook-failed", 0, "The webhook's URL did not take the event."),
    CANCELLED("cancelled", 0, "The task was cancelled.");

    private final String slug;
    private final int status;
    private final String sentence;

    ErrorCode(String slug, int status, String sentence) {
        this.slug = slug;
        this.status = status;
        this.sentence = sentence;
    }

    /// The word on the wire.
    public String slug() {
        return slug;
    }

    /// The HTTP status it answers with, or 0 where it never answers a request.
    public int status() {
        return status;
    }

    /// What it means, for a client's developer. Ends with a full stop.
    public String sentence() {
        return sentence;
    }

    /// The code of a word that we wrote ourselves.
    ///
    /// @throws IllegalArgumentException if we did not
    public static ErrorCode of(String slug) {
        for (var code : values()) {
            if (code.slug.equals(slug)) {
                return code;
            }
        }
        throw new IllegalArgumentException("no such error code: " + slug);
    }
}
