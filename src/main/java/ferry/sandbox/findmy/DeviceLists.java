package ferry.sandbox.findmy;

import ferry.sandbox.Account;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Everyone's devices, made when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe.
public final class DeviceLists {
    private final InstantSource clock;
    private final Map<Long, DeviceList> lists = new ConcurrentHashMap<>();

    public DeviceLists(InstantSource clock) {
        this.clock = clock;
    }

    /// The account's own.
    public DeviceList of(Account account) {
        return lists.computeIfAbsent(account.dsid(), _ -> new DeviceList(DevicesSpec.of(account), clock));
    }
}
