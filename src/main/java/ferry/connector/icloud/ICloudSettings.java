package ferry.connector.icloud;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/// How iCloud is reached.
///
/// @param world the bases every sign-in starts at
/// @param china the bases of accounts that live in mainland China; unless set, only beside Apple's own for the world
/// @param buildNumber the web client's build that is sent along; refused by Apple once it is very old
/// @param masteringNumber the same build's other number
/// @param userAgent a current desktop browser's; refused by Apple once it is very old
/// @param extraHeadersOnVerify whether `verify/*` and `2sv/trust` carry the optional headers too, which since spring
///     2026 may make them fail (icloud-protocol 1.4)
/// @param callTimeout for one call of sign-in, setup or a service; `validate` alone takes about 5 s
/// @param contentTimeout for the head of a file and each read of it
public record ICloudSettings(
        Region world,
        Optional<Region> china,
        String buildNumber,
        String masteringNumber,
        String userAgent,
        boolean extraHeadersOnVerify,
        Duration callTimeout,
        Duration contentTimeout) {
    private static final Region APPLE_WORLD = new Region(
            URI.create("https://idmsa.apple.com/appleauth/auth"),
            URI.create("https://setup.icloud.com/setup/ws/1"),
            URI.create("https://www.icloud.com"));
    private static final Region APPLE_CHINA = new Region(
            URI.create("https://idmsa.apple.com.cn/appleauth/auth"),
            URI.create("https://setup.icloud.com.cn/setup/ws/1"),
            URI.create("https://www.icloud.com.cn"));

    /// The bases of one region (icloud-protocol 1.2), without a trailing slash.
    public record Region(URI auth, URI setup, URI home) {}

    /// The bases that Apple has in mainland China.
    public static Region appleChina() {
        return APPLE_CHINA;
    }

    /// Apple's own servers.
    public static ICloudSettings apple() {
        return of(APPLE_WORLD.auth(), APPLE_WORLD.setup(), APPLE_WORLD.home());
    }

    /// Other bases, such as the sandbox's. Only Apple's own come with a second region; see [#withChina].
    public static ICloudSettings of(URI auth, URI setup, URI home) {
        var world = new Region(bare(auth), bare(setup), bare(home));
        return new ICloudSettings(
                world,
                world.equals(APPLE_WORLD) ? Optional.of(APPLE_CHINA) : Optional.empty(),
                "2534Project66",
                "2534B22",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
                        + " Chrome/138.0.0.0 Safari/537.36",
                false,
                Duration.ofSeconds(30),
                Duration.ofSeconds(60));
    }

    /// Another second region.
    public ICloudSettings withChina(URI auth, URI setup, URI home) {
        return new ICloudSettings(
                world,
                Optional.of(new Region(bare(auth), bare(setup), bare(home))),
                buildNumber,
                masteringNumber,
                userAgent,
                extraHeadersOnVerify,
                callTimeout,
                contentTimeout);
    }

    /// The bases an account uses.
    Region region(boolean inChina) {
        return inChina ? china.orElse(world) : world;
    }

    private static URI bare(URI base) {
        var text = base.toString();
        return text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : base;
    }
}
