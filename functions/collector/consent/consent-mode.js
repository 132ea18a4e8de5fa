// Google Consent Mode calls, as a site or its banner makes them: gtag("consent", "update", { ad_storage: "granted", ... }).
// A `default` is what holds before the visitor has chosen, so it grants nothing and events go on waiting.
const told = {};
const layer = (window.dataLayer = window.dataLayer || []);
const read = ({ 0: command, 1: kind, 2: signals }) => {
  if (command != "consent") return;
  Object.assign(told, signals);
  if (kind == "update")
    decide({
      marketing: told.ad_storage == "granted" && told.ad_user_data == "granted",
      analytics: told.analytics_storage == "granted"
    });
};
const { push } = layer;
layer.push = (...entries) => {
  entries.forEach(read);
  return push.apply(layer, entries);
};
layer.forEach(read);
