/// Apple's iCloud, read over its web services as its own web pages read it; `icloud.account` sources. Unofficial: the
/// facts are those of the reference page `icloud-protocol`, named where they matter.
///
/// Start at [ICloudConnector]; sign-in is [SignInFlow], every later request goes through [ServiceCalls].
@NullMarked
package ferry.connector.icloud;

import org.jspecify.annotations.NullMarked;
