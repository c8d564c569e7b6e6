//! The links to privacy policy, terms and cookie settings, in the languages of most sites.

use url::Url;

use crate::probe::web::html::Document;

/// A page that the law or good manners ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What happens to personal data.
    Privacy,
    /// The terms of use or sale.
    Terms,
    /// Cookies and consent.
    Cookies,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Privacy, Self::Terms, Self::Cookies];

    /// Parts of a link's text, in lower case: English, German, French, Spanish, Italian, Dutch, Portuguese.
    const fn texts(self) -> &'static [&'static str] {
        match self {
            Self::Privacy => &[
                "privacy",
                "datenschutz",
                "confidentialité",
                "vie privée",
                "données personnelles",
                "privacidad",
                "protección de datos",
                "protezione dei dati",
                "trattamento dei dati",
                "gegevensbescherming",
                "privacidade",
                "proteção de dados",
            ],
            Self::Terms => &[
                "terms of service",
                "terms of use",
                "terms and conditions",
                "terms & conditions",
                "terms of sale",
                "general terms",
                "user agreement",
                "nutzungsbedingungen",
                "geschäftsbedingungen",
                "conditions générales",
                "conditions d'utilisation",
                "conditions d’utilisation",
                "conditions de vente",
                "términos",
                "condiciones de uso",
                "condiciones generales",
                "condizioni",
                "termini di servizio",
                "termini e condizioni",
                "termini d'uso",
                "algemene voorwaarden",
                "gebruiksvoorwaarden",
                "servicevoorwaarden",
                "termos de",
                "termos e condições",
                "condições gerais",
            ],
            Self::Cookies => &["cookie"],
        }
    }

    /// Whole texts that are too short to be looked for as a part.
    const fn whole(self) -> &'static [&'static str] {
        match self {
            Self::Privacy => &["gdpr", "dsgvo"],
            Self::Terms => &[
                "terms",
                "agb",
                "cgu",
                "cgv",
                "tos",
                "legal terms",
                "voorwaarden",
                "termos",
                "terms and privacy",
                "privacy & terms",
            ],
            Self::Cookies => &[],
        }
    }

    /// Segments of a link's path.
    const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Privacy => &[
                "privacy",
                "privacy-policy",
                "privacy-notice",
                "privacypolicy",
                "datenschutz",
                "datenschutzerklaerung",
                "confidentialite",
                "politique-de-confidentialite",
                "privacidad",
                "politica-de-privacidad",
                "informativa-privacy",
                "privacybeleid",
                "privacyverklaring",
                "privacidade",
                "politica-de-privacidade",
            ],
            Self::Terms => &[
                "terms",
                "terms-of-service",
                "terms-of-use",
                "terms-and-conditions",
                "tos",
                "agb",
                "nutzungsbedingungen",
                "cgu",
                "cgv",
                "terminos",
                "condiciones",
                "termini",
                "voorwaarden",
                "algemene-voorwaarden",
                "termos",
                "termos-de-uso",
            ],
            Self::Cookies => &["cookies", "cookie-policy", "cookie-settings", "cookie-preferences", "cookiebeleid"],
        }
    }

    fn fits(self, text: &str, url: &Url) -> bool {
        let text = text.trim().to_lowercase();
        // A link that is a whole sentence is about something else.
        let short = text.split_whitespace().count() <= 8;
        let by_text =
            short && (self.texts().iter().any(|part| text.contains(part)) || self.whole().contains(&text.as_str()));
        by_text
            || url.path_segments().into_iter().flatten().last().is_some_and(|last| {
                let last = last.trim_end_matches(".html").trim_end_matches(".php").to_ascii_lowercase();
                self.paths().contains(&last.as_str())
            })
    }
}

/// The first link of that kind.
pub fn link(document: &Document, page: &Url, kind: Kind) -> Option<Url> {
    document.anchors.iter().find_map(|anchor| {
        // `#` leads nowhere: the text of a template that nobody has filled in.
        let anchor = if anchor.href.trim_start().starts_with('#') { return None } else { anchor };
        let url = document.resolve(page, &anchor.href)?;
        (matches!(url.scheme(), "http" | "https") && kind.fits(&anchor.text, &url)).then_some(url)
    })
}

