// OneTrust: its groups, once the visitor has closed the banner with a choice; C0004 is targeting, C0002 performance.
// developer.onetrust.com, Web CMP events guide (read 2026-11-23)
const read = () => {
  const { OneTrust, OnetrustActiveGroups } = window;
  if (!OneTrust || !OneTrust.IsAlertBoxClosed || !OneTrust.IsAlertBoxClosed()) return;
  const groups = ("" + OnetrustActiveGroups).split(",");
  decide({ marketing: groups.includes("C0004"), analytics: groups.includes("C0002") });
};
addEventListener("OneTrustGroupsUpdated", read);
addEventListener("OTConsentApplied", read);
read();
