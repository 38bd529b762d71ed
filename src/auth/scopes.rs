//! The scopes that a token can hold.

pub const END_USER: &str = "digdir:dialogporten";
pub const END_USER_NO_CONSENT: &str = "digdir:dialogporten.noconsent";
pub const SERVICE_PROVIDER: &str = "digdir:dialogporten.serviceprovider";
pub const SERVICE_PROVIDER_SEARCH: &str = "digdir:dialogporten.serviceprovider.search";
pub const SERVICE_PROVIDER_CHANGE_TRANSMISSIONS: &str = "digdir:dialogporten.serviceprovider.changetransmissions";
pub const SERVICE_PROVIDER_ADMIN: &str = "digdir:dialogporten.serviceprovider.admin";
pub const SERVICE_PROVIDER_LEGACY_HTML: &str = "digdir:dialogporten.serviceprovider.legacyhtml";
pub const NOTIFICATION_CONDITION_CHECK: &str = "altinn:system/notifications.condition.check";
pub const CORRESPONDENCE: &str = "digdir:dialogporten.correspondence";
