// CookieYes: the visitor's choice of the category "advertisement", once there is one.
// cookieyes.com documentation, getCkyConsent() and the events on consent update and banner load (read 2026-11-23)
const read = ({ isUserActionCompleted, categories }) => {
  if (isUserActionCompleted) decide({ marketing: categories.advertisement, analytics: categories.analytics });
};
document.addEventListener("cookieyes_banner_load", event => read(event.detail));
document.addEventListener("cookieyes_consent_update", ({ detail: { accepted } }) =>
  decide({ marketing: accepted.includes("advertisement"), analytics: accepted.includes("analytics") })
);
if (window.getCkyConsent) read(getCkyConsent());