/// Consent managers, by a part of the address of their script, from their installation pages.
const MANAGERS: [(&str, &str); 24] = [
    ("consent.cookiebot.", "Cookiebot"),
    ("cookielaw.org", "OneTrust"),
    ("otsdkstub", "OneTrust"),
    ("usercentrics.eu", "Usercentrics"),
    ("iubenda.com", "iubenda"),
    ("cookieyes.com", "CookieYes"),
    ("cookie-script.com", "CookieScript"),
    ("cmp.osano.com", "Osano"),
    ("privacy-center.org", "Didomi"),
    ("cmp.quantcast.com", "Quantcast Choice"),
    ("cmp.inmobi.com", "InMobi Choice"),
    ("app.termly.io", "Termly"),
    ("complianz", "Complianz"),
    ("klaro", "Klaro"),
    ("tarteaucitron", "tarteaucitron"),
    ("cookieconsent", "CookieConsent"),
    ("borlabs-cookie", "Borlabs Cookie"),
    ("consent.trustarc.com", "TrustArc"),
    ("privacy-mgmt.com", "Sourcepoint"),
    ("axept.io", "Axeptio"),
    ("civiccomputing.com", "Civic Cookie Control"),
    ("consentmanager.net", "consentmanager"),
    ("cookiefirst.com", "CookieFirst"),
    ("fundingchoicesmessages.google.com", "Google Funding Choices"),
];

/// The consent manager that a page loads.
pub fn manager(document: &Document) -> Option<&'static str> {
    document.scripts.iter().filter_map(|script| script.src.as_deref()).find_map(|src| {
        let src = src.to_ascii_lowercase();
        MANAGERS.iter().find(|(part, _)| src.contains(part)).map(|(_, name)| *name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::web::html;

    fn found(html: &str) -> Vec<Kind> {
        let page = Url::parse("https://shop.example.com/").unwrap();
        let document = html::read(format!("<!doctype html><body>{html}</body>").as_bytes());
        Kind::ALL.into_iter().filter(|kind| link(&document, &page, *kind).is_some()).collect()
    }

    #[test]
    fn the_links_are_known_in_seven_languages() {
        for text in [
            "Privacy Policy",
            "Datenschutzerklärung",
            "Politique de confidentialité",
            "Política de privacidad",
            "Informativa sulla privacy",
            "Privacyverklaring",
            "Política de privacidade",
        ] {
            assert_eq!(found(&format!("<a href=/p1>{text}</a>")), [Kind::Privacy], "{text}");
        }
        for text in [
            "Terms of Service",
            "AGB",
            "Conditions générales",
            "Términos y condiciones",
            "Termini e condizioni",
            "Algemene voorwaarden",
            "Termos de uso",
        ] {
            assert_eq!(found(&format!("<a href=/p1>{text}</a>")), [Kind::Terms], "{text}");
        }
        assert_eq!(
            found("<a href=/legal/privacy-policy.html>Here</a><a href=/tos>there</a>"),
            [Kind::Privacy, Kind::Terms]
        );
        assert_eq!(found("<a href=/x>Cookie-Einstellungen</a>"), [Kind::Cookies]);
    }

    #[test]
    fn other_links_are_not_taken_for_them() {
        for other in [
            "<a href=/blog/privacy-tips>How we think about privacy in the age of large language models and why</a>",
            "<a href=/payment>Payment terms explained</a>",
            "<a href='mailto:privacy@example.com'>Privacy</a>",
            "<a href=/terminal>Terminal</a>",
            "<a href=/>Home</a>",
        ] {
            assert_eq!(found(other), [], "{other}");
        }
    }

    #[test]
    fn consent_managers_are_known_by_their_scripts() {
        let page = |src: &str| html::read(format!("<!doctype html><script src='{src}'></script>").as_bytes());
        assert_eq!(manager(&page("https://consent.cookiebot.com/uc.js")), Some("Cookiebot"));
        assert_eq!(manager(&page("/app.js")), None);
    }
}
