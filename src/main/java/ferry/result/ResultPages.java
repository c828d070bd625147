package ferry.result;

import ferry.access.OrgId;
import ferry.http.ListJson;
import ferry.http.Page;
import ferry.storage.Publishers;
import ferry.storage.SignedDownloads;
import ferry.storage.SignedUrls;
import ferry.storage.SignedUrlsPolicy;
import ferry.storage.StorageConfigs;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Results as the API shows them, with signed downloads where their storage config wants them. Also nested in
/// polls and tasks.
public final class ResultPages {
    /// How long a signed download lasts where the config does not say.
    private static final Duration DEFAULT_EXPIRY = Duration.ofHours(1);

    private final Results results;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final SignedUrls signedUrls;
    private final InstantSource clock;
    private final InstantSource pulse;

    /// @param publishers sign the downloads of buckets in a cloud
    /// @param signedUrls makes the downloads of local ones; nothing is stored
    /// @param clock what downloads of local ones expire by
    /// @param pulse what those of buckets in a cloud expire by: the clock of their stores, which nobody moves
    public ResultPages(
            Results results,
            StorageConfigs configs,
            Publishers publishers,
            SignedUrls signedUrls,
            InstantSource clock,
            InstantSource pulse) {
        this.results = results;
        this.configs = configs;
        this.publishers = publishers;
        this.signedUrls = signedUrls;
        this.clock = clock;
        this.pulse = pulse;
    }

    /// A page of results as the API shows it.
    ///
    /// @param url the list's path
    public ListJson<ResultJson> list(Handle tx, OrgId organisation, Results.Filter filter, Page page, String url) {
        var signing = new HashMap<Long, Signing>();
        return ListJson.of(
                results.list(tx, organisation, filter, page), url, result -> shown(tx, organisation, result, signing));
    }

    /// The first page of the results of each of several polls. A poll without results is left out.
    public Map<UUID, ListJson<ResultJson>> ofPolls(Handle tx, OrgId organisation, Collection<UUID> polls, Page page) {
        var signing = new HashMap<Long, Signing>();
        var shown = new HashMap<UUID, ListJson<ResultJson>>();
        results.ofPolls(tx, organisation, polls, page)
                .forEach((poll, slice) -> shown.put(
                        poll, ListJson.of(slice, ofPoll(poll), result -> shown(tx, organisation, result, signing))));
        return shown;
    }

    /// The path of a poll's results.
    public static String ofPoll(UUID poll) {
        return "/polls/" + poll + "/results";
    }

    /// One result as the API shows it.
    public ResultJson shown(Handle tx, OrgId organisation, Result result) {
        return shown(tx, organisation, result, new HashMap<>());
    }

    /// How the downloads of one config are signed.
    ///
    /// @param holds whether a result with that URL lies where the config points now
    /// @param cloud empty for a local bucket, whose objects the service hands out itself
    private record Signing(SignedUrlsPolicy policy, Predicate<String> holds, Optional<SignedDownloads> cloud) {
        static final Signing OFF = new Signing(SignedUrlsPolicy.OFF, _ -> false, Optional.empty());
    }

    private ResultJson shown(Handle tx, OrgId organisation, Result result, Map<Long, Signing> known) {
        var signing = known.computeIfAbsent(
                result.storageConfig(),
                id -> configs.find(tx, organisation, id)
                        .filter(config -> config.signedUrls().enabled())
                        .map(config -> new Signing(
                                config.signedUrls(), config::holds, publishers.signing(organisation, config)))
                        .orElse(Signing.OFF));
        return ResultJson.of(result, signedUrl(result, signing));
    }

    /// Made anew at each reading, so one that has expired is replaced. Null for what lies elsewhere than the config
    /// points now: whoever followed it would find nothing, or another object.
    private ResultJson.@Nullable SignedUrlJson signedUrl(Result result, Signing signing) {
        if (!signing.policy().enabled()
                || result.dateDeleted().isPresent()
                || !signing.holds().test(result.url())) {
            return null;
        }
        var now = (signing.cloud().isPresent() ? pulse : clock).instant().truncatedTo(ChronoUnit.SECONDS);
        var lasting = signing.policy().expiry().orElse(DEFAULT_EXPIRY);
        var expires = now.plus(lasting);
        var url = signing.cloud().isPresent()
                ? signing.cloud().get().url(result.objectKey(), now, lasting)
                : Optional.of(signedUrls.sign(result.organisation(), result.id(), expires));
        return url.map(signed -> new ResultJson.SignedUrlJson(signed.toString(), expires))
                .orElse(null);
    }
}
