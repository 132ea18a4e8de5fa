window.ttq = window.ttq || [];
[
  "load",
  "page",
  "track",
  "identify",
  "instance",
  "ready",
  "enableCookie",
  "disableCookie",
  "holdConsent",
  "revokeConsent",
  "grantConsent"
].forEach(function (method) {
  ttq[method] = function () {
    ttq.push([method].concat([].slice.call(arguments)));
    return ttq;
  };
});
