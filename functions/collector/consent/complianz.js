// Complianz: the visitor's choice of the category "marketing", once the banner has been dismissed with one.
// complianz.io, developers' guide for third-party integrations (read 2026-11-23)
const read = () => {
  if (window.cmplz_get_banner_status && cmplz_get_banner_status() == "dismissed")
    decide({ marketing: cmplz_has_consent("marketing"), analytics: cmplz_has_consent("statistics") });
};
document.addEventListener("cmplz_status_change", ({ detail }) => {
  if (detail.category == "marketing") decide({ marketing: detail.value == "allow" });
});
document.addEventListener("cmplz_cookie_warning_loaded", read);
read();
