/// Find My: the owner's devices, as they were last heard of (`icloud-protocol` 2.10).
///
/// Start at [FindMy]; [DeviceEntry] makes a device a feed entry. A device is never made to say where it is.
@NullMarked
package ferry.connector.icloud.findmy;

import org.jspecify.annotations.NullMarked;
