/// Everyone's devices, and the web service that lists them for Find My (`icloud-protocol` 2.10).
///
/// Start at [FindMyService]. A [DeviceList] grows from a [DevicesSpec]; [DeviceLists] keeps each account's, [Gadgets]
/// makes up what is in it.
@NullMarked
package ferry.sandbox.findmy;

import org.jspecify.annotations.NullMarked;
