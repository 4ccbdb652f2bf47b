//! What a phone needs to know to put the gallery among its apps (W3C, Web Application Manifest).

use gallery::ScopePage;
use serde_json::json;

use crate::assets;
use crate::settings::Settings;

/// The manifest. It is behind the gate as everything is that names the family, so the pages ask for it with credentials.
pub(super) fn manifest(settings: &Settings) -> String {
    let (name, language) = (settings.title(), settings.language());
    let icon = |file: &str, size: &str, purpose: &str| json!({ "src": assets::href(file), "sizes": size, "type": "image/png", "purpose": purpose });
    let manifest = json!({
        "id": "/",
        "name": name,
        "short_name": name,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf8f4",
        "theme_color": "#faf8f4",
        "icons": [
            { "src": assets::href("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any" },
            icon("icon-192.png", "192x192", "any"),
            icon("icon-512.png", "512x512", "any"),
            icon("icon-maskable-512.png", "512x512", "maskable"),
        ],
        "lang": language.tag(),
        "shortcuts": [
            { "name": language.say("search"), "url": ScopePage::Search.address() },
            { "name": language.say("timeline"), "url": ScopePage::Timeline.address() },
        ],
    });
    manifest.to_string()
}
