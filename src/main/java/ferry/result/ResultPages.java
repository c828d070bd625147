package ferry.result;

import ferry.access.OrgId;
import ferry.http.ListJson;
import ferry.http.Page;
import ferry.storage.SignedUrls;
import ferry.storage.SignedUrlsPolicy;
import ferry.storage.StorageConfig;
import ferry.storage.StorageConfigs;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Results as the API shows them, with signed downloads where their storage config wants them. Also nested in
/// polls and tasks.
public final class ResultPages {
    /// How long a signed download lasts where the config does not say.
    private static final Duration DEFAULT_EXPIRY = Duration.ofHours(1);

    private final Results results;
    private final StorageConfigs configs;
    private final SignedUrls signedUrls;
    private final InstantSource clock;

    /// @param signedUrls makes the downloads; nothing is stored
    public ResultPages(Results results, StorageConfigs configs, SignedUrls signedUrls, InstantSource clock) {
        this.results = results;
        this.configs = configs;
        this.signedUrls = signedUrls;
        this.clock = clock;
    }

    /// A page of results as the API shows it.
    ///
    /// @param url the list's path
    public ListJson<ResultJson> list(Handle tx, OrgId organisation, Results.Filter filter, Page page, String url) {
        var policies = new HashMap<Long, SignedUrlsPolicy>();
        return ListJson.of(
                results.list(tx, organisation, filter, page), url, result -> shown(tx, organisation, result, policies));
    }

    /// The first page of the results of each of several polls. A poll without results is left out.
    public Map<UUID, ListJson<ResultJson>> ofPolls(Handle tx, OrgId organisation, Collection<UUID> polls, Page page) {
        var policies = new HashMap<Long, SignedUrlsPolicy>();
        var shown = new HashMap<UUID, ListJson<ResultJson>>();
        results.ofPolls(tx, organisation, polls, page)
                .forEach((poll, slice) -> shown.put(
                        poll, ListJson.of(slice, ofPoll(poll), result -> shown(tx, organisation, result, policies))));
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

    private ResultJson shown(Handle tx, OrgId organisation, Result result, Map<Long, SignedUrlsPolicy> policies) {
        var policy = policies.computeIfAbsent(
                result.storageConfig(),
                id -> configs.find(tx, organisation, id)
                        .map(StorageConfig::signedUrls)
                        .orElse(SignedUrlsPolicy.OFF));
        return ResultJson.of(result, signedUrl(result, policy));
    }

    private ResultJson.@Nullable SignedUrlJson signedUrl(Result result, SignedUrlsPolicy policy) {
        if (!policy.enabled() || result.dateDeleted().isPresent()) {
            return null;
        }
        var expires = clock.instant().plus(policy.expiry().orElse(DEFAULT_EXPIRY));
        var url = signedUrls.sign(result.organisation(), result.id(), expires);
        return new ResultJson.SignedUrlJson(url.toString(), expires);
    }
}
