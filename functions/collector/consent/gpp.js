// IAB GPP, US sections: an opt-out or a no to the use of health data withholds; only a yes to the use of health data, with
// no opt-out beside it, counts as consent. That nobody has opted out is no consent.
// github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform, CMP API and US National section (read 2026-11-23)
const health = 2; // SensitiveDataProcessing, third element: a health condition or diagnosis
const read = ({ pingData }) => {
  if (!pingData || pingData.signalStatus != "ready") return;
  // a section comes as an object, or as a list of its segments
  const sections = Object.values(pingData.parsedSections || {}).map(section =>
    Object.assign({}, ...[].concat(section))
  );
  const answers = sections.map(section => (section.SensitiveDataProcessing || [])[health]); // 1 no, 2 yes, 0 not asked
  const refused =
    answers.includes(1) ||
    sections.some(
      ({ Gpc, SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut }) =>
        Gpc === true || [SaleOptOut, SharingOptOut, TargetedAdvertisingOptOut].includes(1)
    );
  if (refused || answers.includes(2)) decide({ marketing: !refused });
};
const listen = () => window.__gpp && (__gpp("addEventListener", read), true);
if (!listen()) addEventListener("load", listen);
