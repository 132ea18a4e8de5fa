// IAB TCF: purposes 1 (store), 3 and 4 (profiles for advertising) and 7 (measure advertising), with the moment that the
// TC string says it was last changed. Where GDPR does not apply the string says nothing, and neither does this.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// LastUpdated: bits 42 to 77, in tenths of a second, six to a letter
const changedAt = text => [...text.slice(7, 13)].reduce((sum, letter) => sum * 64 + alphabet.indexOf(letter), 0) * 100;
const read = (data, success) => {
  if (!success || data.gdprApplies === false || !/^(tcloaded|useractioncomplete)$/.test(data.eventStatus)) return;
  const { consents } = data.purpose;
  decide({ marketing: [1, 3, 4, 7].every(purpose => consents[purpose] === true), at: changedAt(data.tcString) });
};
const listen = () => window.__tcfapi && (__tcfapi("addEventListener", 2, read), true);
if (!listen()) addEventListener("load", listen);
