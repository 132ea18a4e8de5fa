// Cookiebot: an explicit answer to its dialog, with the moment it was given; an implied one counts as none.
// cookiebot.com, developer documentation (read 2026-11-23)
const read = () => {
  const { Cookiebot } = window;
  if (!Cookiebot || !Cookiebot.hasResponse || Cookiebot.consent.method != "explicit") return;
  const { marketing, statistics } = Cookiebot.consent;
  decide({ marketing, analytics: statistics, at: +Cookiebot.consentUTC || Date.now() });
};
for (const type of ["CookiebotOnConsentReady", "CookiebotOnAccept", "CookiebotOnDecline"]) addEventListener(type, read);
read();
