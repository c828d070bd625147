package ferry.sandbox;

/// What is out of the ordinary in an account itself, each on an account of its own in [Accounts].
public enum Trait {
    /// Locked for security reasons: the right password is refused with 403 and -20209.
    LOCKED,
    /// New terms wait for the owner; services refuse until they are accepted, which a connector must never do.
    TERMS,
    /// Advanced Data Protection: services that need it answer only after the owner's consent and with PCS
    /// cookies.
    ADP,
    /// The owner has switched off access to iCloud data on the web.
    WEB_ACCESS_DISABLED,
    /// Sign-in stops at 412; one `repair/complete` settles it.
    REPAIR,
    /// Sign-in stops at 412, whatever the client does.
    REPAIR_STUCK,
    /// Sign-in always answers 503.
    THROTTLED,
    /// Sign-in wants a hashcash first.
    HASHCASH,
    /// Lives in the other region: accountLogin names the domain to use, and opens the session there.
    CHINA,
    /// Lives in neither region: accountLogin names a domain wherever it is asked.
    ELSEWHERE,
    /// The owner never opened Photos on the web: no `ckdatabasews` in the map.
    NO_PHOTOS,
    /// The web session lasts five minutes.
    SHORT_SESSION,
    /// The account moves to another partition once it has been used a little: 421 until the map is read again.
    MOVING_PARTITION,
    /// Managed by an organisation.
    MANAGED,
    /// With Advanced Data Protection: no service says that it needs keys, and the words of photos come as ciphertext
    /// without them.
    CIPHERTEXT,
    /// Asked for consent under Advanced Data Protection, the owner never answers.
    NO_CONSENT,
    /// The web session lasts five minutes, and what could renew it no longer.
    SIGNED_OUT,
    /// Each code shown is another: 123456, 123457, …
    CHANGING_CODES,
    /// The code calls want home as Origin and Referer and none of the optional headers (`icloud-protocol 1.4`).
    STRICT_HEADERS,
    /// Every other server value begins with a zero byte, as one in 256 does.
    LEADING_ZERO,
    /// Says the logical status in X-Apple-I-Rscd and 200 in HTTP, as old recordings do.
    LOGICAL_STATUS,
    /// Too many codes were wrong: none is sent or taken, not even the right one.
    CODES_LOCKED,
    /// Read too often: CloudKit says ACCESS_DENIED from the first request on, though access is allowed; each further
    /// try makes it last longer.
    OVER_USED,
    /// CloudKit answers the first few requests, and from then on always to come back later.
    ALWAYS_BUSY,
    /// The storage is full, and CloudKit says so in place of an answer.
    OVER_QUOTA,
    /// The reminders were never upgraded: CloudKit has no zone of them, the service `reminders` has them.
    OLD_REMINDERS
}
